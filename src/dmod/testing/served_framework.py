"""The stand-in of the framework where executors of a server reach it, and what a run by it leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dmod
from dmod.testing.ngen_stand_in import write_libraries, write_program
from dmod.testing.serving import ServedHome, fetch_results

RESULTS = ("catchments.nc", "nexuses.nc", "streamflow.nc", "hydrograph.csv")
"""Files of a run by the framework of which not one byte may differ."""


@dataclass(frozen=True, slots=True)
class ServedFramework:
    """A folder with a program in the place of ``ngen``, and the libraries that a package names.

    Parameters
    ----------
    package : that is run, in the server's catalog by the name ``basin``
    """

    folder: Path
    package: Path

    def write(self) -> ServedFramework:
        """Write program and libraries, and return this."""
        document = json.loads((self.package / "config" / "realization.json").read_text(encoding="utf-8"))
        write_program(self.folder)
        write_libraries(self.folder, document)
        return self

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables that lead workers to both."""
        return {"DMOD_NGEN": str(self.folder / "ngen"), "LD_LIBRARY_PATH": str(self.folder)}

    def here(self, output: Path) -> dict[str, bytes]:
        """Run the package by the program in this process; return the bytes of `RESULTS`."""
        program = self.folder / "ngen"
        dmod.run(
            self.package, engine="ngen", program=program, library_path=(self.folder,), output=output,
            report=False,
        )  # fmt: skip
        return _bytes(output)

    def served(self, served: ServedHome, output: Path, **request: Any) -> dict[str, bytes]:
        """Have a server run the package by the program; return the bytes of `RESULTS`."""
        asked = {
            "kind": "run", "package": "basin", "engine": "ngen", "fresh": True, "evaluation": False,
            "outputs": {"report": False}, "time_limit": "10 min",
        }  # fmt: skip
        fetch_results(served, served.submit({**asked, **request}), output)
        return _bytes(output)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {name: next(folder.rglob(name)).read_bytes() for name in RESULTS}
