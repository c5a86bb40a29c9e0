"""Floods found in hydrographs drawn by hand, and what must hold for any."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmod.errors import InputError
from dmod.evaluation.events import Events, find_events, flood_threshold


def found(values, threshold, *, independence=3.0, fall=0.75, times=None) -> list[tuple[int, int, int]]:
    """Return start, peak and end of the events of one series."""
    hours = np.arange(len(values)) if times is None else times
    events = find_events(values, hours, threshold, independence=independence, fall=fall)
    return list(zip(events.start.tolist(), events.peak.tolist(), events.end.tolist(), strict=True))


def test_flood_above_the_threshold_reaches_from_crossing_to_crossing() -> None:
    assert found([1, 2, 5, 9, 6, 4, 2, 1], 4.0) == [(2, 3, 5)]


def test_value_at_the_threshold_belongs_to_the_flood() -> None:
    assert found([1, 4, 9, 4, 1], 4.0) == [(1, 2, 3)]
    assert found([1, 4, 9, 4, 1], 4.1) == [(2, 2, 2)]


def test_series_below_its_threshold_or_without_one_has_no_flood() -> None:
    assert found([1, 2, 3, 2, 1], 4.0) == []
    assert found([1, 2, 3, 2, 1], np.nan) == []
    assert found([], 1.0) == []
    assert found([np.nan] * 4, 1.0) == []


def test_peaks_close_in_time_are_one_flood_with_the_higher_peak() -> None:
    # flow falls below the threshold between peaks two hours apart
    assert found([0, 5, 0, 8, 0, 0, 0], 4.0, independence=3.0) == [(1, 3, 3)]
    assert found([0, 8, 0, 5, 0, 0, 0], 4.0, independence=3.0) == [(1, 1, 3)]
    assert found([0, 5, 0, 8, 0, 0, 0], 4.0, independence=2.0) == [(1, 1, 1), (3, 3, 3)]


def test_peaks_far_apart_are_one_flood_where_flow_does_not_fall() -> None:
    # between 8 and 9 the flow falls to 7, above three quarters of 8; to 6, not above
    assert found([0, 8, 7, 7, 7, 7, 9, 0], 4.0) == [(1, 6, 6)]
    assert found([0, 8, 7, 7, 6, 7, 9, 0], 4.0) == [(1, 1, 3), (4, 6, 6)]
    assert found([0, 8, 7, 7, 6, 7, 9, 0], 4.0, fall=0.7) == [(1, 6, 6)]
    # 7 is below three quarters of the higher, 12, but not of the lower
    assert found([0, 12, 7, 7, 7, 7, 8, 0], 4.0) == [(1, 1, 6)]


def test_valley_between_two_floods_of_one_run_belongs_to_the_later() -> None:
    assert found([0, 9, 7, 5, 6, 8, 0], 4.0) == [(1, 1, 2), (3, 5, 5)]


def test_small_peak_after_a_flood_does_not_part_it_from_the_next() -> None:
    # the peak of 5 is too close to 9; the peak of 8 is compared with 9, and far enough
    assert found([0, 9, 4, 5, 4, 8, 0], 4.0) == [(1, 1, 3), (4, 5, 5)]
    # a lower peak is followed by a higher one that is too close to it
    assert found([0, 5, 4, 9, 4, 4, 8, 0], 4.0) == [(1, 3, 3), (4, 6, 6)]


def test_three_floods_in_one_run_are_parted_at_both_valleys() -> None:
    assert found([0, 9, 5, 5, 9, 5, 6, 9, 0], 4.0) == [(1, 1, 1), (2, 4, 4), (5, 7, 7)]


def test_flood_that_peaks_at_an_end_of_the_series_is_left_out() -> None:
    assert found([9, 8, 5, 1, 1, 1, 6, 1], 4.0) == [(6, 6, 6)]
    assert found([1, 6, 1, 1, 1, 1, 5, 9], 4.0) == [(1, 1, 1)]


def test_rise_to_a_higher_value_at_the_end_takes_the_close_peak_with_it() -> None:
    assert found([1, 6, 5, 9], 4.0) == []


def test_missing_values_within_a_flood_are_passed_over() -> None:
    assert found([1, 5, np.nan, 9, np.nan, 5, 1], 4.0) == [(1, 3, 5)]


def test_long_gap_parts_floods_and_leaves_out_the_one_that_peaks_beside_it() -> None:
    nan = np.nan
    assert found([1, 9, 6, nan, nan, nan, 8, 6, 1], 4.0) == [(1, 1, 2)]
    assert found([1, 9, 7, nan, nan, 8, 6, 1], 4.0) == [(1, 1, 6)]


def test_leap_in_the_times_is_a_gap() -> None:
    times = np.array([0.0, 1, 2, 10, 11, 12])
    assert found([1, 9, 6, 5, 8, 1], 4.0, times=times) == [(1, 1, 2), (3, 4, 4)]
    assert found([1, 9, 6, 5, 8, 1], 4.0, times=times, independence=11.0) == [(1, 1, 4)]


def test_plateau_is_one_peak_at_its_first_value() -> None:
    assert found([1, 5, 9, 9, 9, 5, 1], 4.0) == [(1, 2, 5)]
    assert found([1, 5, 5, 9, 5, 1], 4.0) == [(1, 3, 4)]


def test_threshold_by_time_and_by_series_is_compared_with_its_own_values() -> None:
    values = np.array([[0.0, 5, 0, 0, 0, 0, 5, 0], [0, 0, 3, 0, 0, 0, 0, 0]])
    by_series = find_events(values, np.arange(8), [[4.0], [2.0]], independence=3.0)
    assert (by_series.series.tolist(), by_series.peak.tolist()) == ([0, 0, 1], [1, 6, 2])
    by_time = find_events(values[0], np.arange(8), [6.0] * 4 + [4.0] * 4, independence=3.0)
    assert by_time.peak.tolist() == [6]


def test_flood_at_the_end_of_one_series_does_not_go_on_in_the_next() -> None:
    values = np.array([[0.0, 1, 0, 9], [8, 0, 5, 0], [0, 9, 5, 5], [5, 5, 9, 0]])
    events = find_events(values, np.arange(4), 4.0, independence=2.0)
    assert events.series.tolist() == [1, 2, 3]
    assert list(zip(events.start, events.peak, events.end, strict=True)) == [(2, 2, 2), (1, 1, 3), (0, 2, 2)]


def test_values_inside_floods_are_those_from_start_to_end() -> None:
    values = np.array([[0.0, 5, 9, 0], [0, 0, 9, 0], [0, 0, 0, 0]])
    events = find_events(values, np.arange(4), 4.0)
    assert len(events) == 2
    expected = [[False, True, True, False], [False, False, True, False], [False] * 4]
    assert events.inside(values.shape).tolist() == expected


def test_flood_is_by_default_what_reaches_the_90th_percentile() -> None:
    # of 1 to 10, in any order: 9.5 at (9.5 - 1/2) / 10
    assert flood_threshold([3.0, 1, np.nan, 5, 10, 7, 9, 8, 4, 2, 6]) == pytest.approx([9.5])


def test_flood_in_a_stream_that_is_mostly_dry_is_whatever_flows() -> None:
    flow = np.zeros((3, 40))
    flow[0, 10:12] = 0.5, 0.2
    flow[2] = np.nan
    threshold = flood_threshold(flow)
    events = find_events(flow, np.arange(40), threshold)
    assert (events.series.tolist(), events.start.tolist(), events.end.tolist()) == ([0], [10], [11])
    assert np.isnan(threshold[2])


def test_no_flood_has_nothing_inside() -> None:
    none = np.empty(0, dtype=np.int64)
    assert not Events(none, none, none, none).inside((2, 3)).any()
    assert find_events(np.empty((0, 5)), np.arange(5), 1.0).inside((0, 5)).shape == (0, 5)


@pytest.mark.parametrize("times", [[0, 1, 2], [0, 1, 1, 2], [3, 2, 1, 0]])
def test_times_that_do_not_ascend_with_the_values_are_refused(times) -> None:
    with pytest.raises(InputError, match="do not belong to values of shape"):
        find_events(np.zeros(4), times, 1.0)


def test_threshold_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"threshold of shape \(3,\) does not fit values of shape \(2, 4\)"):
        find_events(np.zeros((2, 4)), np.arange(4), np.zeros(3))


@settings(max_examples=100)
@given(
    values=arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([0.0, 1, 2, 3, 4, 5, 8, np.nan])),
    independence=st.floats(1.0, 12.0),
    fall=st.floats(0.3, 0.99),
)
def test_floods_are_apart_ordered_and_have_their_highest_value_at_the_peak(
    values, independence, fall
) -> None:
    events = find_events(values, np.arange(len(values)), 2.5, independence=independence, fall=fall)
    spans = list(zip(events.start, events.peak, events.end, strict=True))
    for start, peak, end in spans:
        assert start <= peak <= end
        assert values[peak] == np.nanmax(values[start : end + 1]) >= 2.5
    for before, after in itertools.pairwise(spans):
        assert before[2] < after[0]
        assert after[1] - before[1] >= independence


@settings(max_examples=100)
@given(
    values=arrays(np.float64, (3, 40), elements=st.sampled_from([0.0, 1, 2, 3, 4, 5, 8, np.nan])),
    leap=st.integers(1, 9),
)
def test_floods_of_several_series_are_those_of_each(values, leap) -> None:
    times = np.arange(40) + np.where(np.arange(40) > 20, leap, 0)
    together = find_events(values, times, 2.5, independence=5.0)
    for k in range(3):
        mine = together.series == k
        alone = find_events(values[k], times, 2.5, independence=5.0)
        assert together.start[mine].tolist() == alone.start.tolist()
        assert together.peak[mine].tolist() == alone.peak.tolist()
        assert together.end[mine].tolist() == alone.end.tolist()
