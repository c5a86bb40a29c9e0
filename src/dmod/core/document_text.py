"""Texts of JSON and YAML as documents, read so that nothing is executed, swallowed or multiplied.

Refused are keys that stand twice, numbers that are none (NaN, Infinity), halves of characters and NUL, tags
of YAML, and YAML that its aliases make larger than its text may be. Scalars of YAML are those of its core
schema, but for what is an id rather than a number: ``01073500`` is text. So are dates, ``no`` and ``12:30``,
and every key.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from dmod.errors import InputError

if TYPE_CHECKING:
    import yaml

LARGEST_EXPANDED = 16 << 20
"""Characters of what a YAML document stands for, aliases followed."""
DEEPEST = 200
"""How deep a document may be nested."""
_CORE = {
    "null": re.compile(r"(?:~|null|Null|NULL|)\Z"),
    "bool": re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"),
    "int": re.compile(r"(?:[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+)\Z"),
    "float": re.compile(
        r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+))\Z"
    ),
}
_UNFIT = re.compile(r"[\x00\ud800-\udfff]")


def load_json(text: str, what: str) -> Any:
    """Return what a JSON text holds.

    Parameters
    ----------
    what : as the text is called in messages

    Raises
    ------
    InputError
        it is no JSON, or holds what is refused; the line is named.
    """
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{what} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error
    except RecursionError as error:
        raise _too_deep(what) from error
    except ValueError as error:  # also an integer of thousands of digits
        raise _of(what, error) from error
    _require_fit(found, what)
    return found


def load_yaml(text: str, what: str) -> Any:
    """Return what a YAML text holds, of which JSON is a part; None if it is empty.

    Parameters
    ----------
    what : as the text is called in messages

    Raises
    ------
    InputError
        it is no YAML, or holds what is refused; the line is named.
    """
    import yaml

    try:
        loader = _loader()(text)
    except yaml.YAMLError as error:  # characters that are none
        raise InputError(f"{what} is no YAML that is read here: {_said(error)}") from error
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _expanded(node, {}, 0)
        found = loader.construct_document(node)
    except yaml.YAMLError as error:
        hint = "indent with spaces; YAML forbids tabs" if "'\\t'" in str(error) else None
        raise InputError(f"{what} is no YAML that is read here: {_said(error)}", hint=hint) from error
    except RecursionError as error:
        raise _too_deep(what) from error
    except ValueError as error:
        raise _of(what, error) from error
    finally:
        loader.dispose()
    _require_fit(found, what)
    return found


def _of(what: str, error: ValueError) -> InputError:
    """Return a fault that was found while reading, with the name of what was read."""
    if isinstance(error, InputError):
        return InputError(f"{what}: {error.message}", hint=error.hint)
    return InputError(f"{what}: {error}")


def _too_deep(what: str) -> InputError:
    return InputError(f"{what} is nested too deep", hint=f"{DEEPEST} levels at most")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"the key {twice[:80]!r} stands twice", hint="remove one of the two")
    return found


def _no_number(name: str) -> Any:
    raise InputError(f"{name} is no number in JSON", hint="leave it out, or write null")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InputError(f"the number {text[:40]} is too large")
    return number


def _require_fit(document: Any, what: str) -> None:
    """Refuse text that no database holds and no answer can repeat, and what is nested very deep."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        following: list[Any] = []
        for item in level:
            following += _parts(item, what)
        if not following:
            return
        level = following
    raise _too_deep(what)


def _parts(item: Any, what: str) -> Iterable[Any]:
    if isinstance(item, dict):
        return [*item.keys(), *item.values()]
    if isinstance(item, list):
        return item
    if isinstance(item, str) and _UNFIT.search(item):
        raise InputError(
            f"{what}: {item[:40]!r} has characters that are no text", hint="leave out NUL and surrogates"
        )
    return ()


@cache
def _loader() -> Any:
    """Return a loader for the core schema and nothing else."""
    import yaml

    class CoreLoader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = True) -> dict[Any, Any]:
            found: dict[Any, Any] = {}
            for key_node, value_node in node.value:
                key = key_node.value
                if not isinstance(key, str):
                    raise yaml.constructor.ConstructorError(
                        None, None, "a key is no text", key_node.start_mark
                    )
                if key in found:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} stands twice", key_node.start_mark
                    )
                found[key] = self.construct_object(value_node, deep=True)
            return found

    CoreLoader.yaml_implicit_resolvers = {}
    CoreLoader.yaml_constructors = {}
    first = {"null": [*"~nN", ""], "bool": [*"tTfF"], "int": [*"-+0123456789"], "float": [*"-+.0123456789"]}
    for name, pattern in _CORE.items():
        CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", pattern, first[name])
    make = {
        "null": lambda _loader, _node: None,
        "bool": lambda _loader, node: node.value.lower() == "true",
        "int": lambda _loader, node: (
            int(node.value, 0) if node.value[:2] in {"0o", "0x"} else int(node.value)
        ),
        "float": lambda _loader, node: _finite(node.value),
        "str": lambda _loader, node: node.value,
        "seq": lambda loader, node: [loader.construct_object(item, deep=True) for item in node.value],
        "map": lambda loader, node: loader.construct_mapping(node),
    }
    for name, made in make.items():
        CoreLoader.add_constructor(f"tag:yaml.org,2002:{name}", _sound(name, made))
    CoreLoader.add_constructor(None, _refuse_tag)
    return CoreLoader


def _sound(name: str, made: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return what makes a value of a node, but refuses what a tag calls what it is not: ``!!bool maybe``."""
    import yaml

    pattern = _CORE.get(name)
    kinds: dict[str, type[yaml.Node]] = {"seq": yaml.SequenceNode, "map": yaml.MappingNode}
    kind = kinds.get(name, yaml.ScalarNode)

    def make(loader: Any, node: yaml.Node) -> Any:
        if not isinstance(node, kind) or (pattern is not None and not pattern.match(node.value)):
            return _refuse_tag(loader, node)
        return made(loader, node)

    return make


def _refuse_tag(_loader: Any, node: yaml.Node) -> Any:
    raise InputError(
        f"the YAML has the tag {node.tag[:80]!r} in line {node.start_mark.line + 1}", hint="leave tags out"
    )


def _expanded(node: yaml.Node, known: dict[int, int], depth: int) -> int:
    """Return how many characters a node stands for, aliases followed; refuse too many, and circles."""
    if depth > DEEPEST:
        raise InputError("the YAML is nested too deep", hint=f"{DEEPEST} levels at most")
    if id(node) in known:
        size = known[id(node)]
        if size < 0:
            raise InputError("a part of the YAML contains itself", hint="write it out")
        return size
    known[id(node)] = -1
    if isinstance(node.value, str):
        size = len(node.value) + 1
    else:
        inner = [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]
        size = 1
        for part in inner:
            size += _expanded(part, known, depth + 1)
            if size > LARGEST_EXPANDED:
                raise InputError("the aliases of the YAML make it too large", hint="write less, or use JSON")
    known[id(node)] = size
    return size


def _said(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    return what if mark is None else f"{what} in line {mark.line + 1}, column {mark.column + 1}"
