"""Measure the kernels of the native modules alone: processor time per catchment and hourly step.

Usage: python benchmarks/modules.py [--catchments 200]

Every module runs a year of the example's weather; one thread, compiled code loaded, the best of
three passes over warm arrays. For comparison: the bare update of CFE in C takes 0.08 to 0.10 µs on
a machine of the same kind (a figure to reproduce, not measured here).
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from dmod.engine.chain import BlockRun, Scratch
from dmod.services.options import Locations, RunOptions
from dmod.services.plan import locate, plan_run
from measure import DMOD, machine, table

PASSES = 3
XINANJIANG = (
    "a_Xinanjiang_inflection_point_parameter=-0.2\nb_Xinanjiang_shape_parameter=0.66\n"
    "x_Xinanjiang_shape_parameter=0.02\nurban_decimal_fraction=0.05\n"
)
NASH = (
    "surface_runoff_scheme=NASH_CASCADE\nN_nash_surface=2\nK_nash_surface=0.83\n"
    "nash_storage_surface=0.0,0.0\nnsubsteps_nash_surface=10\n"
)
Edit = Callable[[str], str]


def kernel_seconds(package: Path, module: str, revisions: dict[str, str]) -> tuple[float, int]:
    """Return processor seconds of one pass of a module over all catchments, and catchments × steps."""
    options = RunOptions(revisions=revisions)
    plan = plan_run(locate(package, Locations()), options)
    with closing(plan.forcing):
        chain = plan.chains[0]
        shape = (len(chain.rows), plan.axis.count)
        forcing = {key: np.empty(shape) for key in chain.forcing_keys}
        plan.forcing.read(chain.rows, chain.forcing_keys, 0, forcing)
        best = np.inf
        run = BlockRun(chain, slice(0, shape[0]), shape[1], forcing, Scratch())
        run.run()
        index = [stage.module.name for stage in chain.stages].index(module)
        inputs = [run.resolve(source) for source in chain.stages[index].sources]
        for _ in range(PASSES):
            begin = time.process_time()
            run._step(index, inputs)
            best = min(best, time.process_time() - begin)
    return best, shape[0] * shape[1]


def make(folder: Path, formulation: str, catchments: int) -> Path:
    """Write an example package."""
    package = folder / formulation
    options = ["-n", str(catchments), "--formulation", formulation, "--no-observed", "-q"]
    subprocess.run([*DMOD, "example", str(package), *options], check=True)
    return package


def rewrite(package: Path, kind: str, edit: Edit) -> None:
    """Change every configuration file of one module."""
    for file in (package / "config" / "cat_config" / kind).glob("*.ini"):
        file.write_text(edit(file.read_text()))


def xinanjiang(text: str) -> str:
    """Partition by Xinanjiang."""
    return text.replace("=Schaake", "=Xinanjiang") + XINANJIANG


def method(number: int) -> Edit:
    """Take another method of PET."""
    return lambda text: "\n".join(
        f"pet_method={number}" if line.startswith("pet_method") else line for line in text.splitlines()
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--catchments", type=int, default=200)
    catchments = parser.parse_args().catchments
    rows = []

    def add(name: str, package: Path, module: str, revisions: dict[str, str] | None = None) -> None:
        seconds, steps = kernel_seconds(package, module, revisions or {})
        rows.append([name, f"{seconds / steps * 1e6:.3f}"])

    with tempfile.TemporaryDirectory(prefix="dmod-benchmark-") as name:
        package = make(Path(name), "cfe", catchments)
        newer = {"cfe": "a349a95"}
        add("CFE 6d08db7, Schaake, unit hydrograph", package, "cfe")
        add("CFE a349a95, Schaake, unit hydrograph", package, "cfe", newer)
        for number in range(1, 6):
            rewrite(package, "PET", method(number))
            add(f"PET, method {number}", package, "pet")
        rewrite(package, "CFE", lambda text: text + NASH)
        add("CFE a349a95, surface Nash cascade, 2 reservoirs, 10 substeps", package, "cfe", newer)
        rewrite(package, "CFE", lambda text: xinanjiang(text.replace(NASH, "")))
        add("CFE a349a95, Xinanjiang", package, "cfe", newer)
        add("TOPMODEL", make(Path(name), "topmodel", catchments), "topmodel")
    print(f"{machine()}; {catchments} catchments × 8,760 h\n")
    print(table(["kernel", "µs of CPU per catchment and step"], rows))


if __name__ == "__main__":
    main()
