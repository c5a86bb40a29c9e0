"""A realization document: period, formulations, and the catchments that they are for."""

from __future__ import annotations

from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.catalog.restriction import ALL, Discrete, Restriction
from dmod.formulation.realization import Realization
from dmod.services.data.detect.chain import chains_of
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.json_document import json_of, members_of
from dmod.services.data.detect.spans import period_of_axis
from dmod.services.data.detect.words import counted, period_text, some, step_text

_PARTS = frozenset({"global", "catchments", "layers"})


def recognises(path: Path) -> bool:
    """Whether it is a JSON document with formulations, or with a period and what it is for."""
    members = members_of(path)
    if not members & _PARTS:
        return False
    document = json_of(path)
    parts = [document["global"] if "global" in members else None]
    if isinstance(document.get("catchments"), dict):
        parts += document["catchments"].values()
    if isinstance(document.get("layers"), list):
        parts += document["layers"]
    return any(isinstance(part, dict) and "formulations" in part for part in parts)


def read(path: Path) -> Detected:
    """Read period, formulations and catchments."""
    from dmod.formulation.reader import read_realization

    realization = read_realization(path)
    chains = chains_of(realization)
    period = period_of_axis(realization.time)
    held: dict[DomainIndex, Restriction] = {
        DomainIndex.TIME: period,
        DomainIndex.CATCHMENT_ID: catchments_of(realization),
        **discrete(DomainIndex.FORMULATION, chains),
    }
    parts = [f"realization of {', '.join(chains)}"]
    if realization.catchments and realization.default is None:
        parts.append(counted(len(realization.catchments), "catchment"))
    step = realization.time.step
    return Detected(
        path,
        Category.CONFIG,
        Domain(FORMATS["NGEN_REALIZATION_CONFIG"], held),
        ", ".join([*parts, period_text(period), step_text(step)]),
        step,
        _notes(realization),
    )


DETECTOR = Detector("realization document", recognises, read)


def catchments_of(realization: Realization) -> Discrete:
    """Return the catchments that a realization can run: all where it has a global formulation."""
    if realization.default is None and realization.catchments:
        return Discrete(frozenset(realization.catchments))
    return ALL


def _notes(realization: Realization) -> tuple[str, ...]:
    notes = []
    if realization.default is not None and realization.catchments:
        own = "has a formulation of its own" if len(realization.catchments) == 1 else "have their own"
        notes.append(f"{some(list(realization.catchments))} {own} beside the global formulation")
    if realization.unknown:
        unknown = realization.unknown
        notes.append(f"{counted(len(unknown), 'key')} without a meaning: {some(unknown)}")
    return tuple(notes)
