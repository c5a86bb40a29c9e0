"""Which metrics are computed, and what they weigh."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from dmod.evaluation.specification.element import Element, Lowered

SCALED, DMOD = "scaled", "dmod"
Weight = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Scale = Annotated[
    tuple[float, float],
    Field(description="value that counts nothing, value that counts fully", examples=[[1.0, 0.0]]),
]
Aggregation = Annotated[
    Literal["scaled", "dmod"],
    Lowered,
    Field(description="scaled: as the reference page defines it; dmod: as DMOD does, faults included"),
]


class MetricWeight(Element):
    """A metric and its weight."""

    name: Annotated[str, Field(min_length=1, max_length=200, description="of the metric, in any spelling")]
    weight: Annotated[Weight, Field(description="in the aggregated score")] = 1.0
    scale: Annotated[Scale | None, Field(description="for a metric without bounds")] = None


class Scheme(Element):
    """How scores are made and aggregated."""

    metrics: Annotated[
        tuple[MetricWeight, ...],
        Field(
            min_length=1,
            validation_alias=AliasChoices("metrics", "metric_functions"),
            description="what is computed",
        ),
    ]
    locations: Annotated[
        dict[str, Weight], Field(default_factory=dict, description="weights of locations; 1 if not given")
    ]
    aggregation: Aggregation = "scaled"
