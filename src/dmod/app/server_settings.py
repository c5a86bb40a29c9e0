"""How the server runs: from options, the environment, the table ``[server]`` of the settings, or defaults.

# ~/.config/dmod/config.toml
[server]
host = "127.0.0.1"
port = 8470
cpus = 14                     # that jobs may have; else all of the machine's
memory = "56 GB"
disk = "200 GB"               # that the folder of a job may hold
processes = 4096              # that an attempt may have at a time
redis = "redis://events.example.org/0"
origins = ["https://hydro.example.org"]     # pages that may ask from a browser; none by default

[server.policy]               # how the queue is ordered; docs/explanation/scheduling.md
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dmod.app.settings import config_table
from dmod.core.quantity import parse_size
from dmod.errors import InputError

PORT = 8470
ROLES = ("gateway", "controller")
_VARIABLES = {"host": "DMOD_HOST", "port": "DMOD_PORT", "redis": "DMOD_REDIS"}
"""Environment variable of some settings."""
LOCAL = "local"
_EXECUTORS = "executors"
"""What is given names them; the file has their settings."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the server runs.

    Parameters
    ----------
    host, port : that the gateway listens on; port 0 is any that is free
    roles : what this process does
    cpus, memory : that jobs may have on this machine [1, bytes]; None is all there is, less a reserve
    disk : that the folder of a job on this machine may hold [bytes]; None sets no limit
    processes : that an attempt on this machine may have at a time; None sets no limit
    redis : tells several processes that something has changed; "" where one process does all
    origins : web pages of other addresses that may ask
    hosts : names under which the gateway may be asked for; those of this machine's own where empty
    certificate, key : files for TLS
    open_metrics : whether who asks from this machine gets ``/metrics`` without a token
    rate : requests a second that one user may send in the long run
    policy : of the queue, as `Policy` has it
    executor : where jobs run that do not say
    engines : that jobs may ask for; all where empty
    executors : beside the one of this machine: settings by name
    """

    host: str = "127.0.0.1"
    port: int = PORT
    roles: tuple[str, ...] = ROLES
    cpus: int | None = None
    memory: int | None = None
    disk: int | None = None
    processes: int | None = None
    redis: str = ""
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    open_metrics: bool = True
    rate: float = 50.0
    policy: Mapping[str, Any] = field(default_factory=dict)
    executor: str = LOCAL
    engines: tuple[str, ...] = ()
    executors: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the gateway."""
        return self.host in {"127.0.0.1", "::1", "localhost"}


def read_server_settings(given: Mapping[str, Any] | None = None) -> ServerSettings:
    """Return the settings: what is given goes before the environment, that before the file and the defaults.

    Raises
    ------
    InputError
        a value is not what it should be.
    """
    names = [item.name for item in fields(ServerSettings)]
    found = dict(config_table("server", names))
    found |= {name: os.environ[variable] for name, variable in _VARIABLES.items() if os.environ.get(variable)}
    chosen = {name: value for name, value in (given or {}).items() if value is not None}
    named = chosen.pop(_EXECUTORS, ())
    found |= chosen
    found[_EXECUTORS] = {**{name: {} for name in named}, **found.get(_EXECUTORS, {})}
    try:
        values = {name: _READ.get(name, _same)(value) for name, value in found.items()}
    except (TypeError, ValueError) as error:
        said, hint = (error.message, error.hint) if isinstance(error, InputError) else (str(error), None)
        raise InputError(
            f"[server]: {said}", hint=hint or "docs/how-to/run-a-server.md lists the settings"
        ) from error
    settings = ServerSettings(**values)
    unknown = sorted(set(settings.roles) - set(ROLES))
    if unknown or not settings.roles:
        raise InputError(f"{', '.join(unknown) or 'nothing'} is no role", hint="roles: " + ", ".join(ROLES))
    if (settings.certificate is None) != (settings.key is None):
        raise InputError("TLS needs a certificate and its key", hint="give both, or neither")
    if settings.certificate is not None and settings.key is not None:
        _require_certificate(settings.certificate, settings.key)
    known = (LOCAL, *settings.executors)
    if settings.executor not in known:
        raise InputError(
            f"[server]: executor {settings.executor!r} is none that this server has",
            hint=f"there are {', '.join(known)}; a table [server.executors.NAME] sets up another",
        )
    return settings


def _require_certificate(certificate: Path, key: Path) -> None:
    """Refuse files that no TLS can be spoken with, before anything is started."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:  # what the library says of TLS is an OSError, too
        why = "they are no certificate and key of each other, in PEM"
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            why = (error.strerror or "").lower()
        raise InputError(
            f"TLS cannot be had by {certificate} and {key}: {why}",
            hint="give the certificate, with those between, and its key without a password",
        ) from error


def _same(value: Any) -> Any:
    return value


def _port(value: Any) -> int:
    number = int(value)
    if not 0 <= number < 65536:
        raise ValueError(f"port {number} is none; 0 to 65535 are")
    return number


def _count(value: Any) -> int:
    number = int(value)
    if number < 1:
        raise ValueError(f"cpus and processes are 1 or more, not {number}")
    return number


def _size(value: Any) -> int:
    size = parse_size(value) if isinstance(value, str) else int(value)
    if size < 1:
        raise ValueError(f"memory and disk are more than nothing, not {value!r}")
    return size


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)


_READ: Mapping[str, Any] = {
    "port": _port,
    "roles": _texts,
    "cpus": _count,
    "memory": _size,
    "disk": _size,
    "processes": _count,
    "origins": _texts,
    "hosts": _texts,
    "certificate": lambda value: Path(value).expanduser(),
    "key": lambda value: Path(value).expanduser(),
    "rate": float,
    "policy": dict,
    "executor": str,
    "engines": _texts,
    "executors": dict,
}
