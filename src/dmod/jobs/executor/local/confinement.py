"""What a process of an action is given of this machine, and nothing else."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from dmod.jobs.executor.local.orphans import MARK

KEPT = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH",
    "VIRTUAL_ENV", "PROJ_DATA", "GDAL_DATA", "SSL_CERT_FILE", "SSL_CERT_DIR", "DMOD_NODE", "DMOD_MPIRUN",
    "DMOD_RANKS_NETWORK", "DMOD_ATTEMPT_IMAGE", "DMOD_ATTEMPT_IMAGE_ID", "DMOD_NGEN",
)  # fmt: skip
"""Variables of a server that its attempts get; all others may hold secrets."""
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip
ATTEMPT = "DMOD_ATTEMPT"
UMASK = 0o077
SPARE = 1 << 30
"""Memory that one process may ask for beyond the limit: libraries reserve what they never touch [bytes]."""


def kept_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what attempts get of an environment."""
    return {name: environment[name] for name in KEPT if name in environment}


def variables_of(
    kept: Mapping[str, str], label: str, cpus: int, temporary: str, more: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment of an action; what is passed to it on purpose comes last."""
    return {
        **kept_variables(kept),
        **dict.fromkeys(THREADS, str(cpus)),
        "TMPDIR": temporary,
        MARK: kept.get(MARK, ""),
        ATTEMPT: label,
        **more,
    }


def replace_environment(variables: Mapping[str, str]) -> None:
    """Let this process have these variables and no others."""
    os.environ.clear()
    os.environ.update(variables)
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]


def default_signals() -> None:
    """Let signals do what they do in a new process."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def redirect(output: int) -> None:
    """Read nothing, and write output and errors to a descriptor."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # those of the launcher belong to a file, and would keep what is to be seen at once
    sys.stdout = _stream(1)
    sys.stderr = _stream(2)


def _stream(descriptor: int) -> Any:
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def close_all_but(kept: int) -> None:
    """Close all descriptors beside input, output, errors and one."""
    os.closerange(3, kept)
    os.closerange(kept + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def limit(memory: int | None, *, is_memory_kept: bool) -> None:
    """Set limits of this process and of what it starts.

    Parameters
    ----------
    is_memory_kept : whether the system looks after the memory of all processes together
    """
    os.umask(UMASK)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory is not None and not is_memory_kept:
        most = max(2 * memory, memory + SPARE)
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def prefer_to_others() -> None:
    """Have the system end this process before others when memory runs out: before the server, above all."""
    with suppress(OSError):
        descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(descriptor, b"500")
        os.close(descriptor)


def run_on(cpus: tuple[int, ...]) -> None:
    """Run on some processors only, if there are any."""
    if cpus:
        os.sched_setaffinity(0, cpus)
