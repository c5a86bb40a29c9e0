"""The JSON Schema of specifications."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter

from dmod.errors import InputError
from dmod.evaluation.specification.evaluation import EvaluationSpecification
from dmod.evaluation.specification.short import ShortSpecification
from dmod.evaluation.specification.template import KINDS

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def specification_schema(kind: str | None = None) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of specifications.

    Parameters
    ----------
    kind : of an element, a key of :data:`dmod.evaluation.specification.template.KINDS`; both forms of a
        whole specification if not given

    Raises
    ------
    InputError
        there is no such kind.
    """
    if kind is not None and kind not in KINDS:
        near = get_close_matches(kind, KINDS, n=3, cutoff=0.4) or list(KINDS)
        raise InputError(f"there is no schema of {kind!r}", hint=f"there are evaluation, {', '.join(near)}")
    adapter: TypeAdapter[Any] = (
        TypeAdapter(EvaluationSpecification | ShortSpecification)
        if kind is None
        else TypeAdapter(KINDS[kind])
    )
    title = "Specification of an evaluation" if kind is None else kind
    found = adapter.json_schema(ref_template="#/$defs/{model}")
    return {"$schema": DRAFT, **found, "title": title}
