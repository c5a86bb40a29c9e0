"""Publishing what a run has written as a dataset: once, however often it is tried."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dmod.catalog.dataset import Dataset
from dmod.errors import AlreadyExists, InputError
from dmod.jobs.executor.image import APART
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.services.jobs.actions.context import Context
from dmod.services.jobs.actions.run import OUTPUTS

PATIENCE, PAUSE = 600.0, 0.25
"""For another attempt that adds the same [s], and between looks."""


def collect(data: DataService, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Put the results of a run into the catalog, with the package that they came from."""
    package = inputs["found"]["stage"]["package"]
    name = (inputs.get("outputs") or {}).get("dataset") or ""
    published = publish(
        data,
        [written_outputs(context.folder)],
        Description(text=described(inputs["job"])),
        name=name or f"run-{inputs['key'][:16]}",
        key=inputs["key"],
        another=bool(name),
    )
    found: dict[str, Any] = {"dataset": published.reference, "uuid": published.uuid, "package": package}
    if "run" in inputs["found"]:
        found["summary"] = inputs["found"]["run"]["summary"]
    return {**found, "identity": published.uuid, "files": published.files, "bytes": published.size}


def described(job: Mapping[str, Any]) -> str:
    """Return what is said of the results of a job: its name for people, where it has one, and its id."""
    name = job.get("name") or ""
    return f"results of {name} (job {job['id']})" if name else f"results of job {job['id']}"


def written_outputs(folder: Path) -> Path:
    """Return what a run wrote: itself a folder, for a link could lead to what is not the run's to publish.

    Raises
    ------
    InputError
        it is something else.
    """
    apart = folder / APART
    found = (apart if apart.is_dir() else folder) / OUTPUTS
    if found.is_symlink() or not found.is_dir():
        raise InputError(f"{found} is no folder", hint="run it again: what it wrote is gone, or was replaced")
    return found


def publish(
    data: DataService,
    paths: list[Path],
    description: Description,
    *,
    name: str,
    key: str,
    another: bool = False,
) -> Dataset:
    """Add a dataset under the key of the step that made it; return the one that is there under it already.

    Of several attempts that publish the same, one wins, and the others wait for it and get what it published.

    Raises
    ------
    AlreadyExists
        the name is another dataset's; or, retryable, it is still being added.
    """
    index, clock = data.catalog.index, data.catalog.clock
    end = time.monotonic() + PATIENCE
    while True:
        same = index.derived(key, clock())
        if same is not None:
            return same
        try:
            return data.add(name, paths, description, another=another, key=key).dataset
        except AlreadyExists as error:
            same = index.derived(key, clock())
            if same is not None:
                return same
            if not error.retryable or time.monotonic() > end:
                raise
        time.sleep(PAUSE)
