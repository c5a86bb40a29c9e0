"""The executor over a swarm: three nodes on this machine, each a real engine that is really killed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dmod.jobs.executor.port import Executor, TaskStatus
from dmod.jobs.executor.swarm.opening import open_swarm_executor
from dmod.testing import swarm as testing_swarm
from dmod.testing.executor_suite import ExecutorSuite
from dmod.testing.swarm import IMAGE, SwarmNodes, machine_paths, remove_services

pytestmark = [
    pytest.mark.xdist_group("swarm"),
    # Docker's client leaves a socket to the collector when nobody listens
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]
QUICK = {"every": 0.1, "settle": 0.3, "window": 10.0, "patience": 1.0, "timeout": 3.0, "grace": 2.0}


@pytest.fixture(scope="module")
def swarm() -> Iterator[SwarmNodes]:
    """Return a swarm of three nodes, which share all folders."""
    reason = testing_swarm.missing()
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    # sockets want a short path
    with SwarmNodes(Path(tempfile.mkdtemp(prefix="dm-"))) as swarm:
        swarm.put_image()
        yield swarm


def table(swarm: SwarmNodes, folder: Path, **other: Any) -> dict[str, Any]:
    """Return settings of an executor whose containers see a folder, and this machine's Python."""
    return {
        "image": IMAGE,
        "address": swarm.address,
        "python": sys.executable,
        "paths": [str(folder)],
        "mounts": list(machine_paths()),
        **QUICK,
        **other,
    }


class SwarmTrials(ExecutorSuite):
    """How tests open an executor over a swarm."""

    pins_processors = False
    sees_numbers = False

    @pytest.fixture
    def executor(self, swarm: SwarmNodes, tmp_path: Path) -> Iterator[Executor]:
        self.swarm = swarm
        self.table = table(swarm, tmp_path)
        self.home = tmp_path / "home"
        (self.home / "jobs").mkdir(parents=True)
        self.opened: list[Executor] = []
        yield self.opened_again()
        for executor in self.opened:
            executor.close()
        remove_services(swarm)

    def opened_again(self, _executor: Executor | None = None) -> Executor:
        self.opened.append(open_swarm_executor(self.home, self.table))
        return self.opened[-1]

    def opening(self, _executor: Executor) -> str:
        return (
            "__import__('dmod.jobs.executor.swarm.opening').jobs.executor.swarm.opening.open_swarm_executor("
            f"Path({str(self.home)!r}), {self.table!r})"
        )

    def kill_supervisor(self, status: TaskStatus) -> None:
        for node in self.swarm.nodes:
            node.end_container(status.label)


class TestSwarmExecutor(SwarmTrials):
    """A swarm of which nothing fails."""
