"""Choosing among series, order, duplicates, period, coverage and gaps."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.errors import CoverageError, NotFoundError
from dmod.observations.choose import Wanted, choose, cut, ordered
from dmod.observations.extent import extent
from dmod.observations.series import Series, texts

MIDNIGHT = datetime(2020, 1, 1, tzinfo=UTC)


def series(minutes, values, *, approval=None, start="2020-01-01T00:00", **more: object) -> Series:
    count = len(minutes)
    given = {
        "site": "10109000",
        "parameter": "00060",
        "statistic": "00011",
        "unit": "ft3/s",
        "approval": texts(approval or [""] * count),
        "qualifiers": texts([""] * count),
        **more,
    }
    stamps = np.datetime64(start, "s") + np.array(minutes, dtype="timedelta64[m]").astype("timedelta64[s]")
    return Series(times=stamps, values=np.array(values, dtype=float), **given)


def daily(values, *, start="2020-01-01T07:00", offset=-25200, **more: object) -> Series:
    minutes = [1440 * i for i in range(len(values))]
    return series(minutes, values, start=start, day_offset=offset, **{"statistic": "00003", **more})


def wanted(kind="instantaneous", start=None, end=None, **more: str) -> Wanted:
    return Wanted(
        **{"gage": "10109000", "parameter": "00060", "statistic": "00003", **more},
        kind=kind,
        start=start,
        end=end,
    )


def test_rows_are_put_in_order() -> None:
    done = ordered(series([30, 0, 15], [3, 1, 2]))
    assert done.values.tolist() == [1, 2, 3]
    assert done.notes == ()


def test_repeated_row_counts_once() -> None:
    done = ordered(series([0, 0, 15], [1, 1, 2]))
    assert done.values.tolist() == [1, 2]
    assert done.notes == ("1 repeated times were merged",)


def test_row_with_a_value_goes_before_one_without() -> None:
    done = ordered(series([0, 0], [np.nan, 7], approval=["A", "P"]))
    assert (done.values.tolist(), done.approval.tolist()) == ([7], ["P"])


def test_approved_value_goes_before_the_provisional_one() -> None:
    done = ordered(series([0, 0], [5, 7], approval=["P", "A"]))
    assert (done.values.tolist(), done.approval.tolist()) == ([7], ["A"])
    assert len(done.notes) == 1


def test_values_that_contradict_each_other_are_missing_and_noted() -> None:
    done = ordered(series([0, 0, 15], [5, 7, 8]))
    np.testing.assert_array_equal(done.values, [np.nan, 8])
    assert "1 times with contradicting values" in done.notes[-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([1.0, 2.0, np.nan])), max_size=12))
def test_every_time_stands_once_and_only_contradictions_lose_values(rows) -> None:
    done = ordered(series([m for m, _ in rows], [v for _, v in rows]))
    assert len(set(done.times.tolist())) == len(done.times)
    for time, value in zip(done.times.tolist(), done.values.tolist(), strict=True):
        minute = (time - datetime(2020, 1, 1)).total_seconds() / 60
        said = {v for m, v in rows if m == minute and v == v}
        assert said == {value} if len(said) == 1 else np.isnan(value)


def test_period_of_readings_includes_both_ends() -> None:
    one = series([0, 15, 30, 45], [1, 2, 3, 4])
    part = cut(one, wanted(start=MIDNIGHT.replace(minute=15), end=MIDNIGHT.replace(minute=30)))
    assert part.values.tolist() == [2, 3]


@pytest.mark.parametrize(("start", "offset"), [("2020-01-01T07:00", -25200), ("2019-12-31T14:00", 36000)])
def test_period_of_days_goes_by_the_gauges_own_dates(start: str, offset: int) -> None:
    one = daily([1, 2, 3], start=start, offset=offset)
    part = cut(one, wanted("daily", start=MIDNIGHT.replace(hour=18), end=datetime(2020, 1, 2, tzinfo=UTC)))
    assert part.values.tolist() == [1, 2]


def test_wanted_series_is_found_among_others() -> None:
    found = [
        series([0], [1], site="99999999"),
        series([0], [2], parameter="00065"),
        daily([3]),
        series([0], [4]),
        daily([5], statistic="00001"),
    ]
    assert choose(found, wanted(), "f").values.tolist() == [4]
    assert choose(found, wanted("daily"), "f").values.tolist() == [3]
    assert choose(found, wanted("daily", statistic="00001"), "f").values.tolist() == [5]
    assert choose(found, wanted(parameter="00065"), "f").values.tolist() == [2]


def test_gauge_that_is_not_there_raises_with_one_that_is_near() -> None:
    with pytest.raises(NotFoundError, match="10109000") as caught:
        choose([series([0], [1], site="10109001")], wanted(), "f.rdb")
    assert "10109001" in (caught.value.hint or "")


def test_gauge_whose_zeros_were_lost_is_found_and_noted() -> None:
    chosen = choose([series([0], [1], site="1073000")], wanted(gage="01073000"), "f.csv")
    assert chosen.site == "01073000"
    assert "1073000: its zeros in front were lost" in chosen.notes[-1]


def test_source_without_a_gauge_is_taken_as_the_wanted_one_and_noted() -> None:
    chosen = choose([series([0], [1], site="")], wanted(), "f.csv")
    assert chosen.site == "10109000"
    assert "names no gauge" in chosen.notes[-1]


def test_kind_that_is_not_there_raises_with_what_is() -> None:
    with pytest.raises(NotFoundError, match="no daily values") as caught:
        choose([series([0], [1])], wanted("daily"), "f")
    assert "00060 (streamflow), instantaneous" in (caught.value.hint or "")


def test_period_without_a_row_raises_with_the_one_there_is() -> None:
    with pytest.raises(CoverageError, match="between 2021-01-01 and its end") as caught:
        choose([daily([1, 2])], wanted("daily", start=datetime(2021, 1, 1, tzinfo=UTC)), "f")
    assert "from 2020-01-01 to 2020-01-02 (2 values)" in (caught.value.hint or "")


def test_complete_days_cover_their_period() -> None:
    found = extent(daily([1, 2, 3]), MIDNIGHT, datetime(2020, 1, 3, tzinfo=UTC))
    assert (found.step, found.coverage, found.gaps) == (86400, 1.0, ())


def test_missing_days_are_gaps_from_their_local_midnight() -> None:
    found = extent(daily([1, np.nan, np.nan, 4]), MIDNIGHT, datetime(2020, 1, 8, tzinfo=UTC))
    assert found.coverage == pytest.approx(0.25)
    assert [(g.start.day, g.start.hour, g.length.days) for g in found.gaps] == [(5, 7, 4), (2, 7, 2)]
    assert found.gap_count == 2


def test_readings_of_changing_spacing_leave_no_gap_below_72_minutes() -> None:
    minutes = [*range(0, 120, 15), *range(120, 240, 60), *range(240, 300, 5)]
    found = extent(series(minutes, [1.0] * len(minutes)), MIDNIGHT, MIDNIGHT.replace(hour=4, minute=55))
    assert found.coverage == pytest.approx(1.0)
    assert found.gaps == ()


def test_gap_of_readings_begins_one_step_after_the_last() -> None:
    found = extent(series([0, 15, 30, 300, 315], [1.0] * 5), MIDNIGHT, MIDNIGHT.replace(hour=5, minute=15))
    assert [(g.start.hour, g.start.minute, g.length.seconds) for g in found.gaps] == [(0, 45, 255 * 60)]
    assert found.coverage == pytest.approx(1 - 255 / 330)


def test_series_without_a_value_covers_nothing() -> None:
    found = extent(series([0, 15], [np.nan, np.nan]), MIDNIGHT, MIDNIGHT.replace(hour=1))
    assert (found.coverage, found.gap_count) == (0.0, 1)
