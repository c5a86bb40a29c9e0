"""Durations and dates as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dmod.cli.data.moments import parse_duration, parse_expiry
from dmod.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", timedelta(days=30)),
        ("12h", timedelta(hours=12)),
        ("2w", timedelta(weeks=2)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("15min", timedelta(minutes=15)),
        (" 1.5 d ", timedelta(hours=36)),
        ("0", timedelta(0)),
        ("0d", timedelta(0)),
    ],
)
def test_duration_is_a_number_with_a_unit(text: str, expected: timedelta) -> None:
    assert parse_duration(text, "--grace") == expected


@pytest.mark.parametrize("text", ["", "d", "30", "30 days", "-1d", "1y", "1d12h", "1e3d", "nan d", "1,5d"])
def test_duration_that_cannot_be_read_names_option_and_spelling(text: str) -> None:
    with pytest.raises(InputError, match=r"--grace: .* is no duration") as refused:
        parse_duration(text, "--grace")
    assert "30d" in str(refused.value.hint)


@pytest.mark.parametrize("text", ["99999999999d", "9" * 400 + "w"])
def test_duration_without_end_is_too_long(text: str) -> None:
    with pytest.raises(InputError, match="too long"):
        parse_duration(text, "--grace")
    with pytest.raises(InputError, match="too long"):
        parse_expiry(text)


def test_expiry_beyond_the_calendar_is_too_long() -> None:
    with pytest.raises(InputError, match="too long"):
        parse_expiry("9000000w")


def test_expiry_is_so_long_from_now_or_a_date() -> None:
    before = datetime.now(UTC)
    moment = parse_expiry("30d")
    assert moment is not None
    assert before <= moment - timedelta(days=30) <= datetime.now(UTC)
    assert parse_expiry("2999-12-31") == datetime(2999, 12, 31, tzinfo=UTC)
    assert parse_expiry("2999-12-31T12:00+02:00") == datetime(2999, 12, 31, 10, tzinfo=UTC)
    assert parse_expiry(None) is None


@pytest.mark.parametrize("text", ["0d", "2020-01-01", "1999-12-31 23:00"])
def test_expiry_in_the_past_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="lies in the past"):
        parse_expiry(text)


@pytest.mark.parametrize("text", ["", "soon", "never", "2020-13-01", "31.12.2030", "-3d"])
def test_expiry_that_cannot_be_read_names_both_spellings(text: str) -> None:
    with pytest.raises(InputError, match="neither a duration nor a date") as refused:
        parse_expiry(text)
    assert "2030-12-31" in str(refused.value.hint)
