"""Measure cutting basins out of a fabric: `python benchmarks/subset.py [--quick] [--folder F]`.

The fabric is made by `dmod example --fabric-only` (synthetic, the same for everybody). Measured are the
index, built once, and basins of about 100, 1,000 and 10,000 catchments, above as many different gauges
as there are runs: by the command (a whole process) and by the function (in a process that has used it
before). The comparison is a script with geopandas (`subset_by_geopandas.py`), also a whole process, that
reads every layer, and again one that lets SQLite choose the rows. Both must give the same ids in every
table. The fabric is in the page cache for all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from measure import DMOD, Measured, machine, measure, table
from subset_by_geopandas import KEYS

SCRIPT = Path(__file__).with_name("subset_by_geopandas.py")
SIZES = (100, 1_000, 10_000)


@dataclass(frozen=True)
class Gauge:
    """A gauge and how many catchments drain through its flowpath."""

    id: str
    catchments: int


def make_fabric(folder: Path, catchments: int) -> tuple[Path, Measured | None]:
    """Write the fabric, unless an earlier measurement left it."""
    fabric = folder / f"fabric-{catchments}.gpkg"
    if fabric.is_file():
        return fabric, None
    print(f"making {fabric.name} ...", flush=True)
    command = [*DMOD, "example", str(fabric), "--fabric-only", "-n", str(catchments), "-q"]
    return fabric, measure(command, repeat=1)


def gauges_of(fabric: Path) -> list[Gauge]:
    """Return all gauges; sizes are added up from the headwaters down."""
    with closing(sqlite3.connect(f"file:{fabric}?mode=ro", uri=True)) as database:
        below = dict(database.execute("SELECT id, toid FROM nexus"))
        flowpaths = database.execute("SELECT id, toid FROM flowpaths ORDER BY hydroseq DESC").fetchall()
        gauged = database.execute('SELECT gage, id FROM "flowpath-attributes" WHERE gage NOTNULL').fetchall()
    count: Counter[str] = Counter()
    for one, nexus in flowpaths:
        count[one] += 1
        count[below[nexus]] += count[one]
    return [Gauge(number, count[one]) for number, one in gauged]


def near(gauges: list[Gauge], size: int, count: int) -> list[Gauge]:
    """Return gauges with about so many catchments, from all over the fabric."""
    ranked = sorted(gauges, key=lambda gauge: abs(gauge.catchments - size))
    alike = [gauge for gauge in ranked if abs(gauge.catchments - size) <= abs(ranked[0].catchments - size)]
    pool = sorted(alike if len(alike) >= count else ranked[:count], key=lambda gauge: gauge.id)
    return [pool[i * len(pool) // count] for i in range(count)]


def by_command(fabric: Path, gauges: list[Gauge], output: Path) -> list[Measured]:
    """Measure `dmod subset`, once for each gauge."""
    command = [*DMOD, "subset", str(fabric), str(output), "--overwrite", "-q"]
    return [measure([*command, "--gage", gauge.id], repeat=1) for gauge in gauges]


def by_function(fabric: Path, gauges: list[Gauge], output: Path) -> list[float]:
    """Measure the function, once for each gauge [s], in a process that has used it before."""
    from dmod.services.subset import Region, subset

    subset(fabric, output, Region(places=(f"gage-{gauges[-1].id}",)), overwrite=True)
    seconds = []
    for gauge in gauges:
        begin = time.perf_counter()
        subset(fabric, output, Region(places=(f"gage-{gauge.id}",)), overwrite=True)
        seconds.append(time.perf_counter() - begin)
    return seconds


def by_geopandas(fabric: Path, gauge: Gauge, output: Path, mode: str) -> Measured:
    """Measure the script."""
    output.unlink(missing_ok=True)
    return measure([sys.executable, str(SCRIPT), str(fabric), gauge.id, str(output), mode], repeat=1)


def require_alike(ours: Path, theirs: Path) -> None:
    """Stop if a table has other ids in one file than in the other."""
    with closing(sqlite3.connect(ours)) as one, closing(sqlite3.connect(theirs)) as other:
        for layer, key in KEYS.items():
            query = f'SELECT "{key}" FROM "{layer}" ORDER BY 1'
            if one.execute(query).fetchall() != other.execute(query).fetchall():
                raise SystemExit(f"{ours} and {theirs} have different rows in {layer}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="20,000 catchments, basins of 100 and 1,000")
    parser.add_argument("--catchments", type=int, default=800_000)
    parser.add_argument("--runs", type=int, default=5, help="of each size")
    parser.add_argument("--folder", type=Path, help="where the fabric is kept between calls")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="dmod-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    fabric, made = make_fabric(folder, 20_000 if options.quick else options.catchments)
    # in a process of its own: what is measured later would inherit the peak memory of this one
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        gauges = apart.submit(gauges_of, fabric).result()
    ours, theirs = folder / "ours.gpkg", folder / "theirs.gpkg"
    load = os.getloadavg()[0]

    dry = [*DMOD, "subset", str(fabric), "--dry-run", "-q", "--gage", gauges[0].id]
    index = measure([*dry, "--rebuild-index"], repeat=1 if options.quick else 3)
    rows = []
    for size in SIZES[:2] if options.quick else SIZES:
        some = near(gauges, size, options.runs)
        commands = by_command(fabric, some, ours)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            functions = apart.submit(by_function, fabric, some, ours).result()
        scripts = {}
        for mode in ("all", "where"):
            scripts[mode] = by_geopandas(fabric, some[-1], theirs, mode)
            require_alike(ours, theirs)
        rows.append(row(some, commands, functions, scripts))
        print(" | ".join(rows[-1]), flush=True)
    text = report(fabric, made, index, rows, load=load)
    if options.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


def row(
    gauges: list[Gauge], commands: list[Measured], functions: list[float], scripts: dict[str, Measured]
) -> list[str]:
    """Return one line of the table."""
    wall, function = median(run.wall for run in commands), median(functions)
    sizes = sorted({gauge.catchments for gauge in gauges})
    return [
        f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}",
        f"{wall:.2f} ({max(run.wall for run in commands):.2f})",
        f"{max(run.memory for run in commands):,.0f}",
        f"{function:.3f} ({max(functions):.3f})",
        *(f"{scripts[mode].wall:.1f}, {scripts[mode].memory:,.0f} MB" for mode in ("all", "where")),
        f"{scripts['all'].wall / wall:.0f} ×, {scripts['where'].wall / wall:.0f} ×",
    ]


def report(
    fabric: Path, made: Measured | None, index: Measured, rows: list[list[str]], *, load: float
) -> str:
    """Return what was measured as Markdown."""
    header = [
        "catchments",
        "command, s (worst)",
        "peak MB",
        "function, s (worst)",
        "geopandas, every layer, s",
        "geopandas, chosen rows, s",
        "command is faster",
    ]
    size, catchments = fabric.stat().st_size / 1e9, int(fabric.stem.removeprefix("fabric-"))
    beside = fabric.with_name(fabric.name + ".index")
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}; load of the machine before {load:.1f}.",
        f"Input: `dmod example --fabric-only`, {catchments:,} catchments, {size:.2f} GB.",
        "",
        table(header, rows),
        "",
        f"- index, built once: {index.wall:.1f} s, peak {index.memory:,.0f} MB"
        + (f", {beside.stat().st_size / 1e6:,.0f} MB beside the fabric" if beside.is_file() else ""),
    ]
    if made is not None:
        lines.append(f"- making the fabric: {made.wall:.0f} s, peak {made.memory:,.0f} MB")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
