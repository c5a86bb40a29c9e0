"""A run in two parts, the second started from the first's states, against the run in one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest

import dmod
from dmod.errors import InputError

NEWER = {"cfe": "a349a95"}
CASES: dict[str, dict[str, str]] = {
    "sloth_pet3_cfe_csv": {},
    "sloth_pet_cfe_nc": {},
    "sloth_pet_cfeHEADnash_csv": NEWER,
    "sloth_pet_cfeHEADxaj_csv": NEWER,
    "pet_topmodel_csv": {},
}
SPLIT = 300
LAST_OF_FIRST = "2015-12-13 11:00:00"
FIRST_OF_SECOND = "2015-12-13 12:00:00"
ALONG_TIME = ("catchments.nc", "nexuses.nc", "streamflow.nc")

Run = Callable[..., Path]


@pytest.fixture(scope="module")
def run(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a case; return the folder of its results."""

    def run_case(case: str, **options: object) -> Path:
        folder = tmp_path_factory.mktemp(case) / "out"
        options = {"revisions": CASES[case], "report": False, **options}
        dmod.run(reference / "ngen" / case, output=folder, **options)
        return folder

    return run_case


@pytest.fixture(scope="module")
def first_part(run: Run) -> Path:
    """Return 300 hours of one case, for the tests of what is refused."""
    return run("sloth_pet3_cfe_csv", end=LAST_OF_FIRST)


def arrays(path: Path) -> dict[str, np.ndarray]:
    """Return everything in a NetCDF file, groups included, with masks filled."""
    found: dict[str, np.ndarray] = {}

    def collect(group: netCDF4.Group, prefix: str) -> None:
        for name, variable in group.variables.items():
            variable.set_auto_mask(False)
            found[prefix + name] = variable[...]
        for name, inner in group.groups.items():
            collect(inner, f"{prefix}{name}/")

    with netCDF4.Dataset(path) as file:
        collect(file, "")
    return found


@pytest.mark.parametrize("case", CASES)
def test_run_in_two_parts_equals_the_run_in_one_to_the_last_bit(run: Run, case: str) -> None:
    whole = run(case)
    first = run(case, end=LAST_OF_FIRST)
    second = run(case, start=FIRST_OF_SECOND, warm_start=first / "states.nc")

    for name in ALONG_TIME:
        one, before, after = (arrays(folder / name) for folder in (whole, first, second))
        assert list(one) == list(before) == list(after)
        compared = 0
        for variable, values in one.items():
            if values.ndim == 2 and values.shape[1] == 720:
                np.testing.assert_array_equal(before[variable], values[:, :SPLIT], err_msg=variable)
                np.testing.assert_array_equal(after[variable], values[:, SPLIT:], err_msg=variable)
                compared += 1
        assert compared >= 1, name
    at_the_end, from_two = arrays(whole / "states.nc"), arrays(second / "states.nc")
    assert list(at_the_end) == list(from_two)
    for variable, values in at_the_end.items():
        np.testing.assert_array_equal(from_two[variable], values, err_msg=variable)


def test_run_without_the_states_differs_from_the_continuous_one(run: Run) -> None:
    whole = arrays(run("sloth_pet3_cfe_csv") / "catchments.nc")
    cold = arrays(run("sloth_pet3_cfe_csv", start=FIRST_OF_SECOND) / "catchments.nc")

    assert (cold["Q_OUT"] != whole["Q_OUT"][:, SPLIT:]).mean() > 0.9


@pytest.mark.parametrize("start", ["2015-12-13 11:00:00", "2015-12-13 13:00:00", "2015-12-01 00:00:00"])
def test_warm_start_at_another_time_is_refused_and_says_when(run: Run, first_part: Path, start: str) -> None:
    with pytest.raises(InputError, match=FIRST_OF_SECOND) as refused:
        run("sloth_pet3_cfe_csv", start=start, warm_start=first_part / "states.nc")

    assert FIRST_OF_SECOND in (refused.value.hint or "")


def test_warm_start_with_another_revision_is_refused_and_names_both(run: Run, first_part: Path) -> None:
    states = first_part / "states.nc"
    with pytest.raises(InputError, match=r"6d08db7.*a349a95"):
        run("sloth_pet_cfeHEADxaj_csv", start=FIRST_OF_SECOND, warm_start=states)


def test_warm_start_with_another_module_is_refused_and_names_both(run: Run, first_part: Path) -> None:
    with pytest.raises(InputError, match=r"cfe.*topmodel"):
        run("pet_topmodel_csv", start=FIRST_OF_SECOND, warm_start=first_part / "states.nc")


def test_warm_start_without_some_catchments_is_refused_and_names_them(
    reference: Path, first_part: Path, tmp_path: Path
) -> None:
    package = tmp_path / "package"
    shutil.copytree(reference / "ngen" / "sloth_pet3_cfe_csv", package, ignore=shutil.ignore_patterns("exp*"))
    states = tmp_path / "states.nc"
    shutil.copy(first_part / "states.nc", states)
    with netCDF4.Dataset(states, "a") as file:
        groups = [file]
        while groups:
            group = groups.pop()
            groups += group.groups.values()
            if "catchment" in group.variables:
                ids = group["catchment"][:]
                ids[list(ids).index("cat-11371")] = "cat-1"
                group["catchment"][:] = ids

    with pytest.raises(InputError, match="no states for cat-11371"):
        dmod.run(package, start=FIRST_OF_SECOND, warm_start=states, output=tmp_path / "out")

    assert not (tmp_path / "out").exists()
