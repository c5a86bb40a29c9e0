"""PET's processes against published values and worked examples, and properties that must hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.engine.process.aerodynamic_resistance import aerodynamic_profile, aerodynamic_resistance
from dmod.engine.process.potential_evapotranspiration_aerodynamic import aerodynamic_evaporation
from dmod.engine.process.potential_evapotranspiration_combination import combination_evaporation
from dmod.engine.process.potential_evapotranspiration_energy_balance import energy_balance_evaporation
from dmod.engine.process.potential_evapotranspiration_penman_monteith import penman_monteith_evaporation
from dmod.engine.process.potential_evapotranspiration_priestley_taylor import priestley_taylor_evaporation
from dmod.engine.process.radiation import emitted_longwave, sky_longwave
from dmod.engine.process.vapour import (
    actual_vapour_pressure,
    latent_heat_of_vaporization,
    liquid_water_density,
    moist_air_density,
    psychrometric_constant,
    saturation_vapour_pressure,
    saturation_vapour_pressure_slope,
)

MM_PER_DAY = 86400.0 * 1000.0


# Chow, Maidment & Mays (1988), table 3.2.1
@pytest.mark.parametrize(
    ("temperature", "pressure"), [(0, 611), (10, 1228), (20, 2339), (25, 3169), (30, 4243), (40, 7378)]
)
def test_saturation_vapour_pressure_equals_the_published_table(temperature: float, pressure: float) -> None:
    assert saturation_vapour_pressure(float(temperature)) == pytest.approx(pressure, rel=1e-3)


# Allen et al. (1998), table 2.4, kPa per degree
@pytest.mark.parametrize(("temperature", "slope"), [(5, 0.0606), (15, 0.110), (25, 0.189), (35, 0.311)])
def test_slope_of_saturation_vapour_pressure_equals_the_published_table(
    temperature: float, slope: float
) -> None:
    t = float(temperature)
    value = saturation_vapour_pressure_slope(t, saturation_vapour_pressure(t))
    assert value == pytest.approx(slope * 1000.0, rel=6e-3)


@given(st.floats(-40.0, 45.0))
def test_slope_is_the_derivative_of_saturation_vapour_pressure(temperature: float) -> None:
    step = 1e-4
    numeric = (
        saturation_vapour_pressure(temperature + step) - saturation_vapour_pressure(temperature - step)
    ) / (2 * step)
    slope = saturation_vapour_pressure_slope(temperature, saturation_vapour_pressure(temperature))
    assert slope == pytest.approx(numeric, rel=2e-4)  # 4098 is 17.27 * 237.3 rounded


def test_water_and_air_properties_equal_published_values() -> None:
    assert latent_heat_of_vaporization(25.0) == pytest.approx(2441e3, rel=1e-3)
    assert liquid_water_density(25.0) == pytest.approx(997.0, rel=1e-3)
    assert liquid_water_density(0.0) == 1000.0
    assert moist_air_density(25.0, 0.0, 101.3e3) == pytest.approx(1.18, rel=5e-3)
    assert psychrometric_constant(101.3e3, 1.0, 2441e3) == pytest.approx(67.1, rel=1e-2)
    assert emitted_longwave(30.0, 0.97) == pytest.approx(464.0, rel=2e-3)


# Chow, Maidment & Mays (1988), examples 3.5.1 to 3.5.4: 25 degC, 200 W m-2, 40 % humidity, 3 m s-1 at 2 m
def test_worked_example_of_the_energy_balance_gives_7_10_mm_per_day() -> None:
    evaporation = energy_balance_evaporation(200.0, 997.0 * 2441e3)
    assert evaporation * MM_PER_DAY == pytest.approx(7.10, abs=0.01)


def test_worked_example_of_vapour_transport_gives_7_45_mm_per_day() -> None:
    evaporation = aerodynamic_evaporation(
        1.19, 3167.0 - 1267.0, 3.0, 101.3e3, np.log(2.0 / 0.0003) ** 2, 997.0
    )
    # the book takes 0.4 for von Karman's constant, the module 0.41
    assert evaporation * MM_PER_DAY * 0.4**2 / 0.41**2 == pytest.approx(7.45, abs=0.02)


def test_worked_example_of_the_combination_gives_7_2_mm_per_day() -> None:
    assert combination_evaporation(188.7, 67.1, 7.10, 7.45) == pytest.approx(7.19, abs=0.01)


def test_worked_example_of_priestley_taylor_gives_6_8_mm_per_day() -> None:
    assert priestley_taylor_evaporation(188.7, 67.1, 7.10) == pytest.approx(6.81, abs=0.01)


# Allen et al. (1998), box 4: grass of 0.12 m, sensors at 2 m
def test_aerodynamic_resistance_of_the_reference_grass_is_208_over_wind_speed() -> None:
    profile = aerodynamic_profile(2.0, 2.0, 2.0 / 3.0 * 0.12, 0.123 * 0.12, 0.0123 * 0.12)
    assert aerodynamic_resistance(2.0, profile) == pytest.approx(208.0 / 2.0, rel=5e-3)


def test_aerodynamic_resistance_of_calm_air_is_that_of_a_centimetre_a_second() -> None:
    assert aerodynamic_resistance(0.0, 30.0) == aerodynamic_resistance(0.01, 30.0)


def test_aerodynamic_profile_above_a_tall_canopy_lowers_the_displacement() -> None:
    assert aerodynamic_profile(2.0, 2.0, 10.0, 0.1, 0.01) == aerodynamic_profile(
        2.0, 2.0, 4.0 / 3.0, 0.1, 0.01
    )
    assert aerodynamic_profile(0.0, 0.0, 0.1, 0.1, 0.01) == aerodynamic_profile(2.0, 2.0, 0.1, 0.1, 0.01)


def test_penman_monteith_without_canopy_resistance_is_the_combination_of_its_parts() -> None:
    delta, gamma, energy, density, deficit, resistance, heat = 188.7, 67.1, 180.0, 1.19, 1900.0, 70.0, 2.43e9
    whole = penman_monteith_evaporation(delta, gamma, energy, density, deficit, resistance, 0.0, heat)
    drying = density * 1006.0 * deficit / resistance / gamma
    assert whole * heat == pytest.approx((delta * energy + gamma * drying) / (delta + gamma), rel=1e-12)


@given(
    temperature=st.floats(-20.0, 40.0),
    humidity=st.floats(1e-4, 0.03),
    pressure=st.floats(6e4, 1.05e5),
    wind=st.floats(0.0, 25.0),
    radiation=st.floats(0.0, 900.0),
    more=st.floats(1.0, 300.0),
)
def test_every_method_is_monotone_in_radiation_and_not_negative_where_energy_is_gained(
    temperature: float, humidity: float, pressure: float, wind: float, radiation: float, more: float
) -> None:
    saturation = saturation_vapour_pressure(temperature)
    deficit = saturation - actual_vapour_pressure(humidity, pressure, saturation)
    assert 0.0 <= deficit <= saturation
    slope = saturation_vapour_pressure_slope(temperature, saturation)
    gamma = psychrometric_constant(pressure, 1.0, 2.45e6)
    density = moist_air_density(temperature, humidity, pressure)
    resistance = aerodynamic_resistance(wind, 35.0)
    carried = aerodynamic_evaporation(density, deficit, wind, pressure, 77.5, 998.0)
    assert carried >= 0.0

    def methods(net: float) -> list[float]:
        energy = energy_balance_evaporation(net, 2.45e9)
        return [
            energy,
            combination_evaporation(slope, gamma, energy, carried),
            priestley_taylor_evaporation(slope, gamma, energy),
            penman_monteith_evaporation(slope, gamma, net, density, deficit, resistance, 50.0, 2.45e9),
        ]

    low, high = methods(radiation), methods(radiation + more)
    assert min(low) >= 0.0
    assert all(a < b for a, b in zip(low, high, strict=True))


@given(st.floats(-20.0, 35.0), st.floats(100.0, 3000.0), st.floats(0.0, 0.8))
def test_sky_longwave_grows_with_clouds_and_stays_below_a_black_body(
    temperature: float, vapour: float, cloud: float
) -> None:
    clear = sky_longwave(temperature, vapour, cloud)
    assert clear < sky_longwave(temperature, vapour, cloud + 0.1)
    assert clear <= emitted_longwave(temperature, 1.0)
