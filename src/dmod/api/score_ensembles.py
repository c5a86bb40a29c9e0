"""Route of ensembles that were scored: ranks of the observation, what occurred at each probability."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from dmod.api.guarding import GuardedRoute
from dmod.api.results import numbers
from dmod.api.scores import Reference, Seeing, stored_scores
from dmod.api.seeing import data_of
from dmod.evaluation.diagram import EnsembleDiagram, Occurrence

router = APIRouter(prefix="/v1/evaluation", tags=["evaluation"], route_class=GuardedRoute)


class ReliabilityShown(BaseModel):
    """What occurred where an ensemble of M members gave each probability; lists of M + 1, ascending."""

    given: list[float | None] = Field(description="mean probability; null where it never was given")
    occurred: list[float | None] = Field(
        description="at which share of these times the threshold was reached"
    )
    times: list[float] = Field(description="how many times it was given")
    base_rate: float | None = Field(description="share of all times at which the threshold was reached")


class EnsembleShown(BaseModel):
    """Ranks and probabilities of one ensemble, of all locations together."""

    configuration: str
    members: int
    times: float = Field(description="times at which all members and an observation have a value")
    ranks: list[float | None] = Field(
        description="share of the times at which 0, 1, … of the members are below the observation"
    )
    reliability: dict[str, ReliabilityShown] = Field(description="by threshold")


class EnsemblesShown(BaseModel):
    """The configurations of an evaluation that are ensembles."""

    dataset: str
    ensembles: list[EnsembleShown] = Field(description="empty where all configurations are single runs")


@router.get(
    "/scores/{reference}/ensembles",
    response_model=EnsemblesShown,
    summary="Show rank histograms and reliability",
)
def show_ensembles(asking: Seeing, request: Request, reference: Reference) -> EnsemblesShown:
    """Return what is drawn of ensembles: where observations lie among members, and how reliable these are."""
    dataset = data_of(asking).dataset(reference)
    diagrams = stored_scores(request, dataset).diagrams
    return EnsemblesShown(dataset=dataset.reference, ensembles=[_shown(one) for one in diagrams])


def _shown(diagram: EnsembleDiagram) -> EnsembleShown:
    return EnsembleShown(
        configuration=diagram.configuration,
        members=len(diagram.ranks) - 1,
        times=float(diagram.ranks.sum()),
        ranks=numbers(diagram.rank_histogram),
        reliability={name: _reliability(one) for name, one in diagram.occurrences.items()},
    )


def _reliability(occurrence: Occurrence) -> ReliabilityShown:
    table = occurrence.table
    (base_rate,) = numbers(table.base_rate.reshape(1))
    return ReliabilityShown(
        given=numbers(table.forecast),
        occurred=numbers(table.frequency),
        times=occurrence.times.tolist(),
        base_rate=base_rate,
    )
