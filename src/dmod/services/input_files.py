"""Which files a run reads, by role."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dmod.formulation.package import RunPackage
from dmod.services.forcing_inputs import ForcingInputs

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric


def input_files(
    package: RunPackage,
    fabric: Hydrofabric,
    forcing: ForcingInputs,
    configs: tuple[Path, ...],
    programs: tuple[Path, ...],
) -> dict[str, tuple[Path, ...]]:
    """Return the files that a run reads, by role.

    Parameters
    ----------
    configs : of modules
    programs : modules of others
    """
    files = {
        "forcing": tuple(dict.fromkeys(path for source in forcing.sources for path in source.files)),
        "realization": (package.realization_file,),
        "hydrofabric": tuple(fabric.sources) or (package.hydrofabric,),
    }
    files["module configuration"] = configs
    if programs:
        files["module"] = programs
    if package.routing is not None and package.routing.is_file():
        files["routing"] = (package.routing,)
    return files
