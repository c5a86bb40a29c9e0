"""One object of a JSON document, read key by key with the type that each must have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from dmod.core.problem import Problem
from dmod.errors import RealizationError
from dmod.formulation.document import Document, JsonPath, show_path


class Section:
    """The members of one JSON object, with their place in the document.

    The framework reads every value as text, so a number or a truth value in quotes is accepted.
    Problems that do not stop the reading are added to ``problems``.
    """

    def __init__(self, document: Document, path: JsonPath, value: Any, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            raise document.error(path, f"an object {{…}} is expected, not {_kind(value)}")
        self.document = document
        self.path = path
        self.members: Mapping[str, Any] = value
        self.problems = problems

    def __contains__(self, key: str) -> bool:
        return key in self.members

    @property
    def where(self) -> str:
        """The section's place, as users write it."""
        return show_path(self.path)

    def keys(self) -> Iterator[str]:
        """Iterate over the keys, in the order of the document."""
        return iter(self.members)

    def error(self, key: str, message: str, *, hint: str | None = None) -> RealizationError:
        """Return the error to raise about one member."""
        return self.document.error((*self.path, key), message, hint=hint)

    def warn(self, code: str, key: str, message: str, hint: str = "") -> None:
        """Report something that does not stop the reading."""
        where = f"{self.document.source}:{self.document.line_of((*self.path, key))}"
        place = show_path((*self.path, key))
        self.problems.append(Problem("warning", code, f"{place}: {message}", where=where, hint=hint))

    def require(self, *keys: str) -> None:
        """Raise where a key is missing."""
        missing = [key for key in keys if key not in self.members]
        if missing:
            names = ", ".join(repr(key) for key in missing)
            hint = self._nearest_to(missing[0], [k for k in self.members if k not in keys])
            raise self.document.error(self.path, f"{names} is missing", hint=hint or f"add {names}")

    def only(self, *known: str) -> list[str]:
        """Report every key that is not known; return their paths."""
        unknown = [key for key in self.members if key not in known]
        for key in unknown:
            hint = self._nearest_to(key, known)
            self.warn("unknown-key", key, "unknown key, without effect", hint)
        return [show_path((*self.path, key)) for key in unknown]

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        value = self.members.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, f"text is expected, not {_kind(value)}")
        return value

    def number(self, key: str, default: float = 0.0) -> float:
        """Return a number."""
        return self._number((*self.path, key), self.members.get(key, default))

    def integer(self, key: str, default: int = 0) -> int:
        """Return a whole number."""
        value = self.number(key, default)
        if not value.is_integer():
            raise self.error(key, f"a whole number is expected, not {value:g}")
        return int(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return a truth value."""
        value = self.members.get(key, default)
        words = {"true": True, "false": False, "1": True, "0": False}
        if isinstance(value, str | int) and str(value).lower() in words:
            return words[str(value).lower()]
        raise self.error(key, f"true or false is expected, not {_kind(value)}")

    def word(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the allowed words."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.error(key, f"{value!r} is not allowed", hint=f"one of {', '.join(map(repr, allowed))}")
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts, None where the key is absent."""
        if key not in self.members:
            return None
        for index, value in enumerate(self._list(key)):
            if not isinstance(value, str):
                raise self.document.error((*self.path, key, index), f"text is expected, not {_kind(value)}")
        return tuple(self.members[key])

    def section(self, key: str) -> Section:
        """Return a member that is an object."""
        return Section(self.document, (*self.path, key), self.members[key], self.problems)

    def sections(self, key: str) -> list[Section]:
        """Return a member that is a list of objects."""
        return [
            Section(self.document, (*self.path, key, index), value, self.problems)
            for index, value in enumerate(self._list(key))
        ]

    def numbers(self, key: str) -> float | tuple[float, ...]:
        """Return a number or a list of numbers."""
        value = self.members[key]
        path = (*self.path, key)
        if isinstance(value, list):
            return tuple(self._number((*path, index), item) for index, item in enumerate(value))
        return self._number(path, value)

    def _list(self, key: str) -> list[Any]:
        value = self.members[key]
        if not isinstance(value, list):
            raise self.error(key, f"a list […] is expected, not {_kind(value)}")
        return value

    def _number(self, path: JsonPath, value: Any) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str):
            try:
                return float(value)
            except ValueError as error:
                raise self.document.error(path, f"a number is expected, not {value!r}") from error
        raise self.document.error(path, f"a number is expected, not {_kind(value)}")

    @staticmethod
    def _nearest_to(key: str, known: tuple[str, ...] | list[str]) -> str:
        close = get_close_matches(key.lower(), known, n=1, cutoff=0.7)
        return f"did you mean {close[0]!r}?" if close else ""


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: f"the text {value!r}", bool: str(value).lower()}
    return "null" if value is None else kinds.get(type(value), f"the number {value!r}")
