"""What all elements of a specification have in common, and how places in documents are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
)

ROOT = "$"
_TOKENS = re.compile(r"\[(?:'[^']*'|\"[^\"]*\"|[^\[\]'\"])*\]|'[^']*'|\"[^\"]*\"|[^/]|/")


class Element(BaseModel):
    """A part of a specification; a key that it does not have is refused.

    By the time that an element is read, what its templates give stands in it already; their names stay.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True)

    name: Annotated[str | None, Field(max_length=200, description="for people, and to be found by")] = None
    template_name: Annotated[
        str | None,
        Field(
            validation_alias=AliasChoices("template_name", "template"),
            description="a template whose keys this element takes over, its own before them",
        ),
    ] = None
    templates: Annotated[
        tuple[str, ...], Field(description="several templates, the later before the earlier")
    ] = ()
    properties: dict[str, JsonValue] = Field(
        default_factory=dict, description="anything else that people keep with the element; not read"
    )


def split_path(text: str) -> tuple[str, ...]:
    """Return the parts of a path: ``a/b`` has two, ``/a`` starts at the root; brackets are not divided."""
    parts = [""]
    for token in _TOKENS.findall(text):
        if token == "/":
            parts.append("")
        else:
            parts[-1] += token
    whole = tuple(part.strip() for part in parts if part.strip())
    return (ROOT, *whole) if text.startswith("/") and whole[:1] != (ROOT,) else whole


def _parts(value: Any) -> Any:
    if isinstance(value, str):
        return split_path(value)
    if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
        return tuple(part for part in value if part)
    return value


ElementPath = Annotated[
    tuple[str, ...],
    BeforeValidator(_parts, json_schema_input_type=str | list[str]),
    PlainSerializer(list, return_type=list[str]),
    Field(
        max_length=50,
        description="parts of a JSONPath, as a list or divided by / ; a leading / starts at the root",
        examples=["calc_flow_values/action", ["values[*]", "value[*]", "value"]],
    ),
]


def _lowered(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


Lowered = BeforeValidator(_lowered)
