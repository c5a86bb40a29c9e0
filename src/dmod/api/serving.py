"""Serving: the roles of a server in this process, until it is asked to stop."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from dmod.accounts.rate_limit import Limit
from dmod.api.application import make_application
from dmod.api.ogc.state import callbacks_of
from dmod.api.services import LOOPBACK_NAMES, GatewaySettings, Services
from dmod.app.server import Server, open_server
from dmod.app.server_settings import ServerSettings
from dmod.app.settings import DataSettings
from dmod.core.atomic import remove, replacing, storing
from dmod.errors import BackendError, InputError
from dmod.jobs.job import label_executor
from dmod.services.jobs.confining import public_owners
from dmod.services.local_token import local_token

SERVER_FILE = "server.json"
"""What a server leaves in its folder while it runs, so that clients of this machine find it."""
LEAVING_SECONDS = 3
"""How long followers are waited for when the server stops."""
BACKLOG = 2048

log = logging.getLogger("dmod.server")


def serve(data: DataSettings, settings: ServerSettings, ready: Callable[[str], None]) -> None:
    """Serve until a signal comes; jobs that run go on, and are taken up again by the next server.

    Parameters
    ----------
    ready : called with the address once requests are answered; "" where this process is no gateway

    Raises
    ------
    BackendError
        the port cannot be listened on.
    InputError, StoreError, IndexFailure
        as `open_server` has them.
    """
    if "gateway" not in settings.roles:
        with open_server(data, settings):
            ready("")
            threading.Event().wait()
        return
    with _listening(settings) as listener, open_server(data, settings) as server:
        host, port = listener.getsockname()[:2]
        url = _url(settings, host, port)
        local_token(server.accounts, data.home)
        app = make_application(_services(server, settings))
        running = uvicorn.Server(_config(app, settings))
        with callbacks_of(app).running(), _announced(data.home, url):
            ready(url)
            running.run(sockets=[listener])


def _services(server: Server, settings: ServerSettings) -> Services:
    return Services(
        server.data, server.jobs, server.accounts, server.bus, _log_of(server), _gateway(settings)
    )


def _config(app: FastAPI, settings: ServerSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="websockets-sansio",
        timeout_graceful_shutdown=LEAVING_SECONDS,
        backlog=BACKLOG,
        proxy_headers=settings.is_loopback,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )


def _gateway(settings: ServerSettings) -> GatewaySettings:
    hosts = settings.hosts or (LOOPBACK_NAMES if settings.is_loopback else ())
    limit = Limit(settings.rate, max(4 * settings.rate, 1.0))
    return GatewaySettings(
        settings.origins, tuple(hosts), settings.open_metrics, limit, public_owners=public_owners()
    )


def _log_of(server: Server) -> Callable[[str, int, int], bytes]:
    def log_of(label: str, offset: int, limit: int) -> bytes:
        job = server.store.job(label.partition(":")[0])
        return server.executors[label_executor(job, label)].log(label, offset, limit)

    return log_of


@contextmanager
def _listening(settings: ServerSettings) -> Iterator[socket.socket]:
    """Yield a socket that listens, so that what is wrong with the address shows before anything is opened."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, socket.gaierror):
            raise InputError(f"{settings.host} is no address of this machine") from error
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise BackendError(
            f"{settings.host}:{settings.port} cannot be listened on: {reason}",
            hint="a server may run there already; --port 0 takes any port that is free",
        ) from error
    try:
        yield listener
    finally:
        listener.close()


def _url(settings: ServerSettings, host: str, port: int) -> str:
    named = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    shown = f"[{named}]" if ":" in named else named
    return f"{'https' if settings.certificate else 'http'}://{shown}:{port}"


@contextmanager
def _announced(home: Path, url: str) -> Iterator[None]:
    """Let clients of this machine find the server."""
    path = home / SERVER_FILE
    with storing(path), replacing(path) as aside:
        aside.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
    try:
        yield
    finally:
        with suppress(OSError, ValueError, KeyError):
            if json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid():
                remove(path)
