"""The short form of a specification: runs, gauges, observations, metrics."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    model_validator,
)

from dmod.core.quantity import parse_duration
from dmod.core.time_axis import parse_time
from dmod.errors import InputError
from dmod.evaluation.plan import Statistic
from dmod.evaluation.specification.element import Lowered
from dmod.evaluation.specification.scheme import Aggregation, Scale, Weight

QUANTILE = re.compile(r"\s*(?:quantile|percentile)\s+([0-9]*\.?[0-9]+)\s*(%?)\s*", re.IGNORECASE)
TAG = "constrained-several"
"""Stands in places of faults for the kind of value that was tried, and is left out of them."""
AMOUNT = re.compile(r"\s*([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*(\S.*)?")


def _duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except InputError as error:
        raise ValueError(f"{error.message}; {error.hint}") from error


def _moment(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()  # what YAML makes of 2015-12-01
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if not isinstance(value, str):
        return value
    try:
        return parse_time(value)
    except InputError as error:
        raise ValueError(f"{value!r} is not a time; {error.hint}") from error


def _runs(value: Any) -> Any:
    if isinstance(value, str):
        return {"run": value}
    return {item: item for item in value} if _is_texts(value) else value


def _metrics(value: Any) -> Any:
    if isinstance(value, str):
        return {value: None}
    return dict.fromkeys(value) if _is_texts(value) else value


def _one(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(zip(value, _texts(list(value.values())), strict=True))
    return (
        [str(item) if isinstance(item, int) else item for item in value] if isinstance(value, list) else value
    )


def _text_keys(value: Any) -> Any:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else value


Seconds = Annotated[
    float,
    BeforeValidator(_duration, json_schema_input_type=float | str),
    Field(gt=0, le=3.2e9, examples=["1 d", "6h", 3600]),
]
Moment = Annotated[
    datetime, BeforeValidator(_moment, json_schema_input_type=str), Field(examples=["2015-12-01 06:00"])
]
Facet = Annotated[Literal["season", "month", "water_year", "regime", "event"], Lowered]


class Part(BaseModel):
    """A part of the short form; a key that it does not have is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    in_short: ClassVar[dict[str, Any] | None] = None
    """The schema of what may stand for the whole part."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        whole = handler(core_schema)
        return whole if cls.in_short is None else {"anyOf": [cls.in_short, whole]}


class Observed(Part):
    """Observations. A text alone is the source."""

    in_short: ClassVar[dict[str, Any] | None] = {"type": "string"}
    source: Annotated[
        str,
        Field(min_length=1, description="a file, a dataset, or usgs", examples=["obs.csv", "usgs"]),
    ]
    unit: Annotated[str | None, Field(description="where the source does not state it")] = None
    column: Annotated[str | None, Field(description="of the values, where it cannot be told")] = None
    zone: Annotated[str | None, Field(description="of times that carry none")] = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"source": value} if isinstance(value, str) else value


class Limit(Part):
    """A threshold. A text alone is its value: ``50 m3/s``, ``quantile 0.9``."""

    in_short: ClassVar[dict[str, Any] | None] = {"type": ["string", "number"]}
    value: Annotated[str, Field(min_length=1, description="an amount, or a quantile of the observations")]
    weight: Annotated[Weight, Field(description="in the aggregated score")] = 1.0

    @model_validator(mode="before")
    @classmethod
    def _stated(cls, value: Any) -> Any:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return {"value": str(value)}
        return value

    @model_validator(mode="after")
    def _readable(self) -> Self:
        share = self.quantile
        if share is None and AMOUNT.fullmatch(self.value) is None:
            raise ValueError(f"{self.value!r} is no threshold; write it like 50 m3/s or quantile 0.9")
        if share is not None and not 0.0 < share < 1.0:
            raise ValueError(f"{self.value!r}: a quantile lies between 0 and 1; write it like quantile 0.9")
        return self

    @property
    def quantile(self) -> float | None:
        """The quantile of the observations that it is, if it is one."""
        match = QUANTILE.fullmatch(self.value)
        if match is None:
            return None
        in_percent = match[2] or self.value.strip().lower().startswith("percentile")
        return float(match[1]) / 100.0 if in_percent else float(match[1])

    @property
    def amount(self) -> tuple[float, str | None]:
        """The value and its unit, None where it is that of the evaluation."""
        match = AMOUNT.fullmatch(self.value)
        return (float(match[1]), match[2]) if match else (float("nan"), None)


class Bootstrap(Part):
    """Intervals of confidence. A number alone is that of the samples."""

    in_short: ClassVar[dict[str, Any] | None] = {"type": "integer"}
    samples: Annotated[int, Field(ge=10, le=100_000)] = 1000
    block: Annotated[Seconds, Field(description="values that stay together")] = 365 * 86400.0
    level: Annotated[float, Field(gt=0.0, lt=1.0, description="of the interval")] = 0.95
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, value: Any) -> Any:
        return {"samples": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _members(value: Any) -> Any:
    if not _is_texts(value):
        return value
    twice = [item for item in dict.fromkeys(value) if value.count(item) > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} stands there twice; remove one, or name both")
    return {item: item for item in value}


class Ensemble(Part):
    """Several simulations of the same. A list alone is that of the members."""

    in_short: ClassVar[dict[str, Any] | None] = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    members: Annotated[
        Annotated[str, Tag("str")] | Annotated[dict[str, str], Field(min_length=1), Tag(TAG)],
        Discriminator(lambda value: "str" if isinstance(value, str) else TAG),
        BeforeValidator(_members, json_schema_input_type=str | list[str] | dict[str, str]),
        Field(
            description="name → outputs (folder, file), a dataset, or job:ID; or a list; or one address that "
            "holds all: the job of an ensemble, a table with a column member, NetCDF with a dimension of "
            "members, a folder of runs"
        ),
    ]
    statistic: Annotated[
        Statistic | None,
        Field(description="of the members at each time, that metrics of one series are applied to"),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return {"members": value} if isinstance(value, list) else value


Run = Annotated[
    Annotated[str, Tag("str")] | Annotated[Ensemble, Tag(TAG)],
    Discriminator(lambda value: "str" if isinstance(value, str) else TAG),
]
"""The address of a run, or an ensemble."""


class ShortSpecification(Part):
    """An evaluation in the short form."""

    title: Annotated[str, Field(max_length=200, description="for people")] = "Evaluation"
    observations: Annotated[Observed, Field(description="taken for true")]
    runs: Annotated[
        dict[str, Run],
        BeforeValidator(_runs, json_schema_input_type=str | list[str] | dict[str, str | Ensemble]),
        Field(
            min_length=1,
            validation_alias=AliasChoices("runs", "run"),
            description="name in results → outputs (folder, file), a dataset, or job:ID, or an ensemble; or "
            "one, or a list",
        ),
    ]
    gauges: Annotated[
        list[str] | dict[str, str] | None,
        BeforeValidator(_texts),
        BeforeValidator(_text_keys),
        Field(description="ids of gauges, or gauge → location of the runs; all that both have if not given"),
    ] = None
    crosswalk: Annotated[
        str | None, Field(description="a table of gauges and locations of the runs, where ids differ")
    ] = None
    metrics: Annotated[
        dict[str, Weight | None],
        BeforeValidator(_metrics, json_schema_input_type=str | list[str] | dict[str, Weight | None]),
        Field(min_length=1, description="names, or name → weight for a grade", examples=[["kge", "nse"]]),
    ]
    scales: Annotated[dict[str, Scale], Field(description="of metrics without bounds, for the grade")] = {}
    weights: Annotated[
        dict[str, Weight],
        BeforeValidator(_text_keys),
        Field(description="gauge → weight in the grade; 1 where none is given"),
    ] = {}
    aggregation: Aggregation = "scaled"
    thresholds: Annotated[
        dict[str, Limit], Field(description="name → 50 m3/s, or quantile 0.9 of the observations")
    ] = {}
    unit: Annotated[str, Field(max_length=60, description="of all values")] = "m3 s-1"
    step: Annotated[Seconds | None, Field(description="that values are brought to")] = None
    start: Annotated[Moment | None, Field(description="first moment that counts, UTC")] = None
    end: Annotated[Moment | None, Field(description="last moment that counts, UTC")] = None
    warm_up: Annotated[
        float,
        BeforeValidator(_duration, json_schema_input_type=float | str),
        Field(ge=0, le=3.2e9, description="at the start of a run that does not count", examples=["90 d"]),
    ] = 0.0
    facets: Annotated[
        tuple[Facet, ...],
        BeforeValidator(_one, json_schema_input_type=Facet | list[Facet]),
        Field(description="divisions that are scored apart"),
    ] = ()
    bootstrap: Annotated[Bootstrap | None, Field(description="intervals of confidence")] = None
    benchmark: Annotated[
        str | None, Field(description="climatology, persistence or a run's name: skill against it is told")
    ] = None

    @property
    def ensembles(self) -> dict[str, Ensemble]:
        """The runs that are ensembles."""
        return {name: run for name, run in self.runs.items() if isinstance(run, Ensemble)}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.gauges is not None and not self.gauges:
            raise ValueError("gauges is empty: name one, or leave it out for all that both sides have")
        if isinstance(self.gauges, dict) and self.crosswalk:
            raise ValueError("gauges pairs locations already; leave crosswalk out, or make gauges a list")
        weighed = [weight is not None for weight in self.metrics.values()]
        if any(weighed) and not all(weighed):
            without = next(name for name, weight in self.metrics.items() if weight is None)
            raise ValueError(f"metrics: {without!r} has no weight while others have; give it one (0 counts)")
        if self.start and self.end and self.end <= self.start:
            raise ValueError("end lies before start; swap them")
        if self.benchmark and self.benchmark not in {"climatology", "persistence", *self.runs}:
            known = ", ".join(["climatology", "persistence", *self.runs])
            raise ValueError(f"benchmark {self.benchmark!r} is none; it can be {known}")
        return self
