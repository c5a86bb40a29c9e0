"""Opening the executor over Slurm from a server's settings."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.slurm.arrays import Arrays
from dmod.jobs.executor.slurm.engine import SlurmEngine
from dmod.jobs.executor.slurm.settings import SlurmSettings

SETTINGS = EngineSettings(every=1.0, settle=5.0, window=60.0, patience=20.0)
"""A queue of many is not asked more often than it has to be, and its file system may be slow."""


def open_slurm_executor(
    home: Path, table: Mapping[str, Any], settings: EngineSettings = SETTINGS
) -> EngineExecutor:
    """Return an executor over the Slurm cluster whose commands are found here.

    Parameters
    ----------
    home : of the server, on a path that all nodes share
    table : see `SlurmSettings`

    Raises
    ------
    InputError
        a setting is not known or wrong.
    """
    root = home / "executor-slurm"
    engine = SlurmEngine(SlurmSettings.of_table(table), mark_of(root), Arrays(root.resolve()))
    return EngineExecutor(root, engine, settings)


def mark_of(root: Path) -> str:
    """Return what tells the jobs of one executor from those of others."""
    return sha256(str(root.resolve()).encode()).hexdigest()[:12]
