"""How the locations of values are told."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from dmod.evaluation.specification.element import Element, Lowered, split_path

FILENAME, VALUE, COLUMN = "filename", "value", "column"


class Locations(Element):
    """Where the ids of locations stand, and which of them count."""

    identify: Annotated[bool, Field(description="whether locations are told apart")] = False
    from_field: Annotated[
        Annotated[Literal["filename", "value", "column", "key"], Lowered] | None,
        Field(description="what holds the id"),
    ] = None
    pattern: Annotated[
        str | tuple[str, ...] | None,
        Field(description="a regular expression for the id in a file's name; or a column, or a path"),
    ] = None
    ids: Annotated[tuple[str, ...], Field(description="the locations that count; none for all")] = ()

    @field_validator("ids", mode="before")
    @classmethod
    def _one_id(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value or ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.pattern and self.from_field is None:
            raise ValueError("a pattern needs from_field: filename, value, column or key")
        if self.identify and not (self.from_field or self.pattern or self.ids):
            raise ValueError("locations are told apart by from_field or ids; give one, or identify: false")
        return self

    @property
    def path(self) -> tuple[str, ...]:
        """The pattern as parts of a path, for ids that stand in a document or a column."""
        if self.pattern is None:
            return ()
        return split_path(self.pattern) if isinstance(self.pattern, str) else self.pattern

    @property
    def expression(self) -> str | None:
        """The pattern as a regular expression for names of files."""
        return "/".join(self.pattern) if isinstance(self.pattern, tuple) else self.pattern
