"""What a failure of the framework means, from its exit code and its log."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dmod.engine.ngen.execution import Cause, Ended
from dmod.errors import BackendError, CoverageError, DmodError, InputError, PluginError, RealizationError

TAIL = 1 << 20
SHOWN = 6
WIDTH = 300
LAUNCHER_SIGNALS = 128
"""A shell or launcher says 128 + n where signal n ended what it ran."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """A mark in a log, what it means, and what to do."""

    mark: re.Pattern[str]
    kind: type[DmodError]
    said: str
    hint: str


def _meaning(mark: str, kind: type[DmodError], said: str, hint: str) -> _Meaning:
    return _Meaning(re.compile(mark, re.IGNORECASE), kind, said, hint)


_MEANINGS = (
    _meaning(
        r"error while loading shared libraries: (?P<what>[^:\n]+)", PluginError,
        "the program's own library {what} is not found", "name the folder that has it in the library path",
    ),
    _meaning(
        r"unreadable shared library file '(?P<what>[^']*)'", PluginError,
        "a module's library {what} is not there or cannot be read",
        "correct library_file in the realization, or name the folder that has it in the library path",
    ),
    _meaning(
        r"cannot load shared lib symbol '(?P<what>[^']*)'", RealizationError,
        "a module's library has no function {what}",
        "correct registration_function in the realization; `nm -D` lists what a library has",
    ),
    _meaning(
        r"cannot load shared lib '(?P<what>[^']*)'", PluginError,
        "a module's library {what} cannot be loaded",
        "it may need a library that is missing: `ldd` lists them; name their folder in the library path",
    ),
    _meaning(
        r"forcing data could not be found for '(?P<what>[^']*)'", CoverageError,
        "there is no forcing for {what}", "correct path and file_pattern of the forcing in the realization",
    ),
    _meaning(
        r"set of deferred provisions for nested module at index \d+: \{(?P<what>[^}]*)\}", RealizationError,
        "neither the forcing nor a module gives {what}",
        "map what the module needs in variables_names_map, or add it to the forcing",
    ),
    _meaning(
        r"(?:unable to convert|cannot convert|failed to convert|units? .*not convertible)[^\n]*(?P<what>)",
        RealizationError, "units do not fit together", "correct the unit that forcing or module states",
    ),
    _meaning(
        r"unable to import a supported routing module(?P<what>)", PluginError,
        "t-route cannot be imported in the framework's Python",
        "install t-route (nwm_routing and what it needs) in the environment of the framework: VIRTUAL_ENV "
        "and PYTHONPATH say which; or have dmod route",
    ),
    _meaning(
        r"validation errors? for Config\s+(?P<what>[^\n]+)", RealizationError,
        "t-route does not accept its configuration: {what}",
        "correct the key in the package's routing configuration, or have dmod route",
    ),
    _meaning(
        r"what\(\):\s+(?P<what>\w*(?:Error|Exception)\b[^\n]*)(?=(?:\n.*){0,80}(?:troute|nwm_routing|"
        r"ngen_routing))", BackendError, "t-route failed: {what}",
        "its last lines say where; look at the routing configuration, the attributes of the channels, "
        "and the hydrofabric's version",
    ),
    _meaning(
        r"no module named '?(?P<what>[\w.]+)", PluginError, "Python has no module {what}",
        "install it in the environment that the program was built with, or name its folder in PYTHONPATH",
    ),
    _meaning(
        r"geopackage error[^\n]*: (?P<what>\S+)", InputError, "the hydrofabric {what} cannot be read by it",
        "the program reads layers divides and nexus, in EPSG 4326, 5070 or 3857",
    ),
    _meaning(
        r"missing required argument for partition file(?P<what>)", PluginError,
        "the program was started on several ranks without a partition file", "report this with the log",
    ),
    _meaning(
        r"not enough slots available(?P<what>)", BackendError, "the launcher has fewer processors than ranks",
        "ask for fewer ranks",
    ),
    _meaning(
        r"std::bad_alloc(?P<what>)", BackendError, "memory ran out", "run on a machine with more memory",
    ),
)  # fmt: skip

_TELLING = re.compile(
    r"what\(\)|error|exception|terminate called|cannot|can't|unable|failed|not found|abort|signal"
    r"|\.py\(\d+\)",  # where in Python
    re.IGNORECASE,
)


def explain(ended: Ended, log: Path, *, ranks: int = 1, title: str = "the framework") -> DmodError:
    """Return the error to raise about a run of the framework that did not end well.

    Parameters
    ----------
    log : all that it printed
    ranks : on how many it ran
    title : name and version of the program
    """
    lines = _lines(log)
    if ended.cause is not Cause.NONE:
        return _ended_from_here(ended, lines, ranks, title)
    text = "\n".join(lines)
    meaning, match = _found(text)
    how = _how(ended.code, title)
    end = f"{_shown(lines, '' if match is None else match[0])}\n    log: {log}"
    if meaning is not None and match is not None:
        return meaning.kind(f"{how}: {meaning.said.format(**match.groupdict())}{end}", hint=meaning.hint)
    return BackendError(f"{how}{end}", hint=_hint(ended.code))


def telling(log: Path) -> str:
    """Return what a log says of something that went wrong, to stand below a message."""
    return f"{_shown(_lines(log), '')}\n    log: {log}"


def _found(text: str) -> tuple[_Meaning | None, re.Match[str] | None]:
    for meaning in _MEANINGS:
        match = meaning.mark.search(text)
        if match:
            return meaning, match
    return None, None


def _ended_from_here(ended: Ended, lines: Sequence[str], ranks: int, title: str) -> BackendError:
    come = f"at step {ended.steps} after {ended.seconds:.0f} s"
    if ended.cause is Cause.CANCELLED:
        return BackendError(f"{title} was ended {come}: the run was cancelled")
    why = (
        "its time was over"
        if ended.cause is Cause.TIME_LIMIT
        else "it had shown no sign of work for too long"
    )
    hint = "allow more time, or look at the log"
    if ranks > 1:
        hint = (
            "ranks may wait for each other for ever where a nexus receives from its own rank and from "
            "another: partition files that dmod makes avoid that, `dmod partition --check` finds it in "
            f"others. Otherwise {hint}"
        )
    last = f"; the last that it printed: {lines[-1][:WIDTH]}" if lines else ""
    return BackendError(f"{title} was ended {come}, as {why}{last}", hint=hint)


def _how(code: int, title: str) -> str:
    number = _signal_of(code)
    if number is None:
        return f"{title} ended with exit code {code}"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return f"{title} was ended by {name}"


def _signal_of(code: int) -> int | None:
    if code < 0:
        return -code
    return code - LAUNCHER_SIGNALS if LAUNCHER_SIGNALS < code < LAUNCHER_SIGNALS + 65 else None


def _hint(code: int) -> str:
    number = _signal_of(code)
    if number == signal.SIGKILL:
        return "somebody killed it: most often the system, as memory ran out"
    if number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL):
        return "a module broke: run it with fewer modules or catchments to find out which"
    if number == signal.SIGTERM:
        return "somebody ended it, or a limit of the machine did"
    if code == 255:
        return "it did not understand its arguments, or one of the files is not readable"
    return "its log says more"


def _lines(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def _shown(lines: Sequence[str], match: str) -> str:
    """Return the lines of a log that say most: the one that was understood, those that speak of errors."""
    telling = [line for line in lines if _TELLING.search(line) or (match and match in line)]
    chosen = list(dict.fromkeys(line[:WIDTH] for line in (telling or lines)[-SHOWN:]))
    return "".join(f"\n    {line}" for line in chosen)
