"""The process that does an action: forked by its supervisor, and ended with it.

If a supervisor is killed the system ends the process of the action at once. An action that went on unseen
could still write to stores while the same step is tried again; nothing that it would have found counts.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.action import ActionContext
from dmod.jobs.executor.image import APART
from dmod.jobs.executor.local.attempt_folder import OUTCOME, AttemptFolder
from dmod.jobs.executor.local.confinement import (
    close_all_but,
    default_signals,
    limit,
    prefer_to_others,
    redirect,
    replace_environment,
    run_on,
    variables_of,
)
from dmod.jobs.executor.local.control_group import ControlGroup
from dmod.jobs.executor.local.linux import end_with_parent, set_name
from dmod.jobs.executor.local.orphans import PAYLOAD
from dmod.jobs.executor.local.work import Work
from dmod.jobs.executor.outcome import Outcome, outcome_of
from dmod.jobs.executor.port import Progress

FAILED = 1
"""Exit code where the action says itself what was wrong."""
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

log = logging.getLogger("dmod.executor")


class _AskedToEnd(SystemExit):
    """Raised in the action when its process is asked to end."""


def do_work(
    work: Work, folder: AttemptFolder, group: ControlGroup | None, output: int, line: socket.socket
) -> NoReturn:
    """Do an action in this process and end it.

    Parameters
    ----------
    output : where what it writes goes
    line : to its supervisor, for progress
    """
    code = FAILED
    try:
        outcome = _outcome(work, Path(folder.path), group, output, line)
        folder.write(OUTCOME, outcome.as_json())
        code = 0 if outcome.cause is None else FAILED
    except _AskedToEnd:
        _flush()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        if isinstance(error.code, str):
            log.error("%s", error.code)
    except BaseException:  # boundary: the process ends here, and its log says why
        log.exception("the process of an action could not end in good order")
    finally:
        _flush()
        os._exit(code & 0xFF)


def _outcome(
    work: Work, folder: Path, group: ControlGroup | None, output: int, line: socket.socket
) -> Outcome:
    try:
        _confine(work, group, output, line)
    except OSError as error:
        message = f"the process of the action could not be set up: {error}"
        log.exception("%s", message)
        return Outcome(cause=Cause(CauseKind.BACKEND, message, retryable=True))
    context = ActionContext(
        work.label, work.folder, work.cpus, work.memory, work.hosts, folder, report=_telling(line)
    )
    return outcome_of(work.action, work.inputs, context)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def _confine(work: Work, group: ControlGroup | None, output: int, line: socket.socket) -> None:
    """Become what the action is to see."""
    end_with_parent(signal.SIGKILL)
    if os.getppid() != work.supervisor:
        os._exit(FAILED)  # it was killed before it could take this process with it
    set_name(PAYLOAD)
    os.setpgid(0, 0)
    default_signals()
    if group is not None:
        group.enter()
    prefer_to_others()
    redirect(output)
    close_all_but(line.fileno())
    limit(work.memory, is_memory_kept=group is not None and work.is_memory_kept)
    run_on(work.processors)
    replace_environment(variables_of(os.environ, work.label, work.cpus, work.temporary, work.environment))
    os.chdir(work.folder / APART if work.image else work.folder)
    signal.signal(signal.SIGTERM, _end)
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stderr, force=True)


def _end(number: int, frame: object) -> NoReturn:
    """End in good order when asked to: what is under way is taken back by those who began it."""
    del number, frame
    raise _AskedToEnd


def _telling(line: socket.socket) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        message = json.dumps({"text": progress.text, "done": progress.done}).encode()
        try:
            line.send(message)
        except OSError:
            return  # nobody listens any more: this process is about to be ended

    return tell
