"""Ranges and sets: half-open ends, everything, what is refused."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.restriction import (
    ALL,
    FIRST_TIME,
    LAST_TIME,
    Continuous,
    Discrete,
    in_order,
    is_comparable,
    say,
)
from dmod.errors import InputError

START = datetime(2015, 12, 1, tzinfo=UTC)
ELEMENTS = [f"cat-{number}" for number in range(5)]
HOURS = range(-1, 8)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


spans = st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda ab: ab[0] < ab[1])
ranges = st.one_of(
    spans.map(lambda ab: Continuous(hour(ab[0]), hour(ab[1]))),
    spans.map(lambda ab: Continuous(FIRST_TIME, hour(ab[1]))),
    spans.map(lambda ab: Continuous(hour(ab[0]), LAST_TIME)),
)
numbers = st.frozensets(st.integers(0, 4))
sets = st.one_of(
    numbers.filter(bool).map(lambda held: Discrete(frozenset(ELEMENTS[n] for n in held))),
    numbers.map(lambda held: Discrete(frozenset(ELEMENTS[n] for n in held), excluded=True)),
)


def held_hours(*parts: Continuous) -> list[int]:
    """Return the hours that each part holds, in order: twice where two parts overlap."""
    return sorted(number for part in parts for number in HOURS if part.begin <= hour(number) < part.end)


def held_elements(*parts: Discrete) -> list[str]:
    named = [*ELEMENTS, "another"]
    return sorted(name for part in parts for name in named if (name in part.values) != part.excluded)


@given(a=ranges, b=ranges)
def test_ranges_agree_with_brute_force(a: Continuous, b: Continuous) -> None:
    ours, theirs = set(held_hours(a)), set(held_hours(b))
    within = a.begin <= b.begin and b.end <= a.end
    assert a.contains(b) == within
    assert within <= (theirs <= ours)
    both = a.intersection(b)
    assert set(held_hours(*([both] if both else []))) == ours & theirs
    assert held_hours(*a.subtract(b)) == sorted(ours - theirs)
    assert held_hours(*a.complement()) == sorted(set(HOURS) - ours)
    joined = a.union(b)
    gap = any(n not in ours | theirs for n in range(min(ours | theirs), max(ours | theirs) + 1))
    if joined is None:
        assert gap
    else:
        assert not gap
        assert set(held_hours(joined)) == ours | theirs


@given(a=sets, b=sets)
def test_sets_agree_with_brute_force(a: Discrete, b: Discrete) -> None:
    ours, theirs = set(held_elements(a)), set(held_elements(b))
    assert a.contains(b) == (theirs <= ours)
    both = a.intersection(b)
    assert set(held_elements(*([both] if both else []))) == ours & theirs
    assert held_elements(*a.subtract(b)) == sorted(ours - theirs)
    assert held_elements(a.union(b)) == sorted(ours | theirs)


def test_range_holds_its_beginning_and_not_its_end() -> None:
    first, second = Continuous(hour(0), hour(3)), Continuous(hour(3), hour(6))
    assert first.intersection(second) is None
    assert first.union(second) == Continuous(hour(0), hour(6))
    assert first.union(Continuous(hour(4), hour(6))) is None
    assert Continuous(hour(0), hour(24)).contains(Continuous(hour(23), hour(24)))


def test_range_across_zones_is_the_same() -> None:
    away = timezone(timedelta(hours=-6))
    assert Continuous(hour(0).astimezone(away), hour(1)) == Continuous(hour(0), hour(1).astimezone(away))
    assert hash(Continuous(hour(0).astimezone(away), hour(1))) == hash(Continuous(hour(0), hour(1)))


def test_range_is_equal_however_it_is_written() -> None:
    assert Continuous(hour(0), hour(1), "%Y", "Other") == Continuous(hour(0), hour(1))


@pytest.mark.parametrize(
    ("begin", "end", "match"),
    [
        (hour(1), hour(1), "must begin before it ends"),
        (hour(2), hour(1), "must begin before it ends"),
        (2, 1, "2 to 1"),
        (nan, 1.0, "must begin before"),
        (1.0, nan, "must begin before"),
        (hour(0), 3.0, "mixes a time and a number"),
        (1, hour(0), "mixes a time and a number"),
        (datetime(2015, 12, 1), hour(1), "no zone"),
        (hour(0), datetime(2016, 12, 1), "no zone"),
        ("2015", "2016", "neither a time nor a number"),
        (False, True, "neither a time nor a number"),
        (0, 10**400, "too large"),
    ],
)
def test_range_that_is_none_is_refused(begin, end, match: str) -> None:
    with pytest.raises(InputError, match=match):
        Continuous(begin, end)


def test_range_of_whole_numbers_is_that_of_numbers() -> None:
    assert Continuous(1, 8) == Continuous(1.0, 8.0)
    assert str(Continuous(1, 12345678)) == "1 to 12345678"
    assert Continuous(-inf, inf).complement() == ()


def test_everything_is_a_set_that_excludes_nothing() -> None:
    assert Discrete.of([]) == ALL
    assert ALL.is_all
    assert not Discrete(frozenset({"a"}), excluded=True).is_all
    with pytest.raises(InputError, match="would hold nothing"):
        Discrete(frozenset())


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (ALL, Continuous(1, 2), True),
        (Continuous(hour(0), hour(1)), ALL, True),
        (Discrete.of([1]), Discrete.of(["a"]), True),
        (Continuous(hour(0), hour(1)), Continuous(1, 2), False),
        (Discrete.of([1]), Continuous(1, 2), False),
        (Continuous(1, 2), Discrete(frozenset({1}), excluded=True), False),
    ],
)
def test_only_like_restrictions_are_comparable(a, b, expected: bool) -> None:
    assert is_comparable(a, b) == expected
    assert is_comparable(b, a) == expected


def test_elements_stand_in_the_order_of_their_numbers() -> None:
    long = "cat-" + "9" * 5000
    mixed = ["cat-10", "nex-1", "cat-9", 12, "b", 3, long, "cat-", "cat-1\u00b2", "a"]
    assert in_order(mixed) == [3, 12, "a", "b", "cat-9", "cat-10", "cat-", "cat-1\u00b2", long, "nex-1"]


@given(st.lists(st.one_of(st.integers(), st.text(max_size=4)), unique=True))
def test_order_of_elements_is_the_same_however_they_come(values: list[int | str]) -> None:
    assert in_order(values) == in_order(reversed(values))


def test_texts_of_restrictions() -> None:
    assert str(Continuous(hour(0), hour(1))) == "2015-12-01 00:00:00 to 2015-12-01 01:00:00"
    assert str(Discrete(frozenset(ELEMENTS) | {"cat-11", "cat-5"})) == (
        "cat-0, cat-1, cat-2, cat-3, cat-4 and 2 more"
    )
    assert str(Discrete(frozenset({"b", "a"}), excluded=True)) == "all but a, b"
    assert str(ALL) == "all"
    assert say(0.1) == "0.1"


def test_restrictions_can_go_to_another_process() -> None:
    for held in (Continuous(hour(0), hour(1)), Discrete.of(["a", 1])):
        assert pickle.loads(pickle.dumps(held)) == held
