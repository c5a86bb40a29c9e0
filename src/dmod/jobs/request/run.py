"""The request of a model run, and the parts that it is made of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, JsonValue, field_validator, model_validator

from dmod.core.time_axis import parse_time
from dmod.errors import InputError
from dmod.jobs.request.base import Common
from dmod.jobs.request.part import Duration, Part, Reference

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]

ModelParam = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f.]+\.[^\x00-\x1f\x7f.]+$")]


class Period(Part):
    """First and last hour, UTC, both included."""

    start: datetime
    end: datetime

    @field_validator("start", "end", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return parse_time(value, what="time")
        except InputError as error:
            raise ValueError(error.message) from error

    @model_validator(mode="after")
    def _ordered(self) -> Period:
        if self.end < self.start:
            raise ValueError(
                f"the period ends ({self.end}) before it starts ({self.start}); swap start and end"
            )
        return self

    @property
    def hours(self) -> int:
        """Return how many hours there are."""
        return (self.end - self.start) // timedelta(hours=1) + 1


class Where(Part):
    """Which catchments: what drains to a place, or those that are named, of a hydrofabric."""

    hydrofabric: Annotated[Reference | None, Field(description="dataset; found where left out")] = None
    places: Annotated[
        list[Id],
        Field(
            max_length=1000, default_factory=list, description="gauge, catchment, point …: what drains there"
        ),
    ]
    catchments: Annotated[list[Id], Field(max_length=1_000_000, default_factory=list, description="these")]

    @model_validator(mode="after")
    def _one(self) -> Where:
        if bool(self.places) == bool(self.catchments):
            raise ValueError("give either places (a gauge, a catchment, a point) or catchments")
        return self


class Evaluated(Part):
    """What the run is compared with."""

    observed: Annotated[Reference | None, Field(description="dataset; found where left out")] = None
    outlet: Annotated[Id | None, Field(description="where; the largest basin's outlet where left out")] = None
    warm_up: Annotated[Duration | None, Field(description="left out of the scores")] = None
    unit: str | None = None
    column: str | None = None


class Outputs(Part):
    """What is written."""

    csv: Annotated[bool, Field(description="the framework's CSV in place of NetCDF")] = False
    precision: Literal["double", "single"] = "double"
    states: Annotated[bool, Field(description="states at the end, to go on from")] = True
    report: bool = True
    dataset: Annotated[Reference | None, Field(description="name of the results in the catalog")] = None


class RunRequest(Common):
    """A basin, a period and a formulation in, an evaluated hydrograph out.

    Either a ``package`` that is in the catalog, or what one is made of: ``where``, ``period`` and
    ``formulation`` or ``realization``.
    """

    kind: Literal["run"] = "run"
    package: Annotated[Reference | None, Field(description="dataset: a run package, complete")] = None
    where: Where | None = None
    period: Annotated[Period | None, Field(description="with a package: part of its own")] = None
    formulation: Annotated[str | None, Field(max_length=200, examples=["cfe", "topmodel"])] = None
    realization: Annotated[Reference | None, Field(description="dataset to take as a template")] = None
    parameters: Annotated[
        dict[str, JsonValue], Field(default_factory=dict, description="choices for what prepares the data")
    ]
    warm_start: Annotated[Reference | None, Field(description="dataset of states")] = None
    engine: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9-]{0,30}$",
            description="native; bmi for modules of others beside these; ngen for the C++ framework, with "
            "as many ranks as there are partitions",
        ),
    ] = "native"
    environment: Annotated[
        str | list[str] | dict[str, JsonValue] | None,
        Field(
            description="in which modules in Python run: requirements, the path of what is there, or image: "
            "name@sha256:… on docker and swarm",
            examples=[["numpy", "torch==2.9.0"]],
        ),
    ] = None
    partition_file: Annotated[
        Reference | None,
        Field(description="dataset: a partition file for ngen, of as many parts; made where left out"),
    ] = None
    time_limit: Annotated[Duration | None, Field(description="that ngen may take")] = None
    silence_limit: Annotated[
        Duration | None, Field(description="for which ngen may show no sign of work")
    ] = None
    routed_by: Annotated[
        Literal["dmod", "framework"],
        Field(description="framework: by ngen's own t-route, as the package configures it"),
    ] = "dmod"
    route: Annotated[bool | None, Field(description="true insists; left out: where channels are known")] = (
        None
    )
    fill: Annotated[str | None, Field(description="named method for missing forcing")] = None
    revisions: Annotated[dict[str, str], Field(default_factory=dict, description="of modules, by name")]
    model_params: Annotated[
        dict[ModelParam, FiniteFloat],
        Field(
            max_length=1000, default_factory=dict, examples=[{"cfe.refkdt": 2.5}],
            description="module.variable: parameters of modules, in every catchment",
        ),
    ]  # fmt: skip
    partitions: Annotated[int, Field(ge=1, le=100_000)] = 1
    evaluation: Annotated[
        Evaluated | bool, Field(description="false: none; true: if observations are known")
    ] = True
    outputs: Outputs = Outputs()

    @model_validator(mode="after")
    def _whole(self) -> RunRequest:
        made_of = [
            name for name in ("where", "formulation", "realization") if getattr(self, name) is not None
        ]
        if self.package is not None:
            if made_of:
                raise ValueError(f"a package has its own {made_of[0]}; leave out either")
            return self
        missing = [name for name in ("where", "period") if getattr(self, name) is None]
        if self.formulation is None and self.realization is None:
            missing.append("formulation")
        if missing:
            raise ValueError(f"{', '.join(missing)} missing; or name a package that is in the catalog")
        if self.formulation is not None and self.realization is not None:
            raise ValueError("give either formulation or realization")
        return self
