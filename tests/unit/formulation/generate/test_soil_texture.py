from __future__ import annotations

import numpy as np
import pytest

from dmod.formulation.generate import soil_texture
from dmod.formulation.generate.soil_texture import from_texture, soil_water

CLASSES = np.arange(1.0, 13.0)

# Feasible ranges of calibration: NOAA-OWP/icefabric, data/module_ipes/sac_sma_params.csv, and those
# of the published grids where sand and clay go beyond
RANGES = {
    "uztwm": (25, 160),
    "uzfwm": (10, 135),
    "lztwm": (75, 300),
    "lzfsm": (5, 300),
    "lzfpm": (35, 600),
    "uzk": (0.1, 0.8),
    "lzpk": (0.001, 0.015),
    "lzsk": (0.03, 0.3),
    "zperc": (20, 300),
    "rexp": (1.0, 3.5),
    "pfree": (0.0, 0.5),
}


@pytest.mark.parametrize(
    ("texture", "saturated", "field", "wilting"),
    [
        (1, 0.37, 0.15, 0.03),  # sand
        (4, 0.47, 0.35, 0.15),  # silt loam
        (6, 0.43, 0.29, 0.14),  # loam
        (12, 0.46, 0.40, 0.28),  # clay
    ],
)
def test_water_contents_of_a_class_are_the_published_ones(
    texture: int, saturated: float, field: float, wilting: float
) -> None:
    soil = soil_water(np.array([float(texture)]))
    assert soil.saturated[0] == pytest.approx(saturated, abs=0.006)
    assert soil.field[0] == pytest.approx(field, abs=0.006)
    assert soil.wilting[0] == pytest.approx(wilting, abs=0.006)


@pytest.mark.parametrize("name", RANGES)
def test_parameter_of_every_class_is_feasible(name: str) -> None:
    values = from_texture(getattr(soil_texture, name))(CLASSES)
    low, high = RANGES[name]
    assert (values >= low).all(), values
    assert (values <= high).all(), values


@pytest.mark.parametrize("name", RANGES)
def test_class_that_is_no_soil_has_no_parameter(name: str) -> None:
    values = from_texture(getattr(soil_texture, name))(np.array([0.0, 4.5, 13.0, 14.0, 19.0, np.nan, -1.0]))
    assert np.isnan(values).all()


def test_zones_hold_the_whole_profile() -> None:
    soil = soil_water(CLASSES)
    free = soil_texture.uzfwm(soil) + soil_texture.lzfsm(soil) + soil_texture.lzfpm(soil)
    tension = soil_texture.uztwm(soil) + soil_texture.lztwm(soil)
    np.testing.assert_allclose(free + tension, (soil.saturated - soil.wilting) * 1750.0, rtol=1e-12)


def test_upper_free_water_of_loam_is_the_curve_numbers_abstraction() -> None:
    assert soil_texture.uzfwm(soil_water(np.array([6.0])))[0] == pytest.approx(0.2 * 25.4 * (1000 / 48 - 10))


def test_finer_soils_percolate_more_steeply() -> None:
    order = np.array([1.0, 3.0, 6.0, 9.0, 12.0])  # sand, sandy loam, loam, clay loam, clay
    exponent = soil_texture.rexp(soil_water(order))
    assert (np.diff(exponent) > 0).all()
    assert exponent[0] == pytest.approx(1.0, abs=0.02)
