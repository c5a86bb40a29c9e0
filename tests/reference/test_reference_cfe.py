"""CFE, both revisions, against 720 hours of the framework's own runs, in 17 digits."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.models.cfe import CFE_6D08DB7, CFE_A349A95
from dmod.engine.models.module import INFLOW, OUTFLOW, STORAGE_CHANGE, UNACCOUNTED, Module

# PET method 4 is compared at the end only.
CASES = [
    (CFE_6D08DB7, "outopt_precision17", "expected"),
    *((CFE_6D08DB7, f"sloth_pet{method}_cfe_csv", "expected_p17") for method in (1, 2, 3, 5)),
    (CFE_A349A95, "sloth_pet_cfeHEAD_csv", "expected_p17"),
    (CFE_A349A95, "sloth_pet_cfeHEADnash_csv", "expected_p17"),
    (CFE_A349A95, "sloth_pet_cfeHEADxaj_csv", "expected_p17"),
]


def read_table(path: Path) -> dict[str, np.ndarray]:
    with path.open() as file:
        rows = csv.reader(file)
        header = next(rows)
        columns = list(zip(*rows, strict=True))
    return {
        name: np.array(column, dtype=float)
        for name, column in zip(header, columns, strict=True)
        if name.lower() != "time"
    }


@pytest.mark.parametrize(("module", "case", "folder"), CASES, ids=[case for _, case, _ in CASES])
def test_cfe_equals_the_framework_in_every_output_catchment_and_step(
    reference: Path, module: Module, case: str, folder: str
) -> None:
    home = reference / "ngen" / case
    files = sorted((home / "config" / "cfe").glob("cat-*.ini"))
    configs = [module.read_config(file.read_text(), str(file)) for file in files]
    assert [problem for config in configs for problem in module.check(config)] == []
    expected = [read_table(home / folder / f"{file.stem}.csv") for file in files]
    steps = len(expected[0]["Q_OUT"])
    forcing = [read_table(home / "forcing" / f"{file.stem}.csv")["precip_rate"][:steps] for file in files]
    demand = [
        table.get("water_potential_evaporation_flux", table["POTENTIAL_ET"] / 3600.0) for table in expected
    ]
    zero = np.zeros((len(files), steps))
    outputs = tuple(np.full_like(zero, np.nan) for _ in module.outputs)
    balance, failed = np.zeros((len(files), 4)), np.full(len(files), -1)
    prepared = module.prepare(configs)

    module.kernel(
        prepared.parameters,
        prepared.state,
        (np.array(forcing) * 3600.0, np.array(demand), zero, zero, zero),
        outputs,
        balance,
        failed,
    )

    assert (failed == -1).all()
    compared = 0
    for variable, output in zip(module.outputs, outputs, strict=True):
        assert np.isfinite(output).all(), variable.name
        if variable.name in expected[0]:
            wanted = np.array([table[variable.name] for table in expected])
            np.testing.assert_allclose(output, wanted, rtol=1e-10, atol=1e-12, err_msg=variable.name)
            compared += 1
    assert compared >= 12
    residual = balance[:, INFLOW] - balance[:, [OUTFLOW, STORAGE_CHANGE, UNACCOUNTED]].sum(axis=1)
    assert np.abs(residual).max() < 1e-12
