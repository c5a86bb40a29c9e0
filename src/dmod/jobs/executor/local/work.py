"""What a supervisor and the process of its action are told: the task, and the limits of the executor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from dmod.jobs.executor.local.settings import LocalSettings
from dmod.jobs.executor.port import Task


@dataclass(slots=True)
class Work:
    """An attempt as it is to be run on this machine.

    Parameters
    ----------
    label, action, inputs, seconds, environment : of the task
    folder : of the job
    root : of the executor
    temporary : folder in it for files that are of no use afterwards
    cpus : how many it may use
    processors : which; none where it may use all
    memory : that all of its processes may have [bytes]; None sets no limit
    processes : that it may have at a time; None sets no limit
    supervisor : process that looks after it, once there is one
    is_memory_kept : whether the system itself limits its memory
    hosts : node and processors of each share of its allocation; it runs on the first
    image : of a user's, in which it runs; "" for none
    """

    label: str
    action: str
    inputs: Mapping[str, Any]
    folder: Path
    root: Path
    temporary: str
    seconds: float
    environment: Mapping[str, str]
    cpus: int
    processors: tuple[int, ...]
    memory: int | None
    grace: float
    log_limit: int
    disk_limit: int | None
    processes: int | None
    use_control_groups: bool
    supervisor: int = 0
    is_memory_kept: bool = False
    hosts: tuple[tuple[str, int], ...] = ()
    image: str = ""

    @classmethod
    def of_task(
        cls, task: Task, settings: LocalSettings, root: Path, name: str, processors: tuple[int, ...]
    ) -> Work:
        """Return what a task is on this machine; without an allocation it has one processor and no limit.

        Parameters
        ----------
        name : of the attempt, as a name of a folder
        """
        folder = task.folder.absolute()
        return cls(
            label=task.label, action=task.action, inputs=task.inputs, folder=folder, root=root,
            temporary=str(folder / f".tmp{name}"), seconds=task.seconds, environment=task.environment,
            cpus=sum(share.cpus for share in task.allocation) or 1, processors=processors,
            memory=sum(share.memory for share in task.allocation) or None, grace=settings.grace,
            log_limit=settings.log_limit, disk_limit=settings.disk_limit, processes=settings.processes,
            use_control_groups=settings.use_control_groups,
            hosts=tuple((share.node, share.cpus) for share in task.allocation), image=task.image,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Return it for a document."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**found, "folder": str(self.folder), "root": str(self.root)}

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Work:
        """Return what `as_json` wrote."""
        places = {name: Path(document[name]) for name in ("folder", "root")}
        hosts = tuple((node, cpus) for node, cpus in document.get("hosts", ()))
        processors = tuple(document["processors"])
        return cls(**{**document, **places, "processors": processors, "hosts": hosts})
