"""What somebody needs: a kind of data, and what it must cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from dmod.catalog.box import Box
from dmod.catalog.category import Category
from dmod.catalog.data_format import DataFormat, DomainIndex
from dmod.catalog.domain import require_range
from dmod.catalog.restriction import Continuous, Discrete, Element, Restriction
from dmod.errors import InputError


@dataclass(frozen=True, slots=True)
class Requirement:
    """A kind of data, and what it must cover.

    Parameters
    ----------
    category : what the data are for
    format : how they are to be read; None where any format of the category will do
    restrictions : what they must cover, by index; what is left out does not matter
    exact : whether a format that can stand in for ``format`` is not enough
    role : what they are needed as, in messages and lineage
    parameters : choices that are no part of the domain, for what derives the data (``formulation``)
    extra : what DMOD's document says beside, kept as it is (``size``, ``is_input``, ``fulfilled_by`` …)

    Raises
    ------
    InputError
        the format cannot be of the category, or has no such index; TIME is restricted by a set.
    """

    category: Category
    format: DataFormat | None = None
    restrictions: Mapping[DomainIndex, Restriction] = field(default_factory=dict)
    exact: bool = False
    role: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "restrictions", MappingProxyType(dict(self.restrictions)))
        require_range(self.restrictions)
        if self.format is None:
            return
        if self.category not in self.format.categories:
            raise InputError(
                f"data of format {self.format} are no {self.category} data",
                hint="they are " + ", ".join(self.format.categories),
            )
        foreign = sorted(set(self.restrictions) - self.format.allowed)
        if foreign and not self.format.is_unrestricted:
            raise InputError(
                f"data of format {self.format} have no {', '.join(foreign)}",
                hint="allowed: " + ", ".join(sorted(self.format.allowed)),
            )

    def __hash__(self) -> int:
        return hash((self.category, self.format, tuple(sorted(self.restrictions))))

    @property
    def box(self) -> Box:
        """What must be covered."""
        return self.restrictions

    def accepts(self, offered: DataFormat) -> bool:
        """Whether data of a format can be used as they are."""
        if self.format is None or offered == self.format:
            return True
        return not self.exact and offered.stands_in_for(self.format)

    def needing(self, **changes: Any) -> Requirement:
        """Return this requirement with other fields."""
        return replace(self, **changes)

    def __str__(self) -> str:
        kind = f"{self.category}" if self.format is None else f"{self.category} as {self.format}"
        stated = "; ".join(f"{index} {_short(held)}" for index, held in self.restrictions.items())
        return f"{kind} with {stated}" if stated else kind


def _short(held: Restriction) -> str:
    if isinstance(held, Continuous) or len(held.values) <= 5:
        return str(held)
    return f"{'all but ' if held.excluded else ''}{len(held.values)} ids"


def element_restriction(values: object) -> Discrete:
    """Return the set of one or several elements that stand in a document.

    Raises
    ------
    InputError
        one is neither text nor a whole number.
    """
    held: list[Element] = []
    for value in values if isinstance(values, list | tuple | set | frozenset) else [values]:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InputError(
                f"{value!r} cannot be an element of a domain", hint="write text or whole numbers"
            )
        held.append(value)
    return Discrete.of(held)
