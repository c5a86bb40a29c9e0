"""One process in which modules of others are, seen from the run: asked, watched, and mourned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.engine.bmi.channel import Channel
from dmod.engine.bmi.room import Room
from dmod.engine.bmi.trouble import error_of
from dmod.errors import DmodError, PluginError

LOOK = 0.25
"""Seconds between looks at a process that has not answered yet."""
_TAIL = 2000
_MOST_PRINTED = 64 << 20
_BOOT = Path(__file__).with_name("boot.py")
_PACKAGE = Path(__file__).parents[2]
_SECRETS = ("AWS_", "DMOD_", "PG", "UV_")
"""Beginnings of variables that are the service's own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may take.

    Parameters
    ----------
    patience : seconds in which an instance has to come forward by a step, or be initialised
    memory : bytes; 0 sets no limit
    """

    patience: float = 300.0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Asking:
    """Of whom something is asked, for messages.

    Parameters
    ----------
    title : the module's name
    doing : what it is asked for: "initialize", "update"
    place : from the marks of a process to the catchment, and when that is, "" where it is at no step
    """

    title: str
    doing: str
    place: Callable[[Any], tuple[str, str]]


class Host:
    """A process in which modules of others are.

    Parameters
    ----------
    python : the interpreter; dmod's own where None
    folder : the working folder of the process
    """

    def __init__(self, python: Path | None, folder: Path, limits: Limits) -> None:
        self.opened: set[int] = set()
        self.room = Room.create()
        self._limits = limits
        self._lock = threading.Lock()
        self._gone: DmodError | None = None
        self._log = tempfile.TemporaryFile("ab+")  # noqa: SIM115 - it lives as long as the process
        inward, outward = os.pipe(), os.pipe()
        theirs = (inward[0], outward[1], self.room.descriptor)
        # what an environment does not hold is not seen in it: neither variables nor the user's own packages
        apart = "-P" if python is None else "-I"
        command = [str(python or sys.executable), apart, str(_BOOT), str(_PACKAGE), *map(str, theirs)]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, cwd=folder,
                pass_fds=theirs, start_new_session=True, env=_environment(),
            )  # fmt: skip
        except OSError as error:
            raise PluginError(f"{python or sys.executable} cannot be started: {error.strerror}") from error
        finally:
            os.close(inward[0])
            os.close(outward[1])
        self._channel = Channel(outward[0], inward[1])

    def ask(self, message: Mapping[str, Any], asking: Asking) -> dict[str, Any]:
        """Ask for something and return the answer.

        Raises
        ------
        DmodError
            what was told to have gone wrong, or that the process is gone, does not come back, or takes too
            much memory.
        """
        with self._lock:
            return self._ask(message, asking)

    def run(
        self,
        message: Mapping[str, Any],
        asking: Asking,
        shape: tuple[int, int, int, int],
        fill: Callable[[Any], None],
        take: Callable[[Any], None],
    ) -> dict[str, Any]:
        """Ask for steps, with values in the memory that both see; see `ask`.

        Parameters
        ----------
        shape : instances, inputs, outputs, steps
        fill, take : what puts values there, and what takes results from there
        """
        with self._lock:
            given, results = self.room.values(*shape)
            fill(given)
            answer = self._ask(message, asking)
            take(results)
        return answer

    def close(self) -> None:
        """End the process: it has a moment to end its instances."""
        with suppress(OSError):
            self._channel.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._kill()
        self._log.close()
        self.room.close()

    def _ask(self, message: Mapping[str, Any], asking: Asking) -> dict[str, Any]:
        if self._gone is not None:
            raise self._gone
        printed = self._log.seek(0, os.SEEK_END)
        try:
            self._channel.send({**message, "room": self.room.size})
            answer = self._wait(asking)
        except (EOFError, BrokenPipeError):
            raise self._lost(asking, _ended(self._process.wait())) from None
        if "error" in answer:
            _, when = asking.place(self.room.marks)
            raise error_of(answer["error"], when=when, tail=self._tail(printed))
        return answer

    def _wait(self, asking: Asking) -> dict[str, Any]:
        marks, since = self.room.marks.copy(), time.monotonic()
        while (answer := self._channel.receive(LOOK)) is None:
            now = self.room.marks.copy()
            if (now != marks).any():
                marks, since = now, time.monotonic()
            elif time.monotonic() - since > self._limits.patience:
                self._kill()
                reason = f"did not come back within {self._limits.patience:g} s"
                raise self._lost(asking, reason, hint="it may run forever; --module-patience gives more time")
            used = self._memory()
            if 0 < self._limits.memory < used:
                self._kill()
                raise self._lost(
                    asking,
                    f"took {used >> 20} MiB, and {self._limits.memory >> 20} MiB are allowed for a process",
                    hint="it may leak; --module-memory allows more",
                )
            if self._log.seek(0, os.SEEK_END) > _MOST_PRINTED:
                self._log.truncate(0)
        return answer

    def _lost(self, asking: Asking, reason: str, hint: str | None = None) -> DmodError:
        catchment, when = asking.place(self.room.marks)
        said = {
            "kind": "ForeignError",
            "message": f"module {asking.title}, catchment {catchment}: {asking.doing} {reason}",
            "hint": hint,
            "failure": {
                "reason": reason, "module": asking.title, "catchment": catchment, "function": asking.doing,
                "variable": "", "code": self._process.returncode,
            },
        }  # fmt: skip
        self._gone = error_of(said, when=when, tail=self._tail(0))
        return self._gone

    def _tail(self, begin: int) -> str:
        """Return the last that was printed since the log had some length."""
        end = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(begin, end - _TAIL))
        return self._log.read().decode("utf-8", "replace").strip()

    def _memory(self) -> int:
        """Return the memory of the process [bytes], 0 where that is not told."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _ended(code: int) -> str:
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "unknown"
        return f"broke its process: signal {-code} ({name})"
    return f"ended its process, with status {code}"


def _environment() -> dict[str, str]:
    """Return the variables of a process: none by which the service knows others."""
    kept = (name for name in os.environ if not name.startswith(_SECRETS) or name == "DMOD_CACHE_DIR")
    return {name: os.environ[name] for name in kept}
