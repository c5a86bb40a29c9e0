"""Signatures of small hydrographs worked by hand, how two are compared, and what must hold for any flow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation.baseflow import DAY, eckhardt, lyne_hollick
from dmod.evaluation.flow import Flow
from dmod.evaluation.metrics import signature as g
from dmod.evaluation.metrics.signature_error import METRICS_OF_SIGNATURES, SIGNATURES
from dmod.evaluation.sample import Sample

METRICS = {metric.name: metric for metric in METRICS_OF_SIGNATURES}
# days of the water years 2002 and 2003, and three weeks of the next
DAYS = np.datetime64("2001-10-01T00", "h") + 24 * np.arange(751)
TIMES = DAYS.astype(np.int64)
NEEDS = {"dt": DAY, "times": TIMES}
# mean 4, median 3, steps +1 +2 -3 +5 -4 0 +1, of which four rise in three limbs
FLOW = np.array([2.0, 3.0, 5.0, 2.0, 7.0, 3.0, 3.0, 4.0])


def river(seed: int, shape: tuple[int, ...] = ()) -> np.ndarray:
    """Return two years of flow of storms that recede."""
    rain = np.random.default_rng(seed).gamma(0.1, 10.0, size=(*shape, 751))
    flow = np.zeros_like(rain)
    for t in range(1, 751):
        flow[..., t] = 0.9 * flow[..., t - 1] + 0.1 * rain[..., t]
    return flow + 0.2


def short(how: dict[str, object]) -> dict[str, object]:
    """Return the times from the last day of the first year to the end of the second, if any."""
    return {"times": TIMES[364:730]} if "times" in how else {}


def needs_of(metric) -> dict[str, object]:
    return {name: NEEDS[name] for name in metric.needs}


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (g.mean_flow, 29 / 8),
        # ordered 2 2 3 3 3 4 5 7 stand at 1/16, 3/16, ...: 0.05 lies below the first, 0.95 above the last
        (g.flow_5th_percentile, 2.0),
        (g.flow_95th_percentile, 7.0),
        # 0.67 of 8 is 5.36, 0.86 of the way from the 5th to the 6th; 0.34 of 8 is 2.72, both beside it 3
        (g.flow_duration_slope, math.log(3.86 / 3.0) / 0.33),
        # 16 of changes over the 27 that follow the first
        (g.flashiness, 16 / 27),
        (g.low_flow_frequency, 0.0),
        (g.high_flow_frequency, 0.0),
        (g.zero_flow_frequency, 0.0),
    ],
)
def test_signature_of_eight_values_equals_the_hand_calculation(function, expected) -> None:
    assert function(FLOW) == pytest.approx(expected, rel=1e-12)


def test_rising_limbs_are_counted_by_the_days_of_rise() -> None:
    # up for two days, one, one: three limbs in four days
    assert g.rising_limb_density(FLOW, dt=DAY) == pytest.approx(3 / 4)
    assert g.rising_limb_density(FLOW, dt=DAY / 24) == pytest.approx(18.0)


def test_autocorrelation_is_the_correlation_with_the_step_before() -> None:
    assert g.autocorrelation(FLOW) == pytest.approx(np.corrcoef(FLOW[1:], FLOW[:-1])[0, 1], rel=1e-12)
    assert g.autocorrelation(np.arange(5.0)) == pytest.approx(1.0)
    assert g.autocorrelation([1.0, 2.0, 1.0, 2.0]) == pytest.approx(-1.0)


def test_frequencies_are_shares_of_the_time() -> None:
    # mean 3, median 1: one of ten above 9, six below 0.6, of which one is zero
    flow = [20.0, 2.0, 2.0, 2.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.0]
    assert g.high_flow_frequency(flow) == pytest.approx(1 / 10)
    assert g.low_flow_frequency([20.0, 2.0, 2.0, 4.0, 0.5, 0.5, 0.5, 0.5, 0.0, 0.0]) == pytest.approx(6 / 10)
    assert g.zero_flow_frequency(flow) == pytest.approx(1 / 10)


def test_baseflow_index_is_the_share_of_the_filtered_flow() -> None:
    flow = river(1)
    flow[100:120] = np.nan
    known = np.isfinite(flow)
    for function, baseflow in ((g.baseflow_index, lyne_hollick), (g.baseflow_index_eckhardt, eckhardt)):
        expected = baseflow(flow, dt=DAY)[known].sum() / flow[known].sum()
        assert function(flow, dt=DAY) == pytest.approx(expected, rel=1e-12)
        assert 0.2 < expected < 1.0


def test_half_flow_day_is_the_mean_over_complete_water_years() -> None:
    flow = np.zeros(751)
    # 2002: half has passed on 5 October, day 5; 2003: on 1 January, day 93; the weeks of 2004 do not count
    flow[[0, 4, 9]] = 1.0, 1.0, 2.0
    flow[365 + 92] = 3.0
    flow[740] = 9.0
    assert g.half_flow_day(flow, times=TIMES) == pytest.approx((5 + 93) / 2)


def test_half_flow_day_leaves_out_years_of_which_more_than_a_tenth_is_missing() -> None:
    flow = np.ones(751)
    flow[:37] = np.nan
    # half of the second year's 365 days is reached on its 183rd
    assert g.half_flow_day(flow, times=TIMES) == 183.0
    # 328 values are left of the first year: 164 after the 37
    flow[36] = 1.0
    flow[365:] = 0.0
    assert g.half_flow_day(flow, times=TIMES) == 36 + 165


def test_half_flow_day_without_a_complete_year_is_nan() -> None:
    assert math.isnan(g.half_flow_day(np.ones(200), times=TIMES[:200]))
    assert math.isnan(g.half_flow_day([1.0], times=[0.0]))
    assert math.isnan(g.half_flow_day(np.zeros(751), times=TIMES))
    with pytest.raises(InputError, match="do not belong to flow"):
        g.half_flow_day(np.ones(200), times=TIMES)


def test_runoff_ratio_is_of_the_times_for_which_both_are_known() -> None:
    assert g.runoff_ratio([1.0, np.nan, 2.0, 5.0], [4.0, 9.0, 2.0, np.nan]) == pytest.approx(0.5)
    assert g.runoff_ratio([1.0, 3.0], [4.0, 4.0], weights=[1.0, 3.0]) == pytest.approx(2.5 / 4.0)
    assert math.isnan(g.runoff_ratio([1.0, 2.0], [0.0, 0.0]))


def test_steps_across_a_gap_do_not_count() -> None:
    flow = [1.0, 3.0, np.nan, 9.0, 10.0]
    # steps of 2 and 1 over 3 and 10
    assert g.flashiness(flow) == pytest.approx(3 / 13)
    # the rises on both sides of the gap are limbs of their own
    assert g.rising_limb_density(flow, dt=DAY) == pytest.approx(1.0)
    assert g.autocorrelation([1.0, 2.0, np.nan, 0.0, 4.0]) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("function", "flow"),
    [
        (g.mean_flow, []),
        (g.mean_flow, [np.nan]),
        (g.flow_5th_percentile, [np.nan]),
        (g.flow_95th_percentile, []),
        (g.flow_duration_slope, [0.0, 0.0, 0.0, 1.0]),
        (g.flow_duration_slope, [np.nan]),
        (g.flashiness, [3.0]),
        (g.flashiness, [0.0, 0.0]),
        (g.low_flow_frequency, [np.nan]),
        (g.high_flow_frequency, []),
        (g.zero_flow_frequency, [np.nan]),
        (g.autocorrelation, [2.0, 2.0, 2.0]),
        (g.autocorrelation, []),
    ],
)
def test_signature_that_is_not_defined_is_nan(function, flow) -> None:
    assert math.isnan(function(flow))


@pytest.mark.parametrize("function", [g.baseflow_index, g.baseflow_index_eckhardt, g.rising_limb_density])
@pytest.mark.parametrize("flow", [[], [0.0, 0.0], [np.nan, np.nan]])
def test_signature_by_interval_of_no_flow_is_nan(function, flow) -> None:
    assert math.isnan(function(flow, dt=DAY))


@pytest.mark.parametrize("one", SIGNATURES, ids=lambda one: one.name)
class TestEverySignature:
    def test_over_leading_axes_it_equals_one_series_at_a_time(self, one) -> None:
        flow = river(2, (2, 3))
        flow[0, 1, 100:130] = np.nan
        how = needs_of(one)
        together = one.function(flow, **how)
        assert together.shape == (2, 3)
        for i, j in np.ndindex(2, 3):
            assert together[i, j] == pytest.approx(one.function(flow[i, j], **how), rel=1e-12)

    def test_it_lies_within_its_bounds(self, one) -> None:
        value = one.function(river(3, (5,)), **needs_of(one))
        assert np.all((value >= one.lowest) & (value <= one.highest))

    def test_it_grows_with_the_unit_or_not_at_all(self, one) -> None:
        flow, how = river(4), needs_of(one)
        factor = 8.0 if one.unit == "m³/s" else 1.0
        assert one.function(8.0 * flow, **how) == pytest.approx(factor * one.function(flow, **how), rel=1e-12)

    def test_weights_all_alike_change_nothing(self, one) -> None:
        flow, how = river(5), needs_of(one)
        weighted = one.function(flow, weights=np.full(751, 3.0), **how)
        assert weighted == pytest.approx(one.function(flow, **how), rel=1e-12)

    def test_a_value_without_weight_is_missing(self, one) -> None:
        flow, how = river(6), needs_of(one)
        weights = np.ones(751)
        weights[200:220] = 0.0
        missing = np.where(weights > 0.0, flow, np.nan)
        assert one.function(flow, weights=weights, **how) == pytest.approx(one.function(missing, **how))

    def test_its_metrics_are_those_of_both_series_and_their_error(self, one) -> None:
        simulated, observed, how = river(7), river(8), needs_of(one)
        observed[300:320] = np.nan
        simulated[600] = np.nan
        both = np.isfinite(simulated) & np.isfinite(observed)
        of_simulated = one.function(np.where(both, simulated, np.nan), **how)
        of_observed = one.function(np.where(both, observed, np.nan), **how)
        sample = Sample.of(simulated, observed)
        found = {
            kind: float(METRICS[f"{one.name}_{kind}"].function.of(sample, **how))
            for kind in ("error", "simulated", "observed")
        }
        assert found["simulated"] == pytest.approx(of_simulated)
        assert found["observed"] == pytest.approx(of_observed)
        difference = of_simulated - of_observed
        expected = 100.0 * difference / of_observed if one.is_relative else difference
        assert found["error"] == pytest.approx(expected, rel=1e-9, abs=1e-12)

    def test_its_draws_have_what_comes_before_and_after_from_the_whole(self, one) -> None:
        function, how = METRICS[f"{one.name}_observed"].function, needs_of(one)
        flow = river(11, (2,))
        flow[1, 500:520] = np.nan
        # once throughout; the second year alone, twice
        repeats = np.ones((2, 751))
        repeats[1] = 0.0
        repeats[1, 365:730] = 2.0
        drawn = function.of(Sample.of(flow, flow).drawn(repeats), **how)
        assert drawn.shape == (2, 2)
        assert drawn[0] == pytest.approx(one.function(flow, **how), rel=1e-12)
        # all but a filter and a step into the year depend on nothing else
        alone = one.function(flow[:, 364:730], weights=np.r_[0.0, np.ones(365)], **{**how, **short(how)})
        assert drawn[1] == pytest.approx(alone, rel=0.02)

    def test_its_metrics_are_told(self, one) -> None:
        simulated, observed, error = (
            METRICS[f"{one.name}_{kind}"] for kind in ("simulated", "observed", "error")
        )
        assert math.isnan(simulated.ideal)
        assert math.isnan(observed.ideal)
        assert error.ideal == 0.0
        assert error.unit == ("%" if one.is_relative else one.unit)
        assert "doi:10." in one.reference
        assert error.function.__name__ == error.name
        assert one.function.__doc__ in error.function.__doc__
        assert one.meaning.endswith(".")

    def test_its_error_of_a_perfect_simulation_is_zero_and_bounded(self, one) -> None:
        error, how = METRICS[f"{one.name}_error"], needs_of(one)
        assert error.function(river(9), river(9), **how) == 0.0
        value = error.function(river(9, (4,)), river(10, (4,)), **how)
        assert np.all((value >= error.lowest) & (value <= error.highest))


def test_signature_with_other_needs_is_computed_anew() -> None:
    sample = Sample.of(river(1), river(2))
    function = METRICS["rising_limb_density_simulated"].function
    assert function.of(sample, dt=DAY / 2.0) == pytest.approx(2.0 * function.of(sample, dt=DAY))


def test_flow_of_missing_values_has_no_weight() -> None:
    flow = Flow.of([[1.0, np.nan], [np.nan, np.nan]])
    assert flow.weights.tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert flow.has_values.tolist() == [True, False]


def test_baseflow_of_draws_is_separated_once_from_the_whole() -> None:
    whole = Flow.of([1.0, 2.0, np.nan, 4.0])
    draws = [Flow(whole.values, weights, whole) for weights in np.eye(4)[:, None]]
    found = [draw.baseflow("half", lambda flow: flow / 2.0) for draw in draws]
    np.testing.assert_array_equal(found[0], [0.5, 1.0, np.nan, 2.0])
    assert all(baseflow is found[0] for baseflow in found)
