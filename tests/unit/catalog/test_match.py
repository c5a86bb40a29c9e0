"""Whether datasets fulfil requirements, one alone or several together, against brute force over points."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.box import Box, contains, intersection
from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex, find_format
from dmod.catalog.dataset import Dataset
from dmod.catalog.domain import Domain
from dmod.catalog.match import Cover, covering, examine, preference
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import ALL, Continuous, Discrete, Restriction

START = datetime(2015, 12, 1, tzinfo=UTC)
NOW = datetime(2020, 1, 1, tzinfo=UTC)
TIME, CATCHMENTS, DATA = DomainIndex.TIME, DomainIndex.CATCHMENT_ID, DomainIndex.DATA_ID
VARIABLE = DomainIndex.VARIABLE


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


def hours(begin: float, end: float) -> Continuous:
    return Continuous(hour(begin), hour(end))


def cats(*numbers: int, excluded: bool = False) -> Discrete:
    return Discrete(frozenset(f"cat-{number}" for number in numbers), excluded)


def dataset(
    name: str,
    box: Box,
    form: str = "AORC_CSV",
    *,
    category: Category = Category.FORCING,
    created: datetime = START,
    expires: datetime | None = None,
) -> Dataset:
    domain = Domain(find_format(form), box)
    return Dataset(
        name, 1, category, domain, f"uuid-{name}", "0" * 64, 0, 0, 0, created=created, expires=expires
    )


def forcing(box: Box, form: str | None = "AORC_CSV", *, exact: bool = False) -> Requirement:
    return Requirement(Category.FORCING, None if form is None else find_format(form), box, exact)


def states(requirement: Requirement, offered: Dataset) -> dict[DomainIndex, str]:
    return {finding.index: finding.state for finding in examine(requirement, offered, NOW).findings}


# one dataset


def test_dataset_that_holds_everything_required_fulfils() -> None:
    found = examine(
        forcing({TIME: hours(1, 3), CATCHMENTS: cats(1)}),
        dataset("a", {TIME: hours(0, 3), CATCHMENTS: cats(1, 2)}),
        NOW,
    )
    assert found.is_fulfilled
    assert found.format == "exact"
    assert not found.unsatisfied()


@pytest.mark.parametrize(
    ("form", "wanted", "exact", "verdict"),
    [
        ("AORC_CSV", "AORC_CSV", True, "exact"),
        ("ZARR_FORCING", "AORC_CSV", False, "compatible"),
        ("ZARR_FORCING", "AORC_CSV", True, "convertible"),
        ("FORCING_GRID", "AORC_CSV", False, "no"),
        ("FORCING_GRID", None, False, "exact"),
        ("EMPTY", None, False, "no"),
        ("EMPTY", "EMPTY", False, "exact"),
    ],
)
def test_format_of_a_dataset_is_judged(form: str, wanted: str | None, exact: bool, verdict: str) -> None:
    box = {} if form == "EMPTY" else {TIME: hours(0, 3)}
    found = examine(forcing({}, wanted, exact=exact), dataset("a", box, form), NOW)
    assert found.format == verdict
    assert found.is_fulfilled == (verdict in {"exact", "compatible"})


def test_dataset_of_another_category_does_not_fulfil() -> None:
    found = examine(Requirement(Category.CONFIG), dataset("a", {}, "GENERIC", category=Category.OUTPUT), NOW)
    assert not found.category_fits
    assert not found.is_fulfilled


def test_dataset_whose_time_is_over_does_not_fulfil() -> None:
    offered = dataset("a", {TIME: hours(0, 3)}, expires=NOW)
    assert examine(forcing({}), offered, NOW - timedelta(seconds=1)).is_fulfilled
    assert examine(forcing({}), offered, NOW).expired
    assert not examine(forcing({}), offered, NOW).is_fulfilled


def test_index_that_is_not_stated_is_a_finding_of_its_own() -> None:
    found = states(forcing({TIME: hours(0, 1), CATCHMENTS: cats(1)}), dataset("a", {TIME: hours(0, 3)}))
    assert found == {TIME: "satisfied", CATCHMENTS: "unstated"}


@pytest.mark.parametrize("held", [ALL, cats(7, excluded=True)])
def test_dataset_of_everything_states_everything(held: Restriction) -> None:
    assert states(forcing({CATCHMENTS: cats(1, 2)}), dataset("a", {CATCHMENTS: held})) == {
        CATCHMENTS: "satisfied"
    }


def test_everything_of_a_range_is_stated_by_all() -> None:
    assert states(forcing({TIME: hours(0, 1)}), dataset("a", {TIME: ALL})) == {TIME: "satisfied"}
    found = examine(forcing({TIME: ALL}), dataset("a", {TIME: hours(0, 1)}), NOW).findings[0]
    assert found.state == "missing"
    assert found.missing == hours(0, 1).complement()


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        (Discrete(frozenset({4})), Continuous(0.0, 9.0)),
        (Continuous(0.0, 9.0), Discrete(frozenset({4}))),
        (hours(0, 1), Continuous(0.0, 9.0)),
    ],
)
def test_restrictions_of_different_kinds_cannot_be_compared_and_do_not_raise(wanted, held) -> None:
    index = DomainIndex.LENGTH
    offered = dataset("a", {index: held}, "NGEN_PARTITION_CONFIG", category=Category.PARTITION)
    wanting = Requirement(Category.PARTITION, offered.domain.format, {index: wanted})
    assert states(wanting, offered) == {index: "incomparable"}
    assert not covering(wanting, [offered], NOW).parts


@pytest.mark.parametrize(
    ("wanted", "is_satisfied"),
    [
        (Discrete.of(["a"]), True),
        (Discrete.of(["a@1"]), True),
        (Discrete.of(["uuid-a"]), True),
        (Discrete.of(["stated", "a"]), True),
        (Discrete.of(["stated", "b"]), False),
        (Discrete.of(["a@2"]), False),
        (ALL, True),
        (Discrete(frozenset({"b"}), excluded=True), True),
        (Discrete(frozenset({"stated"}), excluded=True), False),
    ],
)
def test_data_id_is_any_name_of_the_dataset(wanted: Discrete, is_satisfied: bool) -> None:
    offered = dataset("a", {DATA: Discrete.of(["stated"])})
    assert examine(forcing({DATA: wanted}), offered, NOW).is_fulfilled == is_satisfied


def test_data_id_of_everything_is_called_anything() -> None:
    offered = dataset("a", {DATA: Discrete(frozenset({"x"}), excluded=True)})
    assert examine(forcing({DATA: Discrete.of(["b"])}), offered, NOW).is_fulfilled
    assert not examine(forcing({DATA: Discrete.of(["x"])}), offered, NOW).is_fulfilled


# brute force

spans = st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda ab: ab[0] < ab[1])
ranges = spans.map(lambda ab: hours(*ab))
sets = st.one_of(
    st.frozensets(st.integers(0, 4), min_size=1).map(lambda numbers: cats(*numbers)),
    st.frozensets(st.integers(0, 4)).map(lambda numbers: cats(*numbers, excluded=True)),
)


def boxes(*, free: bool) -> st.SearchStrategy[dict[DomainIndex, Restriction]]:
    times = st.one_of(ranges, st.just(ALL))
    if free:
        return st.fixed_dictionaries({}, optional={TIME: times, CATCHMENTS: sets}).filter(bool)
    return st.fixed_dictionaries({TIME: times, CATCHMENTS: sets})


Point = tuple[int, int]
# hours -1 and 7 and catchment 5 stand for everything that no range and no set names
UNIVERSE: list[Point] = list(product(range(-1, 8), range(6)))


def points(box: Box) -> set[Point]:
    def holds(at: int, number: int) -> bool:
        time, held = box.get(TIME, ALL), box.get(CATCHMENTS, ALL)
        in_time = not isinstance(time, Continuous) or time.begin <= hour(at) < time.end
        assert isinstance(held, Discrete)
        return in_time and (f"cat-{number}" in held.values) != held.excluded

    return {point for point in UNIVERSE if holds(*point)}


@given(wanted=boxes(free=True), held=boxes(free=True))
def test_examination_agrees_with_brute_force_where_all_is_stated(wanted: Box, held: Box) -> None:
    found = examine(forcing(wanted), dataset("a", held), NOW)
    is_stated = set(wanted) <= set(held)
    assert found.is_fulfilled == (
        is_stated and points(wanted) <= points({i: held[i] for i in wanted if i in held})
    )
    for finding in found.findings:
        missing = [points({finding.index: part}) for part in finding.missing]
        stated = {} if finding.held is None else {finding.index: finding.held}
        expected = points({finding.index: finding.wanted}) - (points(stated) if stated else set())
        assert set().union(*missing) == expected
        assert sum(map(len, missing)) == len(expected)


def require_sound(cover: Cover, offered: Iterable[Dataset]) -> None:
    """Check that the parts are disjoint, theirs to give, and with what is uncovered make up the whole."""
    whole = points(cover.requirement.box)
    # what is not required of a dataset does not matter
    concerned = [{i: part.dataset.domain.box[i] for i in cover.requirement.box} for part in cover.parts]
    pieces = [
        (points(box), points(held))
        for part, held in zip(cover.parts, concerned, strict=True)
        for box in part.boxes
    ]
    rest = [points(box) for box in cover.uncovered]
    assert all(piece <= held for piece, held in pieces)
    assert set().union(*(piece for piece, _ in pieces), *rest) == whole
    assert sum(len(piece) for piece, _ in pieces) + sum(map(len, rest)) == len(whole)
    for part, held in zip(cover.parts, concerned, strict=True):
        assert all(contains(held, box) for box in part.boxes)
        assert all(contains(cover.requirement.box, box) for box in part.boxes)
        assert part.boxes
    assert len({part.dataset.uuid for part in cover.parts}) == len(cover.parts)
    assert {part.dataset.uuid for part in cover.parts} <= {item.uuid for item in offered}


@given(wanted=boxes(free=False), held=st.lists(boxes(free=False), max_size=6), seed=st.randoms())
def test_cover_of_pieces_agrees_with_brute_force(wanted: Box, held: list[Box], seed) -> None:
    offered = [dataset(f"d{number}", box) for number, box in enumerate(held)]
    requirement = forcing(wanted)
    cover = covering(requirement, offered, NOW)
    require_sound(cover, offered)
    ranged = any(isinstance(box[TIME], Continuous) for box in held)
    if isinstance(wanted[TIME], Continuous) or not ranged:
        possible = set().union(*map(points, held)) if held else set()
        assert set().union(*map(points, cover.uncovered)) == points(wanted) - possible
    if any(contains(box, wanted) for box in held):
        assert len(cover.parts) == 1
    for part in cover.parts:
        rest = set().union(*(points(p.dataset.domain.box) for p in cover.parts if p is not part))
        assert not points(wanted) & points(part.dataset.domain.box) <= rest, "a part is needless"
    seed.shuffle(offered)
    assert covering(requirement, offered, NOW) == cover


@given(wanted=boxes(free=True), held=st.lists(boxes(free=True), max_size=5))
def test_pieces_that_do_not_state_an_index_are_passed_over(wanted: Box, held: list[Box]) -> None:
    offered = [dataset(f"d{number}", box) for number, box in enumerate(held)]
    cover = covering(forcing(wanted), offered, NOW)
    require_sound(cover, offered)
    assert all(set(wanted) <= set(part.dataset.domain.box) for part in cover.parts)


# several datasets


def test_months_make_up_a_quarter_in_order() -> None:
    months = [dataset(f"m{n}", {TIME: hours(n, n + 1), CATCHMENTS: cats(1, 2)}) for n in (2, 0, 1)]
    cover = covering(forcing({TIME: hours(0, 3), CATCHMENTS: cats(1)}), months, NOW)
    assert cover.is_complete
    assert [part.dataset.name for part in cover.parts] == ["m0", "m1", "m2"]
    assert cover.parts[1].boxes == ({TIME: hours(1, 2), CATCHMENTS: cats(1)},)


def test_gap_between_pieces_remains() -> None:
    pieces = [dataset("a", {TIME: hours(0, 2)}), dataset("b", {TIME: hours(3, 9)})]
    cover = covering(forcing({TIME: hours(1, 5)}), pieces, NOW)
    assert not cover.is_complete
    assert cover.uncovered == ({TIME: hours(2, 3)},)


def test_piece_that_others_make_needless_is_left_out() -> None:
    pieces = [
        dataset(name, {TIME: hours(*span)}) for name, span in {"a": (0, 3), "b": (3, 6), "c": (1, 5)}.items()
    ]
    cover = covering(forcing({TIME: hours(0, 6)}), pieces, NOW)
    assert [part.dataset.name for part in cover.parts] == ["a", "b"]


def test_format_that_cannot_be_divided_is_not_put_together() -> None:
    halves = [
        dataset(
            f"h{n}", {CATCHMENTS: cats(n)}, "NGEN_GEOPACKAGE_HYDROFABRIC_V2", category=Category.HYDROFABRIC
        )
        for n in (1, 2)
    ]
    wanted = Requirement(Category.HYDROFABRIC, halves[0].domain.format, {CATCHMENTS: cats(1, 2)})
    cover = covering(wanted, halves, NOW)
    assert not cover.parts
    assert cover.uncovered == (wanted.box,)


def test_index_that_cannot_be_divided_must_be_fulfilled_by_each_part() -> None:
    rain, heat = Discrete.of(["rain"]), Discrete.of(["rain", "heat"])
    pieces = [
        dataset("a", {TIME: hours(0, 2), VARIABLE: heat}),
        dataset("b", {TIME: hours(2, 4), VARIABLE: rain}),
    ]
    wanted = {TIME: hours(0, 4), VARIABLE: heat}
    cover = covering(forcing(wanted), pieces, NOW)
    assert [part.dataset.name for part in cover.parts] == ["a"]
    assert cover.uncovered == ({TIME: hours(2, 4), VARIABLE: heat},)
    assert covering(forcing({**wanted, VARIABLE: rain}), pieces, NOW).is_complete


def test_parts_are_of_one_family_of_formats() -> None:
    pieces = [
        dataset("csv", {TIME: hours(0, 2)}),
        dataset("zarr", {TIME: hours(2, 4)}, "ZARR_FORCING"),
        dataset("grid", {TIME: hours(0, 3)}, "FORCING_GRID"),
    ]
    mixed = covering(forcing({TIME: hours(0, 4)}), pieces, NOW)
    assert [part.dataset.name for part in mixed.parts] == ["csv", "zarr"]
    anything = covering(forcing({TIME: hours(0, 4)}, None), pieces[1:], NOW)
    assert [part.dataset.name for part in anything.parts] == ["grid"]
    exact = covering(forcing({TIME: hours(0, 4)}, exact=True), pieces, NOW)
    assert [part.dataset.name for part in exact.parts] == ["csv"]


def test_of_equal_datasets_the_exact_format_and_then_the_newest_is_chosen() -> None:
    box = {TIME: hours(0, 2)}
    old = dataset("old", box, created=hour(0))
    new = dataset("new", box, created=hour(1))
    zarr = dataset("zarr", box, "ZARR_FORCING", created=hour(2))
    requirement = forcing(box)
    for offered in ([old, new, zarr], [zarr, new, old]):
        assert [part.dataset for part in covering(requirement, offered, NOW).parts] == [new]
        assert sorted(offered, key=lambda item: preference(requirement, item)) == [new, old, zarr]


def test_expired_pieces_are_passed_over() -> None:
    pieces = [dataset("a", {TIME: hours(0, 2)}), dataset("b", {TIME: hours(2, 4)}, expires=hour(0))]
    assert covering(forcing({TIME: hours(0, 4)}), pieces, NOW).uncovered == ({TIME: hours(2, 4)},)


def test_requirement_of_everything_is_covered_by_what_excludes_and_what_is_excluded() -> None:
    pieces = [dataset("but", {CATCHMENTS: cats(1, 2, excluded=True)}), dataset("one", {CATCHMENTS: cats(1)})]
    cover = covering(forcing({CATCHMENTS: ALL}), pieces, NOW)
    assert [part.dataset.name for part in cover.parts] == ["one", "but"]
    assert cover.uncovered == ({CATCHMENTS: cats(2)},)


def test_many_months_and_many_catchments_make_few_boxes() -> None:
    count = 300
    months = [dataset(f"m{n}", {TIME: hours(n, n + 1), CATCHMENTS: cats(*range(50))}) for n in range(count)]
    cover = covering(forcing({TIME: hours(0, count), CATCHMENTS: cats(*range(50))}), months, NOW)
    assert cover.is_complete
    assert all(len(part.boxes) == 1 for part in cover.parts)
    single = [dataset(f"c{n}", {TIME: hours(0, 9), CATCHMENTS: cats(n)}) for n in range(count)]
    cover = covering(forcing({TIME: hours(0, 9), CATCHMENTS: cats(*range(count + 2))}), single[::-1], NOW)
    assert [part.dataset.name for part in cover.parts] == [f"c{n}" for n in range(count)]
    assert cover.uncovered == ({TIME: hours(0, 9), CATCHMENTS: cats(count, count + 1)},)
    assert len({id(part.boxes[0][TIME]) for part in cover.parts}) == 1


def test_checkerboard_of_pieces_makes_no_more_boxes_than_there_are_squares() -> None:
    size = 20
    squares = [
        dataset(f"s{n}-{m}", {TIME: hours(n, n + 1), CATCHMENTS: cats(m)})
        for n, m in product(range(size), range(size))
        if (n + m) % 2
    ]
    cover = covering(forcing({TIME: hours(0, size), CATCHMENTS: cats(*range(size))}), squares, NOW)
    assert len(cover.parts) == size * size // 2
    # rows of one colour are alike, so that what remains is far fewer boxes than squares
    assert len(cover.uncovered) == size
    assert intersection(cover.uncovered[0], cover.uncovered[1]) is None
