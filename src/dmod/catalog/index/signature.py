"""Signatures: what a domain states, in a few numbers that a database compares quickly.

A signature never says that a dataset lacks what it has; it may say that it has what it lacks. Catchments and
whatever else says where data lie are `places`: sets that many datasets share, kept once, by their blocks. The
elements of all other sets are hashed into the bits of a few words (a Bloom filter); a set that holds all
elements of another has all bits of it as well.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b, sha256

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.blocks import Blocks, blocks_of
from dmod.catalog.known import Known
from dmod.catalog.restriction import Continuous, Discrete, Element, Restriction
from dmod.database.moment import FIRST_MOMENT, LAST_MOMENT, moment

WORDS = 4
WORD_BITS = 60
"""Bits of a word that are used; the sign of the database's 64 bits is none of them."""
FULL = (1 << WORDS * WORD_BITS) - 1
HASHES = 4
"""Bits that an element sets."""
MOST_BLOCKS = 20_000
"""A set of more blocks is taken for one of everything; the catchments of a continent are fewer."""
PLACES = frozenset(
    {DomainIndex.CATCHMENT_ID, DomainIndex.FLOWPATH_ID, DomainIndex.GAGE_ID, DomainIndex.ELEMENT_ID}
)
"""Indices that say where data lie."""

LAST_DURATION = 7
"""Number of the longest periods, see `duration_of`; all time is one of them."""

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
class Places:
    """Where the data of a dataset lie, over all indices that say so.

    Parameters
    ----------
    anywhere : indices that may hold whatever is asked for, as bits: they are no set of named elements, or of
        too many
    blocks : of the named elements of the others
    """

    anywhere: int
    blocks: Blocks

    @property
    def digest(self) -> bytes:
        """A hash of all of it."""
        codes = sorted(self.blocks)
        held = array("Q", [self.anywhere, *codes, *(self.blocks[code] for code in codes)])
        return sha256(held.tobytes()).digest()


@dataclass(frozen=True, slots=True)
class Signature:
    """What a dataset states, in numbers.

    Parameters
    ----------
    stated : the indices that it states, as bits
    unbounded : those of them that are no set of named elements, as bits
    begin, end : of its period, as moments; all time where it is not a period
    places : where it lies; None where it does not say so
    others : words of the hashed elements of all other indices
    """

    stated: int
    unbounded: int
    begin: int
    end: int
    places: Places | None
    others: Words


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a requirement asks of one index.

    Parameters
    ----------
    bit : of the index
    words : of the hashed elements; none where it is no set of named elements, or one of places
    blocks : of the elements of a set of places
    """

    index: DomainIndex
    restriction: Restriction
    bit: int
    words: Words = ()
    blocks: Blocks = field(default_factory=dict)


def bit_of(index: DomainIndex) -> int:
    """Return the bit that stands for an index in a set of indices."""
    return 1 << _NUMBERS[index]


def signature_of(dataset: Dataset) -> Signature:
    """Return the signature of a dataset; its name, version and uuid are data ids."""
    stated, unbounded, anywhere, others = 0, 0, 0, 0
    period = (FIRST_MOMENT, LAST_MOMENT)
    blocks: dict[int, int] = {}
    for index, held in _stated(dataset).items():
        bit = bit_of(index)
        stated |= bit
        found = period_of(held) if index is DomainIndex.TIME else None
        if found is not None:
            period = found
        if not isinstance(held, Discrete) or held.excluded:
            unbounded |= bit if found is None or _is_everything(held) else 0
            anywhere |= bit if index in PLACES else 0
        elif index not in PLACES:
            others |= _bits(index, held.values)
        elif len(own := blocks_of(index, held.values)) <= MOST_BLOCKS:
            blocks |= {code: mask | blocks.get(code, 0) for code, mask in own.items()}
        else:
            anywhere |= bit
    places = Places(anywhere, blocks) if anywhere or blocks else None
    return Signature(stated, unbounded, *period, places, _words(others))


def wanted_of(index: DomainIndex, restriction: Restriction) -> Wanted:
    """Return what a requirement asks of an index."""
    bit = bit_of(index)
    if not isinstance(restriction, Discrete) or restriction.excluded:
        return Wanted(index, restriction, bit)
    return KNOWN.find((index, restriction), lambda: _named(index, restriction))


def _named(index: DomainIndex, restriction: Discrete) -> Wanted:
    if index in PLACES:
        return Wanted(index, restriction, bit_of(index), blocks=blocks_of(index, restriction.values))
    return Wanted(index, restriction, bit_of(index), _words(_bits(index, restriction.values)))


def _weight(wanted: Wanted) -> int:
    return 1 + (len(wanted.restriction.values) if isinstance(wanted.restriction, Discrete) else 0)


KNOWN = Known[Wanted](200_000, _weight)
"""What requirements have asked for: it is needed several times to answer one."""


def period_of(held: Restriction) -> tuple[int, int] | None:
    """Return the beginning and the end of a range of times, as moments."""
    if not isinstance(held, Continuous):
        return None
    begin, end = held.begin, held.end
    if not isinstance(begin, datetime) or not isinstance(end, datetime):
        return None
    return moment(begin), moment(end)


def duration_of(begin: int, end: int) -> int:
    """Return how long a period is, roughly: those of one number differ by a factor of 256 at most."""
    return min((end - begin).bit_length() // 8, LAST_DURATION)


def longest(duration: int) -> int:
    """Return what is longer than all periods of a duration [µs]; of the last, than any that is written."""
    return 1 << 8 * duration + 7 if duration < LAST_DURATION else 3 << 61


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
    for value in values:
        for bit in _bits_of(_hash(index, value)):
            found |= 1 << bit
        if found == FULL:
            break
    return found


def _bits_of(hashed: int) -> Iterator[int]:
    for _ in range(HASHES):
        hashed, bit = divmod(hashed, WORDS * WORD_BITS)
        yield bit


def _words(bits: int) -> Words:
    mask = (1 << WORD_BITS) - 1
    return tuple(bits >> WORD_BITS * number & mask for number in range(WORDS))


def _hash(index: DomainIndex, value: Element) -> int:
    kind = "n" if isinstance(value, int) else "t"
    text = f"{index.value}\0{kind}{value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
