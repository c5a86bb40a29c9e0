"""TOPMODEL against closed forms, and properties that must hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.engine.models.module import Config
from dmod.engine.models.topmodel import TOPMODEL
from dmod.engine.process.topmodel_channel_routing import (
    route_by_time_delay,
    time_delay_histogram,
    travel_times,
)
from dmod.engine.process.topmodel_overland_flow import saturation_overland_flow
from dmod.engine.process.topmodel_saturated_zone import local_deficit, saturated_base_flow
from dmod.engine.process.topmodel_unsaturated_zone import root_zone_evaporation, unsaturated_drainage

BASIN = {
    "szm": 0.032,
    "t0": 5.0,
    "td": 50.0,
    "chv": 3600.0,
    "rv": 3600.0,
    "srmax": 0.05,
    "Q0": 3.28e-5,
    "sr0": 0.002,
    "infex": 0.0,
    "xk0": 1.0,
    "hf": 0.02,
    "dth": 0.1,
    "stand_alone": 0.0,
    "num_sub_catchments": 1.0,
    "area": 1.0,
    "topographic_index_area": (0.0, *([0.05] * 20)),
    "topographic_index": tuple(np.linspace(12.0, 2.0, 21)),
    "channel_area": (0.0, 0.5, 1.0),
    "channel_distance": (500.0, 1000.0, 1500.0),
}


def simulate(rain: np.ndarray, potential: np.ndarray, **changed: object) -> dict[str, np.ndarray]:
    config = Config({**BASIN, **changed}, "basin")
    assert TOPMODEL.check(config) == []
    prepared = TOPMODEL.prepare([config])
    outputs = tuple(np.empty((1, len(rain))) for _ in TOPMODEL.outputs)
    balance, failed = np.zeros((1, 4)), np.zeros(1, dtype=np.int64)
    inputs = (np.array([rain], dtype=float), np.array([potential], dtype=float))
    TOPMODEL.kernel(prepared.parameters, prepared.state, inputs, outputs, balance, failed)
    assert failed[0] == -1
    names = ("runoff", "rain", "potential", "routed", "recharge", "base_flow", "deficit", "overland_flow")
    result = {name: array[0] for name, array in zip(names, outputs, strict=False)}
    return result | {"evaporated": outputs[9][0], "balance": balance[0]}


def test_topmodel_recession_follows_its_closed_form() -> None:
    # Equation: dS/dt = q0 exp(-S/m), without recharge
    # Solution: q(t) = q0 / (1 + q0 t / m)
    hours = np.arange(2000)
    result = simulate(np.zeros(2000), np.zeros(2000))
    expected = 3.28e-5 / (1.0 + 3.28e-5 * hours / 0.032)
    np.testing.assert_allclose(result["base_flow"], expected, rtol=1e-3)
    assert (result["overland_flow"] == 0.0).all()


def test_topmodel_recession_error_shrinks_with_the_flow_as_the_explicit_step_does() -> None:
    errors = []
    for flow in (4e-4, 2e-4):
        hours = np.arange(400) * (4e-4 / flow)
        steps = int(hours[-1]) + 1
        result = simulate(np.zeros(steps), np.zeros(steps), Q0=flow)
        q = result["base_flow"][-1]
        errors.append(abs(q / (flow / (1.0 + flow * (steps - 1) / 0.032)) - 1.0))
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.1)


def test_base_flow_halves_over_a_deficit_of_m_times_the_logarithm_of_two() -> None:
    assert saturated_base_flow(0.0, 0.03, 1e-3) == 1e-3
    assert saturated_base_flow(0.03 * np.log(2.0), 0.03, 1e-3) == pytest.approx(5e-4, rel=1e-14)


def test_local_deficit_of_saturated_land_is_zero() -> None:
    assert local_deficit(0.05, -0.08) == 0.0
    assert local_deficit(0.05, 0.03) == pytest.approx(0.08)


def test_overland_flow_of_uniformly_saturated_intervals_is_area_times_excess() -> None:
    assert saturation_overland_flow(0.01, 0.01, 0.2, 0.15) == pytest.approx(0.002)
    assert saturation_overland_flow(0.0, 0.01, 0.2, 0.15) == pytest.approx(0.15 * 0.01 / 2)
    assert saturation_overland_flow(0.0, 0.0, 0.2, 0.15) == 0.0


@given(st.floats(0.0, 1.0), st.floats(1e-6, 2.0), st.floats(1e-3, 100.0))
def test_unsaturated_drainage_never_exceeds_storage(storage: float, deficit: float, delay: float) -> None:
    assert 0.0 <= unsaturated_drainage(storage, deficit, delay) <= storage


@given(st.floats(0.0, 0.01), st.floats(0.0, 1.0), st.floats(1e-3, 0.5))
def test_root_zone_evaporation_stays_between_nothing_and_the_potential(
    potential: float, dryness: float, capacity: float
) -> None:
    deficit = dryness * capacity
    evaporation = root_zone_evaporation(potential, deficit, capacity)
    assert 0.0 <= evaporation <= potential
    assert deficit + evaporation <= capacity * (1 + 1e-15)


def test_time_delay_histogram_of_a_straight_channel_is_the_area_per_hour() -> None:
    times = travel_times((0.0, 1000.0, 3000.0), 1000.0, 1000.0)
    assert times == [0.0, 1.0, 3.0]
    delay, ordinates = time_delay_histogram(times, (0.0, 0.2, 1.0), 1.0)
    assert delay == 0
    np.testing.assert_allclose(ordinates, (0.2, 0.4, 0.4), rtol=1e-15)


@given(
    st.lists(st.floats(1.0, 3000.0), min_size=1, max_size=6),
    st.floats(200.0, 5000.0),
    st.floats(100.0, 5000.0),
)
def test_time_delay_histogram_of_any_channel_sums_to_one(
    lengths: list[float], channel: float, overland: float
) -> None:
    distances = np.concatenate([[0.0], np.cumsum(lengths)])
    areas = distances / distances[-1]
    _, ordinates = time_delay_histogram(travel_times(list(distances), channel, overland), list(areas), 1.0)
    assert sum(ordinates) == pytest.approx(1.0, abs=1e-12)
    assert min(ordinates) >= -1e-15


def test_routing_of_a_pulse_without_delay_spreads_it_by_the_ordinates() -> None:
    ordinates, queue = np.array([0.2, 0.5, 0.3]), np.zeros(3)
    arriving = [route_by_time_delay(1.0 if t == 0 else 0.0, ordinates, queue, 3, 0, 10 + t) for t in range(5)]
    assert arriving == [0.2, 0.5, 0.3, 0.0, 0.0]


def test_routing_of_a_pulse_with_delay_loses_what_the_program_shifts_out() -> None:
    ordinates, queue = np.array([0.2, 0.5, 0.3]), np.zeros(3)
    arriving = [route_by_time_delay(1.0 if t == 0 else 0.0, ordinates, queue, 3, 1, 10 + t) for t in range(5)]
    assert arriving == [0.0, 0.2, 0.5, 0.0, 0.0]


def test_routing_in_the_first_steps_skips_ordinates_later_than_the_step() -> None:
    ordinates, queue = np.array([0.2, 0.5, 0.3]), np.zeros(3)
    assert route_by_time_delay(1.0, ordinates, queue, 3, 0, 1) == 0.2
    assert queue.tolist() == [0.2, 0.0, 0.0]


@given(seed=st.integers(0, 2**32 - 1), wetness=st.floats(0.0, 0.02), szm=st.floats(0.01, 0.2))
@settings(max_examples=40, deadline=None)
def test_topmodel_in_any_weather_closes_its_balance(seed: int, wetness: float, szm: float) -> None:
    random = np.random.default_rng(seed)
    rain = np.where(random.random(300) < 0.2, random.exponential(1.0, 300) * wetness, 0.0)
    potential = random.uniform(0.0, 5e-4, 300)
    result = simulate(rain, potential, szm=szm)
    inflow, outflow, change, lost = result["balance"]
    assert abs(inflow - outflow - change - lost) < 1e-12 * (1.0 + inflow)
    assert inflow == pytest.approx(rain.sum(), rel=1e-12)
    for name in ("runoff", "recharge", "base_flow", "overland_flow"):
        assert result[name].min() >= -1e-18, name
    assert (np.diff(result["evaporated"], prepend=0.0) <= potential * (1 + 1e-9) + 1e-15).all()


def test_topmodel_with_fine_equal_intervals_loses_only_the_edge_of_the_saturated_area() -> None:
    rain = np.full(200, 0.004)
    inflow, _, _, lost = simulate(rain, np.zeros(200))["balance"]
    assert abs(lost) < 0.03 * inflow


def test_topmodel_saturates_more_land_the_wetter_it_was() -> None:
    storm = np.zeros(40)
    storm[-1] = 0.03
    flows = []
    for wetting in (0.0, 0.001, 0.002, 0.004):
        rain = storm.copy()
        rain[:30] = wetting
        flows.append(simulate(rain, np.zeros(40), Q0=2e-3)["overland_flow"][-1])
    assert 0.0 < flows[0] < flows[1] < flows[2] < flows[3] < 0.03
