"""Measure comparing runs: `python benchmarks/compare.py [--quick] [--folder DIR] [--output FILE]`.

Two runs of 2,000 catchments × 8,760 hours × 12 variables in double precision (200 catchments with
``--quick``), written by the writer that runs use, and the framework's CSV of 200 catchments. `dmod compare`
is measured as a whole process: reading, all scores of every catchment and variable, the table. Files are in
the system's cache where they fit. The usual script is measured beside it: xarray, one variable after the
other as a whole, the same scores with NumPy.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from dmod.core.time_axis import TimeAxis
from dmod.output.csv_output import CatchmentCsv
from dmod.output.layout import OutputLayout, OutputVariable
from dmod.output.netcdf_output import CatchmentNetcdf
from measure import DMOD, Measured, machine, measure, table

HOURS, VARIABLES = 8760, 12
FEW = 200
USUAL = """
import sys, numpy as np, xarray as xr
a, b = (xr.open_dataset(f"{folder}/catchments.nc") for folder in sys.argv[1:])
for name in a.data_vars:
    r, o = a[name].values, b[name].values
    d = o - r
    largest, at = np.nanmax(np.abs(d), axis=1), np.nanargmax(np.abs(d), axis=1)
    bias, square = np.nanmean(d, axis=1), np.nanmean(d**2, axis=1)
    nse = 1 - square / np.nanvar(r, axis=1)
    rr, oo = r - np.nanmean(r, axis=1, keepdims=True), o - np.nanmean(o, axis=1, keepdims=True)
    correlation = np.nanmean(rr * oo, axis=1) / (np.nanstd(r, axis=1) * np.nanstd(o, axis=1))
    sums = np.nansum(r, axis=1), np.nansum(o, axis=1)
    print(name, largest.max(), np.median(nse), (r.view("i8") == o.view("i8")).all())
"""


def make_run(folder: Path, catchments: int, seed: int, *, csv: bool = False) -> Path:
    """Write one run's catchments, unless an earlier measurement left them; seeds make small differences."""
    run = folder / f"{'csv' if csv else 'netcdf'}-{catchments}-{seed}"
    if (run / "done").is_file():
        return run
    print(f"making {run.name} ...", flush=True)
    run.mkdir(parents=True, exist_ok=True)
    axis = TimeAxis(datetime(2015, 10, 1, tzinfo=UTC), 3600, HOURS)
    names = [f"variable_{i}" for i in range(VARIABLES)]
    layout = [OutputLayout(tuple(OutputVariable(name, "m") for name in names))]
    ids = [f"cat-{i + 1}" for i in range(catchments)]
    opened = (
        CatchmentCsv.open(run, ids, axis, layout, digits=9)
        if csv
        else CatchmentNetcdf.open(run / "catchments.nc", ids, axis, layout, durable=False)
    )
    noise = np.random.default_rng(seed)
    with opened as sink:
        for first in range(0, catchments, FEW):
            rows = np.arange(first, min(first + FEW, catchments))
            same = np.random.default_rng(first)
            values = {}
            for name in names:
                block = same.random((len(rows), HOURS))
                values[name] = block * (1.0 + 1e-3 * noise.random((len(rows), 1)))
            sink.write(rows, 0, values)
    (run / "done").touch()
    return run


def row(title: str, catchments: int, found: Measured) -> list[str]:
    """Return a row of the table."""
    pairs = catchments * HOURS * VARIABLES
    return [
        title,
        f"{catchments:,}",
        f"{found.wall:.2f}",
        f"{found.cpu:.2f}",
        f"{found.memory:,.0f}",
        f"{pairs / found.wall / 1e6:.0f}",
    ]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the runs are kept; a temporary folder otherwise")
    parser.add_argument("--output", type=Path, help="write the table there, too")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dmod-compare-") as temporary:
        folder = chosen.folder or Path(temporary)
        rows = []
        for catchments in (FEW,) if chosen.quick else (FEW, 2000):
            pair = [str(make_run(folder, catchments, seed)) for seed in (1, 2)]
            rows.append(row("dmod compare", catchments, measure([*DMOD, "compare", *pair, "-q"])))
            usual = measure([sys.executable, "-c", USUAL, *pair])
            rows.append(row("xarray and NumPy, a variable at a time", catchments, usual))
        text = [str(make_run(folder, FEW, seed, csv=True)) for seed in (1, 2)]
        rows.append(row("dmod compare, CSV", FEW, measure([*DMOD, "compare", *text, "-q"])))
        head = ["command", "catchments", "wall s", "cpu s", "peak MB", "million pairs a second"]
        result = f"{machine()}\n\n{table(head, rows)}\n"
    print(result)
    if chosen.output:
        chosen.output.write_text(result, encoding="utf-8")


if __name__ == "__main__":
    main()
