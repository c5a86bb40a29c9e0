"""What a dataset covers: its format, and a restriction for each index that it states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from dmod.catalog.box import Box, contains, intersection, subtract, union
from dmod.catalog.data_format import DataFormat, DomainIndex
from dmod.catalog.restriction import Continuous, Discrete, Restriction
from dmod.errors import InputError


@dataclass(frozen=True, slots=True)
class Domain:
    """What a dataset covers.

    Parameters
    ----------
    format : how the files are to be read; says which indices may be restricted
    restrictions : by index; an index that is left out is not stated, and in the algebra free
    units : unit of each variable, as far as known; no part of the comparison
    data_fields : DMOD's types of fields by name, kept as they are; no part of the comparison

    Raises
    ------
    InputError
        an index is not one of the format, TIME is restricted by a set or by numbers, or nothing is restricted
        where the format wants something to be.
    """

    format: DataFormat
    restrictions: Mapping[DomainIndex, Restriction] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict, compare=False)
    data_fields: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        held = MappingProxyType({index: self.restrictions[index] for index in sorted(self.restrictions)})
        object.__setattr__(self, "restrictions", held)
        foreign = sorted(set(held) - self.format.allowed)
        if foreign and not self.format.is_unrestricted:
            raise InputError(
                f"data of format {self.format} have no {', '.join(foreign)}",
                hint="allowed: " + ", ".join(sorted(self.format.allowed)),
            )
        if not held and not self.format.is_unrestricted:
            raise InputError(
                f"a domain of format {self.format} states nothing",
                hint="restrict at least one of " + ", ".join(sorted(self.format.allowed)),
            )
        require_range(held)
        time = held.get(DomainIndex.TIME)
        if isinstance(time, Continuous) and not isinstance(time.begin, datetime):
            raise InputError(
                f"TIME is a range of times, not of numbers ({time})", hint="write YYYY-MM-DD HH:MM:SS"
            )

    def __hash__(self) -> int:
        return hash((self.format, tuple(self.restrictions.items())))

    @property
    def box(self) -> Box:
        """The restrictions alone."""
        return self.restrictions

    @property
    def time(self) -> Continuous | None:
        """The period; None where it is not stated."""
        found = self.restrictions.get(DomainIndex.TIME)
        return found if isinstance(found, Continuous) else None

    def values(self, index: DomainIndex) -> frozenset[str | int]:
        """Return the elements of a set; none where it is not stated, or everything."""
        found = self.restrictions.get(index)
        return found.values if isinstance(found, Discrete) and not found.excluded else frozenset()

    def contains(self, other: Domain) -> bool:
        """Whether this holds all that ``other`` does, in a format that can stand in for its format."""
        return self.format.stands_in_for(other.format) and contains(self.box, other.box)

    def intersection(self, other: Domain) -> Domain | None:
        """Return what both hold, in this format; None if nothing, or if the formats differ in kind."""
        if not self.format.stands_in_for(other.format):
            return None
        both = intersection(self.box, other.box)
        return None if both is None else self._with(both)

    def subtract(self, other: Domain) -> tuple[Domain, ...]:
        """Return what this holds and ``other`` does not, as domains that do not overlap."""
        if not self.format.stands_in_for(other.format):
            return (self,)
        return tuple(self._with(part) for part in subtract(self.box, other.box))

    def merge(self, other: Domain) -> Domain:
        """Return the domain that holds exactly what one or the other does.

        Raises
        ------
        InputError
            no single domain does: the formats differ, or more than one index, or a gap lies between; or a
        variable has another unit in each.
        """
        if self.format != other.format:
            raise InputError(
                f"domains of format {self.format} and {other.format} cannot be merged", hint="convert one"
            )
        found = union(self.box, other.box)
        if found is None:
            raise InputError(
                f"no single domain holds just {self} and {other}",
                hint="domains merge where they differ in one index only and leave no gap in it",
            )
        for name, unit in self.units.items():
            if other.units.get(name, unit) != unit:
                raise InputError(
                    f"{name} is in {unit} in one domain and in {other.units[name]} in the other",
                    hint="convert one of them, or keep them apart",
                )
        return replace(
            self._with(found),
            units={**other.units, **self.units},
            data_fields={**other.data_fields, **self.data_fields},
        )

    def stating(self, restrictions: Mapping[DomainIndex, Restriction]) -> Domain:
        """Return this domain with further or other restrictions."""
        return self._with({**self.restrictions, **restrictions})

    def _with(self, box: Box) -> Domain:
        return replace(self, restrictions=box)

    def __str__(self) -> str:
        stated = "; ".join(f"{index} {held}" for index, held in self.restrictions.items())
        return f"{self.format}({stated})"


def require_range(box: Box) -> None:
    """Refuse times that are no range.

    Raises
    ------
    InputError
        TIME is restricted by a set of elements.
    """
    time = box.get(DomainIndex.TIME)
    if isinstance(time, Discrete) and not time.is_all:
        raise InputError(f"TIME is a range, not a set ({time})", hint="give its beginning and its end")


def discrete(index: DomainIndex, values: Iterable[str | int]) -> dict[DomainIndex, Restriction]:
    """Return a restriction of one index to a set, to be put into a domain; none if there is no value."""
    held = frozenset(values)
    return {index: Discrete(held)} if held else {}
