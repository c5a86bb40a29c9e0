"""YAML text with its lines: keys that stand twice are refused, every value knows its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import NotFoundError, RealizationError
from dmod.formulation.document import JsonPath, point_at, show_path

if TYPE_CHECKING:
    import yaml


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A YAML document as read.

    Parameters
    ----------
    tree : mappings, lists and scalars
    lines : path → line, from 1
    """

    source: str
    text: str
    tree: Any
    lines: Mapping[JsonPath, int]

    def place(self, path: JsonPath) -> str:
        """Return ``file:line`` of a value, or of the nearest one above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.source}:{self.lines.get(path, 1)}"

    def error(self, path: JsonPath, message: str, *, hint: str | None = None) -> RealizationError:
        """Return the error to raise about one value."""
        return RealizationError(f"{self.place(path)}: {show_path(path)}: {message}", hint=hint)


def read_yaml(path: Path) -> YamlDocument:
    """Read a YAML file.

    Raises
    ------
    NotFoundError
        the file does not exist.
    RealizationError
        the file is not UTF-8 or not YAML, or has one key twice; with line and column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: there is no such file") from error
    except OSError as error:
        raise RealizationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RealizationError(f"{path}: not UTF-8 text", hint="save the file in UTF-8") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, source: str) -> YamlDocument:
    """Parse YAML text; ``source`` names it in messages."""
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = dict(_lines(node, (), source)) if node is not None else {}
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _translate(error, text, source) from error
    except RecursionError as error:
        raise RealizationError(f"{source}: nested too deep", hint="write it flatter") from error
    except ValueError as error:  # a date that there is not, such as 2015-02-30
        if isinstance(error, RealizationError):
            raise
        raise RealizationError(
            f"{source}: not YAML: {error}", hint="correct the date or time, or write it in quotes"
        ) from error
    return YamlDocument(source, text, tree, lines)


def _translate(error: yaml.YAMLError, text: str, source: str) -> RealizationError:
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or str(error)
    if mark is None:
        return RealizationError(f"{source}: not YAML: {said}")
    line, column = mark.line + 1, mark.column + 1
    shown = point_at(text, line, column)
    hint = None
    if "'\\t'" in said:
        hint = "indent with spaces; YAML forbids tabs"
    elif "mapping values are not allowed" in said:
        hint = "check the indentation of this line and the one before"
    return RealizationError(f"{source}:{line}:{column}: not YAML: {said}\n{shown}", hint=hint)


def _lines(node: yaml.Node, path: JsonPath, source: str) -> Iterator[tuple[JsonPath, int]]:
    import yaml

    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            here = (*path, name)
            if name in seen:
                message = f"{show_path(here)}: the key stands here again (first in line {seen[name]})"
                raise RealizationError(f"{source}:{line}: {message}", hint="remove one of the two")
            seen[name] = line
            yield here, line
            yield from ((p, at) for p, at in _lines(value, here, source) if p != here)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*path, index), source)
