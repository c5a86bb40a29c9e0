"""The framework's cases by the engine for modules of others, with classes in Python for libraries."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest

import dmod

KINDS = {"PET": "Pet", "bmi_c_cfe": "Cfe", "TOPMODEL": "Topmodel"}


@pytest.mark.parametrize(
    ("case", "expected"), [("sloth_pet1_cfe_csv", "expected_p17"), ("outopt_precision17", "expected")]
)
def test_module_in_python_gives_what_the_framework_gave(
    reference: Path, tmp_path: Path, case: str, expected: str
) -> None:
    folder = reference / "ngen" / case
    document = json.loads((folder / "realization.json").read_text(encoding="utf-8"))
    for entry in document["global"]["formulations"][0]["params"]["modules"]:
        kind = KINDS.get(entry["params"]["model_type_name"])
        if kind:
            entry["name"] = "bmi_python"
            entry["params"]["python_type"] = f"dmod.testing.foreign_modules.native_module.{kind}"
    changed = tmp_path / "realization.json"
    changed.write_text(json.dumps(document), encoding="utf-8")
    result = dmod.run(folder, realization=changed, engine="bmi", output=tmp_path / "out", report=False)
    with netCDF4.Dataset(result.folder / "catchments.nc") as file:
        ids = [str(name) for name in file["catchment"][:]]
        for row, catchment in enumerate(ids):
            with (folder / expected / f"{catchment}.csv").open(encoding="utf-8") as table:
                rows = list(csv.DictReader(table))
            for name in set(rows[0]) - {"Time Step", "Time"}:
                wanted = [float(each[name]) for each in rows]
                found = np.asarray(file[name][row])
                np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12, err_msg=name)
