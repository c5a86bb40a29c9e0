"""JSON text with its places: every complaint names file, line, column and shows the line.

The standard reader does the reading; a second pass over the text, made only when something is to
be reported, finds where a key stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from dmod.errors import NotFoundError, RealizationError

JsonPath = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^\s,\]}]+")
_NOT_JSON_NUMBER = re.compile(r"-?Infinity|NaN")
_STRING_OR_NOT_NUMBER = re.compile(rf'"(?:[^"\\]|\\.)*"|({_NOT_JSON_NUMBER.pattern})')


def show_path(path: JsonPath) -> str:
    """Return a path as users write it: ``global.formulations[0].params``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document as read, able to say where each of its parts stands."""

    source: str
    text: str
    tree: Any
    _positions: dict[JsonPath, int] = field(default_factory=dict, compare=False, repr=False)

    def line_of(self, path: JsonPath) -> int:
        """Return the line of the value at ``path``, or of the nearest part above it; from 1."""
        return self._place(path)[0]

    def error(self, path: JsonPath, message: str, *, hint: str | None = None) -> RealizationError:
        """Return the error to raise about the value at ``path``."""
        line, column = self._place(path)
        where = show_path(path)
        return _error(self.source, self.text, line, column, f"{where}: {message}" if where else message, hint)

    def _place(self, path: JsonPath) -> tuple[int, int]:
        if not self._positions:
            self._positions.update((part, position) for part, position, _ in _walk(self.text))
        while path not in self._positions:
            path = path[:-1]
        return line_and_column(self.text, self._positions[path])


def read_document(path: Path) -> Document:
    """Read a JSON file.

    Raises
    ------
    NotFoundError
        the file does not exist.
    RealizationError
        the file is not UTF-8, not JSON, or has one key twice; with line, column and a hint.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: there is no such file") from error
    except OSError as error:
        raise RealizationError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        line, column = line_and_column(before + " ", len(before))
        shown = content.decode("utf-8-sig", errors="replace")
        message = f"byte 0x{content[error.start]:02x} is not UTF-8 text"
        raise _error(str(path), shown, line, column, message, "save the file in UTF-8") from error
    return parse_document(text, str(path))


def parse_document(text: str, source: str) -> Document:
    """Parse JSON text; ``source`` names it in messages."""
    repeated = False

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        members = dict(pairs)
        repeated |= len(members) < len(pairs)
        return members

    def refuse(word: str) -> float:
        raise _NotANumber(word)

    try:
        tree = json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except json.JSONDecodeError as error:
        position, message, hint = _explain(text, error)
        line, column = line_and_column(text, position)
        raise _error(source, text, line, column, message, hint) from error
    except _NotANumber as error:
        found = (m.start() for m in _STRING_OR_NOT_NUMBER.finditer(text) if m[1])
        line, column = line_and_column(text, next(found))
        raise _error(source, text, line, column, f"{error} is not JSON", "write a number") from error
    except RecursionError as error:
        raise RealizationError(f"{source}: the document is nested too deeply") from error
    document = Document(source, text, tree)
    if repeated:
        raise _repeated_key(document)
    return document


class _NotANumber(ValueError):  # noqa: N818 - never leaves this module
    """A word such as NaN, which Python's reader would accept."""


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Return line and column, both from 1, of a position in ``text``."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def point_at(text: str, line: int, column: int, *, width: int = 96) -> str:
    """Return the line with a caret under the column, cut to ``width`` around it."""
    lines = text.splitlines()
    shown = lines[line - 1].replace("\t", " ") if line <= len(lines) else ""
    start = max(0, column - 1 - width // 2) if len(shown) > width else 0
    shown = shown[start : start + width]
    return f"    {shown.rstrip()}\n    {' ' * (column - 1 - start)}^"


def _error(
    source: str, text: str, line: int, column: int, message: str, hint: str | None
) -> RealizationError:
    return RealizationError(f"{source}:{line}:{column}: {message}\n{point_at(text, line, column)}", hint=hint)


def _explain(text: str, error: json.JSONDecodeError) -> tuple[int, str, str | None]:
    """Say what a JSON error means: where, what, and what to do."""
    position = error.pos
    rest = text[position:].lstrip()
    before = text[:position].rstrip()
    if not text.strip():
        return 0, "the file is empty", "write a realization document"
    if rest[:2] in ("//", "/*") or rest[:1] == "#":
        return len(text) - len(rest), "JSON has no comments", "remove the comment"
    if before.endswith(",") and rest[:1] in ("}", "]"):
        return len(before) - 1, f"a comma before the closing {rest[0]!r}", "remove the comma"
    if rest[:1] == ",":
        after = rest[1:].lstrip()[:1]
        if after in ("}", "]"):
            return len(text) - len(rest), f"a comma before the closing {after!r}", "remove the comma"
    if rest[:1] == "'":
        return len(text) - len(rest), "text in single quotes", "JSON text stands in double quotes"
    word = re.match(r"True|False|None", rest)
    if word:
        json_word = {"True": "true", "False": "false", "None": "null"}[word[0]]
        return len(text) - len(rest), f"{word[0]} is not JSON", f"write {json_word}"
    if error.msg.startswith("Unterminated string"):
        return position, "the text that begins here has no closing quote", "close it, if the file is whole"
    if not rest:
        return (
            position,
            "the document ends too early",
            "a closing bracket or brace is missing, or the file was cut short",
        )
    if error.msg.startswith("Expecting ',' delimiter"):
        return len(before), "a comma is missing here", "separate the entries by a comma"
    return position, f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}", None


def _repeated_key(document: Document) -> RealizationError:
    first: dict[JsonPath, int] = {}
    for path, position, is_key in _walk(document.text):
        if not is_key:
            continue
        if path in first:
            line, column = line_and_column(document.text, position)
            earlier = line_and_column(document.text, first[path])[0]
            message = f"{show_path(path)}: the key stands here for the second time (first in line {earlier})"
            return _error(document.source, document.text, line, column, message, "remove one of the two")
        first[path] = position
    raise AssertionError("a repeated key was reported but is not in the text")


def _walk(text: str) -> Iterator[tuple[JsonPath, int, bool]]:
    """Yield ``(path, position, is a key)`` for every value of a sound JSON text, keys where there are any."""
    stack: list[tuple[JsonPath, int]] = []  # of objects (next index -1) and arrays that are open
    position = _skip(text, 0)
    here: JsonPath = ()
    while True:
        if not here or isinstance(here[-1], int):
            yield here, position, False
        opening = text[position : position + 1]
        if opening in ("{", "["):
            stack.append((here, -1 if opening == "{" else 0))
            position = _skip(text, position + 1)
        elif opening == '"':
            position = _skip(text, scanstring(text, position + 1, False)[1])
        else:
            position = _skip(text, _end_of_scalar(text, position))
        while stack and text[position : position + 1] in ("}", "]"):
            stack.pop()
            position = _skip(text, position + 1)
        if not stack:
            return
        if text[position] == ",":
            position = _skip(text, position + 1)
        parent, index = stack[-1]
        if index < 0:
            key, end = scanstring(text, position + 1, False)
            here = (*parent, key)
            yield here, position, True
            position = _skip(text, _skip(text, end) + 1)
        else:
            here = (*parent, index)
            stack[-1] = parent, index + 1


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _end_of_scalar(text: str, position: int) -> int:
    match = _SCALAR.match(text, position)
    return match.end() if match else position + 1
