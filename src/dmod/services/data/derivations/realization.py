"""The realization document of a formulation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.derivation import Derivation, Made, Parameter, Refusal, Work
from dmod.catalog.requirement import Requirement
from dmod.core.atomic import storing
from dmod.services.data.derivations.dataset_file import hydrofabric_file, hydrofabric_id
from dmod.services.data.derivations.formulation_choice import FORMULATION, named_formulation
from dmod.services.data.derivations.outcome import made
from dmod.services.data.derivations.wanted import (
    HYDROFABRIC_ROLE,
    OF_HYDROFABRIC,
    hydrofabric_need,
    lacking_fabric,
    lacking_period,
    period_of,
)

REALIZATION = FORMATS["NGEN_REALIZATION_CONFIG"]
FILE = "realization.json"
FORCING = Parameter(
    "forcing", "what the run reads: netcdf (one file) or csv (a file for each catchment)", "netcdf"
)
FORCING_PLACES = {"netcdf": "./forcings/forcings.nc", "csv": "./forcings/"}


def needs(requirement: Requirement) -> Sequence[Requirement] | Refusal:
    """Return the hydrofabric: whether the run routes is in it."""
    refusal = lacking_fabric(requirement) or lacking_period(requirement) or wrong_forcing(requirement)
    if refusal is not None:
        return refusal
    named = named_formulation(requirement)
    return named if isinstance(named, Refusal) else [hydrofabric_need(requirement)]


def seconds(_requirement: Requirement) -> float:
    """Return 0.1 s."""
    return 0.1


def run(work: Work) -> Made:
    """Write the document."""
    from dmod.formulation.generate.documents import realization
    from dmod.formulation.generate.formulations import find_formulation
    from dmod.formulation.generate.generator import Settings
    from dmod.hydrofabric import read_hydrofabric
    from dmod.services.check_routing import has_channels

    fabric = work.only(HYDROFABRIC_ROLE)
    settings = Settings(period_of(work.wanted), FORCING_PLACES[work.parameters[FORCING.name]])
    routed = has_channels(read_hydrofabric(hydrofabric_file(fabric)))
    name = str(named_formulation(work.wanted))
    write_document(work.output / FILE, realization(find_formulation(name), settings, routed=routed))
    return made(work, stating=hydrofabric_id(fabric))


DERIVATION = Derivation(
    "realization",
    1,
    "write the realization document of a formulation that is known by name",
    (Category.CONFIG, (REALIZATION,)),
    needs,
    seconds,
    run,
    (FORMULATION, FORCING, OF_HYDROFABRIC),
)


def wrong_forcing(requirement: Requirement) -> Refusal | None:
    """Return why the layout of the forcing is none; None if it is one."""
    word = requirement.parameters.get(FORCING.name, FORCING.default)
    if word in FORCING_PLACES:
        return None
    return Refusal(f"forcing {word!r} is no layout of forcing", "one of " + ", ".join(FORCING_PLACES))


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document as people read it."""
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
