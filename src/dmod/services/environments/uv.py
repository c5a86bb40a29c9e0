"""The program uv, which resolves and installs: where it is, how it is run, and what its failures mean."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from dmod.core.redaction import redact
from dmod.errors import BackendError, InputError
from dmod.services.environments.uv_failure import failure
from dmod.services.environments.variables import kept_variables

Tell = Callable[[str], None]

LIMIT = 3600.0
KEPT_LINES = 400


def find_uv(named: Path | str | None = None) -> Path:
    """Return the program uv: the one that is named, of this Python, of ``UV``, or on the path.

    Raises
    ------
    InputError
        there is none.
    """
    if named is not None:
        places: list[Path | str | None] = [named]
    else:
        beside = Path(sys.executable).with_name("uv")
        places = [_of_package(), beside, os.environ.get("UV"), shutil.which("uv")]
    for place in places:
        if place and Path(place).is_file() and os.access(place, os.X_OK):
            return Path(place).absolute()
    raise InputError(
        f"environment: {named} is no program" if named else "environment: there is no uv, which builds them",
        hint="install it beside dmod: pip install uv; an environment that exists needs none: name its path",
    )


def _of_package() -> str | None:
    try:
        from uv import find_uv_bin  # type: ignore[import-not-found, unused-ignore]

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        return None


@dataclass(frozen=True, slots=True)
class Uv:
    """Runs uv, apart from the service's own packages, variables and downloads.

    Parameters
    ----------
    program : where it is
    downloads : folder of what it has downloaded and built; of environments alone
    offline : whether it may use only that and what lies in folders
    limit_seconds : after which a run of it is ended
    """

    program: Path
    downloads: Path
    offline: bool = False
    limit_seconds: float = LIMIT

    @property
    def version(self) -> str:
        """Return what it calls itself, such as "uv 0.9.1"."""
        try:
            done = subprocess.run(
                [self.program, "--version"], capture_output=True, text=True, check=True, timeout=60
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise BackendError(f"environment: {self.program} cannot be run: {error}") from error
        return " ".join(done.stdout.split()[:2])

    def run(self, doing: str, arguments: Sequence[str | Path], folder: Path, tell: Tell) -> str:
        """Run a command of uv in a folder and return what it wrote to its standard output.

        All that it says is told line by line, without secrets. When this is left by an exception, nothing of
        what it started runs on.

        Parameters
        ----------
        doing : what is done, for the message, such as "resolving"

        Raises
        ------
        DmodError
            it failed; the error tells uv's own reason.
        """
        command = [str(self.program), *map(str, arguments)]
        command += ["--cache-dir", str(self.downloads), "--no-progress", "--color", "never"]
        command += ["--offline"] if self.offline else []
        said: list[str] = []
        with TemporaryFile() as output:
            try:
                process = self._start(command, folder, output.fileno())
            except OSError as error:
                raise BackendError(f"environment: {self.program} cannot be run: {error}") from error
            is_late = threading.Event()

            def hear(line: str) -> None:
                said.append(line)
                tell(line)

            status = self._follow(process, hear, is_late)
            if status != 0:
                why = f"it took longer than {self.limit_seconds:,.0f} s" if is_late.is_set() else ""
                raise failure(doing, status, said[-KEPT_LINES:], why=why, folder=folder)
            output.seek(0)
            return output.read().decode("utf-8", "replace")

    def _start(self, command: Sequence[str], folder: Path, output: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=kept_variables(os.environ) | {"UV_PYTHON_INSTALL_BIN": "0"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def _follow(self, process: subprocess.Popen[bytes], hear: Tell, is_late: threading.Event) -> int:
        def end_late() -> None:
            is_late.set()
            _end(process)

        timer = threading.Timer(self.limit_seconds, end_late)
        timer.daemon = True
        timer.start()
        try:
            assert process.stderr is not None
            with process.stderr as lines:
                for line in lines:
                    hear(redact(line.decode("utf-8", "replace").rstrip()))
            return process.wait()
        finally:
            timer.cancel()
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started and left behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
