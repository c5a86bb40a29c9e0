"""Names that are known, names that are near, units, and input that is plausible for them."""

from __future__ import annotations

import numpy as np
import pytest

from dmod.core.variables import FORCING_VARIABLES, PRECIPITATION, TEMPERATURE
from dmod.services.modules.known_names import known_units, measures, suggestions, unit_fault
from dmod.services.modules.weather import KINDS, weather


@pytest.mark.parametrize(
    "unit", ["mm h-1", "mm/h", "m", "W m-2", "K", "degC", "1", "", "-", "kg m^-2 s^-1", "h"]
)
def test_unit_that_can_be_read_has_no_fault(unit: str) -> None:
    assert unit_fault(unit) == ""


@pytest.mark.parametrize(
    ("unit", "fault"), [("furlongs per moon", "unknown"), ("m//s", "cannot be read"), ("xyz-1", "unknown")]
)
def test_unit_that_cannot_be_read_has_a_fault(unit: str, fault: str) -> None:
    assert fault in unit_fault(unit)


def test_names_of_forcing_and_of_native_modules_are_known() -> None:
    units = known_units()
    assert units["APCP_surface"] == "kg m-2"
    assert units["Q_OUT"] == "m"
    assert all(variable.name in units for variable in FORCING_VARIABLES)


@pytest.mark.parametrize(("name", "meant"), [
    ("rain", PRECIPITATION.name),
    ("air_temp", TEMPERATURE.name),
    ("PET", "water_potential_evaporation_flux"),
    ("atmosphere_water__liquid_equivalent_precipitation_rat", PRECIPITATION.name),
    ("TMP_2maboveground_", "TMP_2maboveground"),
])  # fmt: skip
def test_name_that_is_near_is_suggested(name: str, meant: str) -> None:
    assert meant in suggestions(name)


def test_name_that_is_far_is_not_suggested() -> None:
    assert suggestions("zooplankton") == ()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variable", FORCING_VARIABLES, ids=lambda variable: variable.columns[0])
def test_weather_of_a_variable_is_physically_possible(variable, kind) -> None:
    values = weather(variable.name, variable.unit, 240, 3600.0, kind)
    assert values.shape == (240,)
    assert np.all((values >= variable.minimum) & (values <= variable.maximum))


def test_weather_is_given_in_the_unit_of_the_module() -> None:
    kelvin, celsius = (weather("temperature", unit, 24, 3600.0) for unit in ("K", "degC"))
    assert celsius == pytest.approx(kelvin - 273.15)
    rate, depth = weather("rain", "mm h-1", 24, 900.0, "wet"), weather("rain_depth", "m", 24, 900.0, "wet")
    assert depth == pytest.approx(rate / 4 / 1000)


@pytest.mark.parametrize(
    ("name", "unit"),
    [("speed", "m s-1"), ("PET", "m s-1"), ("flag", "1"), ("odd", "furlongs"), ("co2", "mol")],
)
def test_weather_of_anything_is_a_number(name: str, unit: str) -> None:
    assert np.all(np.isfinite(weather(name, unit, 10, 3600.0)))


def test_weather_is_dry_where_it_is_dry_and_the_same_every_time() -> None:
    assert not weather("rain", "mm h-1", 100, 3600.0, "dry").any()
    assert weather("rain", "mm h-1", 100, 3600.0, "wet").all()
    assert np.array_equal(weather("rain", "m", 50, 60.0), weather("rain", "m", 50, 60.0))


def test_units_measure_the_same_or_not() -> None:
    assert measures("mm h-1", "m s-1")
    assert not measures("mm h-1", "K")
    assert not measures("nonsense", "K")
