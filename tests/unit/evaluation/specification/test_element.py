"""Paths as people write them."""

import pytest

from dmod.evaluation.specification.element import split_path
from dmod.evaluation.specification.location import Locations


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a/b", ("a", "b")),
        ("/a/b", ("$", "a", "b")),
        ("/", ("$",)),
        ("", ()),
        ("$", ("$",)),
        ("$/a", ("$", "a")),
        ("a//b", ("a", "b")),
        ("values[*]/value", ("values[*]", "value")),
        ("$.sets[?(@.unit == 'm3/s')]/a", ("$.sets[?(@.unit == 'm3/s')]", "a")),
        ("'a/b'/c", ("'a/b'", "c")),
    ],
)
def test_path_is_divided_outside_of_brackets_and_quotes(text: str, parts: tuple[str, ...]) -> None:
    assert split_path(text) == parts


def test_pattern_is_an_expression_or_a_path_by_where_it_is_used() -> None:
    locations = Locations.model_validate({"from_field": "Value", "pattern": "metadata/site", "ids": "a"})
    assert locations.path == ("metadata", "site")
    assert locations.expression == "metadata/site"
    assert locations.ids == ("a",)
    assert Locations.model_validate({"from_field": "value", "pattern": ["a", "b"]}).expression == "a/b"
    assert Locations().path == ()
