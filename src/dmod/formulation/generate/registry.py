"""The generators by name, and the formulations that are known by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from dmod.errors import InputError
from dmod.formulation.generate.generator import Generator

_PLACE = "dmod.formulation.generate"

# name → module of Python and the `Generator` in it
GENERATORS: Final[Mapping[str, tuple[str, str]]] = {
    "sloth": (f"{_PLACE}.sloth", "SLOTH"),
    "pet": (f"{_PLACE}.pet", "PET"),
    "cfe": (f"{_PLACE}.cfe", "CFE"),
    "cfe-x": (f"{_PLACE}.cfe", "CFE_X"),
    "topmodel": (f"{_PLACE}.topmodel", "TOPMODEL"),
    "noah-owp": (f"{_PLACE}.noah_owp", "NOAH_OWP"),
    "snow17": (f"{_PLACE}.snow17", "SNOW17"),
    "sac-sma": (f"{_PLACE}.sac_sma", "SAC_SMA"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """One module in a chain.

    Parameters
    ----------
    generator : its name
    aliases : ``variables_names_map``: the module's variable → the name that the chain knows it by
    params : further or other members of the entry's ``params``, such as SLoTH's ``model_params``
    """

    generator: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NamedFormulation:
    """A chain of modules that users ask for by name.

    Parameters
    ----------
    name : ``cfe``, …
    text : what it is, in one sentence
    links : in order of execution
    main : output variable that is the runoff
    outputs : columns to write
    """

    name: str
    text: str
    links: tuple[Link, ...]
    main: str
    outputs: tuple[str, ...]

    @property
    def generators(self) -> tuple[Generator, ...]:
        """What configures its modules, in order."""
        return tuple(find_generator(link.generator) for link in self.links)


@cache
def find_generator(name: str) -> Generator:
    """Return a generator.

    Raises
    ------
    InputError
        there is none of this name.
    """
    if name not in GENERATORS:
        raise InputError(
            f"there is no generator of configurations for module {name!r}",
            hint=f"one of {', '.join(GENERATORS)}",
        )
    place, value = GENERATORS[name]
    found = getattr(importlib.import_module(place), value)
    if not isinstance(found, Generator):
        raise TypeError(f"{place}.{value} is no generator")
    return found
