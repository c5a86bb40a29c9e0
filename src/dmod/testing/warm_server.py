"""The process that `dmod.testing.warm_command` forks commands from.

    python -P -m dmod.testing.warm_server DESCRIPTOR

It has imported what commands and servers want, starts no thread, and ends when the other side is closed.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import NoReturn

PRELOAD = (
    "numba", "netCDF4", "xarray", "shapely", "pyproj", "pint", "zarr", "numcodecs", "scipy.sparse",
    "scipy.fft", "scipy.ndimage", "cffi", "rich.console", "rich.table", "rich.progress", "typer._adapters",
    "alembic.command", "alembic.op", "mako.template", "sqlalchemy.dialects.sqlite", "jinja2",
    "rocrate.rocrate", "requests",
    "dmod.app.wiring", "dmod.catalog.index.migrating", "dmod.catalog.index.sql", "dmod.catalog.store.folder",
    "dmod.catalog.store.folder_ingest", "dmod.cli.main", "dmod.database.opening", "dmod.engine.models.cfe",
    "dmod.engine.models.pet", "dmod.engine.models.sloth", "dmod.engine.models.topmodel",
    "dmod.engine.routing.router", "dmod.forcing.gridded.example_stores", "dmod.forcing.gridded.joined",
    "dmod.forcing.gridded.unpacking_kernel", "dmod.forcing.weather.weather", "dmod.hydrofabric.example.basin",
    "dmod.services.check", "dmod.services.comparison.compare", "dmod.services.configure",
    "dmod.services.data.asking", "dmod.services.data.bringing", "dmod.services.data.crate",
    "dmod.services.data.detect.detecting", "dmod.services.data.service", "dmod.services.example",
    "dmod.services.example_fabric", "dmod.services.example_store", "dmod.services.forcing_request",
    "dmod.services.modules.check", "dmod.services.partition", "dmod.services.prepare", "dmod.services.report",
    "dmod.services.run", "dmod.services.subset",
)  # fmt: skip
"""Modules that commands want; one that is not there is passed over. None of them may start a thread."""
SERVE = "serve"
PRELOAD_SERVER = (
    "dmod.api.serving", "dmod.app.server", "dmod.accounts.store.sql", "dmod.catalog.index.writing",
    "dmod.jobs.store.sql", "dmod.jobs.store.writing", "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg", "psycopg", "redis", "alembic.command", "alembic.op",
    "prometheus_client", "httptools", "uvicorn.lifespan.off", "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl", "uvicorn.loops.uvloop",
)  # fmt: skip
"""What servers want beside these, imported before the first of them."""
REQUEST = 1 << 20


def serve(line: socket.socket) -> None:
    """Fork a process for each request, and tell how each ended, until the other side is closed."""
    from typer.main import get_command

    _import(PRELOAD)
    _load_numba()
    command = import_module("dmod.cli.main")
    command.app = get_command(command.app)  # type: ignore[attr-defined]
    running: dict[int, tuple[int, socket.socket]] = {}
    while True:
        ready, _, _ = select.select([line.fileno(), *running], [], [])
        for ended in running.keys() & set(ready):
            _tell_end(ended, *running.pop(ended))
        if line.fileno() in ready:
            data, descriptors, _, _ = socket.recv_fds(line, REQUEST, 3)
            if not data:
                return
            request = json.loads(data)
            if SERVE in request["arguments"][:1]:
                _import(PRELOAD_SERVER)
            pid = os.fork()
            if pid == 0:
                for left in (line.fileno(), *running, *(one.fileno() for _, one in running.values())):
                    os.close(left)
                _be_command(request, descriptors)
            for descriptor in descriptors[:2]:
                os.close(descriptor)
            running[_tell_start(pid, descriptors[2])] = (pid, socket.socket(fileno=descriptors[2]))


def _load_numba() -> None:
    """Have Numba import what it otherwise imports when the first loop is called."""
    with suppress(ImportError):
        from numba.core.registry import cpu_target

        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()


@cache
def _import(names: tuple[str, ...]) -> None:
    """Import modules once; what is there stays shared with those that are forked."""
    for name in names:
        with suppress(ImportError):
            import_module(name)
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - counts
    assert threads == 1, "one of these modules starts a thread, and what has several cannot be forked"
    gc.collect()
    gc.freeze()


def _tell_start(pid: int, line: int) -> int:
    process = os.pidfd_open(pid)
    with socket.socket(fileno=os.dup(line)) as one, suppress(OSError):
        socket.send_fds(one, [str(pid).encode()], [process])
    return process


def _tell_end(process: int, pid: int, line: socket.socket) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(process)
    with line, suppress(OSError):
        line.send(str(os.waitstatus_to_exitcode(status)).encode())


def _be_command(request: Mapping[str, object], descriptors: Sequence[int]) -> NoReturn:
    """Be the process of a command, and end."""
    os.setsid()
    # those of a user's shell, whoever runs the tests
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.close(descriptors[2])
    for number, descriptor in zip((1, 2), descriptors[:2], strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    # those that are there may have been of another kind: one of a file, and this is a pipe
    variables: dict[str, str] = request["variables"]  # type: ignore[assignment]
    encoding = variables.get("PYTHONIOENCODING", "") or "utf-8"
    sys.stdout = os.fdopen(1, "w", encoding=encoding, closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, encoding=encoding, errors="backslashreplace", closefd=False)
    if isinstance(limit := request["file_limit"], int):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(variables)
    code = 1
    try:
        _act(str(request["script"]), request["arguments"])  # type: ignore[arg-type]
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:  # noqa: BLE001  # boundary: what a command does not catch is seen as from a shell
        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code & 0xFF)


def _act(script: str, arguments: Sequence[str]) -> None:
    """Do what a process is for."""
    import dmod.cli.main as command

    sys.argv[:] = ["-c" if script else str(command.__file__), *arguments]
    if script:
        exec(compile(script, "<string>", "exec"), {"__name__": "__main__"})
    else:
        command.run()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as line:
        serve(line)
