"""Gauge numbers are text; zeros in front count."""

from __future__ import annotations

import pytest

from dmod.errors import InputError
from dmod.observations.gage import parse_gage, resembling


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("01073000", "01073000"),
        ("gage-10109001", "10109001"),
        ("Gages-01073000", "01073000"),
        ("USGS-01073000", "01073000"),
        ("USGS:01073000", "01073000"),
        (" 354057080362545 ", "354057080362545"),
        ("0208111310", "0208111310"),
    ],
)
def test_gauge_is_read_as_users_write_it(text: str, number: str) -> None:
    assert parse_gage(text) == number


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1073000", "01073000"),
        ("gage-1073000", "01073000"),
        ("1234567890123456", "8 digits"),
        ("logan river", "8 to 15 digits"),
        ("", "8 to 15 digits"),
        ("0107300x", "8 to 15 digits"),
        ("٠١٠٧٣٠٠٠", "8 to 15 digits"),
        ("10109001.0", "8 to 15 digits"),
    ],
)
def test_gauge_that_is_none_raises_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_gage(text)
    assert hint in (caught.value.hint or "")


def test_gauge_as_number_raises_because_its_zeros_are_lost() -> None:
    with pytest.raises(InputError, match="not text") as caught:
        parse_gage(1073000)  # type: ignore[arg-type]
    assert '"01073000"' in (caught.value.hint or "")


def test_resembling_numbers_differ_in_zeros_or_one_digit() -> None:
    known = ["10109001", "10109000", "10189001", "01073000", "99999999"]
    assert resembling("010109001", known) == ["10109001"]
    assert resembling("10109002", known) == ["10109001", "10109000"]
