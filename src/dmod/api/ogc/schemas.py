"""JSON Schemas as OpenAPI 3.0 has them, which the standard asks for: written out, without references.

What models say (2020-12) is put in its words: ``null`` becomes ``nullable``, an excluded bound a flag beside
the bound, a constant a list of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLAIN = (
    "title", "multipleOf", "maximum", "minimum", "maxLength", "minLength", "pattern", "maxItems", "minItems",
    "uniqueItems", "maxProperties", "minProperties", "required", "enum", "type", "description", "format",
)  # fmt: skip
"""What is the same in both."""
NULL = {"type": "null"}


def written_out(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema of a model in the words of OpenAPI 3.0.

    Parameters
    ----------
    definitions : what its references lead to, by name
    """
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[1]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return written_out({**definitions[name], **beside}, definitions)
    found = {name: schema[name] for name in PLAIN if name in schema}
    if "const" in schema:
        found["enum"] = [schema["const"]]
    if schema.get("examples"):
        found["example"] = schema["examples"][0]
    if schema.get("default") is not None:
        found["default"] = schema["default"]
    _add_bounds(found, schema)
    if "items" in schema:
        found["items"] = written_out(schema["items"], definitions)
    if "properties" in schema:
        found["properties"] = {
            name: written_out(part, definitions) for name, part in schema["properties"].items()
        }
    _add_others(found, schema, definitions)
    return _with_alternatives(found, schema, definitions)


def _add_bounds(found: dict[str, Any], schema: Mapping[str, Any]) -> None:
    for bound in ("minimum", "maximum"):
        excluded = f"exclusive{bound.title()}"
        if excluded in schema:
            found |= {bound: schema[excluded], excluded: True}


def _add_others(found: dict[str, Any], schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
    """Add what keys without a name of their own may hold."""
    named = schema.get("patternProperties")
    other = next(iter(named.values())) if named else schema.get("additionalProperties")
    if isinstance(other, Mapping):
        found["additionalProperties"] = written_out(other, definitions) or True
    elif other is not None:
        found["additionalProperties"] = other


def _with_alternatives(
    found: dict[str, Any], schema: Mapping[str, Any], definitions: Mapping[str, Any]
) -> dict[str, Any]:
    given = schema.get("anyOf")
    if not given:
        return found
    chosen = [written_out(item, definitions) for item in given if item != NULL]
    if len(chosen) < len(given):
        found["nullable"] = True
    if len(chosen) == 1:
        return {**chosen[0], **found}
    found.pop("type", None)  # of what is made of any of the alternatives
    return {**found, "anyOf": chosen}
