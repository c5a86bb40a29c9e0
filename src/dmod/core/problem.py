"""One thing that is wrong with an input: what every check of every room reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

SHOWN_IDS = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, with which ids, and what to do.

    Parameters
    ----------
    severity : ``error`` (a run would fail or be wrong) or ``warning`` (it goes on, with less)
    code : stable short name of the kind of problem, for filters and tests (``dangling-toid``)
    message : one sentence
    where : file, table or key the problem was found in
    ids : every identifier concerned, in the order of the input
    hint : what is allowed, or what to do next
    """

    severity: Severity
    code: str
    message: str
    where: str = ""
    ids: tuple[str, ...] = ()
    hint: str = ""

    @property
    def is_error(self) -> bool:
        """Whether a run must not start."""
        return self.severity == "error"

    def as_json(self) -> dict[str, object]:
        """Return the problem as JSON data; every id is listed."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "where": self.where,
            "ids": list(self.ids),
            "hint": self.hint,
        }

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        named = f" ({name_some(self.ids)})" if self.ids else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{self.severity}: {place}{self.message}{named} [{self.code}]{hint}"


def name_some(ids: Sequence[str], shown: int = SHOWN_IDS) -> str:
    """Return the first few ids and how many more there are: ``cat-1, cat-2 and 7 more``."""
    first = ", ".join(ids[:shown])
    return first if len(ids) <= shown else f"{first} and {len(ids) - shown} more"


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems that forbid a run."""
    return tuple(problem for problem in problems if problem.is_error)
