"""Checking a module: every check in a process that may be lost, and what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from dmod.errors import InputError
from dmod.services.modules.child_run import TIME_LIMIT, ChildEnd, Event, run_child
from dmod.services.modules.child_task import CHECK_NAMES, DECISIVE, ChildTask
from dmod.services.modules.finding import Finding, ModuleCheck
from dmod.services.modules.known_names import known_units
from dmod.services.modules.program_name import Target
from dmod.services.modules.surroundings import surroundings_of

SPARED = {
    "finalize": "dmod calls it once, and other frameworks may not",
    "wrong path": "an error: the process has to go on",
}
"""Checks that may lose their process without making a module unusable, and what is allowed there."""
_FIELDS = tuple(item.name for item in fields(Finding))


def check_module(
    target: Target,
    *,
    names: tuple[str, ...] = CHECK_NAMES,
    steps: int = 240,
    time_limit: float = TIME_LIMIT,
    progress: Callable[[str], None] | None = None,
    environment: Any = None,
) -> ModuleCheck:
    """Check a module for conformance with the Basic Model Interface, and for what runs need besides.

    The module is called in other processes only. One that a check loses is a finding of that check; the
    checks after it go on in a new one.

    Parameters
    ----------
    names : which checks
    steps : over how many steps runs go
    time_limit : seconds for each check
    progress : is told the name of every check as it begins
    environment : in which a class in Python is called, as runs take it; dmod's own where None

    Raises
    ------
    InputError
        a check is unknown, a number is not above zero, or the environment cannot be had.
    """
    _require(names, steps, time_limit)
    surroundings = surroundings_of(environment, target.spec)
    units = known_units() if surroundings.python is not None else {}
    findings: list[Finding] = []
    left = tuple(name for name in CHECK_NAMES if name in names)

    def hear(event: Event) -> None:
        if event["event"] == "begin" and progress is not None:
            progress(event["check"])

    while left:
        task = ChildTask("check", target.spec, target.config, left, steps, units=units)
        end = run_child(task, time_limit, hear, surroundings)
        found, left = _read(end, left)
        for finding in found:
            findings.append(_once(finding, findings))
        failed = {finding.check for finding in findings if finding.level == "error"} & set(DECISIVE)
        if failed and left:
            text = f"not checked, because of {', '.join(sorted(failed))}: {', '.join(left)}"
            findings.append(Finding("note", "check", "", text))
            break
    return ModuleCheck(target.name, tuple(findings), _facts(target, surroundings.title))


def _require(names: tuple[str, ...], steps: int, time_limit: float) -> None:
    unknown = [name for name in names if name not in CHECK_NAMES]
    if unknown:
        raise InputError(
            f"there is no check {', '.join(map(repr, unknown))}", hint=f"there are {', '.join(CHECK_NAMES)}"
        )
    if steps < 1 or not time_limit > 0:
        raise InputError(f"{steps} steps within {time_limit:g} s cannot be checked", hint="give more than 0")


def _read(end: ChildEnd, asked: tuple[str, ...]) -> tuple[list[Finding], tuple[str, ...]]:
    """Return what a process found, and which checks are left to do after it."""
    findings = []
    begun = [event["check"] for event in end.told if event["event"] == "begin"]
    for event in end.told:
        if event["event"] == "finding":
            findings.append(Finding(**{name: event[name] for name in _FIELDS}))
    if end.fault:
        begun = begun or [asked[0]]
        findings.append(_lost(end, begun[-1]))
    return findings, asked[len(begun) :]


def _once(finding: Finding, before: list[Finding]) -> Finding:
    """Return a finding; in place of an error that another check had found, only that it was met again."""
    first = next(
        (f for f in before if (f.level, f.where, f.what) == ("error", finding.where, finding.what)), None
    )
    if finding.level != "error" or first is None:
        return finding
    return Finding(
        "note", finding.check, finding.where, f"came no further: the same error as in {first.check}"
    )


def _lost(end: ChildEnd, check: str) -> Finding:
    """Return the finding that a check lost its process."""
    tail = f"\nit printed last: {end.tail}" if end.tail else ""
    hints = {
        "finalize": "set pointers to NULL when they are freed, so that freeing them again does nothing",
        "wrong path": "return a status, or raise, where the configuration cannot be read",
    }
    if end.is_late:
        hints = {check: "if it is only slow, give more --time-limit or fewer --steps; else look for its loop"}
    finding = Finding(
        "error",
        check,
        end.call or "opening the program",
        f"{end.fault}{tail}",
        "a status that is not zero, or an exception: the process has to go on",
        hints.get(check, "run it in a debugger, or compile it with -fsanitize=address,undefined"),
    )
    if check in SPARED:
        return replace(finding, level="warning", allowed=SPARED[check])
    return finding


def _facts(target: Target, environment: str) -> dict[str, str]:
    spec = target.spec
    program = spec.python_type or str(spec.library_file)
    found = {"coupling": spec.coupling, "program": program, "configuration": target.config or "none"}
    return {**found, "environment": environment} if environment else found
