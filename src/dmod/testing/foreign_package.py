"""Run packages whose runoff comes from the linear reservoirs of `dmod.testing.foreign_modules`."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dmod.services.example import make_example
from dmod.testing.foreign_modules import PYTHON_TYPE, Reservoir

COUPLINGS = {"c": "bmi_c", "cpp": "bmi_c++", "f90": "bmi_fortran", "py": "bmi_python"}
_SLOTH = {"sloth_weight(1,double,1,node)": 1.0, "sloth_mode(1,double,1,node)": 0.0}
_NAMES = {
    "rain": "atmosphere_water__liquid_equivalent_precipitation_rate", "weight": "sloth_weight",
    "mode": "sloth_mode",
}  # fmt: skip


def make_foreign_package(
    folder: Path,
    language: str = "py",
    *,
    library: Path | None = None,
    behaviour: str = "well",
    catchments: int = 5,
    years: float = 0.02,
    reservoir: Reservoir | None = None,
    **settings: Any,
) -> Path:
    """Write a package in which constants, the native PET and a reservoir run, and return its folder.

    Parameters
    ----------
    language : ``c``, ``cpp``, ``f90`` or ``py``
    library : of the compiled reservoir
    behaviour : what each reservoir does wrong
    settings : keys of the reservoir's entry in the realization
    """
    package = Path(shutil.copytree(_example(folder.name, catchments, years), folder))
    place = package / "config" / "realization.json"
    document = json.loads(place.read_text(encoding="utf-8"))
    chain = document["global"]["formulations"][0]["params"]
    params: dict[str, Any] = {
        "model_type_name": "Reservoir",
        "init_config": "./config/cat_config/Reservoir/{{id}}.txt",
        "main_output_variable": "outflow",
        "variables_names_map": _NAMES,
        "allow_exceed_end_time": True,
    }
    params |= {"python_type": PYTHON_TYPE} if language == "py" else {"library_file": str(library)}
    sloth, pet = chain["modules"][:2]
    sloth["params"]["model_params"] = _SLOTH
    chain["modules"] = [sloth, pet, {"name": COUPLINGS[language], "params": params | settings}]
    chain["main_output_variable"] = "outflow"
    chain["output_variables"] = ["outflow", "water_potential_evaporation_flux"]
    place.write_text(json.dumps(document), encoding="utf-8")
    configs = package / "config" / "cat_config"
    (configs / "Reservoir").mkdir()
    for file in (configs / "PET").glob("*.ini"):
        (reservoir or Reservoir()).write(configs / "Reservoir" / f"{file.stem}.txt", behaviour)
    return package


@cache
def _example(name: str, catchments: int, years: float) -> Path:
    """Return a package that is made once and copied from then on: its land takes longer than all else."""
    home = Path(tempfile.mkdtemp(prefix="dmod-foreign-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return make_example(home / name, catchments=catchments, years=years, observed=False).path


def change_realization(package: Path, change: Mapping[str, Any], *, module: int | None = None) -> None:
    """Set keys of a package's formulation, or of one of its modules.

    Parameters
    ----------
    module : its place in the chain
    """
    place = package / "config" / "realization.json"
    document = json.loads(place.read_text(encoding="utf-8"))
    params = document["global"]["formulations"][0]["params"]
    (params if module is None else params["modules"][module]["params"]).update(change)
    place.write_text(json.dumps(document), encoding="utf-8")
