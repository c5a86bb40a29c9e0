"""Routes of evaluations: metrics, and the library of specifications."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from dmod.accounts.permission import Permission
from dmod.api.asking import Asking, Needs
from dmod.api.bodies import Body, example
from dmod.api.guarding import GuardedRoute
from dmod.api.parameters import Words
from dmod.api.seeing import data_of, visible_job
from dmod.errors import ConflictError
from dmod.services.evaluation.library import SPECIFICATION, SpecificationLibrary
from dmod.services.evaluation.settling import settled
from dmod.services.jobs.members import submitted_members

router = APIRouter(prefix="/v1/evaluation", tags=["evaluation"], route_class=GuardedRoute)

Anybody = Annotated[Asking, Depends(Needs(Permission.JOB_SEE))]
Saving = Annotated[Asking, Depends(Needs(Permission.JOB_SUBMIT))]
Checking = Annotated[Asking, Depends(Needs(Permission.JOB_SUBMIT, audited=False))]
Name = Annotated[
    str,
    Path(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$", examples=["logan-daily"]),
]
Kind = Annotated[
    str, Query(max_length=60, pattern=r"^[A-Za-z]+$", description="specification, or a kind of template")
]
EXAMPLE = {"runs": {"cfe": "logan-cfe"}, "observations": "logan-observed", "metrics": ["kge", "nse"]}


class MetricShown(BaseModel):
    """A metric, as the reference has it."""

    name: str
    title: str
    group: str
    unit: str
    range: str
    ideal: float | None
    definition: str
    meaning: str
    reference: str
    needs: list[str] = Field(description="threshold, times, dt: what it is given beside the pairs")
    aliases: list[str]


class SpecificationBody(Body):
    """A specification or template, to be kept."""

    model_config = ConfigDict(extra="forbid", **example(document=EXAMPLE, description="daily scores"))

    document: dict[str, Any]
    kind: str = Field(default=SPECIFICATION, max_length=60)
    description: str = Field(default="", max_length=1000)
    replace: bool = False


class CheckBody(Body):
    """A specification, to be looked at."""

    model_config = ConfigDict(extra="forbid", **example(document=EXAMPLE))

    document: dict[str, Any]


class EntryShown(BaseModel):
    """What is kept under a name."""

    kind: str
    name: str
    owner: str
    description: str
    created: str
    changed: str
    fault: str = Field(default="", description="why it cannot be read, where it cannot")


class SavedShown(EntryShown):
    """A document that is kept."""

    document: dict[str, Any]


class CheckShown(BaseModel):
    """A specification that can be used, as it would be carried out."""

    document: dict[str, Any]


def library_of(asking: Asking) -> SpecificationLibrary:
    """Return the server's library of specifications."""
    return SpecificationLibrary(asking.services.data.folder / "specifications")


def settle(asking: Asking, document: Any) -> Any:
    """Return a request in which a specification stands whole, and its datasets as they are now.

    Raises
    ------
    NotFoundError, InputError
        the specification is not there or is wrong, or names what is not there.
    """
    if not (isinstance(document, Mapping) and document.get("kind") == "evaluation"):
        return document
    specification = document.get("specification")
    if isinstance(specification, str):
        specification = library_of(asking).show(specification).document
    if not isinstance(specification, Mapping):
        return document
    return {**document, "specification": _settled(asking, specification)}


def _settled(asking: Asking, document: Mapping[str, Any]) -> dict[str, Any]:
    return settled(
        document,
        data_of(asking),
        lambda job: _results_of(asking, job),
        library_of(asking),
        members_of=lambda job: submitted_members(asking.services.jobs.store, visible_job(asking, job)),
    )


def _results_of(asking: Asking, job_id: str) -> str:
    job = visible_job(asking, job_id)
    found = (job.results.get("collect") or {}).get("dataset")
    if not isinstance(found, str):
        raise ConflictError(f"job {job_id} has no results yet", hint="wait until it is completed")
    return found


@router.get("/metrics", response_model=list[MetricShown], summary="List metrics")
def list_metrics(asking: Anybody) -> list[MetricShown]:
    """List all metrics, with what they mean and where they come from."""
    from dmod.evaluation.metric_registry import METRICS

    return [
        MetricShown(
            name=metric.name,
            title=metric.title,
            group=metric.group.value,
            unit=metric.unit,
            range=metric.range,
            ideal=_number(metric.ideal),
            definition=metric.definition,
            meaning=metric.meaning,
            reference=metric.reference,
            needs=list(metric.needs),
            aliases=list(metric.aliases),
        )
        for metric in METRICS.values()
    ]


@router.get("/schema", response_model=dict[str, Any], summary="Describe specifications")
def show_evaluation_schema(asking: Anybody) -> dict[str, Any]:
    """Return the JSON Schema of specifications, in the short form and in DMOD's."""
    from dmod.evaluation.specification.schema import specification_schema

    return specification_schema()


@router.post("/check", response_model=CheckShown, summary="Check a specification")
def check_specification(asking: Checking, body: CheckBody) -> CheckShown:
    """Return the specification as it would be carried out, or every fault with its place."""
    return CheckShown(document=_settled(asking, body.document))


@router.get("/specifications", response_model=list[EntryShown], summary="Search specifications")
def list_specifications(
    asking: Anybody, text: Words = "", kind: Kind = SPECIFICATION
) -> list[dict[str, str]]:
    """List what is kept in the library, or what in name, description or content has a text."""
    library = library_of(asking)
    if text:
        return [found.entry.as_dict() for found in library.search(text, kind=kind)]
    return [entry.as_dict() for entry in library.entries(kind=kind)]


@router.get("/specifications/{name}", response_model=SavedShown, summary="Show a specification")
def show_specification(asking: Anybody, name: Name, kind: Kind = SPECIFICATION) -> dict[str, Any]:
    """Return a document of the library."""
    found = library_of(asking).show(name, kind=kind)
    return {**found.entry.as_dict(), "document": found.document}


@router.put("/specifications/{name}", response_model=EntryShown, summary="Keep a specification")
def save_specification(asking: Saving, name: Name, body: SpecificationBody) -> dict[str, str]:
    """Keep a specification or a template under a name, once it is sound."""
    entry = library_of(asking).save(
        name,
        body.document,
        kind=body.kind,
        owner=asking.user,
        description=body.description,
        replace=body.replace,
    )
    return entry.as_dict()


@router.delete("/specifications/{name}", status_code=204, summary="Remove a specification")
def remove_specification(asking: Saving, name: Name, kind: Kind = SPECIFICATION) -> Response:
    """Remove what one has kept oneself."""
    library_of(asking).remove(name, kind=kind, owner=asking.user)
    return Response(status_code=204)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
