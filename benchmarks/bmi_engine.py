"""Measure runs with modules of others: what a catchment-step costs, and what arrays by catchment gain.

Usage: python benchmarks/bmi_engine.py [--catchments 100] [--years 1] [--repeat 3]

Each row is a whole run of one package without routing and report. The linear reservoir is that of
`dmod.testing.foreign_modules`, in C and in Python; beside it run constants and the native PET. The recurrent
network (32 cells) is the one of ``examples/recurrent``, once with an instance for each catchment and once
with one for each block. `native` is constants, PET and CFE, all compiled into dmod.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import dmod
from dmod.testing.foreign_modules import compile_module
from dmod.testing.foreign_package import make_foreign_package
from measure import machine, table

EXAMPLE = Path(__file__).parents[1] / "examples" / "recurrent" / "use.py"


def packages(folder: Path, catchments: int, years: float) -> dict[str, tuple[Path, str]]:
    """Return the packages, each with its engine."""
    size = {"catchments": catchments, "years": years}
    library = compile_module("reservoir.c", folder / "libreservoir.so")
    found = {
        "native: PET, CFE": (_example(folder / "native", **size), "native"),
        "the same, engine bmi": (_example(folder / "same", **size), "bmi"),
        "native PET, reservoir in C": (
            make_foreign_package(folder / "c", "c", library=library, **size),
            "bmi",
        ),
        "native PET, reservoir in Python": (make_foreign_package(folder / "py", "py", **size), "bmi"),
    }
    for name, kind in (("one by one", "Recurrent"), ("by arrays", "RecurrentField")):
        package = _example(folder / kind, **size)
        subprocess.run([sys.executable, EXAMPLE, package, "--type", f"recurrent.{kind}"], check=True)
        found[f"recurrent network, {name}"] = (package, "bmi")
    return found


def _example(folder: Path, catchments: int, years: float) -> Path:
    return dmod.make_example(folder, catchments=catchments, years=years, observed=False).path


def seconds(package: Path, engine: str, workers: int) -> float:
    """Return how long it takes to compute, beside reading and writing."""
    result = dmod.run(
        package, engine=engine, overwrite=True, report=False, route=False, save_states=False, workers=workers
    )
    return result.phases["compute"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--catchments", type=int, default=100)
    parser.add_argument("--years", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print(machine(), flush=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="dmod-bmi-") as name:
        for title, (package, engine) in packages(Path(name), arguments.catchments, arguments.years).items():
            seconds(package, engine, arguments.workers)  # so that all is compiled
            found = median(seconds(package, engine, arguments.workers) for _ in range(arguments.repeat))
            each = found * 1e6 / (arguments.catchments * arguments.years * 8760)
            rows.append([title, f"{found:.2f}", f"{each:.2f}"])
    size = f"{arguments.catchments} catchments, {arguments.years:g} years by hours"
    print(f"{size}, {arguments.workers} workers\n")
    print(table(["chain", "computing, s", "µs per catchment and step"], rows))


if __name__ == "__main__":
    main()
