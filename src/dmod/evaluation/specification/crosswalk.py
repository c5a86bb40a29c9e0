"""Which location of the predictions is which of the observations."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from dmod.evaluation.specification.backend import Backend
from dmod.evaluation.specification.element import ROOT, Element, ElementPath
from dmod.evaluation.specification.selector import ValueSelector


class Crosswalk(Element):
    """A table of pairs of locations."""

    backend: Annotated[Backend, Field(description="where the table is")]
    field: Annotated[ValueSelector, Field(description="selects one id, and the other along with it")]
    observation_field_name: Annotated[str, Field(min_length=1, description="field of the observed id")]
    prediction_field_name: Annotated[
        str | None, Field(description="field of the predicted id; the observed one's if not given")
    ] = None
    origin: Annotated[ElementPath, Field(description="element from which the field is selected")] = (ROOT,)

    @property
    def prediction_field(self) -> str:
        """The field of the predicted id."""
        return self.prediction_field_name or self.observation_field_name

    @model_validator(mode="after")
    def _selected(self) -> Self:
        fields = [self.field.key, *(item.key for item in self.field.associated_fields)]
        for name in (self.observation_field_name, self.prediction_field):
            if name not in fields:
                raise ValueError(f"{name!r} is not selected by field; there are {', '.join(fields)}")
        return self
