"""PET against 720 hours of the framework's own run, in 17 digits."""

import csv
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.models.pet import PET

CATCHMENTS = ("cat-11223", "cat-11224", "cat-11371", "cat-11410", "cat-11509")
COLUMNS = (
    "DLWRF_surface",
    "PRES_surface",
    "SPFH_2maboveground",
    "DSWRF_surface",
    "TMP_2maboveground",
    "UGRD_10maboveground",
    "VGRD_10maboveground",
)
# Method 4 is compared at the end only.
METHODS = (1, 2, 3, 5)


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


def run_case(case: Path, catchments: tuple[str, ...], chunks: tuple[int, ...]) -> np.ndarray:
    configs = []
    for name in catchments:
        path = case / "config" / "pet" / f"{name}.ini"
        configs.append(PET.read_config(path.read_text(), str(path)))
        assert PET.check(configs[-1]) == []
    tables = [read_table(case / "forcing" / f"{name}.csv") for name in catchments]
    prepared = PET.prepare(configs)
    results, start = [], 0
    for steps in chunks:
        inputs = tuple(
            np.ascontiguousarray([table[column][start : start + steps] for table in tables])
            for column in COLUMNS
        )
        output = np.empty((len(catchments), steps))
        failed = np.zeros(len(catchments), dtype=np.int64)
        PET.kernel(
            prepared.parameters,
            prepared.state,
            inputs,
            (output,),
            np.zeros((len(catchments), 4)),
            failed,
        )
        assert (failed == -1).all()
        results.append(output)
        start += steps
    return np.concatenate(results, axis=1)


@pytest.mark.parametrize("method", METHODS)
def test_pet_method_on_reference_forcing_equals_the_framework(reference: Path, method: int) -> None:
    case = reference / "ngen" / f"sloth_pet{method}_cfe_csv"
    result = run_case(case, CATCHMENTS, (720,))
    expected = np.array(
        [
            read_table(case / "expected_p17" / f"{name}.csv")["water_potential_evaporation_flux"]
            for name in CATCHMENTS
        ]
    )
    assert expected.shape == (5, 720)
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-20)


@pytest.mark.parametrize("method", METHODS)
def test_pet_method_restarted_equals_the_continuous_run(reference: Path, method: int) -> None:
    case = reference / "ngen" / f"sloth_pet{method}_cfe_csv"
    continuous = run_case(case, CATCHMENTS, (720,))
    restarted = run_case(case, CATCHMENTS, (1, 299, 420))
    assert (restarted == continuous).all()
