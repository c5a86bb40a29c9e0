"""What a check of a run package found, as a value, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dmod.core.problem import Problem, Severity, errors_of
from dmod.errors import DmodError

SHOWN_IDS = 4
UNPLACED = "the package"

Fact = str | int | float | bool | None | Sequence[str] | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything that is wrong with a run package, and what it is.

    Parameters
    ----------
    package : the folder that was checked
    problems : errors and warnings
    facts : what would be run: catchments, period, steps, modules, forcing, routing; a fact that
        could not be found out is absent
    """

    package: str
    problems: tuple[Problem, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether a run can start: there may be warnings, but no error."""
        return not self.errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that forbid a run."""
        return errors_of(self.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not forbid a run."""
        return tuple(problem for problem in self.problems if not problem.is_error)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON data; every id is listed."""
        return {
            "package": self.package,
            "ok": self.ok,
            "errors": len(self.errors),
            "warnings": len(self.warnings),
            "facts": dict(self.facts),
            "problems": [problem.as_json() for problem in self.problems],
        }

    def as_text(self, *, shown_ids: int = SHOWN_IDS) -> str:
        """Return the report as plain text: facts, then errors and warnings by where they are."""
        lines = [self.package, *_fact_lines(self.facts), ""]
        for title, severity in (("error", "error"), ("warning", "warning")):
            lines += _problem_lines(title, self._of(severity), shown_ids)
        return "\n".join([*lines, self._verdict()])

    def _of(self, severity: Severity | str) -> tuple[Problem, ...]:
        return self.errors if severity == "error" else self.warnings

    def _verdict(self) -> str:
        counts = f"{_count(len(self.errors), 'error')}, {_count(len(self.warnings), 'warning')}"
        return f"{'ready to run' if self.ok else 'cannot run'}: {counts}"


def problem_of(error: DmodError, code: str, where: str, ids: Sequence[str] = ()) -> Problem:
    """Return the problem that an error tells of."""
    return Problem("error", code, error.message, where=where, ids=tuple(ids), hint=error.hint or "")


def shorten(ids: Sequence[str], shown: int = SHOWN_IDS) -> str:
    """Return ``cat-1, cat-2, … (88 in all)``."""
    if len(ids) <= shown:
        return ", ".join(ids)
    return f"{', '.join(ids[:shown])}, … ({len(ids)} in all)"


def _fact_lines(facts: Mapping[str, Fact]) -> list[str]:
    width = max((len(name) for name in facts), default=0)
    return [f"  {name.replace('_', ' '):<{width}}  {_fact_text(value)}" for name, value in facts.items()]


def _fact_text(value: Fact) -> str:
    if isinstance(value, bool) or value is None:
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {part}" for key, part in value.items())
    if isinstance(value, str | int | float):
        return str(value)
    return ", ".join(value)


def _problem_lines(title: str, problems: Sequence[Problem], shown_ids: int) -> list[str]:
    if not problems:
        return []
    lines = [f"{_count(len(problems), title)}:"]
    places = dict.fromkeys(problem.where or UNPLACED for problem in problems)
    for place in places:
        lines.append(f"  {place}")
        for problem in problems:
            if (problem.where or UNPLACED) == place:
                lines += _lines_of(problem, shown_ids)
    return [*lines, ""]


def _lines_of(problem: Problem, shown_ids: int) -> list[str]:
    first, *rest = problem.message.splitlines() or [""]
    lines = [f"    - {first} [{problem.code}]", *(f"      {line}" for line in rest)]
    if problem.ids:
        lines.append(f"      {shorten(problem.ids, shown_ids)}")
    if problem.hint:
        lines.append(f"      hint: {problem.hint}")
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
