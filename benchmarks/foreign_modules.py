"""Measure what speaking to foreign modules adds: time per catchment and step beyond the module's own.

Usage: python benchmarks/foreign_modules.py [--catchments 50] [--steps 2000]

The module is the linear reservoir of `dmod.testing.foreign_modules`; five values go in and five come out at
every step (some of them twice). For comparison: the same calls in a loop written in C (for C, which is the
module's own time), in a loop in Python by way of the port, one call for each value, and for a module in
Python its methods called without anything between.
"""

from __future__ import annotations

import argparse
import ctypes
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dmod.engine.foreign.c_module import CModule
from dmod.engine.foreign.module import ForeignModule
from dmod.engine.foreign.program import ProgramSpec, bind, open_program
from dmod.engine.foreign.python_module import PythonModule
from dmod.testing.foreign_modules import PYTHON_TYPE, SOURCES, Reservoir, compile_module, missing
from measure import machine, table

PASSES = 5
LONG = "a_storage_whose_name_is_longer_than_short_strings"
LANGUAGES = {
    "C": ("c", "bmi_c", ("rain", "weight", "mode", "rain", "weight"),
          ("outflow", "storage", "hot", "steps", "outflow")),
    "C++": ("cpp", "bmi_c++", ("rain",) * 5, ("outflow", LONG, "outflow", LONG, "outflow")),
    "Fortran": ("f90", "bmi_fortran", ("rain", "weight", "rain", "weight", "rain"),
                ("outflow", "storage", "steps", "outflow", "storage")),
    "Python": ("py", "bmi_python", ("rain", "weight", "rain", "weight", "rain"),
               ("outflow", "storage", "steps", "outflow", "storage")),
}  # fmt: skip
DRIVER = """
#include "interface.h"
int drive(Table *it, int steps, int inputs, char **input_names, int outputs, char **output_names) {
  double room[16] = {0};
  for (int step = 0; step < steps; ++step) {
    for (int i = 0; i < inputs; ++i)
      if (it->set_value(it, input_names[i], room)) return 1;
    if (it->update(it)) return 1;
    for (int i = 0; i < outputs; ++i)
      if (it->get_value(it, output_names[i], room)) return 1;
  }
  return 0;
}
"""


def best(act: Callable[[], object]) -> float:
    """Return processor seconds of the quickest of some passes."""
    found = []
    for _ in range(PASSES):
        begin = time.process_time()
        act()
        found.append(time.process_time() - begin)
    return min(found)


def by_port(
    modules: list[ForeignModule], inputs: tuple[str, ...], outputs: tuple[str, ...], steps: int
) -> Callable[[], None]:
    """Return a loop that calls the port for each value."""

    def run() -> None:
        for module in modules:
            for _ in range(steps):
                for name in inputs:
                    module.set_values(name, 0.0)
                module.update()
                for name in outputs:
                    module.get_values(name)

    return run


def in_c(
    folder: Path, modules: list[CModule], inputs: tuple[str, ...], outputs: tuple[str, ...], steps: int
) -> float:
    """Return processor seconds of the same calls in a loop in C."""
    source = folder / "driver.c"
    source.write_text(DRIVER)
    drive = ctypes.CDLL(str(compile_module(source, folder / "driver.so", f"-I{SOURCES}"))).drive
    takes, gives = ((ctypes.c_char_p * len(n))(*(x.encode() for x in n)) for n in (inputs, outputs))

    def run() -> None:
        for module in modules:
            if drive(ctypes.c_void_p(module.handle), steps, len(inputs), takes, len(outputs), gives):
                raise SystemExit("the loop in C failed")

    return best(run)


def bare(
    modules: list[PythonModule], inputs: tuple[str, ...], outputs: tuple[str, ...], steps: int
) -> Callable[[], None]:
    """Return a loop that calls a Python module's methods with nothing between."""
    places = {name: np.zeros(1, dtype=modules[0].dtype(name)) for name in {*inputs, *outputs}}

    def run() -> None:
        for module in modules:
            made = module.made
            for _ in range(steps):
                for name in inputs:
                    made.set_value(name, places[name])
                made.update()
                for name in outputs:
                    made.get_value(name, places[name])

    return run


def measured(folder: Path, language: str, catchments: int, steps: int) -> list[str]:
    """Return a row of the table."""
    suffix, coupling, inputs, outputs = LANGUAGES[language]
    if suffix == "py":
        spec = ProgramSpec(coupling, language, python_type=PYTHON_TYPE)
    elif reason := missing(suffix):
        return [language, reason, "", "", "", ""]
    else:
        spec = ProgramSpec(
            coupling, language, compile_module(f"reservoir.{suffix}", folder / suffix / "m.so")
        )
    program, config = open_program(spec), Reservoir().write(folder / "reservoir.txt")
    modules = [program.instance(f"cat-{i}") for i in range(catchments)]
    for module in modules:
        module.initialize(config)
    given, results = np.zeros((catchments, 5, steps)), np.zeros((catchments, 5, steps))
    exchanges = [bind(modules, inputs, outputs, pointers=pointers) for pointers in (True, False)]
    for exchange in exchanges:
        exchange.run(given[:, :, :2], results[:, :, :2])  # loads what is compiled
    scale = 1e6 / (catchments * steps)
    own = None
    if suffix == "c":
        own = in_c(folder, [m for m in modules if isinstance(m, CModule)], inputs, outputs, steps)
    elif suffix == "py":
        own = best(bare([m for m in modules if isinstance(m, PythonModule)], inputs, outputs, steps))
    seconds = [best(lambda exchange=exchange: exchange.run(given, results)) for exchange in exchanges]
    fewer = max(1, steps // 20)
    port = best(by_port(modules, inputs, outputs, fewer)) * steps / fewer
    added = "" if own is None else f"{(seconds[1] - own) * scale:.3f}"
    own_text = "" if own is None else f"{own * scale:.3f}"
    shown = f"{seconds[0] * scale:.3f}" if suffix in {"c", "cpp"} else ""
    return [language, own_text, f"{seconds[1] * scale:.3f}", added, shown, f"{port * scale:.1f}"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--catchments", type=int, default=50)
    parser.add_argument("--steps", type=int, default=2000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dmod-benchmark-") as name:
        rows = [measured(Path(name), language, given.catchments, given.steps) for language in LANGUAGES]
    print(f"{machine()}; {given.catchments} catchments × {given.steps:,} steps, 5 values in, 5 out\n")
    print("µs of CPU per catchment and step, the best of five passes\n")
    header = ["module", "own", "exchange", "beyond its own", "exchange, outputs in place", "one call a value"]
    print(table(header, rows))


if __name__ == "__main__":
    main()
