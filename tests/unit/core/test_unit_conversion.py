"""Units: the table of common conversions against the unit library, spellings, and what is refused."""

from __future__ import annotations

import pytest

from dmod.core import units
from dmod.core.units import IDENTITY, canonical, conversion, require_unit
from dmod.errors import UnitError

WATER = {("kg m-2 s-1", "mm s-1"), ("kg m-2", "mm")}


@pytest.mark.parametrize("pair", sorted(set(units._TABLE) - WATER), ids=" to ".join)
def test_table_entry_equals_what_the_unit_library_gives(pair: tuple[str, str]) -> None:
    looked_up = units._look_up(*pair)
    assert units._TABLE[pair].scale == pytest.approx(looked_up.scale, rel=1e-12)
    assert units._TABLE[pair].offset == pytest.approx(looked_up.offset, abs=1e-9)


@pytest.mark.parametrize("pair", sorted(WATER), ids=" to ".join)
def test_mass_of_water_over_an_area_is_a_depth_in_millimetres(pair: tuple[str, str]) -> None:
    assert conversion(*pair) == IDENTITY


@pytest.mark.parametrize("spelling", ["mm/s", "mm s^-1", "mm s-1", " mm  s-1 ", "mm/sec", "mm*s**-1"])
def test_spellings_of_a_unit_are_one_unit(spelling: str) -> None:
    assert canonical(spelling) == "mm s-1"


@pytest.mark.parametrize(("source", "target", "value"), [("ft", "m", 0.3048), ("bar", "Pa", 1e5)])
def test_conversion_outside_the_table_is_looked_up(source: str, target: str, value: float) -> None:
    assert conversion(source, target)(1.0) == pytest.approx(value)


@pytest.mark.parametrize("pair", [("m", "s"), ("m h-1", "m"), ("furlong per", "m"), ("nonsense", "m")])
def test_conversion_of_unlike_or_unknown_units_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(UnitError):
        conversion(*pair)


@pytest.mark.parametrize("unit", ["m3 s-1", "ft3/s", "cfs", "mm h^-1", "degC", "K", "1", "hPa"])
def test_unit_that_is_known_is_let_pass(unit: str) -> None:
    require_unit(unit)


@pytest.mark.parametrize("unit", ["bananas", "m3 per", "m//s"])
def test_unit_that_is_not_known_is_refused_with_an_example(unit: str) -> None:
    with pytest.raises(UnitError):
        require_unit(unit)
