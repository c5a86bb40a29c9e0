"""Writing down what an attempt is to do, and what an engine is to start for it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dmod.errors import SubmitError
from dmod.jobs.executor.engine.port import Engine, Order, companion_of
from dmod.jobs.executor.engine.settings import EngineSettings
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
        folder.write_once(TASK, work.as_json())
    except (TypeError, ValueError, RecursionError) as error:
        with suppress(OSError):
            os.rmdir(folder.path)  # noqa: PTH106 - quick
        raise SubmitError(
            f"what {task.label} is told cannot be written as JSON: {error}", hint="inputs are JSON"
        ) from error
    nodes = tuple(share.node.removeprefix(f"{engine.name}/") for share in task.allocation)
    whole = Order(task.label, folder.path, str(work.folder), work.cpus, work.memory, task.seconds, nodes)
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
