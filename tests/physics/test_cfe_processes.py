"""The processes of CFE against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dmod.engine.process.conceptual_reservoir import exponential_outflow, threshold_outflow
from dmod.engine.process.giuh import route_by_unit_hydrograph
from dmod.engine.process.nash_cascade import route_lateral_flow, route_surface_runoff
from dmod.engine.process.schaake import (
    capacity_fraction,
    frozen_ground_index,
    infiltration_timescale,
    schaake_infiltration,
    unfrozen_fraction,
)
from dmod.engine.process.soil_evapotranspiration import evaporation_from_water, evapotranspiration_from_soil
from dmod.engine.process.xinanjiang import contributing_fraction, impervious_fraction, xinanjiang_runoff

# --- Schaake: infiltration = P Ic / (P + Ic), Ic = D (1 - exp(-kdt dt))


@pytest.mark.parametrize("rain", [1e-5, 1e-3, 0.1])
@pytest.mark.parametrize("deficit", [0.0, 1e-3, 0.5])
def test_schaake_infiltration_equals_its_closed_form(rain: float, deficit: float) -> None:
    timescale = infiltration_timescale(3.0, 4e-6)
    assert timescale == 6.0
    capacity = deficit * -math.expm1(-timescale / 24.0)
    fraction = capacity_fraction(timescale, 1.0 / 24.0)
    expected = rain * capacity / (rain + capacity)
    assert schaake_infiltration(rain, deficit, fraction) == pytest.approx(expected, rel=1e-12, abs=1e-18)


def test_schaake_infiltration_tends_to_rain_in_dry_soil_and_to_nothing_in_full_soil() -> None:
    assert schaake_infiltration(1e-6, 1e6, 1.0) == pytest.approx(1e-6, rel=1e-9)
    assert schaake_infiltration(0.01, 0.0, 0.5) == 0.0
    assert schaake_infiltration(0.01, -0.1, 0.5) == 0.0


def test_frozen_ground_is_an_incomplete_gamma_function_of_the_ice() -> None:
    # 1 - exp(-a) (1 + a + a²/2) is the regularised lower incomplete gamma function P(3, a).
    from scipy.special import gammainc

    index = frozen_ground_index(0.4, 2.0, 0.45, 0.15)
    assert index == pytest.approx(3.0 * 0.15 * 0.45 / 0.2 * 0.412 / 0.468)
    for ice in (0.02, 0.2, 1.0):
        assert unfrozen_fraction(ice, index) == pytest.approx(gammainc(3, index / ice), rel=1e-10)
    assert unfrozen_fraction(0.01, index) == 1.0


# --- Xinanjiang


@pytest.mark.parametrize(("a", "b"), [(-0.2, 0.66), (0.0, 1.0), (0.3, 2.0)])
def test_contributing_area_is_a_continuous_curve_from_0_to_1(a: float, b: float) -> None:
    wetness = np.linspace(0.0, 1.0, 101)
    area = np.array([contributing_fraction(w, a, b) for w in wetness])
    assert area[0] == 0.0
    assert area[-1] == 1.0
    assert (np.diff(area) >= 0.0).all()
    bend = 0.5 - a
    assert contributing_fraction(bend, a, b) == pytest.approx(bend)
    assert contributing_fraction(np.nextafter(bend, 1.0), a, b) == pytest.approx(bend, abs=1e-9)


def test_xinanjiang_runoff_follows_free_water_alone() -> None:
    assert xinanjiang_runoff(0.01, 0.3, 0.4, 0.8, -0.2, 0.66, 0.5) == 0.0
    half = xinanjiang_runoff(0.01, 0.6, 0.4, 0.8, -0.2, 0.66, 0.5)
    assert half == pytest.approx(0.01 * (1.0 - math.sqrt(0.5)))
    assert xinanjiang_runoff(0.01, 0.9, 0.4, 0.8, -0.2, 0.66, 0.5) == 0.01
    assert impervious_fraction(0.2, 0.5) == pytest.approx(0.95 * 0.2 + 0.8 * 0.5)


# --- reservoirs


def test_linear_reservoir_recedes_geometrically() -> None:
    coefficient, span = 0.01, 0.4
    above, series = 0.3, []
    for _ in range(200):
        above -= threshold_outflow(above, span, coefficient, 1.0)
        series.append(above)
    expected = 0.3 * (1.0 - coefficient / span) ** np.arange(1, 201)
    np.testing.assert_allclose(series, expected, rtol=1e-12)


def test_exponent_one_gives_the_bits_of_the_power() -> None:
    for above in np.linspace(0.001, 0.5, 57):
        assert threshold_outflow(above, 0.5, 0.01, 1.0) == 0.01 * math.pow(above / 0.5, 1.0)
    assert threshold_outflow(0.25, 0.5, 0.01, 2.0) == pytest.approx(0.0025)


def test_exponential_reservoir_recedes_as_its_differential_equation() -> None:
    # dS/dt = -c (exp(eS/M) - 1)  has  exp(-eS/M) = 1 - (1 - exp(-eS0/M)) exp(-ce t/M)
    storage_max, exponent, steps = 0.5, 3.0, 4000
    coefficient, storage = 1e-5, 0.4
    for _ in range(steps):
        storage -= exponential_outflow(storage, storage_max, coefficient, exponent)
    start = -math.expm1(-exponent * 0.4 / storage_max)
    solution = (
        -storage_max
        / exponent
        * math.log(1.0 - start * math.exp(-coefficient * exponent * steps / storage_max))
    )
    assert storage == pytest.approx(solution, rel=2e-4)


def test_exponential_reservoir_never_gives_more_than_it_holds() -> None:
    assert exponential_outflow(0.01, 0.01, 1.0, 7.0) == 0.01
    assert exponential_outflow(0.0, 0.01, 1.0, 7.0) == 0.0


# --- routing


def test_unit_hydrograph_is_a_convolution_and_conserves_water() -> None:
    ordinates = np.array([0.2, 0.5, 0.2, 0.1])
    runoff = np.random.default_rng(3).exponential(1e-3, 100)
    queue = np.zeros(4)
    flow = np.array([route_by_unit_hydrograph(r, ordinates, queue, 4) for r in runoff])
    np.testing.assert_allclose(flow, np.convolve(runoff, ordinates)[:100], rtol=1e-12)
    assert flow.sum() + queue.sum() == pytest.approx(runoff.sum(), rel=1e-14)


def test_unit_hydrograph_of_one_ordinate_passes_runoff_on() -> None:
    queue = np.zeros(1)
    assert route_by_unit_hydrograph(0.3, np.ones(1), queue, 1) == 0.3
    assert queue[0] == 0.0


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_lateral_cascade_conserves_water_and_has_the_pulse_response_of_nash(count: int) -> None:
    rate, steps = 0.1, 200
    storage = np.zeros(count)
    flow = np.array([route_lateral_flow(float(t == 0), rate, storage, count) for t in range(steps)])
    assert flow.sum() + storage.sum() == pytest.approx(1.0, rel=1e-14)
    # negative binomial: the discrete counterpart of the gamma distribution of Nash's cascade
    t = np.arange(count, steps)
    choose = np.array([math.comb(int(n) - 1, count - 1) for n in t])
    np.testing.assert_allclose(flow[count:], choose * rate**count * (1 - rate) ** (t - count), rtol=1e-9)
    assert (flow[:count] == 0.0).all()


@pytest.mark.parametrize("infiltration_rate", [0.0, 0.05, 2.0])
@pytest.mark.parametrize("deficit", [0.0, 1e-4, 1.0])
def test_surface_cascade_conserves_water_and_respects_the_room_in_the_soil(
    infiltration_rate: float, deficit: float
) -> None:
    storage = np.array([0.002, 0.001, 0.0])
    before = storage.sum()
    flow, sunk, surplus = route_surface_runoff(0.01, deficit, 0.8, 10, infiltration_rate, 0.001, storage, 3)
    assert before + 0.01 == pytest.approx(flow + sunk + storage.sum(), rel=1e-14)
    assert 0.0 <= sunk <= deficit
    assert surplus == pytest.approx(0.0, abs=1e-18)
    assert (infiltration_rate == 0.0 or deficit == 0.0) == (sunk == 0.0)


def test_surface_cascade_keeps_its_retention_depth() -> None:
    storage = np.array([0.0008, 0.0])
    flow, sunk, _ = route_surface_runoff(0.0, 0.0, 0.8, 10, 0.0, 0.001, storage, 2)
    assert (flow, sunk) == (0.0, 0.0)
    assert storage.tolist() == [0.0008, 0.0]


def test_surface_cascade_says_how_much_water_a_rate_above_its_substeps_creates() -> None:
    storage = np.array([0.01])
    flow, _, surplus = route_surface_runoff(0.0, 0.0, 4.0, 2, 0.0, 0.0, storage, 1)
    assert surplus > 0.0
    assert pytest.approx(flow - surplus + storage.sum()) == 0.01


# --- evapotranspiration


def test_soil_gives_off_in_proportion_between_wilting_point_and_field_capacity() -> None:
    give = lambda storage: evapotranspiration_from_soil(1e-3, storage, 0.1, 0.5, 0.4)  # noqa: E731
    assert give(0.1) == 0.0
    assert give(0.05) == 0.0
    assert give(0.3) == pytest.approx(0.5e-3)
    assert give(0.5) == 1e-3
    assert evapotranspiration_from_soil(0.0, 0.5, 0.1, 0.5, 0.4) == 0.0
    assert evapotranspiration_from_soil(2.0, 0.5, 0.1, 0.5, 0.4) == 0.5


def test_open_water_evaporates_up_to_what_there_is() -> None:
    assert evaporation_from_water(1e-3, 2e-3) == 1e-3
    assert evaporation_from_water(2e-3, 1e-3) == 1e-3
