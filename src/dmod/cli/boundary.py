"""The edge of the process: what errors, signals and faults look like to the user, and the exit status."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable

from dmod.cli.stopping import Stopped, Stopping
from dmod.errors import BackendError, DmodError

DEBUG = "DMOD_DEBUG"
FAULT = 70
"""Exit status of a fault of dmod itself (EX_SOFTWARE of sysexits.h)."""


def guarded(call: Callable[[], object]) -> int:
    """Call the command line and return the exit status; no traceback unless ``DMOD_DEBUG`` is set."""
    _write_any_text()
    with Stopping() as stopping:
        status = _status_of(call, stopping)
    if status and stopping.number is not None:
        sys.stderr.write(
            f"stopped by {signal.Signals(stopping.number).name}: nothing was left half-written\n"
        )
        return 128 + stopping.number
    return status


def _status_of(call: Callable[[], object], stopping: Stopping) -> int:
    """Call the command line and return the exit status; what follows from a stop is not told as an error."""
    try:
        call()
    except Stopped:
        return FAULT
    except BrokenPipeError:
        # nobody reads on; the interpreter would complain again when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  # boundary: what nobody caught is told, and is not shown as it is
        _trace(error)
        return FAULT if stopping.number is not None else _told(error)
    return 0


def _write_any_text() -> None:
    """Replace what the terminal's encoding lacks, rather than fail after a long run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _told(error: Exception) -> int:
    """Say what went wrong, and return the exit status that stands for it."""
    if isinstance(error, OSError):
        error = _of_system(error)
    elif isinstance(error, MemoryError):
        error = BackendError("there is not enough memory", hint="run fewer catchments or workers")
    if isinstance(error, DmodError):
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    text = " ".join(str(error).split())[:300]
    sys.stderr.write(
        f"error: this is a fault of dmod, not of your input: {type(error).__name__}: {text}\n"
        f"  hint: please report it with the run package and what {DEBUG}=1 prints; "
        "nothing was left half-written\n"
    )
    return FAULT


def _of_system(error: OSError) -> DmodError:
    what = f"{error.filename}: " if error.filename else ""
    return BackendError(
        f"{what}{(error.strerror or str(error)).lower()}",
        hint="check that it is there, with its permissions and the space on its disk",
    )


def _trace(error: BaseException) -> None:
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
