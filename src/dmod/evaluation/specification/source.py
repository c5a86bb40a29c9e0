"""Observed or simulated values: where they are, and how they are read."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from dmod.evaluation.specification.backend import Backend
from dmod.evaluation.specification.element import Element
from dmod.evaluation.specification.location import Locations
from dmod.evaluation.specification.selector import FieldMapping, ValueSelector
from dmod.evaluation.specification.unit import Unit


class DataSource(Element):
    """Observations, or predictions that are compared with them."""

    backend: Annotated[Backend, Field(description="where the data are")]
    value_field: Annotated[str, Field(min_length=1, description="field that holds the values")]
    value_selectors: Annotated[
        tuple[ValueSelector, ...], Field(min_length=1, description="what is taken out of the data")
    ]
    unit: Annotated[Unit, Field(description="of the values")]
    locations: Annotated[Locations, Field(description="how the location of a value is told")] = Locations()
    field_mapping: Annotated[
        tuple[FieldMapping, ...], Field(description="selected fields under other names")
    ] = ()
    x_axis: Annotated[str, Field(min_length=1, description="field that holds the times")] = "value_date"

    @property
    def renames(self) -> dict[str, str]:
        """Name that a selected field has → name that it gets."""
        return {mapping.value: mapping.field for mapping in self.field_mapping}

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of all that is selected, after renaming."""
        found = [selector.key for selector in self.value_selectors]
        found += [item.key for selector in self.value_selectors for item in selector.associated_fields]
        if self.locations.from_field == "filename":
            found.append("location")
        renames = self.renames
        return tuple(dict.fromkeys(renames.get(name, name) for name in found))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        fields = self.fields
        shown = ", ".join(fields)
        for key, name in (("value_field", self.value_field), ("x_axis", self.x_axis)):
            if name not in fields:
                raise ValueError(f"{key} is {name!r}, which is not selected; there are {shown}")
        if self.unit.field and self.unit.field not in fields:
            raise ValueError(f"unit.field is {self.unit.field!r}, which is not selected; there are {shown}")
        if self.backend.format != "json":
            odd = [s.key for s in self.value_selectors if s.where not in {"column", "constant", "filename"}]
            if odd:
                raise ValueError(
                    f"selector {odd[0]!r} asks a {self.backend.format} table for a key or value; "
                    "its where is column, constant or filename"
                )
        return self
