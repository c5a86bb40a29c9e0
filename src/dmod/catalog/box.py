"""The algebra of domains: boxes, which restrict some indices and leave all others free.

A box is the set of points whose coordinate lies in its restriction for every index that it restricts. Boxes
are closed under intersection; a difference or a union of boxes is a tuple of boxes that do not overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import ALL, Continuous, Discrete, Restriction, is_comparable
from dmod.errors import InputError

Box = Mapping[DomainIndex, Restriction]
Boxes = tuple[Box, ...]


def contains(box: Box, other: Box) -> bool:
    """Whether every point of ``other`` lies in ``box``."""
    return all(_holds(held, other.get(index, ALL), index) for index, held in box.items())


def intersection(box: Box, other: Box) -> Box | None:
    """Return the points that lie in both; None if there are none."""
    both = dict(box)
    for index, theirs in other.items():
        ours = both.get(index)
        found = theirs if ours is None else _both(ours, theirs, index)
        if found is None:
            return None
        both[index] = found
    return both


def subtract(box: Box, other: Box) -> Boxes:
    """Return the points of ``box`` that do not lie in ``other``, as boxes that do not overlap."""
    if intersection(box, other) is None:
        return (box,)
    rest: list[Box] = []
    kept = dict(box)
    for index, theirs in other.items():
        ours = kept.get(index, ALL)
        rest += [{**kept, index: part} for part in _without(ours, theirs, index)]
        both = _both(ours, theirs, index)
        if both is not None:
            kept[index] = both
    return tuple(rest)


def subtract_all(boxes: Iterable[Box], others: Iterable[Box]) -> Boxes:
    """Return the points of any of ``boxes`` that lie in none of ``others``."""
    rest = tuple(boxes)
    for other in others:
        rest = tuple(part for box in rest for part in subtract(box, other))
    return rest


def union(box: Box, other: Box) -> Box | None:
    """Return the box that holds exactly the points of one or the other; None where no box does.

    That is so where one contains the other, or where they differ in one index along which they touch.
    """
    if contains(box, other):
        return box
    if contains(other, box):
        return other
    differing = [index for index in {**box, **other} if not _same(box.get(index, ALL), other.get(index, ALL))]
    if len(differing) != 1:
        return None
    index = differing[0]
    joined = _joined(box.get(index, ALL), other.get(index, ALL), index)
    return None if joined is None else {**box, index: joined}


def unite(boxes: Sequence[Box]) -> Boxes:
    """Return as few boxes as pairwise unions lead to, which hold the same points."""
    rest = list(boxes)
    merged = True
    while merged:
        merged = False
        for first in range(len(rest)):
            for second in range(first + 1, len(rest)):
                found = union(rest[first], rest[second])
                if found is not None:
                    rest[first] = found
                    del rest[second]
                    merged = True
                    break
            if merged:
                break
    return tuple(rest)


def require_kind(index: DomainIndex, held: Restriction, other: Restriction) -> None:
    """Refuse to compare a range with a set, or times with numbers.

    Raises
    ------
    InputError
        they cannot be compared.
    """
    if not is_comparable(held, other):
        raise InputError(
            f"{index}: {_kind(held)} ({held}) cannot be compared with {_kind(other)} ({other})",
            hint="restrict this index in one way everywhere: by times, by numbers, or by named elements",
        )


def _kind(held: Restriction) -> str:
    if isinstance(held, Discrete):
        return "a set"
    return "a range of times" if isinstance(held.begin, datetime) else "a range of numbers"


def _holds(held: Restriction, other: Restriction, index: DomainIndex) -> bool:
    require_kind(index, held, other)
    if isinstance(held, Discrete):
        return held.is_all or (isinstance(other, Discrete) and held.contains(other))
    # the range of everything that can be written holds everything
    return held.contains(other) if isinstance(other, Continuous) else not held.complement()


def _both(ours: Restriction, theirs: Restriction, index: DomainIndex) -> Restriction | None:
    require_kind(index, ours, theirs)
    if isinstance(ours, Continuous):
        return ours.intersection(theirs) if isinstance(theirs, Continuous) else ours
    return ours.intersection(theirs) if isinstance(theirs, Discrete) else theirs


def _without(ours: Restriction, theirs: Restriction, index: DomainIndex) -> tuple[Restriction, ...]:
    require_kind(index, ours, theirs)
    if isinstance(theirs, Continuous):
        return ours.subtract(theirs) if isinstance(ours, Continuous) else theirs.complement()
    # a range can only meet the set of everything here
    return ours.subtract(theirs) if isinstance(ours, Discrete) else ()


def _joined(ours: Restriction, theirs: Restriction, index: DomainIndex) -> Restriction | None:
    require_kind(index, ours, theirs)
    if isinstance(ours, Continuous) and isinstance(theirs, Continuous):
        return ours.union(theirs)
    if isinstance(ours, Discrete) and isinstance(theirs, Discrete):
        return ours.union(theirs)
    return ALL


def _same(ours: Restriction, theirs: Restriction) -> bool:
    if type(ours) is type(theirs):
        return ours == theirs
    # the set of everything, and the range of everything
    return all(isinstance(item, Discrete) or not item.complement() for item in (ours, theirs))
