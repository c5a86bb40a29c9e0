"""Which server is asked, and with which token: by arguments, environment, settings, or one that runs here.

# ~/.config/dmod/config.toml
[client]
server = "https://dmod.example.org"
token = "dmod_..."                # the file must then be its owner's alone: chmod 600
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dmod.accounts.secret import Secret
from dmod.app.settings import config_path, config_table, read_settings
from dmod.core.process import Process
from dmod.errors import BackendError, InputError, NotPermitted, StoreError
from dmod.services.local_token import read_local_token

SERVER, TOKEN = "DMOD_SERVER", "DMOD_TOKEN"
SERVER_FILE = "server.json"
"""What a server of this machine leaves in its folder while it runs: its ``url`` and ``pid``."""
_KEYS = ("server", "token")


@dataclass(frozen=True, slots=True)
class Address:
    """A server, and what to show it.

    Parameters
    ----------
    url : without a path's last slash, and without ``/v1``
    token : None where there is none
    """

    url: str
    token: Secret | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def find_address(
    server: str | None = None, token: str | Secret | None = None, home: str | Path | None = None
) -> Address:
    """Return the server to ask.

    A token is shown only to the server that it is for: that of the settings to the server of the settings,
    that of this machine to the server of this machine, and one that is given to the server that is asked.

    Parameters
    ----------
    server : address, ``https://dmod.example.org``
    token : its text
    home : folder of a server of this machine; else that of the settings

    Raises
    ------
    BackendError
        no server is named, and none runs here.
    InputError
        an address or the settings cannot be used.
    NotPermitted
        a file with a token can be read by others.
    """
    table = config_table("client", _KEYS)
    given = _secret(token) or _secret(os.environ.get(TOKEN))
    named = server or (None if home else os.environ.get(SERVER) or _text(table, "server"))
    if named is None:
        return _local(_home(home), given)
    url = _url(named)
    if given is None and _text(table, "server") and _url(str(table["server"])) == url:
        given = _settings_token(table)
    if given is None:
        given = _token_if_local(_home(home), url)
    return Address(url, given)


def _home(home: str | Path | None) -> Path:
    return read_settings({"home": None if home is None else str(home)}).home


def _local(home: Path, given: Secret | None) -> Address:
    url = _running(home)
    if url is None:
        raise BackendError(
            f"no dmod server is running for {home}",
            hint=f"start one: dmod serve; or name one that runs elsewhere: {SERVER}=https://...",
            retryable=True,
        )
    return Address(url, given or read_local_token(home))


def _token_if_local(home: Path, url: str) -> Secret | None:
    return read_local_token(home) if _running(home) == url else None


def _running(home: Path) -> str | None:
    """Return the address of the server that runs for a folder; None where none does."""
    path = home / SERVER_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        url, pid = str(found["url"]), int(found["pid"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {(error.strerror or '').lower()}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} does not say where the server is",
            hint="remove it, and start the server again: dmod serve",
        ) from error
    return _url(url) if pid > 0 and not Process.of(pid).is_gone() else None


def _settings_token(table: Mapping[str, Any]) -> Secret | None:
    secret = _secret(_text(table, "token"))
    if secret is not None:
        path = config_path()
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise NotPermitted(
                f"{path} holds a token and is open to others (mode {mode:04o})", hint=f"chmod 600 {path}"
            )
    return secret


def _text(table: Mapping[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{config_path()}: [client] {key} is text")
    return value or None


def _secret(token: str | Secret | None) -> Secret | None:
    if token is None or isinstance(token, Secret):
        return token
    text = token.strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise InputError("the token cannot be one", hint=f"a token is letters, digits and _; see {TOKEN}")
    return Secret(text) if text else None


def _url(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise InputError("the address of the server cannot be read", hint=_WRITTEN) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(f"{text!r} is no address of a server", hint=_WRITTEN)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        # what stands there may be a secret, so it is not repeated
        raise InputError(
            f"the address of the server {parts.hostname} says more than where it is",
            hint=f"{_WRITTEN}; a token goes into {TOKEN}",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.rstrip("/").removesuffix("/v1")
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{path}"


_WRITTEN = "write it like https://dmod.example.org or http://127.0.0.1:8470"
