"""Starting the framework's program, following it, and ending it where it has to end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol

from dmod.core.atomic import storing
from dmod.engine.ngen.following import Follower
from dmod.errors import PluginError

PAUSE = 0.1
GRACE = 5.0
"""From the request to end until it is made to [s]."""
TIMED_OUT = 124
"""Exit code of ``timeout``, by which a limit is kept where ranks are started by somebody else."""
CHANGE_FOLDER = 'cd "$1" && shift && exec "$@"'


class Launch(Protocol):
    """Runs a command as many ranks, elsewhere perhaps, and returns the exit code.

    ``ranks`` is how many; ``variables`` are given to each of them; ``on_line`` takes each line that is
    printed, and what it raises ends the ranks.
    """

    def __call__(
        self,
        command: Sequence[str],
        *,
        ranks: int,
        variables: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> int:
        """See the class."""


class Cause(StrEnum):
    """Why a program was ended from here."""

    NONE = ""
    CANCELLED = "cancelled"
    TIME_LIMIT = "time limit"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Execution:
    """What is run, and how long it may take.

    Parameters
    ----------
    command : program and arguments of each rank
    folder : to run in
    log : takes all that is printed
    variables : of the environment, beside those that are there
    before : what stands before the command: a launcher of ranks that is started here
    ranks : how many of them
    launch : starts the ranks in the place of ``before``
    time_limit : for the whole [s]; None for none
    silence_limit : without a new line in log or outputs [s]; None for none
    """

    command: Sequence[str]
    folder: Path
    log: Path
    variables: Mapping[str, str]
    before: Sequence[str] = ()
    ranks: int = 1
    launch: Launch | None = None
    time_limit: float | None = None
    silence_limit: float | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended.

    Parameters
    ----------
    code : exit code; negative, the signal that ended it
    cause : why it was ended from here, if it was
    steps : how many were seen to be done
    """

    code: int
    seconds: float
    cause: Cause = Cause.NONE
    steps: int = 0

    @property
    def is_well(self) -> bool:
        """Whether it says that all went well."""
        return self.code == 0 and self.cause is Cause.NONE


def execute(
    execution: Execution,
    follower: Follower,
    *,
    progress: Callable[[int], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run a program to its end.

    It leaves no process behind: neither when this function is left by an error or an interrupt, nor, where
    the system can, when the process that called it is killed.

    Parameters
    ----------
    progress : told the number of steps that are done
    cancelled : asked again and again; True ends the program

    Raises
    ------
    PluginError
        the program or the launcher cannot be started.
    """
    watch = _Watch(execution, follower, progress, cancelled)
    if execution.launch is not None:
        code = _launched(execution, execution.launch, watch)
    else:
        code = _started(execution, watch)
    watch.look()
    return Ended(code, watch.elapsed, watch.cause, follower.done)


class _Watch:
    """Looks at a program that runs, and says when it has to end."""

    def __init__(
        self,
        execution: Execution,
        follower: Follower,
        progress: Callable[[int], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._execution, self._follower = execution, follower
        self._progress, self._cancelled = progress, cancelled
        self._began = self._changed = time.monotonic()
        self._seen = -1
        self.cause = Cause.NONE

    @property
    def elapsed(self) -> float:
        """Return the time since the start [s]."""
        return time.monotonic() - self._began

    def look(self) -> None:
        """Tell how far the program has come."""
        self._progress(self._follower.look())
        if self._follower.size != self._seen:
            self._seen, self._changed = self._follower.size, time.monotonic()

    def has_to_end(self) -> bool:
        """Look, and return whether the program has to end."""
        self.look()
        limit, silence = self._execution.time_limit, self._execution.silence_limit
        if self._cancelled():
            self.cause = Cause.CANCELLED
        elif limit is not None and self.elapsed > limit:
            self.cause = Cause.TIME_LIMIT
        elif silence is not None and time.monotonic() - self._changed > silence:
            self.cause = Cause.SILENCE
        return self.cause is not Cause.NONE


def _started(execution: Execution, watch: _Watch) -> int:
    with storing(execution.log), execution.log.open("wb") as log:
        process = _start(execution, log)
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(PAUSE)
            if watch.has_to_end():
                break
    finally:
        _end(process)
    return process.returncode


def _start(execution: Execution, log: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [*_dies_with_us(), *execution.before, *execution.command]
    try:
        return subprocess.Popen(
            command, cwd=execution.folder, env={**os.environ, **execution.variables}, process_group=0,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except OSError as error:
        raise PluginError(
            f"{command[0]} cannot be started: {error.strerror}", hint="check the path, and who may execute it"
        ) from error


def _dies_with_us() -> list[str]:
    """Return what makes a program end when the thread that started it does, killed or not."""
    found = shutil.which("setpriv")
    return [found, "--pdeathsig", "TERM", "--"] if found else []


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program with all that it has started, at once where it does not heed the request."""
    if process.poll() is None:
        _signal(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _signal(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


class _Stop(Exception):  # noqa: N818 - no error: it leaves the launcher that somebody gave
    """The ranks have to end."""


def _launched(execution: Execution, launch: Launch, watch: _Watch) -> int:
    """Have ranks started by somebody else; those that are silent cannot be asked, and keep the limit, too."""
    command = ["/bin/sh", "-c", CHANGE_FOLDER, "sh", str(execution.folder)]
    clock = shutil.which("timeout")
    if execution.time_limit is not None and clock:
        command += [clock, "-k", f"{GRACE:g}", f"{execution.time_limit:g}"]
    with storing(execution.log), execution.log.open("w", encoding="utf-8", buffering=1) as log:

        def on_line(line: str) -> None:
            log.write(f"{line}\n")
            if watch.cause is not Cause.NONE:
                raise _Stop

        with _looking(watch):
            try:
                code = launch(
                    [*command, *execution.command],
                    ranks=execution.ranks, variables=execution.variables, on_line=on_line,
                )  # fmt: skip
            except _Stop:
                return -signal.SIGTERM
    if code == TIMED_OUT and execution.time_limit is not None:
        watch.cause = Cause.TIME_LIMIT
    return code


@contextmanager
def _looking(watch: _Watch) -> Iterator[None]:
    """Look at a program from another thread while this one waits for it."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(PAUSE):
            if watch.has_to_end():
                return

    thread = threading.Thread(target=look, name="framework", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
