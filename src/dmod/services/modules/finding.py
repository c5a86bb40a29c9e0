"""What a check of a module found, as a value, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["error", "warning", "note", "ok"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note", "ok")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found out about a module.

    Parameters
    ----------
    level : ``error`` (runs fail or are wrong), ``warning`` (some frameworks or uses go wrong), ``note`` (good
        to know), ``ok`` (was checked and is right)
    check : which check found it
    where : the function, with its variable if there is one; "" for the module as a whole
    what : what was found
    allowed : what is allowed there, "" where there is nothing to say
    to_do : what to do about it, "" for nothing
    """

    level: Level
    check: str
    where: str
    what: str
    allowed: str = ""
    to_do: str = ""


@dataclass(frozen=True, slots=True)
class ModuleCheck:
    """Everything that a check found out about a module.

    Parameters
    ----------
    program : as the user named it
    findings : in the order of the checks
    facts : what it is: coupling, component, inputs, outputs, step
    """

    program: str
    findings: tuple[Finding, ...]
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether there is no error; there may be warnings."""
        return not self.of("error")

    def of(self, level: Level) -> tuple[Finding, ...]:
        """Return the findings of a level."""
        return tuple(finding for finding in self.findings if finding.level == level)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "program": self.program,
            "ok": self.ok,
            **{f"{level}s" if level != "ok" else "passed": len(self.of(level)) for level in LEVELS},
            "facts": dict(self.facts),
            "findings": [asdict(finding) for finding in self.findings],
        }

    def as_text(self) -> str:
        """Return it as plain text: facts, a table of the findings, a verdict."""
        width = max(map(len, self.facts), default=0)
        lines = [self.program, *(f"  {name:<{width}}  {text}" for name, text in self.facts.items()), ""]
        return "\n".join([*lines, *_table(self.findings), "", self._verdict()])

    def _verdict(self) -> str:
        counts = [_counted(len(self.of(level)), level) for level in ("error", "warning", "note") if level]
        return f"{'can be used' if self.ok else 'cannot be used as it is'}: {', '.join(counts)}"


def _table(findings: Sequence[Finding]) -> list[str]:
    check = max((len(finding.check) for finding in findings), default=0)
    indent = " " * (9 + check + 2)
    lines = []
    for finding in findings:
        first, *rest = finding.what.splitlines() or [""]
        place = f"{finding.where}: " if finding.where else ""
        lines.append(f"{finding.level:<7}  {finding.check:<{check}}  {place}{first}")
        lines += [f"{indent}{line}" for line in rest]
        lines += [f"{indent}allowed: {finding.allowed}"] if finding.allowed else []
        lines += [f"{indent}to do: {finding.to_do}"] if finding.to_do else []
    return lines


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
