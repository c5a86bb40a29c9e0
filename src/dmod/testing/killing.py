"""Killing a process at a chosen point, to see what is lost.

A call runs in a child process that kills itself (SIGKILL: nothing is put in order) when it is about to do
its n-th act on files, or after a time. What it did by then stays, as when a machine's memory runs out.

    points = count_acts(call)
    for point in random.sample(range(points), 20):
        assert killed_at(call, point)
        # look at what is left
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable

ACTS = frozenset(
    {
        "open", "os.rename", "os.remove", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.chmod",
        "os.truncate", "os.utime", "os.scandir", "os.listdir", "shutil.rmtree", "sqlite3.connect",
        "fcntl.flock", "import",
    }
)  # fmt: skip
"""Audit events of Python before which a process can be killed."""
FAILED = 17


def count_acts(call: Callable[[], object]) -> int:
    """Run a call to its end in a child process; return how many acts it did.

    Raises
    ------
    RuntimeError
        it failed; its traceback is on standard error.
    """
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        _run_child(call, None, sending)
    os.close(sending)
    with os.fdopen(receiving) as pipe:
        answer = pipe.read()
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
        raise RuntimeError("the call failed without being killed")
    return int(answer)


def killed_at(call: Callable[[], object], act: int) -> bool:
    """Run a call in a child process that is killed before it does its act number ``act``, counted from 0.

    Returns
    -------
    killed : False where the call ended before

    Raises
    ------
    RuntimeError
        it failed by itself.
    """
    pid = os.fork()
    if pid == 0:
        _run_child(call, act, None)
    return _was_killed(pid)


def killed_after(call: Callable[[], object], seconds: float) -> bool:
    """Run a call in a child process that is killed after a time; see `killed_at`."""
    pid = os.fork()
    if pid == 0:
        # the default action of this signal ends the process at once, wherever it is
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))
        _run_child(call, None, None)
    return _was_killed(pid)


def _was_killed(pid: int) -> bool:
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status in (-signal.SIGKILL, -signal.SIGALRM):
        return True
    if status != 0:
        raise RuntimeError(f"the call failed by itself, with status {status}")
    return False


def _run_child(call: Callable[[], object], last: int | None, answer: int | None) -> None:
    """Run a call and leave the process; never returns."""
    done = 0

    def watch(event: str, _arguments: object) -> None:
        nonlocal done
        if event in ACTS:
            if done == last:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1

    sys.addaudithook(watch)
    try:
        call()
    except BaseException:  # noqa: BLE001  # boundary: the child must not go on as if it were its parent
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(FAILED)
    if answer is not None:
        os.write(answer, str(done).encode())
    os._exit(0)
