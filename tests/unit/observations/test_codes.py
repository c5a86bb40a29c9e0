"""Approval, qualifiers, and words in place of numbers."""

from __future__ import annotations

import math

import pytest

from dmod.errors import InputError
from dmod.observations.codes import joined, qualifier_text, read_value, split_code


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("A", ("A", "")),
        ("P", ("P", "")),
        ("A:e", ("A", "e")),
        ("P:Ice", ("P", "Ice")),
        ("A:[91]", ("A", "[91]")),
        ("P:e:Ice", ("P", "e:Ice")),
        ("Provisional", ("P", "")),
        ("Approved", ("A", "")),
        ("P Eqp", ("P", "Eqp")),
        ("M", ("", "M")),
        ("", ("", "")),
    ],
)
def test_code_is_split_into_approval_and_qualifiers(code: str, parts: tuple[str, str]) -> None:
    assert split_code(code) == parts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (math.nan, ""),
        (["ESTIMATED", "ICE"], "ESTIMATED:ICE"),
        ('["ICE"]', "ICE"),
        ("e", "e"),
        ("[91]", "91"),
        ("[odd", "[odd"),
    ],
)
def test_qualifiers_of_features_become_text(value: object, text: str) -> None:
    assert qualifier_text(value) == text


@pytest.mark.parametrize("text", ["Ice", "Eqp", "***", "--", "Dis", "Dry"])
def test_word_for_missing_is_kept_as_code(text: str) -> None:
    value, word = read_value(text)
    assert math.isnan(value)
    assert word == text


@pytest.mark.parametrize("text", ["", "NaN", "-999999", "-999999.00", "-999", "inf", "null"])
def test_missing_value_without_a_word_has_no_code(text: str) -> None:
    value, word = read_value(text)
    assert math.isnan(value)
    assert word == ""


def test_number_that_the_source_calls_missing_is_missing() -> None:
    assert math.isnan(read_value("-88888", missing=(-88888.0,))[0])
    assert read_value("-88888")[0] == -88888.0


def test_negative_value_is_kept_for_tidal_rivers() -> None:
    assert read_value("-120") == (-120.0, "")


def test_word_that_is_unknown_raises() -> None:
    with pytest.raises(InputError, match="'plenty' is not a number"):
        read_value("plenty")


def test_codes_are_joined_once_each() -> None:
    assert joined("Ice", "e:Ice", "") == "Ice:e"
