"""Open the store that an address names: a folder, a bucket, or one in memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from dmod.catalog.store.answers import configuring
from dmod.catalog.store.parts import PART_SIZE
from dmod.catalog.store.port import ObjectStore
from dmod.errors import InputError

SCHEMES: Mapping[str, str] = {
    "file": "file:///folder, or its path",
    "s3": "s3://bucket/prefix",
    "gs": "gs://bucket/prefix",
    "az": "az://container/prefix",
    "memory": "memory://",
}
OPTIONS: Mapping[str, str] = {
    "endpoint": "address of a server of your own that speaks S3, or Azure's protocol (also AWS_ENDPOINT_URL)",
    "region": "S3: region of the bucket (also AWS_REGION)",
    "access_key_id": "S3: credentials (also AWS_ACCESS_KEY_ID)",
    "secret_access_key": "S3: credentials (also AWS_SECRET_ACCESS_KEY)",
    "session_token": "S3: credentials (also AWS_SESSION_TOKEN)",
    "service_account": "Google: file with credentials (also GOOGLE_APPLICATION_CREDENTIALS)",
    "account_name": "Azure: credentials (also AZURE_STORAGE_ACCOUNT_NAME)",
    "account_key": "Azure: credentials (also AZURE_STORAGE_ACCOUNT_KEY)",
    "allow_http": "true: without encryption; by default only where the endpoint says http://",
    "part_size": "files larger than so many bytes are written in several objects",
    "timeout": "seconds without an answer after which a request is repeated",
    "retries": "how often a request is repeated before it is given up",
}
TIMEOUT, RETRIES = 30.0, 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(milliseconds=100), timedelta(seconds=2)
_CREDENTIALS = {
    "s3": ("endpoint", "region", "access_key_id", "secret_access_key", "session_token"),
    "gs": ("service_account",),
    "az": ("endpoint", "account_name", "account_key"),
}


def open_store(address: str, options: Mapping[str, str] = MappingProxyType({})) -> ObjectStore:
    """Open the store at an address; nothing is asked of a server yet.

    Parameters
    ----------
    address : a path of this machine, ``file://``, ``s3://``, ``gs://``, ``az://`` or ``memory://``
    options : those of `OPTIONS`; what is not given is taken from the environment

    Raises
    ------
    InputError
        an unknown scheme or option, or no bucket.
    StoreError
        a folder that cannot be made.
    """
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise InputError(
            f"a store has no option {', '.join(unknown)}", hint="there are: " + ", ".join(OPTIONS)
        )
    scheme = urlsplit(address).scheme if "://" in address else "file"
    if scheme not in SCHEMES:
        raise InputError(
            f"{address}: there are no stores at {scheme}://", hint="one of " + ", ".join(SCHEMES.values())
        )
    if scheme == "file":
        from dmod.catalog.store.folder import FolderStore

        return FolderStore(_folder(address))
    part_size = int(_number(options, "part_size", PART_SIZE))
    if scheme == "memory":
        from dmod.catalog.store.memory import memory_store

        return memory_store(part_size=part_size)
    from dmod.catalog.store.remote import RemoteStore

    return RemoteStore(_client(scheme, address, options), address.rstrip("/"), part_size=part_size)


def _folder(address: str) -> Path:
    if "://" not in address:
        if not address:
            raise InputError("a store has no address", hint="one of " + ", ".join(SCHEMES.values()))
        return Path(address).expanduser()
    parts = urlsplit(address)
    if parts.netloc not in {"", "localhost"}:
        raise InputError(f"{address} is no folder of this machine", hint="file:///folder, with three strokes")
    return Path(unquote(parts.path) or "/")


def _client(scheme: str, address: str, options: Mapping[str, str]) -> Any:
    from obstore.store import AzureStore, GCSStore, S3Store

    parts = urlsplit(address)
    if not parts.netloc:
        raise InputError(f"{address} names no bucket", hint=f"such as {SCHEMES[scheme]}")
    given: dict[str, Any] = {key: options[key] for key in _CREDENTIALS[scheme] if key in options}
    if scheme == "s3":
        given |= _s3_defaults(given)
    careful: Any = {
        "prefix": unquote(parts.path).strip("/") or None,
        "client_options": _patience(options, str(given.get("endpoint", ""))),
        "retry_config": {
            "max_retries": int(_number(options, "retries", RETRIES)),
            "retry_timeout": timedelta(seconds=4 * _number(options, "timeout", TIMEOUT)),
            "backoff": {"init_backoff": _FIRST_WAIT, "max_backoff": _LONGEST_WAIT, "base": 2},
        },
    }
    kind: Any = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}[scheme]
    with configuring(address):
        return kind(parts.netloc, **given, **careful)


def _s3_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the environment says that the library does not look for, and the usual region."""
    found = {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if "endpoint" not in given and endpoint:
        found["endpoint"] = endpoint
    if "region" not in given and not {"AWS_REGION", "AWS_DEFAULT_REGION"} & os.environ.keys():
        found["region"] = "us-east-1"
    return found


def _patience(options: Mapping[str, str], endpoint: str) -> dict[str, Any]:
    """Return limits of time: a server that says nothing is given up, a slow one that goes on is not."""
    seconds = _number(options, "timeout", TIMEOUT)
    return {
        "allow_http": _is_true(options, "allow_http", endpoint.startswith("http://")),
        "connect_timeout": timedelta(seconds=min(5.0, seconds)),
        "read_timeout": timedelta(seconds=seconds),
        "timeout": timedelta(seconds=20 * seconds),
        "user_agent": "dmod",
    }


def _number(options: Mapping[str, str], key: str, default: float) -> float:
    text = options.get(key, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InputError(f"option {key}={text} is no number of 0 or more")
    return value


def _is_true(options: Mapping[str, str], key: str, default: bool) -> bool:
    text = options.get(key, str(default)).lower()
    if text not in {"true", "false", "yes", "no", "1", "0"}:
        raise InputError(f"option {key}={text} is neither true nor false")
    return text in {"true", "yes", "1"}
