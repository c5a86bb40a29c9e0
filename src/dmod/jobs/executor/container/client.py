"""Docker's engine, or the manager of a swarm, as somebody to ask; what its client raises is translated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from dmod.errors import BackendError, ConflictError, DmodError, InputError, MissingExtra, NotFoundError

VERSION = "1.41"
"""Of Docker's interface: that of Docker 20.10, the first whose swarm can drop capabilities."""
BUSY = frozenset({500, 502, 503, 504})


class Reached(Protocol):
    """How an engine is reached: part of the settings of executors over one."""

    @property
    def address(self) -> str:
        """Return where it listens, as Docker writes it."""

    @property
    def timeout(self) -> float:
        """Return how long it may take for an answer [s]."""

    @property
    def ca(self) -> str:
        """Return the file to know it by."""

    @property
    def certificate(self) -> str:
        """Return the file to be known by."""

    @property
    def key(self) -> str:
        """Return the key of that."""


def open_client(settings: Reached) -> Any:
    """Return a client of an engine; nothing is asked yet.

    Raises
    ------
    MissingExtra
        Docker's client is not installed.
    InputError
        the address, or a file to be known by, is none.
    """
    try:
        import docker  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "an executor over containers needs Docker's client", hint='pip install "dmod[docker]"'
        ) from error
    try:
        tls: Any = False
        if settings.ca or settings.certificate:
            pair = (settings.certificate, settings.key) if settings.certificate else None
            tls = docker.tls.TLSConfig(
                client_cert=pair, ca_cert=settings.ca or None, verify=bool(settings.ca)
            )
        client = docker.APIClient(
            base_url=settings.address, version=VERSION, timeout=settings.timeout, tls=tls
        )
    except (docker.errors.DockerException, ValueError) as error:
        raise InputError(
            f"Docker cannot be asked at {settings.address!r}: {error}",
            hint="unix:///var/run/docker.sock, or tcp://host:2376 with ca, certificate and key",
        ) from error
    from dmod.jobs.executor.container.connection import mount_adapter

    mount_adapter(client)
    return client


@contextmanager
def asking(address: str) -> Iterator[None]:
    """Translate what Docker's client raises.

    Raises
    ------
    BackendError
        there is no answer, or one that it cannot give now.
    ConflictError, NotFoundError
        it is there already, or not there.
    """
    import docker
    import requests

    try:
        yield
    except DmodError:
        raise
    except docker.errors.APIError as error:
        raise _translated(error.status_code or 500, str(error.explanation or error), address) from error
    except (docker.errors.DockerException, requests.RequestException, OSError, ValueError) as error:
        raise BackendError(
            f"Docker at {address} gives no answer: {error}",
            hint="is it running there?",
            retryable=True,
        ) from error


def _translated(status: int, said: str, address: str) -> DmodError:
    if status == 503 and "not a swarm manager" in said:
        return BackendError(
            f"the engine at {address} is no manager of a swarm",
            hint="name a manager, or do `docker swarm init`",
        )
    if status == 404 or (said.startswith("network ") and said.endswith("not found")):
        return NotFoundError(said)
    if status == 409:
        return ConflictError(said)
    if status in BUSY:
        return BackendError(f"Docker at {address} fails: {said}", retryable=True)
    return BackendError(f"Docker refuses it: {said}")
