"""What all parts of a request have in common: nothing unknown is taken, and sizes and times are readable."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dmod.core.quantity import parse_duration, parse_size
from dmod.errors import InputError


class Part(BaseModel):
    """A part of a request; a key that it does not have is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _size(value: Any) -> Any:
    return _read(parse_size, value)


def _duration(value: Any) -> Any:
    return _read(parse_duration, value)


def _read(parse: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except InputError as error:
        raise ValueError(f"{error.message}; {error.hint}") from error


_WRITTEN = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]}
Size = Annotated[
    int,
    BeforeValidator(_size),
    Field(gt=0, le=2**60, json_schema_extra={**_WRITTEN, "examples": ["4 GB", 4000000000]}),
]
"""Bytes, or text like ``4 GB``."""
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    Field(gt=0, le=3.2e8, json_schema_extra={**_WRITTEN, "examples": ["2h", "90 min", 7200]}),
]
"""Seconds, or text like ``2h``."""
Reference = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")]
"""A dataset by name, or by name and version (``logan@2``)."""
Name = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A name for people: any letters, no control characters."""
