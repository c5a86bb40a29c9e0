"""Opening the executor over a Docker engine from a table of a server's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dmod.jobs.executor.container.marks import mark_of
from dmod.jobs.executor.docker.engine import DockerEngine
from dmod.jobs.executor.docker.settings import TABLE, DockerSettings
from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.settings import EngineSettings

SETTINGS = EngineSettings()


def open_docker_executor(
    home: Path, table: Mapping[str, Any], looking: EngineSettings = SETTINGS
) -> EngineExecutor:
    """Open the executor over a Docker engine; the engine need not answer yet.

    Workers see the server's folder under its own path.

    Parameters
    ----------
    home : folder of the server
    table : see `DockerSettings`, and `EngineSettings` for how the engine is looked at
    looking : what holds where the table says nothing

    Raises
    ------
    InputError
        something in the table is not known, or no value of its kind.
    MissingExtra
        Docker's client is not installed.
    """
    root = (home / "executor-docker").resolve()
    names = EngineSettings.names()
    settings = DockerSettings.of_table({name: table[name] for name in table if name not in names})
    paths = tuple(dict.fromkeys([str(home.resolve()), *settings.paths]))
    engine = DockerEngine(replace(settings, paths=paths), mark_of(str(root)), home.resolve())
    return EngineExecutor(root, engine, looking.changed_by(table, TABLE))
