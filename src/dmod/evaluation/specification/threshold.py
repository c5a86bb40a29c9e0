"""Thresholds: where they are, what they weigh, and when each of them holds."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from dmod.evaluation.specification.backend import Backend
from dmod.evaluation.specification.element import ROOT, Element, ElementPath
from dmod.evaluation.specification.location import Locations
from dmod.evaluation.specification.selector import AssociatedField
from dmod.evaluation.specification.unit import Unit


class ThresholdDefinition(Element):
    """One threshold."""

    name: Annotated[str, Field(min_length=1, max_length=200, description="in results")]
    field: Annotated[ElementPath, Field(min_length=1, description="column, or path from the origin")]
    weight: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False, description="in aggregated scores")] = (
        1.0
    )
    unit: Annotated[Unit, Field(description="of its values")]


class ApplicationRules(Element):
    """What a threshold and the values it applies to have in common, such as the day of the year."""

    threshold_field: Annotated[AssociatedField, Field(description="made of fields of the threshold")]
    observation_field: Annotated[
        AssociatedField | None, Field(description="the same, made of fields of the observations")
    ] = None
    prediction_field: Annotated[
        AssociatedField | None, Field(description="the same, made of fields of the predictions")
    ] = None

    @model_validator(mode="after")
    def _days(self) -> Self:
        if self.threshold_field.datatype != "day":
            raise ValueError("threshold_field.datatype is Day: thresholds are applied by the day of the year")
        if self.observation_field is None and self.prediction_field is None:
            raise ValueError("observation_field or prediction_field says which day a value is of; give one")
        for name in ("observation_field", "prediction_field"):
            field = getattr(self, name)
            if field is not None and field.datatype != "day":
                raise ValueError(f"{name}.datatype is Day, as that of threshold_field")
        return self


class Thresholds(Element):
    """Thresholds of one place."""

    backend: Annotated[Backend, Field(description="where they are")]
    definitions: Annotated[tuple[ThresholdDefinition, ...], Field(min_length=1, description="the thresholds")]
    locations: Annotated[Locations, Field(description="how the location of a threshold is told")] = (
        Locations()
    )
    application_rules: Annotated[
        ApplicationRules | None, Field(description="when a threshold holds; always if not given")
    ] = None
    origin: Annotated[ElementPath, Field(description="elements of a document that hold thresholds")] = (ROOT,)
