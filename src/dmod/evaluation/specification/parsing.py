"""A document becomes a specification, or is refused with every fault by its place."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import AliasChoices, BaseModel, ValidationError

from dmod.core.document_text import load_json, load_yaml
from dmod.errors import InputError, NotFoundError
from dmod.evaluation.specification.evaluation import EvaluationSpecification
from dmod.evaluation.specification.short import ShortSpecification
from dmod.evaluation.specification.template import KINDS, NO_TEMPLATES, Templates, expanded

T = TypeVar("T", bound=BaseModel)
Specification = EvaluationSpecification | ShortSpecification
FULL_KEYS = frozenset({"predictions", "scheme", "crosswalks", "template_name", "template", "templates"})
SHORT_KEYS = frozenset({"runs", "run"})
HINT = "`dmod evaluate schema` prints what is allowed"
SHOWN = 20
LARGEST = 16 << 20
"""Bytes of a document."""


def parse_specification(document: object, templates: Templates = NO_TEMPLATES) -> Specification:
    """Return the specification that a document is, in DMOD's form or in the short one.

    Parameters
    ----------
    templates : that elements of DMOD's form may name

    Raises
    ------
    InputError
        it is neither; each fault is named with its place, what is allowed and what to change.
    """
    if not isinstance(document, Mapping):
        raise InputError("a specification is a mapping of keys to values", hint=HINT)
    if is_short(document):
        return _validated(ShortSpecification, dict(document))
    whole = expanded(document, "EvaluationSpecification", templates)
    return _validated(EvaluationSpecification, whole)


def parse_element(model: type[T], document: object, templates: Templates = NO_TEMPLATES) -> T:
    """Return one element of DMOD's form, such as a backend.

    Raises
    ------
    InputError
        as `parse_specification` has it.
    """
    if not isinstance(document, Mapping):
        raise InputError("an element is a mapping of keys to values", hint=HINT)
    return _validated(model, expanded(document, model.__name__, templates))


def require_template(kind: str, document: object, templates: Templates = NO_TEMPLATES) -> None:
    """Refuse a template with a key or a value that its kind cannot have; what is missing may be given later.

    Raises
    ------
    InputError
        it has one, names a template that is not there, or inherits in a circle.
    """
    if not isinstance(document, Mapping):
        raise InputError("a template is a mapping of keys to values", hint=HINT)
    model = KINDS[kind]
    try:
        model.model_validate(expanded(document, kind, templates))
    except ValidationError as error:
        later = {"missing", "value_error", "too_short"}
        items = error.errors(include_url=False, include_context=False)
        faults = [_fault(model, item) for item in items if item["type"] not in later]
        if faults:
            raise _listed(faults) from error


def read_document(path: Path) -> Any:
    """Return what a JSON or YAML file holds.

    Raises
    ------
    NotFoundError, InputError
        there is no such file; it is too large, or is neither JSON nor YAML (the line is named).
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} does not exist", hint="check the path") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or '').lower()}",
            hint="give a file of JSON or YAML that you may read",
        ) from error
    if len(data) > LARGEST:
        raise InputError(f"{path} is larger than {LARGEST:,} bytes", hint="give a specification, not data")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8", hint="a specification is JSON or YAML") from error
    load = load_json if path.suffix.lower() == ".json" else load_yaml
    return load(text, str(path))


def is_short(document: Mapping[str, Any]) -> bool:
    """Whether a document is in the short form, by what only one of the forms has."""
    if FULL_KEYS & document.keys():
        return False
    observations = document.get("observations")
    return bool(SHORT_KEYS & document.keys()) or not isinstance(observations, list)


def _validated(model: type[T], document: dict[str, Any]) -> T:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _refused(model, error) from error


def _refused(model: type[BaseModel], error: ValidationError) -> InputError:
    items = error.errors(include_url=False, include_context=False)
    # a list of which no item can be used is called too short as well
    echoes = [
        item
        for item in items
        if item["type"] == "too_short"
        and any(len(other["loc"]) > len(item["loc"]) and _begins(other, item) for other in items)
    ]
    return _listed([_fault(model, item) for item in items if item not in echoes])


def _listed(found: list[str]) -> InputError:
    faults = list(dict.fromkeys(found))
    if len(faults) == 1:
        return InputError(f"the specification cannot be used: {faults[0]}", hint=HINT)
    more = f"\n  and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    listed = "\n  ".join(faults[:SHOWN])
    return InputError(
        f"the specification cannot be used, {len(faults)} things are wrong:\n  {listed}{more}", hint=HINT
    )


def _begins(other: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    return bool(other["loc"][: len(item["loc"])] == item["loc"])


def _fault(model: type[BaseModel], item: Mapping[str, Any]) -> str:
    location = item["loc"]
    place, holder = _place(model, location)
    message = str(item["msg"]).removeprefix("Value error, ")
    match item["type"]:
        case "extra_forbidden":
            return f"{place}: there is no such key; {_nearest(str(location[-1]), holder)}"
        case "missing":
            return f"{place} is missing"
    given = item.get("input")
    is_plain = isinstance(given, str | int | float | bool) and len(str(given)) < 80
    shown = f" (it is {given!r})" if is_plain and item["type"] != "value_error" else ""
    return f"{place}: {message[:1].lower()}{message[1:]}{shown}"


def _nearest(key: str, holder: type[BaseModel] | None) -> str:
    known = sorted(keys_of(holder)) if holder else []
    near = get_close_matches(key.lower(), known, n=3, cutoff=0.6)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{meant}it can have {', '.join(known)}"


def keys_of(model: type[BaseModel]) -> set[str]:
    """Return the keys that an element can have, by their first names."""
    return {_first_name(name, field) for name, field in model.model_fields.items()}


def _first_name(name: str, field: Any) -> str:
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else name


def _place(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, type[BaseModel] | None]:
    """Return where a fault is as people write it, and the model that the last key was looked for in."""
    text, here, holder = "", model, model
    found: type[BaseModel] | None = here
    inside: tuple[type[BaseModel], ...] = (model,)
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        models = [item for item in inside if part in _names(item)]
        if models:
            holder = models[0]
            found = holder
            inside = tuple(_models(_annotation(holder, part)))
        elif inside and part not in {item.__name__ for item in inside}:
            found, inside = inside[0], ()
        elif not inside and _is_branch(part):
            continue  # which of several types was tried, no key
        text += f".{part}" if text else part
    return text or "the document", found


def _is_branch(part: str) -> bool:
    return part in {"str", "int", "float", "bool"} or part.startswith(
        ("list[", "dict[", "tuple[", "function-", "constrained-", "nullable[")
    )


def _names(model: type[BaseModel]) -> set[str]:
    names = set(model.model_fields)
    for field in model.model_fields.values():
        if isinstance(field.validation_alias, AliasChoices):
            names |= {str(choice) for choice in field.validation_alias.choices}
    return names


def _annotation(model: type[BaseModel], key: str) -> Any:
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else ()
        if key == name or key in choices:
            return field.annotation
    return None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)
