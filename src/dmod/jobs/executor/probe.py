"""The action ``probe``: does nothing useful in many ways, to try a server and to test executors.

Inputs, all optional, in the order in which they are followed:

ignore_term    do not end when asked to
fork           how many processes to leave behind that break away from their parent
spawn          the same, each another program
children       how many processes to start and keep; ``child_memory`` bytes each of them uses
lines          how many lines to print; ``line`` says what each says
disk           bytes to write in the job's folder
fail           how often to fail first, in a way that may be tried again
error          raise this: ``input``, ``internal``, ``backend``, ``memory``
memory         bytes to use; ``hold`` seconds they are kept after that
seconds        how long to sleep; progress is told meanwhile
ranks          run a program of so many ranks that say where they are; ``ranks_program`` is another one
signal         end by a signal, by name
exit           end with a code
unserialisable answer with what cannot be written as JSON
result         answer with this beside what is found out about the process

Numbers of processes that are left behind stand in ``PIDS``, one a line, in the job's folder.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from dmod.errors import BackendError, InputError
from dmod.jobs.executor.action import ActionContext

PIDS = "probe-pids"
FAILURES = "probe-failures"
FILLING = "probe-filling"
CHUNK = 1 << 20
STEP = 0.05
LONG = 600
PROGRAM = f"trap '' TERM; echo $$ >> {PIDS}; exec sleep {LONG}"
INPUTS = frozenset(
    {
        "ignore_term", "fork", "spawn", "children", "child_memory", "lines", "line", "disk", "fail", "error",
        "memory", "hold", "seconds", "ranks", "ranks_program", "signal", "exit",
        "unserialisable", "result", "job", "key", "found",
    }
)  # fmt: skip
"""What may stand in the inputs; ``job``, ``key`` and ``found`` are what a controller adds."""


def probe(inputs: Mapping[str, Any], context: ActionContext) -> Mapping[str, Any]:
    """Do what the inputs say; return what the process is given, and how it runs.

    Raises
    ------
    InputError
        an input is not known, or ``error`` says so.
    BackendError
        ``fail`` or ``error`` says so; retryable.
    """
    unknown = sorted(set(inputs) - INPUTS)
    if unknown:
        raise InputError(f"probe has no input {unknown[0]!r}", hint=f"known: {', '.join(sorted(INPUTS))}")
    _note(os.getpid())
    if inputs.get("ignore_term"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _leave(int(inputs.get("fork", 0)), int(inputs.get("spawn", 0)))
    _keep(int(inputs.get("children", 0)), int(inputs.get("child_memory", 0)))
    for number in range(int(inputs.get("lines", 0))):
        print(inputs.get("line", "line"), number)  # noqa: T201 - what it prints is its log
    _fill(int(inputs.get("disk", 0)))
    _fail(int(inputs.get("fail", 0)), str(inputs.get("error", "")), context)
    _use(int(inputs.get("memory", 0)), float(inputs.get("hold", 0.0)))
    _sleep(float(inputs.get("seconds", 0.0)), context)
    ranks = _run_ranks(inputs, context) if "ranks" in inputs else {}
    if "signal" in inputs:
        os.kill(os.getpid(), signal.Signals[inputs["signal"]])
    if "exit" in inputs:
        os._exit(int(inputs["exit"]))
    if inputs.get("unserialisable"):
        return {"path": Path.cwd()}
    return {**_found(), **ranks, **dict(inputs.get("result", {}))}


def _found() -> dict[str, Any]:
    """Return what this process is given."""
    umask = os.umask(0o077)
    os.umask(umask)
    return {
        "pid": os.getpid(),
        "folder": str(Path.cwd()),
        "cpus": len(os.sched_getaffinity(0)),
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "variables": sorted(os.environ),
        "temporary": os.environ.get("TMPDIR", ""),
        "umask": umask,
        "descriptors": sorted(
            str(Path(f"/proc/self/fd/{name}").readlink())
            for name in os.listdir("/proc/self/fd")  # noqa: PTH208 - the one that lists is among them
            if Path(f"/proc/self/fd/{name}").is_symlink()
        ),
    }


def _run_ranks(inputs: Mapping[str, Any], context: ActionContext) -> dict[str, Any]:
    """Run a program of many ranks; return what each of them says."""
    from dmod.jobs.executor.ranks.running import run_ranks

    said: list[dict[str, Any]] = []

    def take(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - what it prints is its log
        with suppress(ValueError):
            document = json.loads(line)
            if isinstance(document, dict):
                said.append(document)

    command = inputs.get("ranks_program") or [sys.executable, "-P", "-m", "dmod.jobs.executor.ranks.hello"]
    ended = run_ranks(command, context, ranks=int(inputs["ranks"]), on_line=take)
    if ended.code:
        raise BackendError(f"the ranks ended with code {ended.code}", hint="their log says more")
    said.sort(key=lambda document: document.get("rank", 0))
    return {"ranks": said, "hosts": list(ended.hosts), "launcher": ended.launcher}


def _note(pid: int) -> None:
    with Path(PIDS).open("a", encoding="ascii") as file:
        file.write(f"{pid}\n")


def _leave(forks: int, programs: int) -> None:
    wanted = len(_noted()) + forks + programs
    for _ in range(forks):
        if os.fork() == 0:
            _break_away()
    for _ in range(programs):
        if os.fork() == 0:
            subprocess.Popen(["sh", "-c", PROGRAM], start_new_session=True)
            os._exit(0)
    _await(wanted)


def _keep(children: int, memory: int) -> None:
    wanted = len(_noted()) + children
    for _ in range(children):
        if os.fork() == 0:
            block = _used(memory)
            _note(os.getpid())
            _last(block)
    _await(wanted)


def _await(wanted: int) -> None:
    end = time.monotonic() + 10.0
    while len(_noted()) < wanted and time.monotonic() < end:
        time.sleep(0.002)


def _noted() -> list[str]:
    return Path(PIDS).read_text(encoding="ascii").split()


def _break_away() -> NoReturn:
    """Be what a service does: a session of its own, and no parent."""
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _note(os.getpid())
    _last()


def _last(kept: bytearray | None = None) -> NoReturn:
    time.sleep(LONG)
    del kept
    os._exit(0)


def _fill(size: int) -> None:
    if size:
        with Path(FILLING).open("wb") as file:
            for start in range(0, size, CHUNK):
                file.write(bytes(min(CHUNK, size - start)))


def _fail(times: int, error: str, context: ActionContext) -> None:
    before = Path(FAILURES).stat().st_size if Path(FAILURES).exists() else 0
    if before < times:
        with Path(FAILURES).open("ab") as file:
            file.write(b"x")
        raise BackendError(f"failed {before + 1} of {times} times, as it was told to", retryable=True)
    match error:
        case "":
            return
        case "input":
            raise InputError("an input that was told to be wrong", hint="tell probe something else")
        case "backend":
            raise BackendError("a backend that was told to fail", retryable=True)
        case "memory":
            raise MemoryError
        case _:
            context.log.info("about to fail")
            raise RuntimeError("a fault that was asked for")


def _use(memory: int, hold: float) -> None:
    if memory:
        block = _used(memory)
        time.sleep(hold)
        del block


def _used(memory: int) -> bytearray:
    """Return memory that is really there."""
    block = bytearray(memory)
    for place in range(0, memory, 4096):
        block[place] = 1
    return block


def _sleep(seconds: float, context: ActionContext) -> None:
    start = time.monotonic()
    while (passed := time.monotonic() - start) < seconds:
        context.progress(f"slept {passed:.1f} of {seconds:g} s", passed / seconds)
        time.sleep(min(STEP, seconds - passed))
