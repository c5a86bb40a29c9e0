"""Values are taken out of JSON documents by paths.

Paths of names, ``[*]`` and ``[n]`` are followed here, since documents of gauges hold millions of values;
whatever else JSONPath has (``* where site_no``, ``[?(@.id == 'x')]``, ``..``) is left to jsonpath-ng.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dmod.errors import InputError
from dmod.evaluation.specification.element import ROOT
from dmod.evaluation.specification.selector import AssociatedField, ValueSelector
from dmod.services.evaluation.backends import Content
from dmod.services.evaluation.resolving import require_harmless

_STEP = re.compile(r"(?P<name>[\w-]+)?(?P<items>(?:\[(?:\*|\d+)\])*)")
_ITEM = re.compile(r"\[(\*|\d+)\]")
_PLAIN_NAME = re.compile(r"[A-Za-z_][\w-]*")
_EXPRESSION = re.compile(r"=~\s*['\"]([^'\"]*)['\"]")
Columns = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Match:
    """Something that a path leads to.

    Parameters
    ----------
    key : under which it stands
    """

    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Finder:
    """A path, ready to be followed.

    Parameters
    ----------
    values : gives all that it leads to; without a `Match` for each, of which there may be millions
    matches : gives the same with the keys
    """

    values: Callable[[Any], list[Any]]
    matches: Callable[[Any], list[Match]]


def read_json(content: Content, place: str) -> Any:
    """Return what a JSON document holds.

    Raises
    ------
    InputError
        it is no JSON; the line is named.
    """
    try:
        return json.loads(content.read())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{place}: {content.name} is no JSON: {error}", hint="check format") from error


def find(document: Any, parts: Sequence[str], place: str) -> list[Match]:
    """Return all that a path leads to, in order.

    Parameters
    ----------
    parts : of the path, from the document on
    place : in the specification, for the message

    Raises
    ------
    InputError
        the path cannot be read, or does not fit what is there.
    """
    return _finder(tuple(parts), place).matches(document)


def select(document: Any, selector: ValueSelector, place: str) -> Columns:
    """Return what a selector takes out of a document, one list by field, all of one length.

    Raises
    ------
    InputError
        a path cannot be read; a field has neither one value nor as many as are selected.
    """
    columns: Columns = {selector.key: [], **{item.key: [] for item in selector.associated_fields}}
    for element in find(document, selector.origin, f"{place}.origin"):
        if selector.where == "key":
            matches = find(element.value, selector.path, f"{place}.path")
            columns[selector.key] += [match.key for match in matches]
            for index, item in enumerate(selector.associated_fields):
                at = f"{place}.associated_fields[{index}].path"
                columns[item.key] += _with_each(matches, item, at)
            continue
        values = _finder(selector.path, f"{place}.path").values(element.value)
        columns[selector.key] += values
        for index, item in enumerate(selector.associated_fields):
            at = f"{place}.associated_fields[{index}].path"
            columns[item.key] += _beside(element.value, item, len(values), at)
    return columns


def _with_each(matches: Sequence[Match], item: AssociatedField, place: str) -> Iterator[Any]:
    for match in matches:
        found = find(match.value, item.parts, place)
        yield found[0].value if found else None


def _beside(element: Any, item: AssociatedField, number: int, place: str) -> list[Any]:
    if not number:
        return []
    found = _finder(item.parts, place).values(element)
    if len(found) == number:
        return found
    if len(found) == 1:
        return found * number
    shown = ".".join(item.parts)
    raise InputError(
        f"{place}: {shown!r} leads to {len(found)} values where {number} are selected",
        hint=f"a field has one value, or one for each; {_keys(element)}",
    )


def require_selected(columns: Columns, selector: ValueSelector, document: Any, place: str) -> None:
    """Refuse a selector that finds nothing.

    Raises
    ------
    InputError
        it does; the message says how far its path leads.
    """
    if not columns[selector.key]:
        whole = ".".join((*selector.origin, *selector.path))
        raise InputError(f"{place}: nothing is at {whole!r}", hint=_keys(document))


def _keys(value: Any) -> str:
    if isinstance(value, dict):
        shown = ", ".join(map(str, list(value)[:10]))
        return f"there are the keys {shown}" if value else "the document is empty"
    if isinstance(value, list):
        return f"there is a list of {len(value)}"
    return f"there is {str(value)[:40]!r}"


@lru_cache(maxsize=1024)
def _finder(parts: tuple[str, ...], place: str) -> Finder:
    text = ".".join(parts)
    steps = _steps(text)
    if steps is not None:
        plain, key = steps, steps[-1] if steps else ROOT
        if not isinstance(key, str):
            return Finder(lambda document: _walk(document, plain), _jsonpath(parts, place).matches)
        return Finder(
            lambda document: _walk(document, plain),
            lambda document: [Match(key, value) for value in _walk(document, plain)],
        )
    for expression in _EXPRESSION.findall(text):
        require_harmless(expression, place)
    return _jsonpath(parts, place)


def _steps(text: str) -> list[str | int | None] | None:
    """Return names, indices and None for all items, if the path has nothing else."""
    steps: list[str | int | None] = []
    for number, part in enumerate(text.split(".")):
        if number == 0 and part == ROOT:
            continue
        match = _STEP.fullmatch(part)
        if match is None or not part:
            return None
        if match["name"]:
            steps.append(match["name"])
        items = _ITEM.findall(match["items"])
        steps += [None if item == "*" else int(item) for item in items]
    return steps


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        return value
    return value.values() if isinstance(value, dict) else ()


def _walk(document: Any, steps: Sequence[str | int | None]) -> list[Any]:
    found: list[Any] = [document]
    for step in steps:
        if step is None:
            found = [item for value in found for item in _items(value)]
        elif isinstance(step, int):
            found = [value[step] for value in found if isinstance(value, list) and step < len(value)]
        else:
            found = [value[step] for value in found if isinstance(value, dict) and step in value]
    return found


def _jsonpath(parts: tuple[str, ...], place: str) -> Finder:
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext.parser import parse

    text = ".".join(_written(part) for part in parts)
    hint = "write a JSONPath such as $.values[*].value, or its parts as a list"
    try:
        expression = parse(text)
    except (JSONPathError, RecursionError) as error:
        raise InputError(f"{place}: {text!r} is no JSONPath: {error}", hint=hint) from error

    def found(document: Any) -> list[Match]:
        try:
            return [Match(str(item.path), item.value) for item in expression.find(document)]
        except (JSONPathError, TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
            raise InputError(
                f"{place}: {text!r} does not fit the document: {error}", hint=_keys(document)
            ) from error

    return Finder(lambda document: [match.value for match in found(document)], found)


def _written(part: str) -> str:
    """Return a part as JSONPath has it: a name that is no plain one stands in quotes."""
    is_name = re.fullmatch(r"[\w -]+", part) and " where " not in part
    return f"'{part}'" if is_name and not _PLAIN_NAME.fullmatch(part) else part
