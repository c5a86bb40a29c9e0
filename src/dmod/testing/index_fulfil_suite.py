# ruff: noqa: D102 - the names of tests say what they test
"""Fulfilling by an index: a part of what every index must do, see `dmod.testing.index_suite`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.fulfilling import fulfil
from dmod.catalog.index.memory import MemoryIndex
from dmod.catalog.index.port import Index
from dmod.catalog.manifest import EMPTY
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import ALL, Continuous, Discrete, Restriction
from dmod.testing.datasets import AT, add, dataset_of
from dmod.testing.index_match_suite import (
    CSV,
    PLACE,
    TIME,
    forcing,
    month,
    names_of,
    requirement_of,
    some_dataset,
    some_requirement,
)

HOUR = timedelta(hours=1)
OBSERVED, GAUGE = FORMATS["OBSERVATION_CSV"], DomainIndex.GAGE_ID


def catchments(first: int, count: int, step: int = 1) -> Discrete:
    """Return numbered catchments."""
    return Discrete(frozenset(f"cat-{first + step * number}" for number in range(count)))


def answer(index: Index, requirement: Requirement) -> dict[str, Any]:
    """Return all that is answered to a requirement, as it is told."""
    found, objections = fulfil(index, requirement, AT)
    return {
        "fulfilled": found.is_fulfilled,
        "parts": [(part.dataset.reference, part.boxes) for part in found.parts],
        "examined": [item.dataset.reference for item in found.examinations],
        "uncovered": found.uncovered,
        "objections": [(item.dataset.reference, item.reason) for item in objections],
    }


def together(index: Index, datasets: Sequence[Dataset]) -> MemoryIndex:
    """Put datasets into an index and into one in memory, which looks at every one of them; return that."""
    plain = MemoryIndex()
    for dataset in datasets:
        index.commit(dataset, EMPTY)
        plain.commit(dataset, EMPTY)
    return plain


class IndexFulfilSuite:
    """Tests of what is answered to requirements."""

    def test_answers_are_those_of_looking_at_every_dataset(self, index: Index) -> None:
        dice = Random(11)
        datasets = [dataset_of(f"d{number}", 1, **some_dataset(dice, number)) for number in range(28)]
        plain = together(index, datasets)
        kinds: dict[tuple[bool, int], int] = {}
        for _ in range(150):
            requirement = some_requirement(dice, [dataset.name for dataset in datasets])
            found = answer(index, requirement)
            assert found == answer(plain, requirement), requirement
            kind = (found["fulfilled"], min(len(found["parts"]), 2))
            kinds[kind] = kinds.get(kind, 0) + 1
        assert min(kinds[True, 1], kinds[True, 2], kinds[False, 0]) >= 3  # else nothing was tried

    def test_answers_are_the_same_for_basins_that_overlap(self, index: Index) -> None:
        """Sets over many blocks, at places that meet or do not, and periods from an hour to all time."""
        dice = Random(12)
        stated: list[dict[DomainIndex, Restriction]] = []
        for _ in range(30):
            first, step = dice.randrange(0, 600, 50), dice.choice([1, 1, 7])
            held = {PLACE: catchments(first, dice.choice([5, 88, 300]), step), TIME: _some_period(dice)}
            stated.append(held)
        stated += [{PLACE: ALL, TIME: _some_period(dice)}, {PLACE: catchments(0, 88)}]
        datasets = [
            dataset_of(f"d{number}", 1, created=AT + number * HOUR, **forcing(held))
            for number, held in enumerate(stated)
        ]
        plain = together(index, datasets)
        several = 0
        for _ in range(60):
            places = catchments(dice.randrange(0, 700, 25), dice.choice([1, 60, 120]))
            requirement = requirement_of({PLACE: places, TIME: _some_period(dice)})
            found = answer(index, requirement)
            expected = answer(plain, requirement)
            assert (found["fulfilled"], found["parts"]) == (expected["fulfilled"], expected["parts"])
            assert found["uncovered"] == expected["uncovered"]
            if not found["fulfilled"]:  # more are near than are weighed, so that the last may differ
                assert found["examined"][:1] == expected["examined"][:1]
            several += len(found["parts"]) > 1
        assert several >= 3

    def test_months_of_one_basin_make_up_a_year_and_a_missing_one_is_told(self, index: Index) -> None:
        for number in range(12):
            add(index, f"m{number:02d}", **forcing({PLACE: catchments(0, 200), TIME: month(number)}))
        whole = requirement_of({PLACE: catchments(20, 100), TIME: month(0, 11)})
        found, _ = fulfil(index, whole, AT)
        assert [part.dataset.name for part in found.parts] == [f"m{number:02d}" for number in range(12)]
        index.remove(index.get("m07").uuid)
        found, _ = fulfil(index, whole, AT)
        assert not found.is_fulfilled
        assert [box[TIME] for box in found.uncovered] == [month(7)]

    def test_places_are_known_by_those_who_come_later(self, index: Index) -> None:
        """What many datasets share goes with the last of them, and not before."""
        here = {PLACE: catchments(0, 130), TIME: month(1)}
        wanted = requirement_of({PLACE: catchments(7, 50)})
        first, second = (add(index, name, **forcing(here)) for name in ("a", "b"))
        index.remove(first.uuid)
        index.drop(first.uuid)
        assert names_of(list(index.candidates(wanted, AT))) == ["b"]
        index.remove(second.uuid)
        assert list(index.candidates(wanted, AT)) == []
        assert index.overlapping(wanted, AT, 9) == []
        add(index, "c", **forcing(here))
        assert names_of(list(index.candidates(wanted, AT))) == ["c"]

    def test_version_committed_anew_lies_where_it_says_now(self, index: Index) -> None:
        """As it does when an index is written anew over one that is there."""
        old = dataset_of("d", 1, **forcing({PLACE: catchments(0, 100)}))
        index.commit(old, EMPTY)
        new = dataset_of("d", 1, uuid=old.uuid, **forcing({PLACE: catchments(1000, 100)}))
        index.commit(new, EMPTY)
        assert list(index.candidates(requirement_of({PLACE: catchments(0, 10)}), AT)) == []
        assert list(index.candidates(requirement_of({PLACE: catchments(1000, 10)}), AT)) == [new]

    def test_gauges_are_places_too(self, index: Index) -> None:
        from dmod.catalog.category import Category
        from dmod.catalog.domain import Domain

        stated: dict[str, list[str | int]] = {"both": ["01", "1"], "one": ["1"], "other": ["10154200", 7]}
        for name, gauges in stated.items():
            held: dict[DomainIndex, Restriction] = {GAUGE: Discrete.of(gauges), TIME: month(1)}
            add(index, name, category=Category.OBSERVATION, domain=Domain(OBSERVED, held))
        cases: list[tuple[list[str | int], set[str]]] = [
            (["1"], {"both", "one"}), (["01"], {"both"}), ([7], {"other"}),
        ]  # fmt: skip
        for values, expected in cases:
            requirement = Requirement(Category.OBSERVATION, OBSERVED, {GAUGE: Discrete.of(values)})
            assert set(names_of(list(index.candidates(requirement, AT)))) == expected

    def test_periods_of_every_length_are_found(self, index: Index) -> None:
        lengths = [timedelta(microseconds=1), timedelta(seconds=9), HOUR, 40 * HOUR, timedelta(days=20_000)]
        for number, length in enumerate(lengths):
            add(index, f"d{number}", **forcing({TIME: Continuous(AT, AT + length)}))
        for number, length in enumerate(lengths):
            longer = [f"d{other}" for other in range(number, len(lengths))]
            whole = requirement_of({TIME: Continuous(AT, AT + length)})
            assert sorted(names_of(list(index.candidates(whole, AT)))) == longer
            last = requirement_of({TIME: Continuous(AT + length - timedelta(microseconds=1), AT + length)})
            assert sorted(names_of(list(index.candidates(last, AT)))) == longer
            assert sorted(names_of(index.overlapping(last, AT, 9))) == longer
            after = requirement_of({TIME: Continuous(AT + length, AT + length + HOUR)})
            assert sorted(names_of(index.overlapping(after, AT, 9))) == longer[1:]

    def test_requirement_of_scattered_catchments_finds_the_one_that_holds_all(self, index: Index) -> None:
        """Thousands of blocks, each with an element, of which another dataset lacks the last."""
        wanted = catchments(0, 3_000, 61)
        add(index, "all", **forcing({PLACE: Discrete(wanted.values | {"cat-1"})}))
        add(index, "lacking", **forcing({PLACE: Discrete(wanted.values - {"cat-182939"})}))
        assert names_of(list(index.candidates(requirement_of({PLACE: wanted}, CSV), AT))) == ["all"]
        found = index.overlapping(requirement_of({PLACE: wanted}, CSV), AT, 9)
        assert sorted(names_of(found)) == ["all", "lacking"]


def _some_period(dice: Random) -> Restriction:
    begin = AT + dice.randrange(50) * HOUR
    return Continuous(begin, begin + dice.choice([1, 5, 30, 2_000]) * HOUR)
