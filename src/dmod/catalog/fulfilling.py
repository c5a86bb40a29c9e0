"""Finding what fulfils a requirement in an index, and keeping what was considered for the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.explanation import Fulfilment
from dmod.catalog.index.port import Index
from dmod.catalog.match import Part, covering, examine
from dmod.catalog.requirement import Requirement
from dmod.catalog.restriction import Discrete

CONSIDERED = 10
"""How many datasets an answer that nothing fits explains."""
PIECES = 5_000
"""How many datasets may be looked at to make up a whole."""
EXACTLY = "exactly"
"""Parameter of a requirement: the dataset holds these catchments and no others."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a dataset that covers what is required is still not what is meant."""

    dataset: Dataset
    reason: str


def fulfil(
    index: Index, requirement: Requirement, at: datetime, *, several: bool = True
) -> tuple[Fulfilment, tuple[Objection, ...]]:
    """Return what fulfils a requirement: one dataset, or several that cover it together, or what was missing.

    Parameters
    ----------
    several : whether several will do

    Returns
    -------
    fulfilment : with the datasets that were considered, the chosen ones first
    objections : to datasets that cover everything and were made with other choices than are asked for
    """
    objections: list[Objection] = []
    for dataset in index.candidates(requirement, at):
        found = examine(requirement, dataset, at)
        if not found.is_fulfilled:
            continue
        reason = objection(requirement, dataset)
        if reason is None:
            part = Part(dataset, (requirement.box,))
            return Fulfilment(requirement, (part,), (found,), ()), tuple(objections)
        objections.append(Objection(dataset, reason))
    pieces = [
        dataset
        for dataset in index.overlapping(requirement, at, PIECES)
        if objection(requirement, dataset, alone=False) is None
    ]
    cover = covering(requirement, pieces, at)
    if several and cover.is_complete and len(cover.parts) > 1 and EXACTLY not in requirement.parameters:
        looked = tuple(examine(requirement, part.dataset, at) for part in cover.parts)
        return Fulfilment(requirement, cover.parts, looked, ()), tuple(objections)
    objected = {item.dataset.uuid for item in objections}
    nearest = [d for d in index.nearest(requirement, at, CONSIDERED) if d.uuid not in objected]
    looked = tuple(examine(requirement, dataset, at) for dataset in nearest)
    return Fulfilment(requirement, (), looked, cover.uncovered), tuple(objections)


def objection(requirement: Requirement, dataset: Dataset, *, alone: bool = True) -> str | None:
    """Return why a dataset that covers a requirement is not what is meant; None if it is.

    A dataset that was derived with other values of the parameters that the requirement names is another
    thing. Of one that a user brought nothing is known, and what it states is believed.

    Parameters
    ----------
    alone : whether the dataset is to fulfil it alone
    """
    if alone and requirement.parameters.get(EXACTLY) and not _is_exact(requirement, dataset):
        return f"holds more than the {_count(requirement)} catchments asked for"
    made: Mapping[str, Any] = dataset.lineage.parameters
    for name, wanted in requirement.parameters.items():
        if name in made and wanted is not None and _plain(made[name]) != _plain(wanted):
            return f"was made with {name} {_shown(made[name])}, not {_shown(wanted)}"
    return None


def _is_exact(requirement: Requirement, dataset: Dataset) -> bool:
    wanted = requirement.restrictions.get(DomainIndex.CATCHMENT_ID)
    return wanted is None or dataset.domain.restrictions.get(DomainIndex.CATCHMENT_ID) == wanted


def _count(requirement: Requirement) -> int:
    wanted = requirement.restrictions.get(DomainIndex.CATCHMENT_ID)
    return len(wanted.values) if isinstance(wanted, Discrete) else 0


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else _plain(value)
