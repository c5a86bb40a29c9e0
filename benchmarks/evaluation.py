"""Measure evaluations: `python benchmarks/evaluation.py [--quick] [--folder DIR] [--output FILE]`.

10,000 gauges × one year of hours × 20 metrics (1,000 gauges with ``--quick``): simulated and observed flow
in NetCDF, float32, a row a gauge, and observed flow once more as a table in Parquet. `dmod evaluate` is
measured as a whole process: reading, bringing both to one step, all metrics of every gauge, the table of
scores as Parquet and CSV. The `scores` library is measured beside it on the metrics that both have, with the
same files read by xarray, as a whole process too. Files are in the system's cache where they fit.

`--ensemble` measures an ensemble of 20 members at 500 gauges instead, and what `scores` has for ensembles.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from measure import DMOD, Measured, machine, measure, table

HOURS, GAUGES, FEW = 8760, 10_000, 1_000
MEMBERS, FORECAST = 20, 500
OF_ENSEMBLES = (
    *("crps", "crps_fair", "crps_skill", "brier_score", "brier_skill", "brier_reliability", "roc_area"),
    *("reliability_index", "alpha_reliability", "spread_skill_ratio", "coverage_90", "interval_width_90"),
)
METRICS = (
    *("kge", "nse", "normalized_nse", "kge_2012", "r", "r_squared", "alpha", "beta", "percent_bias", "rmse"),
    *("mae", "rsr", "mean_error", "log_nse", "sqrt_nse", "index_of_agreement", "volume_error", "peak_error"),
    *("high_flow_bias", "low_flow_bias"),
)
BOTH = ("nse", "kge", "r", "rmse", "mae", "mean_error", "percent_bias")
USUAL = """
import sys, xarray as xr, scores.continuous as c
from scores.continuous.correlation import pearsonr
s, o = (xr.open_dataset(path)["streamflow"].load() for path in sys.argv[1:])
along = {"reduce_dims": "time"}
found = {
    "nse": c.nse(s, o, **along), "kge": c.kge(s, o, **along), "r": pearsonr(s, o, **along),
    "rmse": c.rmse(s, o, **along), "mae": c.mae(s, o, **along),
    "mean_error": c.additive_bias(s, o, **along), "percent_bias": c.pbias(s, o, **along),
}
print({name: float(values.median()) for name, values in found.items()})
"""

USUAL_ENSEMBLE = """
import sys, xarray as xr
from scores.probability import brier_score_for_ensemble, crps_for_ensemble
s, o = (xr.open_dataset(path)["streamflow"].load() for path in sys.argv[1:])
along = {"reduce_dims": "time"}
found = {
    "crps": crps_for_ensemble(s, o, "member", method="ecdf", **along),
    "crps_fair": crps_for_ensemble(s, o, "member", method="fair", **along),
    "brier_score": brier_score_for_ensemble(s, o, "member", 5.0, fair_correction=False, **along),
}
print({name: float(values.median()) for name, values in found.items()})
"""


def make_members(folder: Path, gauges: int) -> Path:
    """Write an ensemble about the observed flow, unless it is there."""
    import netCDF4

    path = folder / f"members-{gauges}.nc"
    if path.is_file():
        return path
    observed = netCDF4.Dataset(folder / f"observed-{gauges}.nc")
    with observed, netCDF4.Dataset(path, "w") as file:
        for name, size in (("member", MEMBERS), ("location", gauges), ("time", HOURS)):
            file.createDimension(name, size)
        places = file.createVariable("location", str, ("location",))
        places[:] = observed["location"][:]
        time = file.createVariable("time", "i8", ("time",))
        time.units = "seconds since 1970-01-01"
        time[:] = observed["time"][:]
        dimensions = ("member", "location", "time")
        flow = file.createVariable("streamflow", "f4", dimensions, contiguous=True)
        flow.units = "m3 s-1"
        values = observed["streamflow"][:].data
        for member in range(MEMBERS):
            random = np.random.default_rng(member)
            late = np.roll(values, member % 5, axis=1)
            flow[member] = late * random.lognormal(0.0, 0.1, values.shape).astype(np.float32)
    return path


def measure_ensemble(folder: Path, result: Path, gauges: int, repeat: int) -> list[list[str]]:
    """Measure an ensemble, and what `scores` has for one."""
    observed, members = make_flow(folder, gauges)["observed"], make_members(folder, gauges)
    rows = []
    plan = result.with_name("ensemble.json")
    for metrics in (OF_ENSEMBLES, ("crps", "crps_fair", "brier_score")):
        document = {
            "observations": str(observed),
            "runs": {"forecast": {"members": str(members)}},
            "metrics": list(metrics),
            "thresholds": {"high": "5 m3/s"},
        }
        plan.write_text(json.dumps(document), encoding="utf-8")
        command = [*DMOD, "evaluate", "run", str(plan), "-o", str(result), "-q"]
        found = measure(command, repeat=repeat, fresh=[result])
        rows.append(row(f"dmod evaluate, {MEMBERS} members", gauges, len(metrics), found, members=MEMBERS))
    usual = [sys.executable, "-W", "ignore", "-c", USUAL_ENSEMBLE, str(members), str(observed)]
    found = measure(usual, repeat=repeat)
    return [*rows, row(f"scores, {MEMBERS} members", gauges, 3, found, members=MEMBERS)]


def make_flow(folder: Path, gauges: int) -> dict[str, Path]:
    """Write flow with storms and recessions, and a late and flat simulation, unless it is there."""
    import duckdb
    import netCDF4

    paths = {name: folder / f"{name}-{gauges}.nc" for name in ("observed", "simulated")}
    paths["table"] = folder / f"observed-{gauges}.parquet"
    if paths["table"].is_file():
        return paths
    print(f"making flow of {gauges:,} gauges ...", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name in ("observed", "simulated"):
        files[name] = netCDF4.Dataset(paths[name], "w")
        files[name].createDimension("location", gauges)
        files[name].createDimension("time", HOURS)
        places = files[name].createVariable("location", str, ("location",))
        places[:] = np.array([f"{i + 1:08d}" for i in range(gauges)], dtype=object)
        time = files[name].createVariable("time", "i8", ("time",))
        time.units = "seconds since 1970-01-01"
        time[:] = 1443657600 + 3600 * np.arange(HOURS)
        flow = files[name].createVariable("streamflow", "f4", ("location", "time"), contiguous=True)
        flow.units = "m3 s-1"
    for first in range(0, gauges, FEW // 4):
        rows = min(first + FEW // 4, gauges) - first
        random = np.random.default_rng(first)
        rain = random.gamma(0.2, 5.0, (rows, HOURS)) * (random.random((rows, HOURS)) < 0.02)
        observed = 1.0 + _recession(rain, 0.97) * random.uniform(0.5, 20.0, (rows, 1))
        simulated = 0.9 * np.roll(observed, 2, axis=1) * random.lognormal(0.0, 0.1, (rows, HOURS))
        files["observed"]["streamflow"][first : first + rows] = observed
        files["simulated"]["streamflow"][first : first + rows] = simulated
    for file in files.values():
        file.close()
    _write_table(paths["observed"], paths["table"], duckdb.connect())
    return paths


def _recession(rain: np.ndarray, kept: float) -> np.ndarray:
    from scipy.signal import lfilter

    return lfilter([1.0 - kept], [1.0, -kept], rain, axis=1)


def _write_table(source: Path, target: Path, database: object) -> None:
    """Write flow as TEEHR has it: one row a value, sorted by location."""
    import netCDF4
    import pandas as pd

    hidden = target.with_suffix(".parts")
    hidden.mkdir(exist_ok=True)
    with netCDF4.Dataset(source) as file:
        seconds = file["time"][:].data
        ids = file["location"][:]
        for first in range(0, len(ids), FEW // 4):
            flow = file["streamflow"][first : first + FEW // 4].data
            rows = flow.shape[0]
            block = pd.DataFrame(
                {
                    "location": pd.Categorical(np.repeat(ids[first : first + rows], HOURS)),
                    "time": np.tile(seconds, rows).astype("datetime64[s]"),
                    "value": flow.ravel(),
                }
            )
            database.register("block", block)
            part = hidden / f"{first:06d}.parquet"
            columns = "location::VARCHAR AS location, time, value, 'm3/s' AS unit"
            database.execute(f"COPY (SELECT {columns} FROM block) TO '{part}' (FORMAT parquet)")
            database.unregister("block")
    hidden.rename(target.with_suffix(""))
    target.touch()


def row(title: str, gauges: int, metrics: int, found: Measured, *, members: int = 1) -> list[str]:
    """Return a row of the table."""
    pairs = gauges * members * HOURS * metrics
    return [
        title,
        f"{gauges:,}",
        f"{metrics}",
        f"{found.wall:.1f}",
        f"{found.cpu:.1f}",
        f"{found.memory:,.0f}",
        f"{pairs / found.wall / 1e6:.0f}",
    ]


def measure_runs(folder: Path, result: Path, gauges: int, repeat: int) -> list[list[str]]:
    """Measure runs at many gauges, and what `scores` has for them."""
    paths = make_flow(folder, gauges)
    rows = []
    sources = {"NetCDF": paths["observed"], "observed as Parquet": paths["table"].with_suffix("")}
    for title, metrics in (("NetCDF", METRICS), ("NetCDF", BOTH), ("observed as Parquet", METRICS)):
        command = [*DMOD, "evaluate", "run", str(paths["simulated"]), "--observed", str(sources[title])]
        command += [word for name in metrics for word in ("-m", name)]
        command += ["-o", str(result), "-q"]
        found = measure(command, repeat=repeat, fresh=[result])
        rows.append(row(f"dmod evaluate, {title}", gauges, len(metrics), found))
    both = [str(paths[name]) for name in ("simulated", "observed")]
    usual = measure([sys.executable, "-W", "ignore", "-c", USUAL, *both], repeat=repeat)
    rows.append(row("scores, xarray", gauges, len(BOTH), usual))
    return rows


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--ensemble", action="store_true", help="measure an ensemble")
    parser.add_argument("--folder", type=Path, help="where flow is kept; a temporary folder otherwise")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--output", type=Path, help="write the table there, too")
    chosen = parser.parse_args()
    gauges = FEW if chosen.quick else GAUGES
    with tempfile.TemporaryDirectory(prefix="dmod-evaluation-") as temporary:
        folder = chosen.folder or Path(temporary)
        result = Path(temporary) / "evaluation"
        if chosen.ensemble:
            rows = measure_ensemble(folder, result, gauges // 20 if chosen.quick else FORECAST, chosen.repeat)
        else:
            rows = measure_runs(folder, result, gauges, chosen.repeat)
        head = ["command", "gauges", "metrics", "wall s", "cpu s", "peak MB", "million pairs a second"]
        text = f"{machine()}\n\n{table(head, rows)}\n"
    print(text)
    if chosen.output:
        chosen.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
