"""The edge of the process: what errors, signals and faults look like to the user, and the exit status."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType

from dmod.errors import BackendError, DmodError

DEBUG = "DMOD_DEBUG"
FAULT = 70
"""Exit status of a fault of dmod itself (EX_SOFTWARE of sysexits.h)."""
STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(BaseException):
    """The process was asked to stop; it leaves by this, so that everything is put in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def guarded(call: Callable[[], object]) -> int:
    """Call the command line and return the exit status; no traceback unless ``DMOD_DEBUG`` is set."""
    _listen()
    _write_any_text()
    try:
        call()
    except Stopped as stop:
        sys.stderr.write(f"stopped by {signal.Signals(stop.number).name}: nothing was left half-written\n")
        return 128 + stop.number
    except DmodError as error:
        return _told(error)
    except BrokenPipeError:
        # nobody reads on; the interpreter would complain again when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _told(_of_system(error))
    except MemoryError as error:
        _trace(error)
        return _told(BackendError("there is not enough memory", hint="run fewer catchments or workers"))
    except Exception as error:  # noqa: BLE001  # boundary: anything else is a fault of dmod
        return _fault(error)
    return 0


def _listen() -> None:
    """Leave in good order when asked to stop; asked again meanwhile, go on leaving."""
    leaving = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal leaving
        if not leaving:
            leaving = True
            raise Stopped(number)

    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup, or in the background of a script
            signal.signal(number, stop)


def _write_any_text() -> None:
    """Replace what the terminal's encoding lacks, rather than fail after a long run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _told(error: DmodError) -> int:
    _trace(error)
    sys.stderr.write(f"error: {error}\n")
    return error.exit_code


def _of_system(error: OSError) -> DmodError:
    what = f"{error.filename}: " if error.filename else ""
    return BackendError(
        f"{what}{(error.strerror or str(error)).lower()}",
        hint="check that it is there, with its permissions and the space on its disk",
    )


def _fault(error: Exception) -> int:
    _trace(error)
    text = " ".join(str(error).split())[:300]
    sys.stderr.write(
        f"error: this is a fault of dmod, not of your input: {type(error).__name__}: {text}\n"
        f"  hint: please report it with the run package and what {DEBUG}=1 prints; "
        "nothing was left half-written\n"
    )
    return FAULT


def _trace(error: BaseException) -> None:
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
