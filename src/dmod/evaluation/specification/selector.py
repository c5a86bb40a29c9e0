"""How values are taken out of what a backend gives."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dmod.evaluation.specification.datatype import Datatype
from dmod.evaluation.specification.element import ROOT, Element, ElementPath, Lowered


class AssociatedField(Element):
    """A value that goes with a selected one: its time, location, unit."""

    path: Annotated[ElementPath, Field(description="from the selected element; the name if not given")] = ()
    datatype: Annotated[Datatype | None, Field(description="what it is read as")] = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.name and not self.path:
            raise ValueError("a field has a name or a path; give one")
        return self

    @property
    def key(self) -> str:
        """The name of the field in what was selected."""
        return self.name or "/".join(self.path)

    @property
    def parts(self) -> tuple[str, ...]:
        """The path, or the name where there is none."""
        return self.path or (self.key,)


class ValueSelector(Element):
    """Which values are taken, and from where."""

    where: Annotated[
        Annotated[Literal["key", "value", "filename", "constant", "column"], Lowered],
        Field(description="what holds the value"),
    ]
    origin: Annotated[ElementPath, Field(description="elements from which paths start")] = (ROOT,)
    path: Annotated[ElementPath, Field(description="of the value; of a constant, the value itself")] = ()
    datatype: Annotated[Datatype | None, Field(description="what it is read as")] = None
    associated_fields: Annotated[
        tuple[AssociatedField, ...], Field(description="what is taken along with each value")
    ] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.name:
            raise ValueError("a selector needs a name: what it selects is called by it")
        if self.where in {"value", "key", "constant"} and not self.path:
            raise ValueError(f"a selector of a {self.where} needs a path")
        return self

    @property
    def key(self) -> str:
        """The name of the field in what was selected."""
        return self.name or ""


class FieldMapping(Element):
    """A selected field under another name."""

    field: Annotated[str, Field(min_length=1, description="the name that it gets")]
    map_type: Annotated[
        Annotated[Literal["column", "key", "value"], Lowered], Field(description="what it was")
    ] = "column"
    value: Annotated[str, Field(min_length=1, description="the name that it has")]
