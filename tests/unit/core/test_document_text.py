"""Texts of JSON and YAML: ids stay what they are, nothing is swallowed, faults have their place."""

from __future__ import annotations

import pytest

from dmod.core.document_text import load_json, load_yaml
from dmod.errors import InputError


def test_yaml_ids_with_zeros_before_them_are_text() -> None:
    found = load_yaml("gauges: [01073500, 10109001, 0, -0, 07e5, 00.5]\n01073500: cat-27\n", "it")
    assert found == {"gauges": ["01073500", 10109001, 0, 0, "07e5", "00.5"], "01073500": "cat-27"}


def test_yaml_keys_are_text_whatever_they_look_like() -> None:
    assert load_yaml("1: a\ntrue: b\n~: c\n2020-01-01: d\n", "it") == {
        "1": "a", "true": "b", "~": "c", "2020-01-01": "d",
    }  # fmt: skip


def test_yaml_dates_that_are_none_are_text_too() -> None:
    assert load_yaml("a: 2015-02-30\nb: 2015-12-01\nc: 25:61\n", "it") == {
        "a": "2015-02-30", "b": "2015-12-01", "c": "25:61",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("a:\n\t- 1", "it is no YAML that is read here: .* in line 2, column 1", "YAML forbids tabs"),
        ("a: 1\na: 2", "the key 'a' stands twice in line 2", None),
        ("{a: 1, 'a': 2}", "the key 'a' stands twice", None),
        ("a: !!timestamp 2020-01-01", "it: the YAML has the tag .* in line 1", "leave tags out"),
        ("a: !!bool maybe", "the tag", "leave tags out"),
        ("a: !!map [1]", "the tag", "leave tags out"),
        ("a: !!int {b: 1}", "the tag", "leave tags out"),
        ("? [a, b]\n: 1", "a key is no text in line 1", None),
        ("[" * 300 + "]" * 300, "nested too deep", "200 levels"),
        ("[" * 100_000, "nested too deep", "200 levels"),
        ("a: \x00", "it is no YAML that is read here", None),
    ],
)
def test_yaml_that_is_refused_says_where_and_why(text: str, said: str, hint: str | None) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load_yaml(text, "it")
    assert hint is None or hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1,\n "a": 2}', "it: the key 'a' stands twice"),
        ('{"a": NaN}', "it: NaN is no number in JSON"),
        ("{\n'a': 1}", "it is no JSON: .* in line 2, column 1"),
        ("[" * 100_000, "it is nested too deep"),
    ],
)
def test_json_that_is_refused_names_what_was_read(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_json(text, "it")
