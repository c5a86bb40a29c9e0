"""Signatures: what a domain states, in a few numbers that a database compares quickly.

A signature never says that a dataset lacks what it has; it may say that it has what it lacks. The elements of
a set are hashed into the bits of a few words (a Bloom filter); a set that holds all elements of another has
all bits of it as well. What passes is then looked at by ``codes``, 32 bits of hash for each element.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import islice

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.restriction import Continuous, Discrete, Element, Restriction
from dmod.database.moment import FIRST_MOMENT, LAST_MOMENT, moment

WORDS = 4
WORD_BITS = 60
"""Bits of a word that are used; the sign of the database's 64 bits is none of them."""
FULL = (1 << WORDS * WORD_BITS) - 1
OTHER_HASHES = 4
"""Bits that an element sets where there are few of them; one where there are many, as of catchments."""
MOST_CODES = 4_096
"""Elements of a larger set have no codes; whether all of a requirement are there is told by so many."""
MANY = 2**31 - 1

Words = tuple[int, ...]

_NUMBERS = {
    index: number
    for number, index in enumerate(
        (
            # stored in databases: only to be added to at the end
            DomainIndex.UNKNOWN,
            DomainIndex.TIME,
            DomainIndex.CATCHMENT_ID,
            DomainIndex.DATA_ID,
            DomainIndex.HYDROFABRIC_ID,
            DomainIndex.LENGTH,
            DomainIndex.GLOBAL_CHECKSUM,
            DomainIndex.ELEMENT_ID,
            DomainIndex.REALIZATION_CONFIG_DATA_ID,
            DomainIndex.FILE_NAME,
            DomainIndex.COMPOSITE_SOURCE_ID,
            DomainIndex.HYDROFABRIC_VERSION,
            DomainIndex.HYDROFABRIC_REGION,
            DomainIndex.HYDROFABRIC_DATA_ID,
            DomainIndex.VARIABLE,
            DomainIndex.FORMULATION,
            DomainIndex.GAGE_ID,
            DomainIndex.FLOWPATH_ID,
        )
    )
}


@dataclass(frozen=True, slots=True)
class Signature:
    """What a dataset states, in numbers.

    Parameters
    ----------
    stated : the indices that it states, as bits
    unbounded : those of them that are no set of named elements, as bits
    begin, end : of its period, as moments; all time where it is not a period
    place_count : number of catchments
    places, others : words of the hashed catchments, and of the hashed elements of all other indices
    coded : the indices of which ``codes`` holds every element, as bits
    codes : a hash of 32 bits for each
    """

    stated: int
    unbounded: int
    begin: int
    end: int
    place_count: int
    places: Words
    others: Words
    coded: int
    codes: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a requirement asks of one index.

    Parameters
    ----------
    bit : of the index
    words : of the hashed elements; none where it is no set of named elements
    codes : of each of them; where all are wanted, of no more than tell whether they are there
    count : how many elements it asks for
    is_whole : whether all of it is wanted; else a part is of use as well
    """

    index: DomainIndex
    restriction: Restriction
    bit: int
    words: Words = ()
    codes: frozenset[int] = frozenset()
    count: int = 0
    is_whole: bool = True


def bit_of(index: DomainIndex) -> int:
    """Return the bit that stands for an index in a set of indices."""
    return 1 << _NUMBERS[index]


def signature_of(dataset: Dataset) -> Signature:
    """Return the signature of a dataset; its name, version and uuid are data ids."""
    stated, unbounded, coded = bit_of(DomainIndex.DATA_ID), 0, 0
    period = (FIRST_MOMENT, LAST_MOMENT)
    hashed = {True: 0, False: 0}
    codes: array[int] = array("I")
    place_count = 0
    for index, held in _stated(dataset).items():
        stated |= bit_of(index)
        found = period_of(held) if index is DomainIndex.TIME else None
        if found is not None:
            period = found
        if not isinstance(held, Discrete) or held.excluded:
            unbounded |= bit_of(index) if found is None or _is_everything(held) else 0
            continue
        is_place = index is DomainIndex.CATCHMENT_ID
        place_count = len(held.values) if is_place else place_count
        hashed[is_place] |= _bits(index, held.values)
        if len(held.values) <= MOST_CODES:
            coded |= bit_of(index)
            codes.extend(code_of(index, value) for value in held.values)
    if unbounded & bit_of(DomainIndex.CATCHMENT_ID):
        place_count = MANY
    return Signature(
        stated, unbounded, *period, place_count, _words(hashed[True]), _words(hashed[False]), coded,
        codes.tobytes(),
    )  # fmt: skip


def wanted_of(index: DomainIndex, restriction: Restriction, *, is_whole: bool = True) -> Wanted:
    """Return what a requirement asks of an index.

    Parameters
    ----------
    is_whole : whether all of it is wanted; else a part is of use as well
    """
    bit = bit_of(index)
    if not isinstance(restriction, Discrete) or restriction.excluded:
        return Wanted(index, restriction, bit, is_whole=is_whole)
    values = restriction.values
    asked = islice(values, MOST_CODES) if is_whole else values
    codes = frozenset(code_of(index, value) for value in asked)
    return Wanted(index, restriction, bit, _words(_bits(index, values)), codes, len(values), is_whole)


def may_hold(wanted: Iterable[Wanted], coded: int, codes: bytes) -> bool:
    """Whether a dataset may have what is wanted, by the codes of its elements."""
    held: frozenset[int] | None = None
    for item in wanted:
        if not item.codes or not item.bit & coded:
            continue
        if held is None:
            held = frozenset(array("I", codes))
        if not item.codes <= held if item.is_whole else item.codes.isdisjoint(held):
            return False
    return True


def period_of(held: Restriction) -> tuple[int, int] | None:
    """Return the beginning and the end of a range of times, as moments."""
    if not isinstance(held, Continuous):
        return None
    begin, end = held.begin, held.end
    if not isinstance(begin, datetime) or not isinstance(end, datetime):
        return None
    return moment(begin), moment(end)


def code_of(index: DomainIndex, value: Element) -> int:
    """Return the code of an element."""
    return _hash(index, value) & 0xFFFFFFFF


def _stated(dataset: Dataset) -> Mapping[DomainIndex, Restriction]:
    held = dataset.domain.restrictions
    ids = held.get(DomainIndex.DATA_ID)
    if ids is None or (isinstance(ids, Discrete) and not ids.excluded):
        return {**held, DomainIndex.DATA_ID: Discrete(dataset.data_ids)}
    return held


def _is_everything(held: Restriction) -> bool:
    return isinstance(held, Continuous) and not held.complement()


def _bits(index: DomainIndex, values: Iterable[Element]) -> int:
    found = 0
    count = 1 if index is DomainIndex.CATCHMENT_ID else OTHER_HASHES
    for value in values:
        for bit in _bits_of(_hash(index, value) >> 32, count):
            found |= 1 << bit
        if found == FULL:
            break
    return found


def _bits_of(hashed: int, count: int) -> Iterator[int]:
    for _ in range(count):
        hashed, bit = divmod(hashed, WORDS * WORD_BITS)
        yield bit


def _words(bits: int) -> Words:
    mask = (1 << WORD_BITS) - 1
    return tuple(bits >> WORD_BITS * number & mask for number in range(WORDS))


def _hash(index: DomainIndex, value: Element) -> int:
    kind = "n" if isinstance(value, int) else "t"
    text = f"{index.value}\0{kind}{value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=12).digest(), "big")
