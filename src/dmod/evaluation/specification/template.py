"""Templates: named elements that others take over, key by key, with what they name themselves first."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Protocol

from pydantic import AliasChoices, BaseModel

from dmod.errors import InputError
from dmod.evaluation.specification.backend import Backend
from dmod.evaluation.specification.crosswalk import Crosswalk
from dmod.evaluation.specification.evaluation import EvaluationSpecification
from dmod.evaluation.specification.location import Locations
from dmod.evaluation.specification.scheme import MetricWeight, Scheme
from dmod.evaluation.specification.selector import AssociatedField, FieldMapping, ValueSelector
from dmod.evaluation.specification.source import DataSource
from dmod.evaluation.specification.threshold import ApplicationRules, ThresholdDefinition, Thresholds
from dmod.evaluation.specification.unit import Unit

# as DMOD calls the kinds of elements, in manifests of templates
KINDS: dict[str, type[BaseModel]] = {
    "EvaluationSpecification": EvaluationSpecification,
    "DataSourceSpecification": DataSource,
    "BackendSpecification": Backend,
    "ValueSelector": ValueSelector,
    "AssociatedField": AssociatedField,
    "FieldMappingSpecification": FieldMapping,
    "LocationSpecification": Locations,
    "UnitDefinition": Unit,
    "CrosswalkSpecification": Crosswalk,
    "ThresholdSpecification": Thresholds,
    "ThresholdDefinition": ThresholdDefinition,
    "ThresholdApplicationRules": ApplicationRules,
    "SchemeSpecification": Scheme,
    "MetricSpecification": MetricWeight,
}
_KIND_OF = {model: kind for kind, model in KINDS.items()}
MOST = 50
"""Templates that one element may name, and that may inherit one from another."""
_NAMING = ("template_name", "template", "templates")


class Templates(Protocol):
    """Where templates come from."""

    def names(self, kind: str) -> Sequence[str]:
        """Return the names of all templates of a kind, such as ``BackendSpecification``."""

    def template(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """Return a template as it was written, None if there is none of that name."""


class _NoTemplates:
    def names(self, kind: str) -> Sequence[str]:
        return ()

    def template(self, kind: str, name: str) -> Mapping[str, Any] | None:
        return None


NO_TEMPLATES: Templates = _NoTemplates()


def expanded(document: Mapping[str, Any], kind: str, templates: Templates) -> dict[str, Any]:
    """Return an element with what its templates give, and theirs, within it and in all its parts.

    A key of the element goes before its templates'; of several templates the later goes before the earlier.
    Mappings are merged key by key. Lists of named elements are merged by name, what is new comes last.

    Parameters
    ----------
    kind : a key of :data:`KINDS`, or a model's own name

    Raises
    ------
    InputError
        a template does not exist, or names itself by way of others; the place and the chain are named.
    """
    model = KINDS.get(kind) or next(item for item in KINDS.values() if item.__name__ == kind)
    return _Expansion(templates).of(document, model, "", ())


def chain_of(kind: str, name: str, templates: Templates) -> tuple[str, ...]:
    """Return the names of a template and of all that it inherits from, nearest first.

    Raises
    ------
    InputError
        one does not exist, or the chain is a circle.
    """
    found: list[str] = []
    _follow(kind, name, templates, (), found)
    return tuple(found)


def _follow(kind: str, name: str, templates: Templates, chain: tuple[str, ...], found: list[str]) -> None:
    _require_no_circle(name, chain, "")
    if name in found:
        return
    template = _template(kind, name, templates, "")
    found.append(name)
    for parent in _named(template, ""):
        _follow(kind, parent, templates, (*chain, name), found)


@dataclass(frozen=True, slots=True)
class _Expansion:
    """One document's templates; each is looked up and expanded once, however many name it."""

    templates: Templates
    kept: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def of(
        self, document: Mapping[str, Any], model: type[BaseModel], place: str, chain: tuple[str, ...]
    ) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for name in _named(document, place):
            whole = merged(whole, self._inherited(name, model, place, chain))
        whole = merged(whole, document)
        return {key: self._inner(value, key, model, _join(place, key)) for key, value in whole.items()}

    def _inherited(
        self, name: str, model: type[BaseModel], place: str, chain: tuple[str, ...]
    ) -> dict[str, Any]:
        _require_no_circle(name, chain, place)
        kind = _KIND_OF[model]
        if (kind, name) not in self.kept:
            template = _template(kind, name, self.templates, place)
            found = self.of(template, model, place, (*chain, name))
            self.kept[kind, name] = {key: value for key, value in found.items() if key not in _NAMING}
        return self.kept[kind, name]

    def _inner(self, value: Any, key: str, model: type[BaseModel], place: str) -> Any:
        part = _model_of(model, key)
        if part is None:
            return value
        if isinstance(value, Mapping):
            return self.of(value, part, place, ())
        if isinstance(value, list):
            return [
                self.of(item, part, f"{place}[{index}]", ()) if isinstance(item, Mapping) else item
                for index, item in enumerate(value)
            ]
        return value


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two mappings as one; what stands in the upper goes first, deep down."""
    whole = dict(below)
    for key, value in above.items():
        lower = whole.get(key)
        if isinstance(lower, Mapping) and isinstance(value, Mapping):
            whole[key] = merged(lower, value)
        elif isinstance(lower, list) and isinstance(value, list) and _are_named([*lower, *value]):
            whole[key] = _merged_lists(lower, value)
        else:
            whole[key] = value
    return whole


def _are_named(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, Mapping) for item in items)


def _name_of(item: Mapping[str, Any]) -> Any:
    return item.get("name") or item.get("template_name") or item.get("template")


def _merged_lists(below: list[Any], above: list[Any]) -> list[Any]:
    whole = list(below)
    for item in above:
        name = _name_of(item)
        index = next((i for i, lower in enumerate(whole) if name and _name_of(lower) == name), None)
        if index is None:
            whole.append(item)
        else:
            whole[index] = merged(whole[index], item)
    return whole


def _named(document: Mapping[str, Any], place: str) -> tuple[str, ...]:
    one = document.get("template_name") or document.get("template")
    several = document.get("templates") or []
    names = [*several, one] if isinstance(several, list) and one else several or ([one] if one else [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(
            f"{place or 'the document'}: templates are named by texts",
            hint="write template_name: NAME, or templates: [NAME, NAME]",
        )
    if len(each := dict.fromkeys(names)) > MOST:
        raise InputError(f"{_at(place)}more than {MOST} templates are named", hint="name fewer")
    return tuple(each)


def _template(kind: str, name: str, templates: Templates, place: str) -> Mapping[str, Any]:
    found = templates.template(kind, name)
    if found is not None:
        return found
    known = list(templates.names(kind))
    near = get_close_matches(name, known, n=3, cutoff=0.5) or known[:5]
    hint = f"there are {', '.join(near)}" if near else f"there is no template of kind {kind}"
    raise InputError(f"{_at(place)}there is no template {name!r} of kind {kind}", hint=hint)


def _require_no_circle(name: str, chain: tuple[str, ...], place: str) -> None:
    if len(chain) >= MOST:
        raise InputError(f"{_at(place)}more than {MOST} templates inherit one from another")
    if name in chain:
        circle = " → ".join([*chain[chain.index(name) :], name])
        raise InputError(
            f"{_at(place)}templates inherit in a circle: {circle}",
            hint="remove template_name from one of them",
        )


def _at(place: str) -> str:
    return f"{place}: " if place else ""


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _model_of(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    for name, info in model.model_fields.items():
        alias = info.validation_alias
        names = {name, *(str(c) for c in alias.choices)} if isinstance(alias, AliasChoices) else {name}
        if key in names:
            return next(_models(info.annotation), None)
    return None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)
