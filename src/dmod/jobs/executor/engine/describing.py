"""Writing down what an attempt is to do, and what an engine is to start for it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dmod.errors import SubmitError
from dmod.jobs.executor.engine.port import Engine, Order, companion_of
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.image import APART, CACHE, KERNELS, OWN_CACHE
from dmod.jobs.executor.local.attempt_folder import TASK, AttemptFolder
from dmod.jobs.executor.local.settings import LocalSettings
from dmod.jobs.executor.local.work import Work
from dmod.jobs.executor.port import Task


def describe(
    task: Task, folder: AttemptFolder, engine: Engine, settings: EngineSettings, root: Path
) -> list[Order]:
    """Write down what is to be done, if nobody has; return what the engine is to start.

    The worker is first. On every further node that the attempt was given it has a companion, which the
    engine brings along itself if it spans nodes.
    """
    if not engine.runs_images:
        task.require_no_image(engine.name)
    if task.image and len({share.node for share in task.allocation}) > 1:
        raise SubmitError(
            f"{task.label} cannot be submitted: what runs in an image of a user's has one node",
            hint="ask for no more processors than one node has: its containers are in no network",
        )
    try:
        name = Path(folder.path).name.removeprefix("=")
        limits = LocalSettings(
            grace=settings.grace,
            log_limit=settings.log_limit,
            disk_limit=settings.disk_limit,
            use_control_groups=False,
        )
        work = Work.of_task(task, limits, root, name, ())
        folder.make()
        work.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if task.image:
            work = _set_apart(work, name)
        folder.write_once(TASK, work.as_json())
    except (TypeError, ValueError, RecursionError) as error:
        with suppress(OSError):
            os.rmdir(folder.path)  # noqa: PTH106 - quick
        raise SubmitError(
            f"what {task.label} is told cannot be written as JSON: {error}", hint="inputs are JSON"
        ) from error
    nodes = tuple(share.node.removeprefix(f"{engine.name}/") for share in task.allocation)
    whole = Order(task.label, folder.path, str(work.folder), work.cpus, work.memory, task.seconds, nodes)
    if task.image:
        whole = _in_image(whole, task)
    if len(nodes) < 2 or engine.spans_nodes:
        return [whole]
    parts = [
        replace(whole, cpus=share.cpus, memory=share.memory or None, nodes=(node,))
        for node, share in zip(nodes, task.allocation, strict=True)
    ]
    return [parts[0]] + [
        replace(part, label=companion_of(task.label, number), companion=number)
        for number, part in enumerate(parts[1:], 1)
    ]


def _set_apart(work: Work, name: str) -> Work:
    """Return the work as a user's image does it: it writes in one folder of the job, and knows no secrets.

    That folder is made here, in one that no image ever writes: no link of a user's leads a mount elsewhere.
    """
    apart = work.folder / APART
    apart.mkdir(mode=0o700, exist_ok=True)
    return replace(work, temporary=str(apart / f".tmp{name}"), environment={CACHE: OWN_CACHE})


def _in_image(order: Order, task: Task) -> Order:
    """Return the order of an attempt in a user's image, with what that is to see."""
    folders = [task.folder.absolute()]
    if parent := task.inputs.get("parent"):  # a part works where the run does that it is of
        folders.append(folders[0].parent / str(parent))
        (folders[1] / APART).mkdir(mode=0o700, parents=True, exist_ok=True)
    writable = (order.folder, *(str(folder / APART) for folder in folders))
    # what it is told says that it is an image's, and so how much of what it writes is believed
    readable = (*map(str, folders), f"{order.folder}/{TASK}")
    cache = task.environment.get(CACHE, "")
    compiled = f"{cache}/{KERNELS}" if cache else ""
    return replace(order, image=task.image, apart=(writable, readable), compiled=compiled)
