"""Signatures: what a dataset holds, its signature does not deny, and what databases keep does not change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.domain import Domain
from dmod.catalog.index.signature import (
    LAST_DURATION,
    MOST_BLOCKS,
    PLACES,
    Places,
    bit_of,
    duration_of,
    longest,
    period_of,
    signature_of,
    wanted_of,
)
from dmod.catalog.restriction import ALL, FIRST_TIME, LAST_TIME, Continuous, Discrete, Restriction
from dmod.database.moment import FIRST_MOMENT, LAST_MOMENT, moment
from dmod.testing.datasets import AT, dataset_of

PLACE, TIME, DATA, VARIABLE = (
    DomainIndex.CATCHMENT_ID,
    DomainIndex.TIME,
    DomainIndex.DATA_ID,
    DomainIndex.VARIABLE,
)
FABRIC = DomainIndex.HYDROFABRIC_ID
MONTH = Continuous(AT, AT + timedelta(days=30))
NAMES = st.frozensets(st.text("abc", min_size=1, max_size=3) | st.integers(0, 9), min_size=1, max_size=8)


def holding(stated: dict[DomainIndex, Restriction], name: str = "logan") -> Dataset:
    """Return a dataset that states this."""
    return dataset_of(name, uuid=f"uuid-{name}", domain=Domain(FORMATS["AORC_CSV"], stated))


def test_every_index_has_a_bit_of_its_own() -> None:
    assert len({bit_of(index) for index in DomainIndex}) == len(DomainIndex)
    assert all(bit_of(index) < 1 << 31 for index in DomainIndex)  # as columns have it


def test_bits_are_what_databases_keep() -> None:
    expected = {DomainIndex.UNKNOWN: 1, TIME: 2, PLACE: 4, DATA: 8, VARIABLE: 1 << 14}
    assert {index: bit_of(index) for index in expected} == expected


def test_signature_states_what_the_domain_does_and_the_data_id() -> None:
    signature = signature_of(holding({TIME: MONTH, VARIABLE: Discrete.of(["rain"])}))
    assert signature.stated == bit_of(TIME) | bit_of(VARIABLE) | bit_of(DATA)
    assert (signature.begin, signature.end) == (moment(AT), moment(AT + timedelta(days=30)))
    assert signature.unbounded == 0
    assert signature.places is None


def test_signature_without_a_period_has_all_time() -> None:
    for stated in ({VARIABLE: ALL}, {TIME: ALL}):
        signature = signature_of(holding(stated))
        assert (signature.begin, signature.end) == (FIRST_MOMENT, LAST_MOMENT)
    assert signature.unbounded == bit_of(TIME)
    everything = signature_of(holding({TIME: Continuous(FIRST_TIME, LAST_TIME)}))
    assert everything.unbounded == bit_of(TIME)


@pytest.mark.parametrize(
    ("held", "is_anywhere"),
    [
        (Discrete.of(["cat-1"]), False),
        (ALL, True),
        (Discrete(frozenset({"cat-1"}), excluded=True), True),
        (Continuous(1, 5), True),
    ],
    ids=["some", "all", "all but some", "a range"],
)
def test_places_that_are_no_named_elements_may_be_anywhere(held: Restriction, is_anywhere: bool) -> None:
    places = signature_of(holding({PLACE: held})).places
    assert places is not None
    assert places.anywhere == (bit_of(PLACE) if is_anywhere else 0)
    assert bool(places.blocks) is not is_anywhere


def test_places_of_too_many_blocks_may_be_anywhere() -> None:
    apart = [f"cat-{61 * number}" for number in range(MOST_BLOCKS + 1)]
    most = signature_of(holding({PLACE: Discrete.of(apart[1:])})).places
    more = signature_of(holding({PLACE: Discrete.of(apart)})).places
    assert most is not None
    assert len(most.blocks) == MOST_BLOCKS
    assert more == Places(bit_of(PLACE), {})
    together = signature_of(holding({PLACE: Discrete.of(f"cat-{n}" for n in range(2 * MOST_BLOCKS))})).places
    assert together is not None
    assert not together.anywhere


def test_equal_places_have_one_digest_and_others_another() -> None:
    first = signature_of(holding({PLACE: Discrete.of(["cat-1", "cat-2"]), TIME: MONTH}, "a")).places
    second = signature_of(holding({PLACE: Discrete.of(["cat-2", "cat-1"])}, "b")).places
    others = [
        signature_of(holding({PLACE: held})).places
        for held in (Discrete.of(["cat-1"]), Discrete.of(["cat-1", "cat-3"]), ALL)
    ]
    assert first is not None
    assert second is not None
    assert first.digest == second.digest
    assert len({first.digest, *(places.digest for places in others if places)}) == 4


def test_wanted_places_are_blocks_and_all_else_is_words() -> None:
    place = wanted_of(PLACE, Discrete.of(["cat-1"]))
    assert place.blocks
    assert not place.words
    variable = wanted_of(VARIABLE, Discrete.of(["rain"]))
    assert any(variable.words)
    assert not variable.blocks
    for index, everything in ((PLACE, ALL), (VARIABLE, ALL), (TIME, MONTH)):
        item = wanted_of(index, everything)
        assert not item.words
        assert not item.blocks


@given(NAMES, NAMES, NAMES)
def test_set_that_holds_another_has_its_bits(
    wanted: frozenset[str | int], more: frozenset[str | int], fabrics: frozenset[str | int]
) -> None:
    stated: dict[DomainIndex, Restriction] = {VARIABLE: Discrete(wanted | more), FABRIC: Discrete(fabrics)}
    words = signature_of(holding(stated)).others
    asked = wanted_of(VARIABLE, Discrete(wanted)).words
    assert all(held & word == word for held, word in zip(words, asked, strict=True))


@given(st.text("abc", min_size=1, max_size=9))
def test_dataset_has_the_bits_of_what_it_is_called(name: str) -> None:
    dataset = holding({TIME: MONTH, DATA: Discrete.of(["mine"])}, name)
    words = signature_of(dataset).others
    for called in (name, f"{name}@1", f"uuid-{name}", "mine"):
        asked = wanted_of(DATA, Discrete.of([called])).words
        assert all(held & word == word for held, word in zip(words, asked, strict=True))


def test_few_elements_are_told_apart_by_their_bits() -> None:
    words = signature_of(holding({VARIABLE: Discrete.of(["rain", "snow"])})).others
    wrong = 0
    for number in range(200):
        asked = wanted_of(VARIABLE, Discrete.of([f"other-{number}"])).words
        wrong += all(held & word == word for held, word in zip(words, asked, strict=True))
    assert wrong <= 2


def test_words_fit_the_integers_of_databases() -> None:
    many = Discrete.of(f"variable-{number}" for number in range(1_000))
    words = signature_of(holding({VARIABLE: many})).others
    assert all(0 <= word < 1 << 63 for word in words)


@given(st.integers(1, 1 << 58))
def test_durations_bound_periods(length: int) -> None:
    duration = duration_of(5, 5 + length)
    assert length < longest(duration)
    assert duration == 0 or length >= longest(duration) // 256


def test_all_time_is_of_the_last_duration_and_is_found_from_any_time() -> None:
    assert duration_of(FIRST_MOMENT, LAST_MOMENT) == LAST_DURATION
    for time in (FIRST_TIME, datetime(1970, 1, 1, tzinfo=UTC), LAST_TIME):
        first = moment(time) - longest(LAST_DURATION)
        assert -(1 << 63) <= first < FIRST_MOMENT


def test_period_is_of_times_only() -> None:
    assert period_of(MONTH) == (moment(AT), moment(AT + timedelta(days=30)))
    assert period_of(Continuous(1, 2)) is None
    assert period_of(ALL) is None


def test_places_are_indices_of_named_elements() -> None:
    assert PLACE in PLACES
    assert TIME not in PLACES
    assert DATA not in PLACES
