"""Requests of other kinds than a model run."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from dmod.jobs.request.base import Common
from dmod.jobs.request.part import Part, Reference, Size
from dmod.jobs.request.run import Evaluated, Id, Period, RunRequest, Where


class EvaluationRequest(Common):
    """Results that are in the catalog are compared with observations.

    Either the ``results`` of one run at its outlet, or as a ``specification`` says: runs at many gauges.
    """

    kind: Literal["evaluation"] = "evaluation"
    results: Annotated[Reference | None, Field(description="dataset of a run's outputs")] = None
    evaluation: Evaluated = Evaluated()
    specification: Annotated[
        str | dict[str, JsonValue] | None,
        Field(
            description="of an evaluation, short or in DMOD's form, or the name of one in the server's "
            "library; its files, runs and observations are datasets",
            examples=[{"runs": {"cfe": "logan-cfe"}, "observations": "logan-observed", "metrics": ["kge"]}],
        ),
    ] = None
    dataset: Annotated[Reference | None, Field(description="name of the scores in the catalog")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.results is None) == (self.specification is None):
            raise ValueError("give either results, or a specification")
        if self.specification is not None and self.evaluation != Evaluated():
            raise ValueError("a specification says all: leave evaluation out")
        return self


class PreparationRequest(Common):
    """Data that are made ready: a dataset of some category and format that covers what is said."""

    kind: Literal["preparation"] = "preparation"
    category: Annotated[str, Field(max_length=40, examples=["FORCING"])]
    format: Annotated[str | None, Field(max_length=80, examples=["NETCDF_FORCING_CANONICAL"])] = None
    where: Where | None = None
    period: Period | None = None
    formulation: Annotated[str | None, Field(max_length=200)] = None
    parameters: Annotated[dict[str, JsonValue], Field(default_factory=dict)]
    dataset: Annotated[Reference | None, Field(description="name of what is made")] = None


class Member(Part):
    """One run of an ensemble: what differs from the base."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    changes: Annotated[
        dict[str, JsonValue],
        Field(description="values by their place in the base: period.start, formulation"),
    ]


class EnsembleRequest(Common):
    """Runs that differ in one respect on purpose."""

    kind: Literal["ensemble"] = "ensemble"
    base: RunRequest
    members: Annotated[list[Member], Field(min_length=1, max_length=10_000)]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [member.name for member in self.members]
        twice = (
            sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
        )
        if twice:
            raise ValueError(
                f"members {', '.join(twice[:5])} stand there twice; each needs a name of its own"
            )
        return self


class CalibrationRequest(Common):
    """Runs that look for the parameters which fit observations best."""

    kind: Literal["calibration"] = "calibration"
    base: RunRequest
    search: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", examples=["dds"])]
    objective: Annotated[str, Field(max_length=60, examples=["kge"])] = "kge"
    parameters: Annotated[
        dict[Id, tuple[float, float]], Field(min_length=1, description="lowest and highest value of each")
    ]
    iterations: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    seed: int = 0


class PartRequest(Common):
    """Some of the catchments of a run that was divided: made by the job of the run, not by people."""

    kind: Literal["part"] = "part"
    parent: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="job of the run")]
    part: Annotated[int, Field(ge=0, description="which of its parts, from 0")]
    image: Annotated[str, Field(max_length=500, description="that the run names as its environment")] = ""


class ProbeRequest(Common):
    """Does nothing useful, to try a server: waits, takes memory, ends as it is told to."""

    kind: Literal["probe"] = "probe"
    seconds: Annotated[float, Field(ge=0, le=1e6, description="to wait")] = 0
    use_memory: Annotated[Size | None, Field(description="to take")] = None
    exit_code: Annotated[int, Field(ge=0, le=255)] = 0
    steps: Annotated[int, Field(ge=1, le=100, description="of this kind, one after the other")] = 1
    fail_times: Annotated[int, Field(ge=0, le=100, description="attempts that fail before one succeeds")] = 0
    text: Annotated[str, Field(max_length=1000)] = ""
    ranks: Annotated[
        int, Field(ge=0, le=10_000, description="of a program (MPI) that says where each of them runs")
    ] = 0
