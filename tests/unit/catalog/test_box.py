"""The algebra of boxes against brute force over points of three indices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.box import Box, contains, intersection, subtract, subtract_all, union, unite
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import ALL, FIRST_TIME, LAST_TIME, Continuous, Discrete
from dmod.errors import InputError

START = datetime(2015, 12, 1, tzinfo=UTC)
TIME, CATCHMENTS, LENGTH = DomainIndex.TIME, DomainIndex.CATCHMENT_ID, DomainIndex.LENGTH
EVERYTHING: Box = {}


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def hours(begin: int, end: int) -> Continuous:
    return Continuous(hour(begin), hour(end))


def cats(*numbers: int, excluded: bool = False) -> Discrete:
    return Discrete(frozenset(f"cat-{number}" for number in numbers), excluded)


spans = st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda ab: ab[0] < ab[1])
times = st.one_of(
    spans.map(lambda ab: hours(*ab)),
    spans.map(lambda ab: Continuous(FIRST_TIME, hour(ab[1]))),
    spans.map(lambda ab: Continuous(hour(ab[0]), LAST_TIME)),
    st.sampled_from([ALL, Continuous(FIRST_TIME, LAST_TIME)]),
)
numbers = st.frozensets(st.integers(0, 4))
sets = st.one_of(
    numbers.filter(bool).map(lambda held: cats(*held)),
    numbers.map(lambda held: cats(*held, excluded=True)),
)
lengths = st.one_of(
    st.frozensets(st.integers(0, 2), min_size=1).map(lambda held: Discrete(frozenset(held))), st.just(ALL)
)
boxes = st.fixed_dictionaries({}, optional={TIME: times, CATCHMENTS: sets, LENGTH: lengths})

Point = tuple[int, int, int]
# hours -1 and 7, catchment 5 and length 3 stand for everything that no restriction names
UNIVERSE: list[Point] = list(product(range(-1, 8), range(6), range(4)))


def holds(box: Box, point: Point) -> bool:
    at, number, length = point
    time, held, lengths = box.get(TIME, ALL), box.get(CATCHMENTS, ALL), box.get(LENGTH, ALL)
    assert isinstance(held, Discrete)
    assert isinstance(lengths, Discrete)
    return (
        (not isinstance(time, Continuous) or time.begin <= hour(at) < time.end)
        and (f"cat-{number}" in held.values) != held.excluded
        and (length in lengths.values) != lengths.excluded
    )


def points(box: Box | None) -> set[Point]:
    return set() if box is None else {point for point in UNIVERSE if holds(box, point)}


def all_points(parts: Iterable[Box]) -> set[Point]:
    return set().union(*map(points, parts))


def are_disjoint(parts: Iterable[Box]) -> bool:
    held = list(parts)
    return sum(len(points(part)) for part in held) == len(all_points(held))


@given(a=boxes, b=boxes)
def test_contains_agrees_with_brute_force(a: Box, b: Box) -> None:
    assert contains(a, b) == (points(b) <= points(a))


@given(a=boxes, b=boxes)
def test_intersection_agrees_with_brute_force(a: Box, b: Box) -> None:
    both = intersection(a, b)
    assert points(both) == points(a) & points(b)
    assert (both is None) == (not points(a) & points(b))


@given(a=boxes, b=boxes)
def test_difference_is_exact_and_its_parts_do_not_overlap(a: Box, b: Box) -> None:
    rest = subtract(a, b)
    assert all_points(rest) == points(a) - points(b)
    assert are_disjoint(rest)
    assert all(points(part) for part in rest)
    # two for the time, before and after, one for each of the others
    assert len(rest) <= 4


@given(a=st.lists(boxes, max_size=3), b=st.lists(boxes, max_size=4))
def test_difference_of_many_is_exact(a: list[Box], b: list[Box]) -> None:
    assert all_points(subtract_all(a, b)) == all_points(a) - all_points(b)
    if are_disjoint(a):
        assert are_disjoint(subtract_all(a, b))


def is_box(held: set[Point]) -> bool:
    """Whether a set of points is all combinations of its coordinates, with times that have no gap."""
    sides = [sorted({point[axis] for point in held}) for axis in range(3)]
    return set(product(*sides)) == held and sides[0] == list(range(sides[0][0], sides[0][-1] + 1))


@given(a=boxes, b=boxes)
def test_union_is_a_box_exactly_where_one_holds_just_both(a: Box, b: Box) -> None:
    found = union(a, b)
    if found is None:
        assert not is_box(points(a) | points(b))
    else:
        assert points(found) == points(a) | points(b)


@given(a=boxes, b=boxes)
def test_union_does_not_depend_on_the_order(a: Box, b: Box) -> None:
    assert points(union(a, b)) == points(union(b, a))


@given(st.lists(boxes, max_size=5))
def test_united_boxes_hold_the_same_and_no_two_can_be_united(held: list[Box]) -> None:
    found = unite(held)
    assert all_points(found) == all_points(held)
    assert len(found) <= len(held)
    assert all(union(a, b) is None for number, a in enumerate(found) for b in found[number + 1 :])


def test_months_unite_into_a_year() -> None:
    months = [{TIME: hours(n, n + 1), CATCHMENTS: cats(1, 2)} for n in (3, 0, 2, 1)]
    assert unite(months) == ({TIME: hours(0, 4), CATCHMENTS: cats(1, 2)},)


def test_everything_without_a_range_is_before_and_after() -> None:
    before, after = subtract(EVERYTHING, {TIME: hours(0, 1)})
    assert before == {TIME: Continuous(FIRST_TIME, hour(0))}
    assert after == {TIME: Continuous(hour(1), LAST_TIME)}
    assert subtract({TIME: hours(0, 1)}, EVERYTHING) == ()


@pytest.mark.parametrize("operation", [contains, intersection, subtract, union])
@pytest.mark.parametrize(
    ("a", "b", "match"),
    [
        (Continuous(1, 2), Discrete.of([1]), "range of numbers"),
        (Discrete.of([1]), Continuous(1, 2), "a set"),
        (hours(0, 1), Continuous(1, 2), "range of times"),
        (Discrete(frozenset({1}), excluded=True), hours(0, 1), "cannot be compared"),
    ],
)
def test_a_range_and_a_set_cannot_be_compared(operation, a, b, match: str) -> None:
    with pytest.raises(InputError, match=rf"LENGTH: .*{match}"):
        operation({LENGTH: a}, {LENGTH: b})
