"""Measure what jobs need: `python benchmarks/estimates.py [--folder F] [--output FILE]`.

Whole processes on one thread: runs of example basins, and preparations of basins of a synthetic fabric with
forcing from a synthetic grid. Time is processor time, which a busy machine changes least. The terms of
`dmod.jobs.schedule.estimate.COSTS` follow by least squares: none is below 0, and small cases weigh as much as
large ones. Then what is estimated with the terms in the source is held against what was measured.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from dmod.jobs.schedule.estimate import HELD_CELLS, Estimate, PreparationWork, RunWork, estimate
from measure import DMOD, Measured, machine, measure, table
from subset import gauges_of, near

START = datetime(2019, 3, 1, tzinfo=UTC)
RUNS = (
    RunWork(100, 8784, is_routed=False),
    RunWork(100, 8784),
    RunWork(1000, 877, is_routed=False),
    RunWork(1000, 8784, is_routed=False),
    RunWork(1000, 8784),
    RunWork(1000, 8784, is_routed=False, is_csv=True),
    RunWork(5000, 1754, is_routed=False),
    RunWork(5000, 1754),
    RunWork(100, 8784, ("pet", "topmodel"), is_routed=False),
    RunWork(2000, 1754, ("pet", "topmodel"), is_routed=False),
)
FABRIC = 20_000
PREPARATIONS = ((100, 48), (100, 240), (1000, 48), (1000, 240), (3000, 120))


@dataclass(frozen=True)
class Case:
    """Some work, and what it took."""

    work: RunWork | PreparationWork
    measured: Measured


def warm(command: Sequence[str], fresh: Path | None = None) -> Measured:
    """Measure a command for which everything is compiled already."""
    folders = [fresh] if fresh else []
    measure(command, repeat=1, fresh=folders)
    return measure(command, repeat=1, fresh=folders)


def dmod(*arguments: str | Path) -> None:
    subprocess.run([*DMOD, *map(str, arguments), "-q"], check=True)


def run(folder: Path, work: RunWork, *, cpus: int = 1) -> Measured:
    """Measure a run of an example package, made unless it is there."""
    kind = "topmodel" if "topmodel" in work.modules else "cfe"
    package, output = folder / f"{kind}-{work.catchments}-{work.hours}", folder / "outputs"
    if not package.is_dir():
        years = str(work.hours / 8766)
        size = ("-n", str(work.catchments), "--years", years)
        dmod("example", package, *size, "--formulation", kind, "--no-observed")
    chosen = [
        *([] if work.is_routed else ["--no-route"]),
        *(["--csv"] if work.is_csv else []),
        *("--workers", str(cpus)),
    ]
    return warm([*DMOD, "run", str(package), "-o", str(output), "-q", *chosen], output)


def prepare(folder: Path, catchments: int, hours: int) -> Case:
    """Measure the preparation of a basin of about so many catchments."""
    fabric, output = folder / "fabric.gpkg", folder / "prepared"
    if not fabric.is_file():
        dmod("example", fabric, "--fabric-only", "-n", str(FABRIC))
    gauge = near(gauges_of(fabric), catchments, 1)[0]
    store = folder / f"grid-{catchments}"
    if not store.is_dir():
        basin = folder / f"basin-{catchments}.gpkg"
        dmod("subset", fabric, basin, "--gage", gauge.id)
        dmod("example-store", store, "--around", basin, "--days", "11")
    end = START + timedelta(hours=hours - 1)
    command = [*DMOD, "prepare", str(output), "--hydrofabric", str(fabric), "--gage", gauge.id, "-q"]
    command += [
        "--forcing",
        str(store),
        "--start",
        f"{START:%Y-%m-%d %H:%M}",
        "--end",
        f"{end:%Y-%m-%d %H:%M}",
    ]
    return Case(PreparationWork(gauge.catchments, hours), warm(command, output))


def index(folder: Path) -> Case:
    """Measure making the index of the fabric."""
    fabric = folder / "fabric.gpkg"
    gauge = near(gauges_of(fabric), 100, 1)[0]
    command = [*DMOD, "subset", str(fabric), "--dry-run", "-q", "--gage", gauge.id, "--rebuild-index"]
    return Case(PreparationWork(gauge.catchments, 0, FABRIC), warm(command))


def compiling(folder: Path) -> tuple[float, float]:
    """Measure how much longer runs take with nothing compiled [s], and their peak memory [MB]."""
    works = (RunWork(100, 8784), RunWork(100, 8784, ("pet", "topmodel"), is_routed=False))
    longer, memory = 0.0, 0.0
    for work in works:
        kind = "topmodel" if "topmodel" in work.modules else "cfe"
        cache, output = folder / "cache", folder / "outputs"
        command = [*DMOD, "run", str(folder / f"{kind}-100-8784"), "-o", str(output), "-q", "--workers", "1"]
        environment = {"DMOD_CACHE_DIR": str(cache)}
        cold = measure(command, repeat=1, fresh=[cache, output], environment=environment)
        known = measure(command, repeat=1, fresh=[output], environment=environment)
        longer, memory = max(longer, cold.cpu - known.cpu), max(memory, cold.memory)
    return longer, memory


def fitted(rows: Sequence[Sequence[float]], values: Sequence[float]) -> np.ndarray:
    """Return the terms of sums that come nearest to values, relative to each; none is below 0."""
    from scipy.optimize import nnls

    matrix, aim = np.array(rows, float), np.array(values, float)
    scale = np.abs(matrix).max(axis=0)
    return nnls(matrix / scale / aim[:, None], np.ones(len(aim)))[0] / scale


def terms_of_runs(cases: Sequence[Case]) -> list[list[str]]:
    """Return the terms of runs, as rows of a table."""
    times, memories = [], []
    for case in cases:
        work = case.work
        assert isinstance(work, RunWork)
        cells, top = work.catchments * work.hours, "topmodel" in work.modules
        held = min(cells, HELD_CELLS)
        routed = work.is_routed
        of_cfe = (work.catchments * (not top), cells * (not top))
        of_topmodel = (work.catchments * top, cells * top)
        times.append([1, *of_cfe, *of_topmodel, cells * work.is_csv, routed, cells * routed])
        memories.append([1, work.catchments, held, routed, held * routed])
    t = fitted(times, [case.measured.cpu for case in cases])
    m = fitted(memories, [case.measured.memory * 1e6 for case in cases])
    return [
        ["cfe", *shown(t[0], t[1], t[2], m[0], m[1], m[2])],
        ["topmodel", *shown(t[0], t[3], t[4], m[0], m[1], m[2])],
        ["csv", *shown(0, 0, t[5], 0, 0, 0)],
        ["routing", *shown(t[6], 0, t[7], m[3], 0, m[4])],
    ]


def terms_of_preparations(cases: Sequence[Case], indexed: Case) -> list[list[str]]:
    """Return the terms of preparations, as rows of a table."""
    rows = [[1, case.work.catchments, case.work.catchments * case.work.hours] for case in cases]
    t = fitted(rows, [case.measured.cpu for case in cases])
    m = fitted(rows, [case.measured.memory * 1e6 for case in cases])
    # one size only: all but the start of a process is of the catchments
    cpu, memory = indexed.measured.cpu - 1.0, indexed.measured.memory * 1e6 - 100e6
    return [
        ["preparation", *shown(*t, *m)],
        ["index", *shown(0, cpu / FABRIC, 0, 100e6, memory / FABRIC, 0)],
    ]


def shown(*terms: float) -> list[str]:
    """Return seconds as s, ms, µs, and memory as MB, kB, bytes."""
    units = (1.0, 1e3, 1e6, 1e-6, 1e-3, 1.0)
    return [f"{term * unit:.3g}" for term, unit in zip(terms, units, strict=True)]


def compared(case: Case) -> list[str]:
    """Return what was measured and what was estimated, as a row of a table."""
    found: Estimate = estimate(case.work)
    work, measured = case.work, case.measured
    if isinstance(work, RunWork):
        what = ["run", "topmodel" if "topmodel" in work.modules else "cfe"]
        what += ["routed"] * work.is_routed + ["CSV"] * work.is_csv
        what += [f"{work.cpus} threads"] * (work.cpus > 1)
    else:
        what = ["index" if work.fabric else "preparation"]
    return [
        " ".join(what),
        f"{work.catchments:,}",
        f"{work.hours:,}",
        f"{measured.cpu:.1f}",
        f"{found.seconds:.0f}",
        f"{measured.memory:,.0f}",
        f"{found.memory / 1e6:,.0f}",
        f"{found.memory / 1e6 / measured.memory:.1f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, help="where inputs are kept between calls (2 GB)")
    parser.add_argument("--output", type=Path, help="write the tables here as well")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="dmod-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    runs = [Case(work, run(folder, work)) for work in RUNS]
    prepared = [prepare(folder, *size) for size in PREPARATIONS]
    indexed = index(folder)
    wide = Case(RunWork(1000, 8784, cpus=8), run(folder, RunWork(1000, 8784), cpus=8))
    narrow = next(case for case in runs if case.work == RunWork(1000, 8784))
    each = (wide.measured.memory - narrow.measured.memory) / 7
    longer, peak = compiling(folder)
    units = ["start s", "catchment ms", "cell µs", "memory MB", "catchment kB", "cell bytes"]
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}.",
        "",
        table(["work", *units], [*terms_of_runs(runs), *terms_of_preparations(prepared, indexed)]),
        "",
        f"Compiling takes {longer:.0f} s, and {peak:.0f} MB altogether; each further thread {each:.0f} MB.",
        "",
        table(
            ["work", "catchments", "hours", "CPU s", "estimate s", "peak MB", "estimate MB", "memory ×"],
            [compared(case) for case in [*runs, wide, *prepared, indexed]],
        ),
    ]
    text = "\n".join(lines)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    if options.folder is None:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
