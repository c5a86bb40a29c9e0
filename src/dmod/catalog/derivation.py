"""Derivations: registered functions that make a dataset out of others, with declared inputs and outputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import DataFormat
from dmod.catalog.dataset import Dataset
from dmod.catalog.domain import Domain
from dmod.catalog.domain_json import restrictions_to_json
from dmod.catalog.requirement import Requirement

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A choice that a derivation leaves to who asks.

    Parameters
    ----------
    name : as it stands in `Requirement.parameters`
    help : one sentence
    default : None where there is none
    required : whether nothing can be derived without it
    """

    name: str
    help: str
    default: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a derivation cannot make what is required: one sentence, and what would help."""

    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """A dataset that lies in a folder, to be read only.

    Parameters
    ----------
    path : the folder; of a dataset that is external ``address`` is to be used
    requirement : what it, maybe with others, fulfils
    """

    dataset: Dataset
    path: Path
    requirement: Requirement

    @property
    def address(self) -> str:
        """Where it lies, for what reads paths and addresses of other stores alike."""
        return self.dataset.access_location or str(self.only_file)

    @property
    def only_file(self) -> Path:
        """The one file of a dataset that has one; else the folder."""
        files = [path for path in self.path.iterdir() if path.is_file()] if self.path.is_dir() else []
        return files[0] if len(files) == 1 and len(list(self.path.iterdir())) == 1 else self.path


@dataclass(frozen=True, slots=True)
class Work:
    """What a derivation works with.

    Parameters
    ----------
    wanted : what is to be made
    parameters : the derivation's, defaults filled in
    inputs : by role; several where several together fulfil the need
    output : folder to fill; it is there and empty
    scratch : folder that stays when the work is interrupted and is there again when it goes on
    """

    wanted: Requirement
    parameters: Mapping[str, Any]
    inputs: Mapping[str, tuple[Staged, ...]]
    output: Path
    scratch: Path
    progress: Progress

    def only(self, role: str) -> Staged:
        """Return the one dataset of a role that must not be several."""
        (found,) = self.inputs[role]
        return found


@dataclass(frozen=True, slots=True)
class Made:
    """What a derivation made; its files are in `Work.output`.

    Parameters
    ----------
    sources : what lies outside the store and went in: address by role
    facts : of the work, as JSON data, for the dataset's lineage
    """

    domain: Domain
    description: str
    sources: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Derivation:
    """A way to make a dataset out of others.

    Parameters
    ----------
    name : of the step in a lineage
    version : counted up when the same inputs give another result
    title : what it does, for people
    makes : category and formats of what it makes
    parameters : choices that it takes from `Requirement.parameters`; others are not its own
    needs : what it needs to fulfil a requirement, each with its own ``role``; or why it cannot. With role
        "" and no needs it starts from nothing
    seconds : estimate of how long it takes, for choosing among chains and for people
    run : does it
    several : roles for which several datasets that together cover the need will do
    """

    name: str
    version: int
    title: str
    makes: tuple[Category, tuple[DataFormat, ...]]
    needs: Callable[[Requirement], Sequence[Requirement] | Refusal]
    seconds: Callable[[Requirement], float]
    run: Callable[[Work], Made]
    parameters: tuple[Parameter, ...] = ()
    several: frozenset[str] = frozenset()

    def can_make(self, requirement: Requirement) -> bool:
        """Whether what it makes is of the kind that is required."""
        category, formats = self.makes
        return category == requirement.category and any(map(requirement.accepts, formats))

    def chosen(self, requirement: Requirement) -> dict[str, Any]:
        """Return its parameters as a requirement sets them, with defaults."""
        return {item.name: requirement.parameters.get(item.name, item.default) for item in self.parameters}

    def key(self, requirement: Requirement, inputs: Sequence[tuple[str, str]]) -> str:
        """Return the hash of all that decides the result.

        Parameters
        ----------
        inputs : role and digest of each dataset that goes in
        """
        facts = {
            "derivation": self.name,
            "version": self.version,
            "format": None if requirement.format is None else requirement.format.name,
            "restrictions": restrictions_to_json(requirement.restrictions),
            "parameters": self.chosen(requirement),
            "inputs": sorted(inputs),
        }
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()
