"""DMOD's specification of an evaluation."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from dmod.evaluation.specification.crosswalk import Crosswalk
from dmod.evaluation.specification.element import Element
from dmod.evaluation.specification.scheme import Scheme
from dmod.evaluation.specification.source import DataSource
from dmod.evaluation.specification.threshold import Thresholds


class EvaluationSpecification(Element):
    """What is compared with what, where, above which thresholds, and by which metrics."""

    observations: Annotated[tuple[DataSource, ...], Field(min_length=1, description="taken for true")]
    predictions: Annotated[tuple[DataSource, ...], Field(min_length=1, description="compared with them")]
    crosswalks: Annotated[
        tuple[Crosswalk, ...], Field(description="pairs of locations; none where both use the same ids")
    ] = ()
    thresholds: Annotated[tuple[Thresholds, ...], Field(description="above which values count")] = ()
    scheme: Annotated[Scheme, Field(description="the metrics and their weights")]

    @field_validator("observations", "predictions", "crosswalks", "thresholds", mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        metrics = [metric.name.casefold() for metric in self.scheme.metrics]
        names = [item.name for group in self.thresholds for item in group.definitions]
        for what, found in (("scheme.metrics", metrics), ("thresholds", names)):
            twice = [name for name in dict.fromkeys(found) if found.count(name) > 1]
            if twice:
                raise ValueError(f"{what}: {twice[0]!r} stands there twice; remove one")
        return self
