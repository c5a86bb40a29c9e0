"""The executor over a Docker engine: a real one, started for these tests."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError, SubmitError
from dmod.jobs.executor.docker.opening import open_docker_executor
from dmod.jobs.executor.docker.settings import DockerSettings
from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.port import name_of
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.port import Executor, TaskState, TaskStatus
from dmod.testing import swarm as testing_swarm
from dmod.testing.executor_suite import ExecutorSuite
from dmod.testing.executor_trial import LONG, Trial
from dmod.testing.swarm import IMAGE, SwarmNodes, machine_paths

pytestmark = [
    pytest.mark.xdist_group("swarm"),
    # Docker's client leaves a socket to the collector when nobody listens
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]
QUICK = EngineSettings(every=0.1, settle=0.3, window=10.0, patience=1.0, grace=2.0)


@pytest.fixture(scope="module")
def engine() -> Iterator[SwarmNodes]:
    """Return one engine with an image that holds nothing."""
    reason = testing_swarm.missing()
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    # sockets want a short path
    with SwarmNodes(Path(tempfile.mkdtemp(prefix="dm-")), 1) as engine:
        engine.put_image()
        yield engine


class TestDockerExecutor(ExecutorSuite):
    """Workers are containers."""

    pins_processors = False
    sees_numbers = False

    @pytest.fixture
    def executor(self, engine: SwarmNodes, tmp_path: Path) -> Iterator[Executor]:
        self.node = engine.manager
        self.home = tmp_path / "home"
        self.home.mkdir()
        self.table: dict[str, Any] = {
            "image": IMAGE, "address": engine.address, "python": sys.executable, "paths": [str(tmp_path)],
            "mounts": list(machine_paths()), "network": "none", "timeout": 3.0,
        }  # fmt: skip
        self.opened: list[Executor] = []
        yield self.opened_again()
        for executor in self.opened:
            executor.close()
        client = self.node.client()
        for container in client.containers(all=True):
            client.remove_container(container["Id"], force=True)

    def opened_again(self, _executor: Executor | None = None) -> Executor:
        self.opened.append(open_docker_executor(self.home, self.table, QUICK))
        return self.opened[-1]

    def opening(self, _executor: Executor) -> str:
        return (
            "__import__('dmod.jobs.executor.docker.opening', fromlist=['x']).open_docker_executor("
            f"Path({str(self.home)!r}), {self.table!r})"
        )

    def kill_supervisor(self, status: TaskStatus) -> None:
        self.node.end_container(status.label)

    # what is particular of Docker

    def test_worker_is_confined(self, trial: Trial) -> None:
        trial.submit(seconds=LONG)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        client = self.node.client()
        found = client.inspect_container(name_of("job:step:1"))
        held = found["HostConfig"]
        assert held["ReadonlyRootfs"] is True
        assert held["CapDrop"] == ["ALL"]
        assert held["SecurityOpt"] == ["no-new-privileges"]
        assert held["NetworkMode"] == "none"
        assert found["Config"]["User"] == f"{os.geteuid()}:{os.getegid()}"
        assert found["Config"]["Labels"]["dmod.label"] == "job:step:1"
        assert found["Config"]["Image"].startswith("sha256:")

    def test_image_that_is_not_there_is_named_at_once(self, executor: Executor, tmp_path: Path) -> None:
        self.table["image"] = "localhost:9/nothing:1"
        with pytest.raises(SubmitError, match="no image localhost:9/nothing:1") as caught:
            Trial(self.opened_again(), tmp_path / "job").submit()
        assert not caught.value.retryable

    def test_python_that_is_not_there_has_its_own_cause(self, executor: Executor, tmp_path: Path) -> None:
        self.table["python"] = "/usr/bin/no-python"
        with pytest.raises(SubmitError, match="no-python"):
            Trial(self.opened_again(), tmp_path / "job").submit()

    def test_container_of_a_stranger_under_our_name_is_left_alone(self, trial: Trial) -> None:
        client = self.node.client()
        stranger = client.create_container(IMAGE, command=["/usr/bin/sleep", "1"], name=name_of("job:step:1"))
        with pytest.raises(SubmitError, match="is not of this server"):
            trial.submit()
        trial.executor.cancel("job:step:1", 0.0)
        assert client.inspect_container(stranger["Id"])["State"]["Status"] == "created"

    def test_container_that_was_made_and_not_started_is_started_by_the_next_submit(
        self, trial: Trial
    ) -> None:
        executor = trial.executor
        assert isinstance(executor, EngineExecutor)
        task = trial.task("job:step:1", {"seconds": 0.2})
        order = executor._describe(task, executor._folder("job:step:1"))
        made = executor.engine._made(order)  # type: ignore[attr-defined]
        assert trial.submit(seconds=0.2) == made
        assert trial.ended().is_success

    def test_container_that_is_killed_is_lost(self, trial: Trial) -> None:
        trial.submit(seconds=LONG)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        self.node.end_container("job:step:1")
        status = trial.ended()
        assert status.state is TaskState.LOST
        assert status.cause is not None
        assert "SIGKILL" in status.cause.message

    def test_engine_that_hangs_gives_no_verdict(self, trial: Trial) -> None:
        trial.submit(seconds=LONG)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        self.node.pause(is_paused=True)
        try:
            trial.until(lambda item: item.state is TaskState.STALE)
        finally:
            self.node.pause(is_paused=False)
        trial.until(lambda item: item.state is TaskState.RUNNING)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "says no image"),
        ({"image": "x", "cpu": 1}, "no setting cpu"),
        ({"image": "x", "cpus": -1}, "cpus is -1"),
        ({"image": "x", "paths": ["a"]}, "the path 'a'"),
        ({"image": "x", "environment": {"A": 1}}, "environment"),
        ({"image": "x", "timeout": "soon"}, "timeout"),
    ],
)
def test_settings_that_are_wrong_are_named(table: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        DockerSettings.of_table(table)
