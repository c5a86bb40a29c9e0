"""Metrics of floods one by one: two series drawn by hand, and what must hold for any."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.evaluation.event_match import match_events
from dmod.evaluation.metrics import event as e
from dmod.evaluation.metrics import event_error as r
from dmod.evaluation.metrics import event_timing as t
from dmod.evaluation.metrics.event import METRICS_OF_EVENTS
from dmod.evaluation.metrics.event_error import METRICS_OF_EVENT_ERRORS
from dmod.evaluation.metrics.event_timing import METRICS_OF_EVENT_TIMING
from dmod.evaluation.sample import Sample

METRICS = (*METRICS_OF_EVENTS, *METRICS_OF_EVENT_ERRORS, *METRICS_OF_EVENT_TIMING)

# Above 4, peaks ten hours apart or more are floods of their own, those less than five apart are the same.
# Observed: A 5 8 6 at 2 to 4 with peak at 3, B 10 at 16 alone, C 5 6 at 28 and 29 with peak at 29.
# Simulated: A 6 12 5 at 3 to 5 with peak at 4, nothing near B but 3 at 14, C 5 6 6.6 at 27 to 29 with peak at
# 29, and an alarm of 7 at 41.
OBSERVED = np.ones(44)
OBSERVED[2:5] = 5, 8, 6
OBSERVED[16] = 10
OBSERVED[28:30] = 5, 6
SIMULATED = np.ones(44)
SIMULATED[3:6] = 6, 12, 5
SIMULATED[14] = 3
SIMULATED[27:30] = 5, 6, 6.6
SIMULATED[41] = 7
HOW = {"threshold": 4.0, "independence": 10.0}


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (e.event_hit_rate, 2 / 3),
        (e.event_false_alarm_ratio, 1 / 3),
        (e.event_critical_success_index, 2 / 4),
        # peaks 12, 3, 6.6 against 8, 10, 6: +50, -70, +10 %
        (r.event_peak_error, -10 / 3),
        (r.event_peak_error_median, 10.0),
        (r.event_peak_absolute_error, 130 / 3),
        # volumes over the observed floods: 1 + 6 + 12 against 19, 1 against 10, 12.6 against 11
        (r.event_volume_error, (0.0 - 90.0 + 160 / 11) / 3),
        (r.event_volume_error_median, 0.0),
        (r.event_volume_absolute_error, (0.0 + 90.0 + 160 / 11) / 3),
        # an hour late, two early, right
        (t.event_timing_error, -1 / 3),
        (t.event_timing_error_median, 0.0),
        (t.event_timing_absolute_error, 1.0),
        # from the last 1 to the peak: 2 h against 2 h, 3 h against 2 h
        (t.event_rise_time_error, 0.5),
        (t.event_rise_time_error_median, 0.5),
        # rates 11/2 against 7/2, 5.6/3 against 5/2
        (t.event_rise_rate_error, 100 * (4 / 7 + (5.6 / 3 / 2.5 - 1)) / 2),
        (t.event_rise_rate_error_median, 100 * (4 / 7 + (5.6 / 3 / 2.5 - 1)) / 2),
    ],
)
def test_metric_of_floods_drawn_by_hand_equals_the_calculation(function, expected) -> None:
    assert function(SIMULATED, OBSERVED, **HOW) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_every_metric_of_floods_is_worked_by_hand() -> None:
    (mark,) = test_metric_of_floods_drawn_by_hand_equals_the_calculation.pytestmark
    assert {case[0].__name__ for case in mark.args[1]} == {metric.name for metric in METRICS}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
class TestEveryMetric:
    def test_of_a_perfect_simulation_it_is_ideal(self, metric) -> None:
        assert metric.function(OBSERVED, OBSERVED, **HOW) == pytest.approx(metric.ideal, abs=1e-12)

    def test_over_leading_axes_it_equals_one_series_at_a_time(self, metric) -> None:
        random = np.random.default_rng(3)
        observed = np.repeat(random.gamma(0.4, 3.0, size=(3, 120)), 2, axis=-1)
        simulated = observed * random.gamma(9.0, 1.0 / 9.0, size=(2, 3, 240))
        observed[1, 40:70] = np.nan
        how = {"independence": 12.0, "times": np.arange(240.0)}
        together = metric.function(simulated, observed, **how)
        assert together.shape == (2, 3)
        for i, j in np.ndindex(2, 3):
            alone = metric.function(simulated[i, j], observed[j], **how)
            assert together[i, j] == pytest.approx(alone, rel=1e-12)

    def test_it_lies_within_its_bounds(self, metric) -> None:
        random = np.random.default_rng(4)
        observed = random.gamma(0.4, 3.0, size=(40, 300))
        simulated = np.roll(observed, 7, axis=-1) * random.gamma(2.0, 0.5, size=(40, 300))
        values = metric.function(simulated, observed)
        assert np.all(np.isnan(values) | ((values >= metric.lowest) & (values <= metric.highest)))
        assert np.isfinite(values).any()

    def test_it_does_not_depend_on_the_unit(self, metric) -> None:
        expected = metric.function(SIMULATED, OBSERVED, **HOW)
        how = {"threshold": 40.0, "independence": 10.0}
        assert metric.function(SIMULATED * 10.0, OBSERVED * 10.0, **how) == pytest.approx(expected, rel=1e-12)

    def test_without_a_pair_or_a_flood_it_is_nan(self, metric) -> None:
        assert math.isnan(metric.function(np.full(9, np.nan), np.ones(9)))
        assert math.isnan(metric.function(np.empty(0), np.empty(0)))
        assert math.isnan(metric.function(np.ones(9), np.ones(9), threshold=4.0))

    def test_an_event_weighs_what_the_pair_of_its_peak_does(self, metric) -> None:
        weights = np.ones(44)
        weights[[16, 41]] = 3.0
        again = slice(10, 22)
        # flood B twice more, and the alarm twice more
        observed = np.concatenate((OBSERVED, OBSERVED[again], OBSERVED[again], np.ones(24)))
        simulated = np.concatenate((SIMULATED, SIMULATED[again], SIMULATED[again], np.ones(24)))
        simulated[[73, 85]] = 7.0
        mine = metric.function(SIMULATED, OBSERVED, weights=weights, **HOW)
        twice = metric.function(simulated, observed, **HOW)
        if "median" not in metric.name:
            assert mine == pytest.approx(twice, rel=1e-12)
        else:
            assert metric.lowest <= mine <= metric.highest

    def test_its_definition_and_reference_are_told(self, metric) -> None:
        assert metric.needs == ("times",)
        assert "doi:10." in metric.reference
        assert metric.definition
        assert metric.meaning.endswith(".")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_metric_of_draws_weighs_the_floods_of_the_whole(metric) -> None:
    # taken once throughout; twice around flood A and never from 20 on; only where nothing happens
    repeats = np.ones((3, 44))
    repeats[1, :20] = 2.0
    repeats[1, 20:] = 0.0
    repeats[2] = 0.0
    repeats[2, 20:25] = 9.0
    observed, simulated = np.stack((OBSERVED, OBSERVED)), np.stack((SIMULATED, OBSERVED))
    drawn = metric.function.of(Sample.of(simulated, observed).drawn(repeats), **HOW)
    assert drawn.shape == (3, 2)
    assert drawn[0] == pytest.approx(metric.function(simulated, observed, **HOW))
    # floods A and B are left, and no alarm: without the twenty hours that follow it is the same
    short = metric.function(simulated[:, :22], observed[:, :22], **HOW)
    assert drawn[1] == pytest.approx(short)
    assert np.isnan(drawn[2]).all()


def test_threshold_not_given_is_the_90th_percentile_of_the_observation() -> None:
    observed = np.tile([1.0, 2.0, 3.0, 4.0, 9.0, 4.0, 3.0, 2.0, 1.0, 1.0], 20)
    sample = Sample.of(observed, observed)
    # of 200 values 180 are 4 or less, and 20 are 9: half-way between them
    by_default = match_events(sample, independence=5.0)
    assert by_default.volume_observed[0].tolist() == [9.0] * 20
    lower = match_events(sample, threshold=4.0, independence=5.0)
    assert lower.volume_observed[0].tolist() == [17.0] * 20


def test_match_is_shared_by_metrics_of_one_sample() -> None:
    sample, times = Sample.of(SIMULATED, OBSERVED), np.arange(44.0)
    assert match_events(sample, times) is match_events(sample, times)
    assert match_events(sample, times, 4.0) is not match_events(sample, times)


def test_times_tell_how_far_floods_are_apart_and_late() -> None:
    # every step is three hours: floods A and C are 78 hours apart
    times = 3.0 * np.arange(44)
    how = {"times": times, "threshold": 4.0, "independence": 30.0}
    assert t.event_timing_error(SIMULATED, OBSERVED, **how) == pytest.approx(-1.0)
    assert t.event_rise_time_error(SIMULATED, OBSERVED, **how) == pytest.approx(1.5)


def test_simulated_flood_half_the_independence_away_is_a_miss_and_an_alarm() -> None:
    observed, simulated = np.ones(40), np.ones(40)
    observed[15], simulated[20] = 9.0, 9.0
    assert e.event_hit_rate(simulated, observed, threshold=4.0, independence=10.0) == 0.0
    assert e.event_false_alarm_ratio(simulated, observed, threshold=4.0, independence=10.0) == 1.0
    assert e.event_hit_rate(simulated, observed, threshold=4.0, independence=10.1) == 1.0


def test_simulated_peak_is_sought_up_to_half_the_independence_away() -> None:
    observed, simulated = np.ones(40), np.ones(40)
    observed[15], simulated[[9, 20, 21]] = 9.0, (7.0, 6.0, 8.0)
    assert t.event_timing_error(simulated, observed, threshold=4.0, independence=10.0) == 5.0
    assert r.event_peak_error(simulated, observed, threshold=4.0, independence=10.0) == pytest.approx(
        -100 / 3
    )


def test_flood_at_the_end_of_one_series_is_not_that_at_the_begin_of_the_next() -> None:
    observed, simulated = np.ones((2, 40)), np.ones((2, 40))
    observed[0, 38], simulated[1, 1] = 9.0, 9.0
    hits = e.event_hit_rate(simulated, observed, threshold=4.0, independence=10.0)
    assert hits[0] == 0.0
    assert np.isnan(hits[1])
    alarms = e.event_false_alarm_ratio(simulated, observed, threshold=4.0, independence=10.0)
    assert alarms[1] == 1.0


def test_flood_missed_altogether_has_a_peak_error_and_no_rise() -> None:
    flat = np.ones(44)
    assert e.event_hit_rate(flat, OBSERVED, **HOW) == 0.0
    assert math.isnan(e.event_false_alarm_ratio(flat, OBSERVED, **HOW))
    assert r.event_peak_error(flat, OBSERVED, **HOW) == pytest.approx(-100 * (7 / 8 + 9 / 10 + 5 / 6) / 3)
    assert math.isnan(t.event_rise_rate_error(flat, OBSERVED, **HOW))


def test_floods_simulated_without_an_observed_one_are_all_false_alarms() -> None:
    assert e.event_false_alarm_ratio(OBSERVED, np.ones(44), **HOW) == 1.0
    assert math.isnan(e.event_hit_rate(OBSERVED, np.ones(44), **HOW))


def test_missing_pair_within_a_flood_counts_in_neither_volume() -> None:
    observed, simulated = OBSERVED.copy(), SIMULATED.copy()
    observed[4] = np.nan
    match = match_events(Sample.of(simulated, observed), threshold=4.0, independence=10.0)
    assert match.volume_observed[0].tolist() == [13.0, 10.0, 11.0]
    assert match.volume_simulated[0, 0] == 1.0 + 6.0


def test_second_flood_of_one_run_rises_from_the_valley() -> None:
    flow = np.array([0.0, 9, 5, 7, 8, 0])
    match = match_events(Sample.of(flow, flow), threshold=4.0, independence=3.0)
    # the first from 0 in one hour, the second from 5 in two: 6 hours to 9 lie on the recession before
    assert match.rise_observed[0].tolist() == [1.0, 2.0]
    assert match.rate_observed[0].tolist() == [9.0, 1.5]


def test_flood_whose_first_value_is_its_peak_and_has_no_foot_has_no_rate() -> None:
    nan = np.nan
    # a long gap before 5 hides the foot; the peak beside it is no peak, the next is
    flow = np.array([1.0, 1, nan, nan, nan, nan, 5, 9, 1])
    match = match_events(Sample.of(flow, flow), threshold=4.0, independence=3.0)
    assert match.rise_observed[0].tolist() == [1.0]
    assert match.rate_observed[0].tolist() == [4.0]


def test_many_floods_are_matched_in_parts_as_in_one(monkeypatch) -> None:
    random = np.random.default_rng(5)
    observed, simulated = random.gamma(0.3, 3.0, size=(2, 4, 400))
    how = {"times": None, "threshold": 2.0, "independence": 6.0}
    whole = match_events(Sample.of(simulated, observed), **how)
    monkeypatch.setattr("dmod.evaluation.event_match._ROWS", 7)
    parts = match_events(Sample.of(simulated, observed), **how)
    assert whole.weight.shape[1] > 7
    np.testing.assert_array_equal(whole.peak_simulated, parts.peak_simulated)
    np.testing.assert_array_equal(whole.late, parts.late)


def test_times_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"times of shape \(3,\) do not belong to values"):
        e.event_hit_rate(SIMULATED, OBSERVED, times=[0.0, 1.0, 2.0])
