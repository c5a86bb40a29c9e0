"""PET + TOPMODEL against 720 hours of the framework's own run, in 17 digits, all fourteen outputs."""

import csv
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.models.pet import PET
from dmod.engine.models.topmodel import TOPMODEL

CATCHMENTS = ("cat-11223", "cat-11224", "cat-11371", "cat-11410", "cat-11509")
FORCING = (
    "DLWRF_surface",
    "PRES_surface",
    "SPFH_2maboveground",
    "DSWRF_surface",
    "TMP_2maboveground",
    "UGRD_10maboveground",
    "VGRD_10maboveground",
)


def read_table(path: Path) -> dict[str, np.ndarray]:
    with path.open() as file:
        rows = csv.reader(file)
        header = [name.strip() for name in next(rows)]
        columns = list(zip(*rows, strict=True))
    return {
        name: np.array(column, dtype=float)
        for name, column in zip(header, columns, strict=True)
        if name.lower() != "time"
    }


@pytest.fixture(scope="module")
def case(reference: Path) -> Path:
    return reference / "ngen" / "pet_topmodel_csv"


def water(case: Path) -> tuple[np.ndarray, np.ndarray]:
    """Precipitation and potential evapotranspiration in m h-1, the latter from the native PET."""
    tables = [read_table(case / "forcing" / f"{name}.csv") for name in CATCHMENTS]
    inputs = tuple(np.ascontiguousarray([t[column][:720] for t in tables]) for column in FORCING)
    files = [case / "config" / "pet" / f"{name}.ini" for name in CATCHMENTS]
    prepared = PET.prepare([PET.read_config(file.read_text(), str(file)) for file in files])
    potential = np.empty((5, 720))
    PET.kernel(
        prepared.parameters,
        prepared.state,
        inputs,
        (potential,),
        np.zeros((5, 4)),
        np.zeros(5, dtype=np.int64),
    )
    rain = np.ascontiguousarray([t["precip_rate"][:720] for t in tables])
    return rain * 3.6, potential * 3600.0


def run(case: Path, chunks: tuple[int, ...]) -> tuple[list[np.ndarray], np.ndarray]:
    file = case / "config" / "topmodel" / "topmod.run"
    configs = [TOPMODEL.read_config(file.read_text(), str(file)) for _ in CATCHMENTS]
    assert [problem for config in configs for problem in TOPMODEL.check(config)] == []
    prepared = TOPMODEL.prepare(configs)
    rain, potential = water(case)
    parts, balance, start = [], np.zeros((5, 4)), 0
    for steps in chunks:
        outputs = tuple(np.empty((5, steps)) for _ in TOPMODEL.outputs)
        failed = np.zeros(5, dtype=np.int64)
        inputs = tuple(np.ascontiguousarray(a[:, start : start + steps]) for a in (rain, potential))
        TOPMODEL.kernel(prepared.parameters, prepared.state, inputs, outputs, balance, failed)
        assert (failed == -1).all()
        parts.append(outputs)
        start += steps
    return [np.concatenate(series, axis=1) for series in zip(*parts, strict=True)], balance


def test_topmodel_on_reference_forcing_equals_the_framework_in_every_output(case: Path) -> None:
    outputs, _ = run(case, (720,))
    tables = [read_table(case / "expected_p17" / f"{name}.csv") for name in CATCHMENTS]
    for variable, values in zip(TOPMODEL.outputs, outputs, strict=True):
        expected = np.array([table[variable.name] for table in tables])
        assert expected.shape == (5, 720)
        np.testing.assert_allclose(values, expected, rtol=1e-10, atol=1e-12, err_msg=variable.name)


def test_topmodel_restarted_equals_the_continuous_run(case: Path) -> None:
    continuous, _ = run(case, (720,))
    restarted, _ = run(case, (1, 299, 420))
    for one, other in zip(continuous, restarted, strict=True):
        assert (one == other).all()


def test_topmodel_balance_on_reference_forcing_closes(case: Path) -> None:
    _, balance = run(case, (300, 420))
    residual = balance[:, 0] - balance[:, 1:].sum(axis=1)
    assert np.abs(residual).max() < 1e-13
