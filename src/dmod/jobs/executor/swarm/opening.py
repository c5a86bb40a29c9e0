"""Opening the executor over a swarm from a table of a server's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from dmod.errors import InputError
from dmod.jobs.executor.container.marks import mark_of
from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.node_settings import read_node_settings
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.swarm.engine import SwarmEngine
from dmod.jobs.executor.swarm.settings import SwarmSettings

TABLE = "server.executors.swarm"
JOBS = "jobs"
TEXTS = frozenset(
    {"ranks_network", "images_network", "image", "address", "python", "user", "ca", "certificate", "key"}
)
LISTS = frozenset({"paths", "mounts", "secrets", "networks", "images", "packages"})
PATHS = frozenset({"paths", "mounts", "packages"})
COUNTS = frozenset({"reserve_cpus", "reserve_memory", "spare"})
SPANS = frozenset({"stop_grace", "timeout"})
OF_ENGINE = EngineSettings.names()


def open_swarm_executor(home: Path, table: Mapping[str, Any]) -> EngineExecutor:
    """Open the executor over a swarm that a table describes; the swarm need not answer yet.

    Parameters
    ----------
    home : folder of the server, which all nodes share under the same path

    Raises
    ------
    InputError
        something in the table is not known, or no value of its kind.
    MissingExtra
        Docker's client is not installed.
    """
    root, jobs = (home / "executor-swarm").resolve(), (home / JOBS).resolve()
    settings, looking = read_settings(table, paths=(str(root), str(jobs)))
    return EngineExecutor(root, SwarmEngine(settings, mark_of(str(root)), home.resolve()), looking)


def read_settings(
    table: Mapping[str, Any], paths: tuple[str, ...] = ()
) -> tuple[SwarmSettings, EngineSettings]:
    """Return what a table says, for the engine and for the executor over it.

    Parameters
    ----------
    paths : that workers may write, beside those of the table

    Raises
    ------
    InputError
        something in the table is not known, or no value of its kind.
    """
    _require_known(TABLE, table, {item.name for item in fields(SwarmSettings)} | OF_ENGINE)
    if not table.get("image"):
        raise InputError(f"[{TABLE}] says no image", hint='image = "registry.example/dmod:1.0"')
    swarm = {name: _value(name, value) for name, value in table.items() if name not in OF_ENGINE}
    swarm["paths"] = tuple(dict.fromkeys([*paths, *swarm.get("paths", ())]))
    return SwarmSettings(**swarm), EngineSettings().changed_by(table, TABLE)


def _value(name: str, value: Any) -> Any:
    if name in TEXTS:
        return _user(value) if name == "user" else _text(TABLE, name, value)
    if name in LISTS:
        found = _texts(name, value)
        return _absolute(name, found) if name in PATHS else found
    if name in COUNTS or name in SPANS:
        return _number(TABLE, name, value, is_whole=name in COUNTS)
    if name == "pull":
        return _switch(TABLE, name, value)
    if name == "nodes":
        return read_node_settings(f"{TABLE}.{name}", value)
    if not isinstance(value, Mapping):
        raise InputError(f"[{TABLE}] {name} is {value!r}", hint=f"it is a table, [{TABLE}.{name}]")
    return {key: _text(f"{TABLE}.{name}", key, item) for key, item in value.items()}


def _require_known(place: str, table: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise InputError(
            f"[{place}] has no setting {unknown[0]}", hint=f"there are: {', '.join(sorted(known))}"
        )


def _switch(place: str, name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"[{place}] {name} is {value!r}", hint="it is true or false")
    return value


def _text(place: str, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"[{place}] {name} is {value!r}", hint="it is a text")
    return value


def _user(value: Any) -> str:
    parts = value.split(":") if isinstance(value, str) else ()
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise InputError(f"[{TABLE}] user is {value!r}", hint='numbers of user and group, as in "1000:1000"')
    return str(value)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise InputError(f"[{TABLE}] {name} is {value!r}", hint="it is a list of texts")
    return tuple(value)


def _absolute(name: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        if not path.startswith("/"):
            raise InputError(f"[{TABLE}] {name} has {path!r}", hint="paths begin with /")
    return paths


def _number(place: str, name: str, value: Any, *, is_whole: bool) -> Any:
    kinds = int if is_whole else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or value < 0:
        kind = "whole number" if is_whole else "number"
        raise InputError(f"[{place}] {name} is {value!r}", hint=f"it is a {kind}, 0 or more")
    return value
