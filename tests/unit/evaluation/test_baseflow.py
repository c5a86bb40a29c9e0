"""Filters of baseflow against their recursions written out, and what must hold for any flow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.evaluation.baseflow import DAY, bridged, eckhardt, lyne_hollick

flows = arrays(np.float64, (2, 40), elements=st.floats(0.0, 1e3, width=32))
FILTERS = (lyne_hollick, eckhardt)


def test_gaps_are_bridged_linearly_and_ends_repeated() -> None:
    nan = np.nan
    values = [[nan, 2.0, nan, nan, 5.0, nan], [nan] * 6, [0.0, 1, 2, 3, 4, 5]]
    expected = [[2.0, 2, 3, 4, 5, 5], [0.0] * 6, [0.0, 1, 2, 3, 4, 5]]
    np.testing.assert_allclose(bridged(values), expected)
    np.testing.assert_allclose(bridged(values[0]), expected[0])


def test_lyne_hollick_equals_quick_flow_taken_off_step_by_step() -> None:
    flow = np.random.default_rng(1).gamma(0.5, 3.0, size=90)
    reflected = np.concatenate((flow[30:0:-1], flow, flow[-2:-32:-1]))
    baseflow = reflected
    for _ in range(3):
        quick = np.zeros(len(baseflow))
        for t in range(1, len(baseflow)):
            quick[t] = 0.925 * quick[t - 1] + (1 + 0.925) / 2 * (baseflow[t] - baseflow[t - 1])
        baseflow = np.where(quick > 0.0, baseflow - quick, baseflow)[::-1]
    np.testing.assert_allclose(lyne_hollick(flow, dt=DAY), baseflow[::-1][30:-30], rtol=1e-10)


def test_lyne_hollick_of_two_passes_comes_back_in_order() -> None:
    flow = np.concatenate((np.linspace(9.0, 1.0, 40), np.ones(40)))
    twice = lyne_hollick(flow, dt=DAY, passes=2)
    assert twice[:40].mean() > 2.0 * twice[40:].mean()
    assert np.all(twice <= flow)


def test_eckhardt_equals_its_equation_step_by_step() -> None:
    # a = 0.9, B = 0.5 of daily values; of 5, 1, 4 begins at 2.5
    # second: (0.5 * 0.9 * 2.5 + 0.1 * 0.5 * 1) / 0.55 = 2.136, limited to the flow of 1
    # third: (0.45 * 1 + 0.05 * 4) / 0.55
    found = eckhardt([5.0, 1.0, 4.0], dt=DAY, recession=0.9, bfi_max=0.5)
    np.testing.assert_allclose(found, [2.5, 1.0, 0.65 / 0.55], rtol=1e-14)


@pytest.mark.parametrize("baseflow", FILTERS)
@settings(max_examples=40)
@given(flow=flows)
def test_baseflow_is_never_below_zero_nor_above_the_flow(baseflow, flow) -> None:
    found = baseflow(flow, dt=DAY)
    assert np.all((found >= 0.0) & (found <= flow))


@pytest.mark.parametrize("baseflow", FILTERS)
@settings(max_examples=40)
@given(flow=flows, factor=st.floats(0.1, 100.0))
def test_baseflow_grows_with_the_unit(baseflow, flow, factor) -> None:
    np.testing.assert_allclose(
        baseflow(factor * flow, dt=DAY), factor * baseflow(flow, dt=DAY), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("baseflow", FILTERS)
def test_baseflow_of_several_series_is_that_of_each(baseflow) -> None:
    flow = np.random.default_rng(2).gamma(1.0, 3.0, size=(2, 3, 50))
    flow[1, 2, 10:20] = np.nan
    together = baseflow(flow, dt=DAY)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_allclose(together[i, j], baseflow(flow[i, j], dt=DAY), rtol=1e-12)


def test_steady_flow_is_all_baseflow_and_largely_so_by_eckhardt() -> None:
    steady = np.full(2000, 3.0)
    np.testing.assert_allclose(lyne_hollick(steady, dt=DAY), steady, rtol=1e-12)
    # the fixed point of the equation is B q
    np.testing.assert_allclose(eckhardt(steady, dt=DAY)[-1], 0.8 * 3.0, rtol=1e-6)


@pytest.mark.parametrize("baseflow", FILTERS)
def test_share_of_baseflow_hardly_depends_on_the_interval(baseflow) -> None:
    # floods that fall by half in five days, every forty days
    hours = np.arange(24 * 400)
    hourly = 1.0 + 9.0 * 0.5 ** ((hours % 960) / 120)
    daily = hourly.reshape(-1, 24).mean(axis=1)
    by_hour = baseflow(hourly, dt=3600.0).sum() / hourly.sum()
    by_day = baseflow(daily, dt=DAY).sum() / daily.sum()
    assert by_hour == pytest.approx(by_day, abs=0.02)
    assert 0.3 < by_day < 0.95


@pytest.mark.parametrize("baseflow", FILTERS)
def test_baseflow_of_short_series_is_within_the_flow(baseflow) -> None:
    assert baseflow(np.empty((2, 0)), dt=DAY).shape == (2, 0)
    for length in (1, 2, 5):
        flow = np.arange(1.0, length + 1.0)
        assert np.all(baseflow(flow, dt=DAY) <= flow)
