# ruff: noqa: D102 - the names of tests say what they test
"""Matching: a part of what every index must do, see `dmod.testing.index_suite`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from dmod.catalog.box import contains
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DataFormat, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.domain import Domain
from dmod.catalog.index.port import Index
from dmod.catalog.match import covering
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import ALL, FIRST_TIME, LAST_TIME, Continuous, Discrete, Restriction
from dmod.testing.datasets import AT, add, reserve

CSV, CANONICAL, NETCDF, ZARR, GRID, GENERIC, EMPTY = (
    FORMATS[name]
    for name in (
        "AORC_CSV", "NETCDF_FORCING_CANONICAL", "NETCDF_AORC_DEFAULT", "ZARR_FORCING", "FORCING_GRID",
        "GENERIC", "EMPTY",
    )
)  # fmt: skip
PLACE, TIME, DATA, FABRIC, VARIABLE = (
    DomainIndex.CATCHMENT_ID,
    DomainIndex.TIME,
    DomainIndex.DATA_ID,
    DomainIndex.HYDROFABRIC_ID,
    DomainIndex.VARIABLE,
)
HOUR = timedelta(hours=1)
SETS = {PLACE: "cat-", FABRIC: "fabric-", VARIABLE: "variable-", DATA: "data-"}


def some(*values: str | int) -> Discrete:
    """Return a set."""
    return Discrete(frozenset(values))


def all_but(*values: str | int) -> Discrete:
    """Return the set of everything else."""
    return Discrete(frozenset(values), excluded=True)


def month(first: int, last: int | None = None) -> Continuous:
    """Return a period from the beginning of a month to the end of it or of another."""
    end = (first if last is None else last) + 1
    begins, ends = (datetime(2000 + n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in (first, end))
    return Continuous(begins, ends)


def forcing(stated: Any, form: DataFormat = CSV) -> dict[str, Any]:
    """Return the fields of a dataset of forcing."""
    return {"category": Category.FORCING, "domain": Domain(form, stated)}


def requirement_of(
    stated: dict[DomainIndex, Restriction], form: DataFormat | None = CSV, *, exact: bool = False
) -> Requirement:
    """Return a requirement of forcing."""
    return Requirement(Category.FORCING, form, stated, exact=exact)


def fulfils(dataset: Dataset, requirement: Requirement, at: datetime) -> bool:
    """Whether a dataset is what is required, by the definition and nothing else."""
    if dataset.category != requirement.category or dataset.is_expired(at):
        return False
    if not requirement.accepts(dataset.domain.format) or dataset.domain.format == EMPTY:
        return False
    held = dict(dataset.domain.restrictions)
    ids = held.get(DATA, some(dataset.uuid))
    if not (isinstance(ids, Discrete) and ids.excluded):
        held[DATA] = Discrete(dataset.data_ids)
    return all(
        index in held and contains({index: held[index]}, {index: wanted})
        for index, wanted in requirement.box.items()
    )


def names_of(datasets: Sequence[Dataset]) -> list[str]:
    """Return which datasets they are."""
    return [dataset.name for dataset in datasets]


def _named(value: Any) -> str:
    """Return what names a case, the same in every process: sets have no order of their own."""
    if isinstance(value, dict):
        return "; ".join(f"{index.name} {held}" for index, held in value.items()) or "anything"
    return " ".join(value) or "nothing"


class IndexMatchSuite:
    """Tests of finding what may fulfil a requirement."""

    def found(self, index: Index, requirement: Requirement, at: datetime = AT) -> list[str]:
        """Return the names of those candidates that fulfil a requirement."""
        return names_of([d for d in index.candidates(requirement, at) if fulfils(d, requirement, at)])

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({}, ["all", "but", "long", "none", "short", "two"]),
            ({PLACE: some("cat-1")}, ["all", "long", "two"]),
            ({PLACE: some("cat-3")}, ["all", "but", "short"]),
            ({PLACE: some("cat-1", "cat-2")}, ["all", "two"]),
            ({PLACE: some("cat-1", "cat-9")}, ["all"]),
            ({PLACE: some(1)}, ["all", "but"]),
            ({PLACE: ALL}, ["all"]),
            ({PLACE: all_but("cat-1", "cat-2")}, ["all", "but"]),
            ({PLACE: all_but("cat-2")}, ["all"]),
            ({TIME: month(3)}, ["all", "long", "short"]),
            ({TIME: month(3, 5)}, ["all", "long"]),
            ({TIME: month(2)}, ["all", "long"]),
            ({TIME: ALL}, ["all"]),
            ({TIME: Continuous(FIRST_TIME, LAST_TIME)}, ["all"]),
            ({PLACE: some("cat-3"), TIME: month(3)}, ["all", "short"]),
            ({VARIABLE: some("rain")}, ["none"]),
            ({VARIABLE: ALL}, []),
        ],
        ids=_named,
    )
    def test_candidates_hold_everything_that_fulfils(
        self, index: Index, wanted: dict[DomainIndex, Restriction], expected: list[str]
    ) -> None:
        for name, stated in {
            "all": {PLACE: ALL, TIME: ALL},
            "but": {PLACE: all_but("cat-1")},
            "long": {PLACE: some("cat-1"), TIME: month(1, 8)},
            "short": {PLACE: some("cat-3"), TIME: month(3)},
            "two": {PLACE: some("cat-1", "cat-2")},
            "none": {VARIABLE: some("rain", "snow")},
        }.items():
            add(index, name, **forcing(stated))
        assert sorted(self.found(index, requirement_of(wanted))) == expected

    def test_candidates_by_data_id_are_called_so(self, index: Index) -> None:
        here: dict[DomainIndex, Restriction] = {PLACE: some("cat-1")}
        first = add(index, "logan", **forcing(here))
        second = add(index, "logan", another=True, **forcing({**here, DATA: some("mine")}))
        third = add(index, "boise", **forcing({**here, DATA: ALL}))
        for wanted, expected in (
            (some("logan"), [third, second, first]),
            (some("logan@1"), [third, first]),
            (some("logan@2", "logan", second.uuid, "mine"), [third, second]),
            (some(first.uuid), [third, first]),
            (some("boise"), [third]),
            (some("mine", "logan@1"), [third]),
        ):
            requirement = requirement_of({DATA: wanted})
            found = [d.uuid for d in index.candidates(requirement, AT) if fulfils(d, requirement, AT)]
            assert sorted(found) == sorted(dataset.uuid for dataset in expected), wanted

    def test_candidates_are_of_the_category_and_an_accepted_format(self, index: Index) -> None:
        here: dict[DomainIndex, Restriction] = {PLACE: some("cat-1"), TIME: month(1)}
        for form in (CSV, CANONICAL, ZARR):
            add(index, form.name, **forcing(here, form))
        add(index, "grid", **forcing({TIME: month(1)}, GRID))
        add(index, "any", **forcing(here, GENERIC))
        add(index, "nothing", **forcing({}, EMPTY))
        add(index, "output", category=Category.OUTPUT, domain=Domain(GENERIC, here))
        wanted: dict[DomainIndex, Restriction] = {TIME: month(1)}
        family = {form.name for form in (CSV, CANONICAL, ZARR)}
        assert set(self.found(index, requirement_of(wanted, CANONICAL))) == family
        assert set(self.found(index, requirement_of(wanted, CANONICAL, exact=True))) == {CANONICAL.name}
        assert set(self.found(index, requirement_of(wanted, None))) == {*family, "grid", "any"}
        assert set(self.found(index, requirement_of({}, GENERIC))) == {"any"}

    def test_candidates_come_exact_format_first_then_the_newest(self, index: Index) -> None:
        here: dict[DomainIndex, Restriction] = {PLACE: some("cat-1")}
        for name, form, hours in (
            ("old", CSV, 0), ("b", CSV, 2), ("a", CSV, 2), ("other", ZARR, 9), ("new", CSV, 4),
        ):  # fmt: skip
            add(index, name, created=AT + hours * HOUR, **forcing(here, form))
        add(index, "a", another=True, created=AT + 2 * HOUR, **forcing(here))
        found = [dataset.reference for dataset in index.candidates(requirement_of(here), AT)]
        assert found == ["new@1", "a@2", "a@1", "b@1", "old@1", "other@1"]
        found = [dataset.reference for dataset in index.candidates(requirement_of(here, None), AT)]
        assert found == ["other@1", "new@1", "a@2", "a@1", "b@1", "old@1"]

    def test_candidates_are_committed_and_not_expired(self, index: Index) -> None:
        here: dict[DomainIndex, Restriction] = {PLACE: some("cat-1")}
        add(index, "expired", expires=AT, **forcing(here))
        young = add(index, "young", expires=AT + HOUR, **forcing(here))
        removed = add(index, "removed", **forcing(here))
        index.remove(removed.uuid)
        reserve(index, "pending", **forcing(here))
        wanted = requirement_of(here)
        assert names_of(list(index.candidates(wanted, AT))) == ["young"]
        assert names_of(index.overlapping(wanted, AT, 9)) == ["young"]
        index.edit(replace(young, expires=AT))
        assert list(index.candidates(wanted, AT)) == []
        assert "removed" not in names_of(index.nearest(wanted, AT, 9))

    def test_candidates_go_on_while_others_write(self, index: Index) -> None:
        here: dict[DomainIndex, Restriction] = {PLACE: some("cat-1")}
        for number in range(300):
            add(index, f"d{number:03d}", **forcing(here))
        found = index.candidates(requirement_of(here), AT)
        first = [next(found).name for _ in range(10)]
        index.remove(index.get("d000").uuid)
        index.remove(index.get("d299").uuid)
        add(index, "new", **forcing(here))
        rest = names_of(list(found))
        assert len(set(first + rest)) == len(first + rest)
        assert {f"d{number:03d}" for number in range(1, 299)} <= set(first + rest)

    def test_large_sets_are_matched(self, index: Index) -> None:
        large = Discrete(frozenset(f"cat-{number}" for number in range(100_000)))
        add(index, "large", **forcing({PLACE: large}))
        add(index, "small", **forcing({PLACE: some("cat-7")}))
        half = Discrete(frozenset(f"cat-{number}" for number in range(0, 100_000, 2)))
        for wanted, expected in (
            (some("cat-7"), {"large", "small"}),
            (half, {"large"}),
            (large, {"large"}),
            (Discrete(large.values | {"cat-x"}), set()),
        ):
            assert set(self.found(index, requirement_of({PLACE: wanted}))) == expected
        assert index.get("large").domain.restrictions[PLACE] == large
        assert set(names_of(index.overlapping(requirement_of({PLACE: half}), AT, 9))) == {"large"}

    def test_overlapping_hold_a_part_and_the_newest_come_first(self, index: Index) -> None:
        for hours, (name, stated) in enumerate(
            {
                "before": {PLACE: some("cat-1"), TIME: month(1)},
                "first": {PLACE: some("cat-1", "cat-2"), TIME: month(1, 2)},
                "second": {PLACE: some("cat-2"), TIME: month(3)},
                "elsewhere": {PLACE: some("cat-8"), TIME: month(3)},
                "unstated": {PLACE: some("cat-1")},
                "everywhere": {PLACE: ALL, TIME: ALL},
                "after": {PLACE: some("cat-1"), TIME: month(4)},
            }.items()
        ):
            add(index, name, created=AT + hours * HOUR, **forcing(stated))
        wanted = requirement_of({PLACE: some("cat-1", "cat-2", "cat-3"), TIME: month(2, 3)})
        assert names_of(index.overlapping(wanted, AT, 9)) == ["everywhere", "second", "first"]
        assert names_of(index.overlapping(wanted, AT, 2)) == ["everywhere", "second"]

    def test_overlapping_are_found_behind_many_that_are_not(self, index: Index) -> None:
        """What has the same period and other catchments does not use up how many are asked for."""
        add(index, "part", **forcing({PLACE: some(*(f"cat-{n}" for n in range(90, 140))), TIME: month(1)}))
        for number in range(120):
            places = some(*(f"cat-{1000 + 90 * number + n}" for n in range(90)))
            add(index, f"d{number}", created=AT + HOUR, **forcing({PLACE: places, TIME: month(1)}))
        wanted = requirement_of({PLACE: some(*(f"cat-{n}" for n in range(90))), TIME: month(1)})
        assert index.overlapping(wanted, AT, 5) == []
        wanted = requirement_of({PLACE: some(*(f"cat-{n}" for n in range(100))), TIME: month(1)})
        assert names_of(index.overlapping(wanted, AT, 5)) == ["part"]

    def test_overlapping_hold_whole_what_cannot_be_divided(self, index: Index) -> None:
        here: dict[DomainIndex, Restriction] = {PLACE: some("cat-1"), TIME: month(1)}
        add(index, "right", **forcing({**here, FABRIC: some("f")}))
        add(index, "wrong", **forcing({**here, FABRIC: some("g")}))
        wanted = requirement_of({PLACE: some("cat-1", "cat-2"), FABRIC: some("f")})
        assert names_of(index.overlapping(wanted, AT, 9)) == ["right"]
        wanted = requirement_of({PLACE: some("cat-1", "cat-2"), DATA: some("wrong")})
        assert names_of(index.overlapping(wanted, AT, 9)) == ["wrong"]

    def test_nearest_come_by_how_much_of_the_requirement_they_meet(self, index: Index) -> None:
        for name, form, stated in (
            ("nothing", GRID, {TIME: month(9)}),
            ("whole", CSV, {PLACE: some("cat-1", "cat-2"), TIME: month(1)}),
            ("place", CSV, {PLACE: some("cat-1", "cat-2"), TIME: month(9)}),
            ("neither", CSV, {PLACE: some("cat-8"), TIME: month(9)}),
        ):
            add(index, name, **forcing(stated, form))
        add(index, "output", category=Category.OUTPUT, domain=Domain(GENERIC))
        wanted = requirement_of({PLACE: some("cat-1", "cat-2"), TIME: month(1)})
        assert names_of(index.nearest(wanted, AT, 9)) == ["whole", "place", "neither", "nothing"]
        assert names_of(index.nearest(wanted, AT, 2)) == ["whole", "place"]

    def test_nearest_that_are_alike_come_the_newest_first(self, index: Index) -> None:
        for hours, name in enumerate(("a", "c", "b")):
            add(index, name, created=AT + hours * HOUR, **forcing({PLACE: some("cat-8")}))
        wanted = requirement_of({PLACE: some("cat-1")})
        assert names_of(index.nearest(wanted, AT, 2)) == ["b", "c"]

    def test_nothing_that_fulfils_is_missed_in_a_small_universe(self, index: Index) -> None:
        dice = Random(5)
        universe = [
            add(index, f"d{number % 60}", another=True, **some_dataset(dice, number)) for number in range(80)
        ]
        names = [*(f"d{number}" for number in range(60)), *(dataset.reference for dataset in universe[::7])]
        fulfilled = useful = 0
        for _ in range(100):
            requirement = some_requirement(dice, [*names, dice.choice(universe).uuid])
            candidates = list(index.candidates(requirement, AT))
            expected = {d.uuid for d in universe if fulfils(d, requirement, AT)}
            assert expected <= {d.uuid for d in candidates}, requirement
            assert len({d.uuid for d in candidates}) == len(candidates)
            parts = {d.uuid for d in universe if covering(requirement, [d], AT).parts}
            overlapping = index.overlapping(requirement, AT, 1_000)
            assert parts <= {d.uuid for d in overlapping}, requirement
            assert len(index.nearest(requirement, AT, 10)) == 10
            fulfilled += len(expected)
            useful += len(parts)
        assert min(fulfilled, useful) > 60  # else nothing was tried


def some_dataset(dice: Random, number: int) -> dict[str, Any]:
    """Return the fields of a dataset out of a small universe."""
    form = dice.choice([CSV, CSV, CANONICAL, NETCDF, ZARR, GRID, GENERIC, EMPTY])
    stated: dict[DomainIndex, Restriction] = {}
    if form != EMPTY:
        allowed = [index for index in (PLACE, TIME, FABRIC, VARIABLE, DATA) if index in form.allowed]
        allowed = [PLACE, TIME, FABRIC, VARIABLE, DATA] if form == GENERIC else allowed
        stated = {index: _some_restriction(dice, index) for index in allowed if dice.random() < 0.6}
        stated = stated or {allowed[0]: _some_restriction(dice, allowed[0])}
    expires = AT + dice.choice([-1, 1]) * HOUR if dice.random() < 0.3 else None
    return {**forcing(stated, form), "created": AT + number * HOUR, "expires": expires}


def some_requirement(dice: Random, names: Sequence[str]) -> Requirement:
    """Return a requirement out of a small universe."""
    form = dice.choice([None, CSV, CANONICAL, ZARR, GRID, GENERIC])
    indices = (PLACE, TIME, FABRIC, VARIABLE) if form in {None, GENERIC} else (PLACE, TIME, FABRIC)
    allowed = [i for i in indices if form in {None, GENERIC} or (form is not None and i in form.allowed)]
    stated = {index: _some_restriction(dice, index) for index in allowed if dice.random() < 0.4}
    if dice.random() < 0.2:
        stated[DATA] = some(dice.choice(names))
    return requirement_of(stated, form, exact=dice.random() < 0.3)


def _some_restriction(dice: Random, index: DomainIndex) -> Restriction:
    chance = dice.random()
    if chance < 0.1:
        return ALL
    if index is TIME:
        first = dice.randrange(6)
        return Continuous(FIRST_TIME, LAST_TIME) if chance < 0.2 else month(first, dice.randrange(first, 6))
    values = [f"{SETS[index]}{number}" for number in dice.sample(range(5), dice.randint(1, 3))]
    return all_but(*values) if chance < 0.3 else some(*values)
