"""Measure the main job: `python benchmarks/run.py [--quick] [--large] [--output FILE]`.

The input is made by `dmod example` (synthetic, the same for everybody). Every figure is of a whole
process, from its start to all files closed, with compiled code cached; the median of three runs. The
comparison is the NextGen C++ framework (ngen dd04bbc, SLoTH + PET + CFE, NetCDF forcing in, CSV out) on
a machine of the same kind: figures of ours to reproduce, not measured by this script.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from measure import DMOD, Measured, machine, measure, table

FRAMEWORK = {  # catchments → wall seconds of the C++ framework: (serial, two MPI ranks)
    100: (32.0, 23.0),
    1000: (500.0, 254.0),
}
HOURS = 8760


def make_package(folder: Path, catchments: int, years: float = 1.0) -> Path:
    """Write an example package, unless an earlier measurement left it."""
    package = folder / f"basin-{catchments}-{years:g}"
    if not package.is_dir():
        print(f"making {package.name} ...", flush=True)
        command = [
            *DMOD,
            "example",
            str(package),
            "-n",
            str(catchments),
            "--years",
            str(years),
            "--no-observed",
            "-q",
        ]
        subprocess.run(command, check=True)
    return package


def run(package: Path, output: Path, *options: str, repeat: int = 3) -> tuple[Measured, dict[str, float]]:
    """Run a package; return the measurement and where the last run's time went."""
    command = [*DMOD, "run", str(package), "-o", str(output), "--quiet", "--no-report", *options]
    measured = measure(command, repeat=repeat, fresh=[output])
    record = json.loads((output / "metadata" / "run.json").read_text())
    return measured, record["result"]["phases"]


def row(
    name: str, catchments: int, measured: Measured, phases: dict[str, float], versus: float | None
) -> list[str]:
    """Return one line of the table."""
    steps = catchments * HOURS
    return [
        name,
        f"{catchments:,}",
        f"{measured.wall:.2f}",
        f"{measured.cpu:.2f}",
        f"{measured.memory:,.0f}",
        f"{measured.wall / steps * 1e6:.3f}",
        *(f"{phases.get(phase, 0.0):.2f}" for phase in ("read", "compute", "route", "write")),
        f"{versus / measured.wall:.0f} ×" if versus else "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="100 catchments only")
    parser.add_argument("--large", action="store_true", help="10,000 catchments too (needs 15 GB of disk)")
    parser.add_argument("--folder", type=Path, help="where packages are kept between calls")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="dmod-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    output = folder / "results"

    start = measure([*DMOD, "modules", "cfe"])
    tiny = make_package(folder, 3, 0.05)
    cold = folder / "cache"
    first = measure(
        [*DMOD, "run", str(tiny), "-o", str(output), "--quiet", "--no-report"],
        repeat=1, fresh=[output, cold], environment={"DMOD_CACHE_DIR": str(cold)},
    )  # fmt: skip
    warm = measure(
        [*DMOD, "run", str(tiny), "-o", str(output), "--quiet", "--no-report"],
        fresh=[output], environment={"DMOD_CACHE_DIR": str(cold)},
    )  # fmt: skip
    for catchments in (100,) if options.quick else (100, 1000):
        package = make_package(folder, catchments)
        ranks = FRAMEWORK[catchments][1]
        for name, chosen in (
            ("NetCDF out", ("--no-route",)),
            ("framework's CSV out", ("--no-route", "--csv")),
            ("NetCDF out, routed", ()),
        ):
            rows.append(row(name, catchments, *run(package, output, *chosen), ranks))
    if options.large:
        package = make_package(folder, 10_000)
        rows.append(
            row(
                "NetCDF out, single precision",
                10_000,
                *run(package, output, "--no-route", "--precision", "single", repeat=1),
                None,
            )
        )
        rows.append(
            row(
                "NetCDF out, single precision, routed",
                10_000,
                *run(package, output, "--precision", "single", repeat=1),
                None,
            )
        )
    shutil.rmtree(output, ignore_errors=True)
    if options.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    text = report(start, first, warm, rows)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


def report(start: Measured, first: Measured, warm: Measured, rows: list[list[str]]) -> str:
    """Return what was measured as Markdown."""
    header = [
        "run",
        "catchments",
        "wall s",
        "cpu s",
        "peak MB",
        "µs/catchment/step",
        "read",
        "compute",
        "route",
        "write",
        "framework, 2 ranks",
    ]
    return "\n".join(
        [
            f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}.",
            f"Input: `dmod example`, SLoTH + PET + CFE, {HOURS:,} hourly steps, NetCDF forcing, "
            "twelve output variables, double precision unless said.",
            "",
            table(header, rows),
            "",
            f"- start-up (`dmod modules cfe`): {start.wall:.2f} s",
            f"- three catchments × 438 steps, routed, nothing compiled yet: {first.wall:.1f} s; "
            f"compiled code cached: {warm.wall:.2f} s",
        ]
    )


if __name__ == "__main__":
    main()
