"""The executor over a Docker engine: a real one, started for these tests."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError, SubmitError
from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Share
from dmod.jobs.executor.container.handing import user_of
from dmod.jobs.executor.container.marks import MARK
from dmod.jobs.executor.docker.engine import DockerEngine
from dmod.jobs.executor.docker.opening import open_docker_executor
from dmod.jobs.executor.docker.settings import DockerSettings
from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.port import Order, name_of
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.port import Executor, TaskState, TaskStatus
from dmod.testing import swarm as testing_swarm
from dmod.testing.executor_suite import ExecutorSuite
from dmod.testing.executor_trial import LONG, MEGABYTE, ExecutorTrials, Trial
from dmod.testing.image_registry import ImageRegistry
from dmod.testing.python_image import root_archive
from dmod.testing.swarm import IMAGE, SwarmNodes, machine_paths

pytestmark = [
    pytest.mark.xdist_group("swarm"),
    # Docker's client leaves a socket to the collector when nobody listens
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]
LIVE = {"live-restore": True}
"""The engine leaves containers alone when it ends, and finds them when it starts."""
QUICK = EngineSettings(every=0.1, settle=0.3, window=10.0, patience=1.0, grace=0.5)


@pytest.fixture(scope="module")
def engine() -> Iterator[SwarmNodes]:
    """Return one engine with an image that holds nothing."""
    reason = testing_swarm.missing()
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    # sockets want a short path
    engine = SwarmNodes(Path(tempfile.mkdtemp(prefix="dm-")), 1, is_swarm=False)
    engine.manager.settings = LIVE
    with engine:
        engine.put_image()
        yield engine
    gc.collect()


class DockerTrials(ExecutorTrials):
    """How tests open an executor over a Docker engine."""

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

    def engine_of(self, trial: Trial) -> DockerEngine:
        assert isinstance(trial.executor, EngineExecutor)
        assert isinstance(trial.executor.engine, DockerEngine)
        return trial.executor.engine

    def made(self, trial: Trial) -> str:
        """Return the container of an attempt, made and not started, as a server leaves it that is killed."""
        numbers: list[str] = []

        class Making(DockerEngine):
            def start(self, order: Order) -> str:
                self._handing.give(order.folder, order.job_folder)
                numbers.append(self._made(order))
                raise SubmitError("it was killed", retryable=True)

        engine = self.engine_of(trial)
        making = EngineExecutor(self.home / "executor-docker", Making(engine.settings, engine.mark), QUICK)
        self.opened.append(making)
        with pytest.raises(SubmitError, match="killed"):
            trial.submit(of=making, seconds=0.2)
        return numbers[0]


class TestDockerExecutor(DockerTrials, ExecutorSuite):
    """Workers are containers."""


class TestDockerContainers(DockerTrials):
    """What containers are given, and whose they are."""

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
        assert found["Config"]["User"] == user_of("") != "0:0"
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
        made = self.made(trial)
        assert trial.submit(seconds=0.2) == made
        assert trial.ended().is_success

    def test_attempt_that_is_cancelled_before_its_container_is_started_never_runs(self, trial: Trial) -> None:
        made = self.made(trial)
        trial.executor.cancel("job:step:1", 0.0)
        status = trial.ended()
        assert status.cause is not None
        assert status.cause.kind is CauseKind.CANCELLED
        trial.submit()
        client = self.node.client()
        assert client.inspect_container(made)["State"]["Status"] == "created"
        trial.executor.forget("job:step:1")
        assert client.containers(all=True) == []

    def test_submit_whose_answer_was_lost_is_found(self, trial: Trial) -> None:
        answers: list[str] = []

        class Losing(DockerEngine):
            def start(self, order: Order) -> str:
                answers.append(super().start(order))
                raise SubmitError("the answer was lost", retryable=True)

        engine = self.engine_of(trial)
        losing = EngineExecutor(self.home / "executor-docker", Losing(engine.settings, engine.mark), QUICK)
        self.opened.append(losing)
        with pytest.raises(SubmitError, match="lost"):
            trial.submit(of=losing, seconds=LONG)
        assert trial.submit(seconds=LONG) == answers[0]
        trial.noted(1)
        assert len(self.node.client().containers()) == 1

    def test_container_with_our_mark_and_no_label_is_nobodys(self, trial: Trial) -> None:
        engine, client = self.engine_of(trial), self.node.client()
        client.create_container(IMAGE, command=["/usr/bin/sleep", "1"], labels={MARK: engine.mark})
        assert engine.look() == {}
        assert trial.run().is_success

    @pytest.mark.parametrize(
        ("share", "words"),
        [
            (Share("docker/node1", 99, 10**8), "99 processors"),
            (Share("docker/node1", 1, 10**15), "1,000,000.0 GB"),
        ],
        ids=["cpus", "memory"],
    )
    def test_what_the_engine_can_never_give_is_refused_at_once(
        self, trial: Trial, share: Share, words: str
    ) -> None:
        with pytest.raises(SubmitError, match=words) as caught:
            trial.submit(_allocation=(share,))
        assert not caught.value.retryable

    def test_how_the_engine_is_looked_at_is_set_by_its_table(self, trial: Trial) -> None:
        self.table["every"] = 0.7
        executor = self.opened_again()
        assert isinstance(executor, EngineExecutor)
        assert executor.settings == replace(QUICK, every=0.7)


class TestDockerFaults(DockerTrials):
    """An engine that fails, and containers that are ended."""

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

    def test_attempt_goes_on_while_its_engine_is_killed_and_started_again(self, trial: Trial) -> None:
        trial.submit(seconds=2.0)
        trial.noted(1)
        self.node.kill_engine()
        try:
            trial.until(lambda item: item.state is TaskState.STALE)
            with pytest.raises(SubmitError, match="gives no answer") as caught:
                trial.submit("job:step:2")
            assert caught.value.retryable
        finally:
            self.node.start()
            self.node.wait()
        assert trial.ended().is_success
        assert trial.run("job:step:2").is_success

    def test_attempt_that_ends_while_its_engine_is_away_is_seen_at_once(self, trial: Trial) -> None:
        trial.submit(seconds=1.0, result={"found": 1})
        trial.noted(1)
        self.node.kill_engine()
        try:
            assert trial.ended().is_success
        finally:
            self.node.start()
            self.node.wait()
        assert trial.status().is_success

    def test_engine_that_ends_its_containers_when_it_starts_has_them_tried_again(self, trial: Trial) -> None:
        trial.submit(seconds=LONG)
        trial.noted(1)
        self.node.settings = {}
        self.node.kill_engine()
        try:
            self.node.start()
            self.node.wait()
            status = trial.ended()
        finally:
            self.node.settings = LIVE
        assert status.cause is not None
        assert status.cause.retryable
        assert trial.run("job:step:2").is_success

    @pytest.mark.parametrize("memory", [8, 100], ids=["worker", "action"])
    def test_what_the_system_ends_for_its_memory_is_told_so(self, trial: Trial, memory: int) -> None:
        self.table["spare"] = 0
        allocation = (Share("docker/node1", 1, memory * MEGABYTE),)
        executor = self.opened_again()
        trial.submit(of=executor, memory=900 * MEGABYTE, hold=LONG, _allocation=allocation)
        status = trial.ended(of=executor)
        assert status.cause is not None
        assert status.cause.kind is CauseKind.OUT_OF_MEMORY


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


class TestImagesOfUsers(DockerTrials):
    """Attempts in images that users name."""

    def test_image_is_fetched_by_its_digest_where_settings_say_so(
        self, trial: Trial, engine: SwarmNodes, tmp_path: Path
    ) -> None:
        self.table |= {"pull": True, "images": ["localhost:*"]}
        executor = self.opened_again()
        with ImageRegistry(engine.manager, tmp_path / "registry", root_archive(())) as image:
            absent = f"{image.partition('@')[0]}@sha256:{'0' * 64}"
            labels = ("job:step:1", "job:step:2")
            for label, named in zip(labels, (image, absent), strict=True):
                trial.submit(label, of=executor, _image=named)
            there, not_there = (trial.ended(label, of=executor) for label in labels)
        for status, said in ((there, "has no Python that can be started"), (not_there, "cannot be fetched")):
            assert status.cause is not None
            assert status.cause.kind is CauseKind.INPUT
            assert said in status.cause.message
        found = engine.manager.client().inspect_image(image)
        assert image in found["RepoDigests"]

    def test_image_that_is_not_there_is_not_fetched_and_one_that_is_not_named_not_looked_for(
        self, trial: Trial
    ) -> None:
        with pytest.raises(SubmitError, match="the engine has no image") as raised:
            trial.submit(_image=f"localhost:5999/a@sha256:{'0' * 64}")
        assert not raised.value.retryable
        self.table |= {"images": ["other/*"], "pull": True}
        with pytest.raises(SubmitError, match="is not allowed here"):
            trial.submit("job:step:2", of=self.opened_again(), _image=f"localhost:5999/a@sha256:{'0' * 64}")
