"""What people ask for: one validated document, of one kind or another, and its JSON Schema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from dmod.errors import InputError
from dmod.jobs.request.base import NO_RESULT, Retry
from dmod.jobs.request.others import (
    CalibrationRequest,
    EnsembleRequest,
    EvaluationRequest,
    PartRequest,
    PreparationRequest,
    ProbeRequest,
)
from dmod.jobs.request.run import RunRequest
from dmod.jobs.retry import RetryPolicy

Asked = (
    RunRequest | EvaluationRequest | PreparationRequest | EnsembleRequest | CalibrationRequest | ProbeRequest
)
"""What people can ask for."""
Request = Asked | PartRequest
KINDS = ("run", "evaluation", "preparation", "ensemble", "calibration", "probe")
FORMS = ("Evaluated", "bool")
"""What a key can be, where it can be one or the other; not part of its place."""
LARGEST = 16 << 20
"""Bytes of a request's text."""


def parse_request(document: object, *, is_own: bool = False) -> Request:
    """Return a request out of a document; one that says no kind is a run.

    Parameters
    ----------
    is_own : whether it comes from a job, which may ask for what people may not

    Raises
    ------
    InputError
        it is not what a request has to be; every fault is named with its place.
    """
    if not isinstance(document, Mapping):
        raise InputError(
            f"a request is a mapping of keys to values, not {_kind_of(document)}",
            hint="begin with kind: run; `dmod schema` prints all keys",
        )
    try:
        if is_own and document.get("kind") == "part":
            return PartRequest.model_validate(document)
        return _adapter().validate_python({"kind": "run", **document})
    except ValidationError as error:
        raise refused(error) from error


def refused(error: ValidationError, within: str = "") -> InputError:
    """Return the error to raise about a document that is not what it has to be."""
    items = error.errors(include_url=False, include_context=False)
    # that a mapping is no truth value says nothing where it is told what is wrong in the mapping
    told = [item for item in items if item["loc"][-1:] != ("bool",)] or items
    faults = [_fault(item) for item in told]
    first = (
        faults[0] if len(faults) == 1 else f"{len(faults)} things are wrong:\n  " + "\n  ".join(faults[:20])
    )
    return InputError(
        f"the request cannot be used: {within}{first}", hint="`dmod schema` prints what is allowed"
    )


def normalised(request: Request) -> dict[str, Any]:
    """Return a request as a JSON document; what is at its default is left out."""
    return {"kind": request.kind, **request.model_dump(mode="json", exclude_defaults=True)}


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the hash of what a normalised request asks for, whatever it is called and wherever it runs."""
    asked = {key: value for key, value in document.items() if key not in NO_RESULT}
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def retry_policy(document: Mapping[str, Any]) -> RetryPolicy:
    """Return when steps of a normalised request are tried again."""
    stated = document.get("retry")
    return Retry(**stated).policy() if stated else RetryPolicy()


def request_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of requests."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Request of a dmod job",
        **_adapter().json_schema(ref_template="#/$defs/{model}"),
    }


@cache
def _adapter() -> TypeAdapter[Asked]:
    return TypeAdapter(Annotated[Asked, Field(discriminator="kind")])


def _fault(item: Mapping[str, Any]) -> str:
    # what comes first is the kind of request; further down the same words are keys
    kind = str(item["loc"][0]) if item["loc"] and item["loc"][0] in KINDS else ""
    parts = item["loc"][1:] if kind else item["loc"]
    path = [str(part) for part in parts if part not in FORMS]
    place = ".".join(path) or "the document"
    message = str(item["msg"]).removeprefix("Value error, ")
    match item["type"]:
        case "extra_forbidden":
            return f"{place}: {_unknown(place, kind)}"
        case "missing":
            return f"{place} is missing"
        case "union_tag_invalid":
            return f"kind: {item['input'].get('kind')!r} is none; it can be {', '.join(KINDS)}"
    given = item.get("input")
    shown = (
        f" (it is {given!r})" if isinstance(given, str | int | float | bool) and len(str(given)) < 80 else ""
    )
    return f"{place}: {message[:1].lower()}{message[1:]}{shown}"


def _unknown(place: str, kind: str) -> str:
    """Return what to say of a key that a request of a kind has not: which one has it, or what is meant."""
    having = [other for other, places in _places().items() if other != kind and place in places]
    if kind and having:
        return f"a request of kind {kind} has no such key; one of kind {' or '.join(having)} has"
    # that of an ensemble is a run's again
    everywhere = {
        name: None for places in _places().values() for name in places if not name.startswith("base.")
    }
    last = {name: name.rpartition(".")[2] for name in everywhere}
    names = get_close_matches(place.rpartition(".")[2], set(last.values()), n=2, cutoff=0.75)
    near = [name for name in everywhere if last[name] in names]
    return f"there is no such key; did you mean {' or '.join(near[:3])}?" if near else "there is no such key"


@cache
def _places() -> dict[str, tuple[str, ...]]:
    """Return the places of all keys that requests of each kind have, such as ``resources.cpus``."""

    def walk(annotation: Any, above: str) -> Iterator[str]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, item in annotation.model_fields.items():
                yield f"{above}{name}"
                yield from walk(item.annotation, f"{above}{name}.")
        for part in get_args(annotation):
            yield from walk(part, above)

    return {form.model_fields["kind"].default: tuple(walk(form, "")) for form in get_args(Asked)}


def _kind_of(document: object) -> str:
    names = {list: "a list", str: "text", type(None): "nothing", int: "a number", float: "a number"}
    return names.get(type(document), type(document).__name__)
