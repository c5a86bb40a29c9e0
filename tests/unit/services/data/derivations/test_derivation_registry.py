"""Every derivation is known by name, documented, and loaded late; those of other packages too."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from dmod.catalog.derivation import Derivation
from dmod.errors import NotFoundError, PluginError
from dmod.services.data.derivations.page import derivations_page
from dmod.services.data.derivations.partition import DERIVATION
from dmod.services.data.derivations.registry import (
    DERIVATIONS,
    OWN,
    Derivations,
    all_derivations,
    find_derivation,
)

PAGE = Path(__file__).parents[5] / "docs" / "reference" / "derivations.md"


@pytest.mark.parametrize("name", OWN)
def test_derivation_is_called_as_it_is_registered(name: str) -> None:
    found = find_derivation(name)
    assert found.name == name
    assert found.title
    assert found.run.__doc__
    assert all(item.help for item in found.parameters)


def test_every_module_with_a_derivation_is_registered() -> None:
    import dmod.services.data.derivations as room

    with_one = [p for p in Path(room.__file__).parent.glob("*.py") if "\nDERIVATION = " in p.read_text()]
    assert sorted(path.stem.replace("_", "-") for path in with_one) == sorted(OWN)
    assert [found.name for found in all_derivations()] == list(DERIVATIONS)


def test_page_of_derivations_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == derivations_page(), (
        "write it anew: python -m dmod.services.data.derivations.page docs/reference/derivations.md"
    )


def test_unknown_derivation_is_answered_with_a_near_name() -> None:
    with pytest.raises(NotFoundError) as caught:
        find_derivation("forcing_from_grids")
    assert "did you mean forcing-from-grid?" in (caught.value.hint or "")


def test_knowing_all_derivations_loads_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from dmod.services.data.derivations.registry import all_derivations\n"
        "all_derivations()\n"
        "heavy = {'netCDF4', 'xarray', 'zarr', 'shapely', 'numba', 'pyproj'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def offering(monkeypatch: pytest.MonkeyPatch, **places: str) -> Derivations:
    points = [EntryPoint(name, place, "dmod.derivations") for name, place in places.items()]
    monkeypatch.setattr("dmod.services.data.derivations.registry.entry_points", lambda group: points)
    return Derivations(own=("partition",))


def test_derivation_of_a_package_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = offering(monkeypatch, mine="dmod.services.data.derivations.partition:DERIVATION")
    assert list(found) == ["partition", "mine"]
    assert isinstance(found["mine"], Derivation)
    assert found.usable() == (DERIVATION, DERIVATION)


@pytest.mark.parametrize("place", ["no_such_module:DERIVATION", "os:no_such_name", "os:sep"])
def test_derivation_that_cannot_be_loaded_is_reported_by_name_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    found = offering(monkeypatch, broken=place)
    assert found.usable() == (DERIVATION,)
    assert list(found.faults()) == ["broken"]
    with pytest.raises(PluginError, match="'broken'"):
        found["broken"]


def test_package_cannot_take_the_place_of_an_own_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    found = offering(monkeypatch, partition="os:sep")
    assert list(found) == ["partition"]
    assert found["partition"] is DERIVATION
