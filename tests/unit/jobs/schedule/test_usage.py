"""Recent usage: half after a half-life, and the same however it is cut."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.schedule.usage import Spent, fade, recent_usage

AT = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_recent_usage_of_a_short_time_a_half_life_ago_counts_half() -> None:
    spent = Spent("ann", 4, AT - 10 * HOUR - timedelta(seconds=1), AT - 10 * HOUR)
    assert recent_usage([spent], AT, 36000.0)["ann"] == pytest.approx(2.0, rel=1e-4)


@given(st.floats(0.0, 1.0), st.integers(1, 64), st.floats(1.0, 1e6))
def test_recent_usage_does_not_depend_on_how_a_time_is_cut(part: float, cpus: int, half_life: float) -> None:
    begin, end = AT - 50 * HOUR, AT - 3 * HOUR
    middle = begin + part * (end - begin)
    whole = recent_usage([Spent("ann", cpus, begin, end)], AT, half_life)["ann"]
    pieces = [Spent("ann", cpus, begin, middle), Spent("ann", cpus, middle, end)]
    assert recent_usage(pieces, AT, half_life)["ann"] == pytest.approx(whole, rel=1e-6, abs=1e-9)


@given(st.floats(60.0, 1e6), st.floats(0.0, 1e6))
def test_recent_usage_that_was_kept_fades_to_what_would_be_summed_later(
    half_life: float, later: float
) -> None:
    spent = [Spent("ann", 3, AT - HOUR, AT)]
    kept = recent_usage(spent, AT, half_life)["ann"]
    summed = recent_usage(spent, AT + timedelta(seconds=later), half_life)["ann"]
    assert fade(kept, later, half_life) == pytest.approx(summed, rel=1e-5, abs=1e-9)


def test_recent_usage_with_a_very_long_half_life_is_all_of_it_and_nothing_later_than_now() -> None:
    spent = [Spent("ann", 2, AT - HOUR, AT + HOUR), Spent("bob", 1, AT + HOUR, AT + 2 * HOUR)]
    assert recent_usage(spent, AT, 1e12) == {"ann": pytest.approx(7200.0), "bob": 0.0}
