"""The executors of a server: this machine, and the engines that its settings name."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

from dmod.app.server_settings import LOCAL, ServerSettings
from dmod.core.atomic import storing
from dmod.errors import InputError
from dmod.jobs.executor.local.executor import LocalExecutor
from dmod.jobs.executor.local.settings import LocalSettings
from dmod.jobs.executor.port import Executor

GROUP = "dmod.executors"
"""Entry points by which packages offer executors of their own."""
ENGINES: Mapping[str, str] = {
    "docker": "dmod.jobs.executor.docker.opening:open_docker_executor",
    "slurm": "dmod.jobs.executor.slurm.opening:open_slurm_executor",
    "swarm": "dmod.jobs.executor.swarm.opening:open_swarm_executor",
}
"""What opens an executor from a server's folder and a table of settings, each as ``module:function``."""
JOBS, ATTEMPTS = "jobs", "executor"
PRELOAD = ("dmod.app.steps", "dmod.catalog.index.sql")
"""What is imported once for all steps; nothing of it starts a thread."""
COMPUTING = frozenset({"prepare-package", "prepare-data", "partition", "run", "run-part", "gather"})
COMPUTING_PRELOAD = ("dmod.app.computing",)
"""What is imported once for steps that run models."""


def open_executors(home: Path, settings: ServerSettings, opened: ExitStack) -> dict[str, Executor]:
    """Open the executor of this machine and all that settings name; they are closed with ``opened``.

    Raises
    ------
    InputError
        there is none of a name, or its settings are wrong.
    MissingExtra
        what one needs is not installed.
    """
    found: dict[str, Executor] = {LOCAL: _local(home, settings)}
    opened.callback(found[LOCAL].close)
    for name, table in settings.executors.items():
        module, _, function = _place(name).partition(":")
        executor = cast(Executor, getattr(import_module(module), function)(home, _plain(name, table)))
        found[executor.name] = executor
        opened.callback(executor.close)
    return found


def _place(name: str) -> str:
    """Return what opens an executor: dmod's own, or what a package offers."""
    if name in ENGINES:
        return ENGINES[name]
    offered = {point.name: point.value for point in entry_points(group=GROUP)}
    if name in offered:
        return offered[name]
    raise InputError(
        f"[server.executors.{name}]: there is no executor of that name",
        hint=f"there are: {', '.join(sorted({*ENGINES, *offered}))}; local is always there",
    )


def _local(home: Path, settings: ServerSettings) -> LocalExecutor:
    folder = home / ATTEMPTS
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (home / JOBS).mkdir(parents=True, exist_ok=True, mode=0o700)
    limits = LocalSettings(
        cpus=settings.cpus,
        memory=settings.memory,
        disk_limit=settings.disk,
        processes=settings.processes,
        preload=PRELOAD,
        computing=COMPUTING,
        computing_preload=COMPUTING_PRELOAD,
    )
    return LocalExecutor(folder, limits)


def _plain(name: str, table: Any) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise InputError(
            f"[server.executors.{name}] is a table", hint="docs/how-to has a page for each executor"
        )
    return table
