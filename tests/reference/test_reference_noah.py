"""Noah-OWP-Modular's namelists against those that the framework ran with."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod.formulation.generate.noah_owp import NOAH_OWP, TABLES, read_tables
from dmod.testing.namelists import Value, configured, read_namelist, written

OWN = {
    "timing": {"startdate", "enddate", "forcing_filename", "output_filename"},
    "parameters": {"parameter_dir"},
}
PLACE = {"location": {"lat", "lon", "terrain_slope", "azimuth"}, "structure": {"isltyp", "vegtyp"}}


@pytest.fixture(scope="module")
def noah(reference: Path) -> Path:
    return reference / "ngen" / "noah_pet_cfe_csv" / "config" / "noah"


@pytest.fixture(scope="module")
def ours() -> dict[str, dict[str, Value]]:
    (text,) = written(NOAH_OWP, configured(NOAH_OWP)).values()
    return read_namelist(text)


@pytest.mark.parametrize("catchment", ["cat-11223", "cat-11509"])
def test_keys_and_common_values_are_those_of_the_run(
    noah: Path, ours: dict[str, dict[str, Value]], catchment: str
) -> None:
    theirs = read_namelist((noah / f"{catchment}.input").read_text())
    assert {name: set(group) for name, group in ours.items()} == {n: set(g) for n, g in theirs.items()}
    for name, group in theirs.items():
        apart = OWN.get(name, set()) | PLACE.get(name, set())
        assert {key: ours[name][key] for key in group if key not in apart} == {
            key: value for key, value in group.items() if key not in apart
        }


def test_tables_of_the_run_are_taken(noah: Path) -> None:
    found = {path.name: text for path, text in read_tables(noah / "parameters")}
    assert sorted(found) == sorted(TABLES)
    assert found["MPTABLE.TBL"] == (noah / "parameters" / "MPTABLE.TBL").read_text()
