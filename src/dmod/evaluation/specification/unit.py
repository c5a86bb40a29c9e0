"""In what unit values are, or where that stands."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator

from dmod.evaluation.specification.element import Element, ElementPath


class Unit(Element):
    """A unit: stated, in a selected field, or at a path. A text alone states it."""

    value: Annotated[str | None, Field(max_length=60, description="the unit", examples=["ft^3/s"])] = None
    field: Annotated[str | None, Field(description="a selected field that holds it")] = None
    path: Annotated[ElementPath | None, Field(description="where it stands in the document")] = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(core_schema)]}

    @model_validator(mode="before")
    @classmethod
    def _stated(cls, value: Any) -> Any:
        return {"value": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [key for key in ("value", "field", "path") if getattr(self, key)]
        if len(given) != 1:
            said = f"{' and '.join(given)} are given" if given else "none is given"
            raise ValueError(f"a unit has one of value, field and path; {said}: keep one")
        return self
