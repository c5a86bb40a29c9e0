"""The executor over a swarm: three nodes on this machine, each a real engine that is really killed."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import BackendError, SubmitError
from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Share
from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.port import Order
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.port import Executor, TaskState, TaskStatus
from dmod.jobs.executor.probe import PIDS
from dmod.jobs.executor.swarm.engine import SwarmEngine
from dmod.jobs.executor.swarm.opening import open_swarm_executor, read_settings
from dmod.testing import swarm as testing_swarm
from dmod.testing.executor_suite import ExecutorSuite
from dmod.testing.executor_trial import LONG, MEGABYTE, ExecutorTrials, Trial, processes_in
from dmod.testing.python_image import lent_packages, put_python_image
from dmod.testing.swarm import IMAGE, SwarmNodes, machine_paths, remove_services

pytestmark = [
    pytest.mark.xdist_group("swarm"),
    # Docker's client leaves a socket to the collector when nobody listens
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]
LOOKS = {"every": 0.1, "settle": 0.3, "window": 10.0, "patience": 1.0, "grace": 0.5}
MEMORY = 100 * MEGABYTE
LABEL, NEXT = "job:step:1", "job:step:2"


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
    gc.collect()


class SwarmTrials(ExecutorTrials):
    """How tests open an executor over a swarm."""

    pins_processors = False
    sees_numbers = False

    @pytest.fixture
    def executor(
        self, swarm: SwarmNodes, tmp_path: Path, request: pytest.FixtureRequest
    ) -> Iterator[Executor]:
        self.swarm = swarm
        # only what talks with other nodes wants a network with them, which takes each of them half a second
        networks = ["between"] if "ranks" in request.node.name else []
        if networks and not swarm.held:
            swarm.hold_network(networks[0])
        self.table: dict[str, Any] = {
            "image": IMAGE,
            "address": swarm.address,
            "python": sys.executable,
            "paths": [str(tmp_path)],
            "mounts": list(machine_paths()),
            "timeout": 3.0,
            "networks": networks,
            **LOOKS,
        }
        self.home = tmp_path / "home"
        (self.home / "jobs").mkdir(parents=True)
        self.opened: list[Executor] = []
        yield self.opened_again()
        for executor in self.opened:
            executor.close()
        remove_services(swarm)

    def opened_again(self, _executor: Executor | None = None) -> Executor:
        return self.kept(open_swarm_executor(self.home, self.table))

    def opening(self, _executor: Executor) -> str:
        return (
            "__import__('dmod.jobs.executor.swarm.opening').jobs.executor.swarm.opening.open_swarm_executor("
            f"Path({str(self.home)!r}), {self.table!r})"
        )

    def kill_supervisor(self, status: TaskStatus) -> None:
        for node in self.swarm.nodes:
            node.end_container(status.label)

    def kept(self, executor: EngineExecutor) -> EngineExecutor:
        """Return an executor that is closed in the end."""
        self.opened.append(executor)
        return executor

    def over(self, engine: SwarmEngine) -> EngineExecutor:
        """Return the same executor over another engine."""
        return self.kept(EngineExecutor(self.home / "executor-swarm", engine, EngineSettings(**LOOKS)))

    def engine(self, trial: Trial) -> SwarmEngine:
        assert isinstance(trial.executor, EngineExecutor)
        assert isinstance(trial.executor.engine, SwarmEngine)
        return trial.executor.engine

    def services(self) -> int:
        return len(self.swarm.services())

    def run_on(self, trial: Trial, node: str) -> None:
        """Have an attempt run on a node."""
        trial.submit(seconds=LONG, _allocation=(Share(f"swarm/{node}", 1, MEMORY),))
        trial.until(lambda item: item.state is TaskState.RUNNING)
        trial.noted(1)


class TestSwarmExecutor(SwarmTrials, ExecutorSuite):
    """A swarm of which nothing fails."""


class TestSwarmFaults(SwarmTrials):
    """A swarm of which something fails."""

    def test_node_that_is_cut_off_loses_its_attempt_and_ends_it_once_it_is_back(self, trial: Trial) -> None:
        self.run_on(trial, "node2")
        node = self.swarm.nodes[1]
        node.cut(is_cut=True)
        try:
            status = trial.ended()
            assert status.state is TaskState.LOST
            assert status.cause is not None
            assert "node2" in status.cause.message
            assert trial.run(NEXT).is_success
            # it runs on, and nobody listens to it
            assert len(processes_in(trial.folder)) == 1
        finally:
            node.cut(is_cut=False)
        self.swarm.wait_for(lambda: not processes_in(trial.folder), "it runs on")
        self.swarm.wait_for(lambda: self.swarm.is_ready(2), "node2 does not come back")
        assert trial.status() == status

    def test_node_that_dies_loses_its_attempt_and_the_next_runs_elsewhere(self, trial: Trial) -> None:
        self.run_on(trial, "node3")
        node = self.swarm.nodes[2]
        node.kill()
        try:
            status = trial.ended()
            assert (status.state, status.is_success) == (TaskState.LOST, False)
            assert [item.name for item in self.engine(trial).nodes() if not item.is_ready] == ["node3"]
            assert trial.run(NEXT).is_success
        finally:
            node.start()
            node.wait()
        self.swarm.wait_for(lambda: self.swarm.is_ready(3), "node3 does not come back")

    def test_node_that_is_drained_ends_its_attempt_and_is_given_nothing(self, trial: Trial) -> None:
        self.run_on(trial, "node3")
        self.swarm.set_availability(3, "drain")
        try:
            status = trial.ended()
            assert status.cause is not None
            assert status.cause.retryable
            assert [item.name for item in self.engine(trial).nodes() if not item.is_ready] == ["node3"]
            trial.submit(NEXT, _allocation=(Share("swarm/node3", 1, MEMORY),))
            trial.until(
                lambda item: item.progress is not None and "not available" in item.progress.text, NEXT
            )
        finally:
            self.swarm.set_availability(3, "active")
        assert trial.ended(NEXT).is_success

    def test_manager_that_is_killed_makes_attempts_stale_until_it_is_back(self, trial: Trial) -> None:
        self.run_on(trial, "node2")
        node = self.swarm.manager
        node.kill()
        try:
            trial.until(lambda item: item.state is TaskState.STALE)
            with pytest.raises(SubmitError, match="gives no answer") as caught:
                trial.submit(NEXT)
            assert caught.value.retryable
        finally:
            node.start()
            node.wait()
        trial.until(lambda item: item.state is not TaskState.STALE)
        self.swarm.wait_for(lambda: all(map(self.swarm.is_ready, (1, 2, 3))), "nodes do not come back")
        assert trial.run(NEXT).is_success
        status = trial.status()
        if status.state is not TaskState.RUNNING:
            # a manager that comes back to slow nodes takes them for gone, and says so
            assert status.cause is not None
            assert status.cause.retryable
            assert "was that drained, or is it gone?" in status.cause.message

    def test_manager_that_hangs_keeps_nobody_waiting(self, trial: Trial) -> None:
        self.run_on(trial, "node2")
        self.swarm.manager.pause(is_paused=True)
        try:
            trial.until(lambda item: item.state is TaskState.STALE)
            with pytest.raises(BackendError, match="gives no answer"):
                self.engine(trial).look()
        finally:
            self.swarm.manager.pause(is_paused=False)
        trial.until(lambda item: item.state is TaskState.RUNNING)

    def test_container_that_is_killed_loses_its_attempt(self, trial: Trial) -> None:
        self.run_on(trial, "node1")
        self.swarm.manager.end_container(LABEL)
        status = trial.ended()
        assert status.state is TaskState.LOST
        assert status.cause is not None
        assert "SIGKILL" in status.cause.message

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"image": "localhost:9/dmod-worker:none"}, "has no image localhost:9/dmod-worker:none"),
            ({"python": "/no/such/python"}, "could not be started"),
            ({"mounts": ["/no/such/folder"]}, "has not all folders that workers need"),
            ({"paths": []}, "does not see the folder of the attempt"),
        ],
        ids=["image", "python", "mount", "path"],
    )
    def test_what_nodes_do_not_have_is_said_at_once(
        self, trial: Trial, changes: Mapping[str, Any], words: str
    ) -> None:
        settings, _ = read_settings({**self.table, **changes})
        executor = self.over(SwarmEngine(settings, self.engine(trial).mark))
        trial.submit(of=executor)
        status = trial.ended(of=executor)
        assert status.cause is not None
        assert status.cause.kind is CauseKind.BACKEND
        assert words in status.cause.message
        assert "[server.executors.swarm]" in status.cause.hint

    @pytest.mark.parametrize(
        ("share", "words"),
        [
            (Share("swarm/node1", 99, MEMORY), "needs 99 processors"),
            (Share("swarm/node1", 1, 10**15), "node1 cannot ever give that"),
            (Share("swarm/node9", 1, MEMORY), "has no node node9"),
        ],
        ids=["cpus", "memory", "node"],
    )
    def test_what_no_node_can_ever_hold_ends_at_once(self, trial: Trial, share: Share, words: str) -> None:
        status = trial.run(_allocation=(share,))
        assert status.cause is not None
        assert status.cause.kind is CauseKind.UNSATISFIABLE
        assert words in status.cause.message
        self.swarm.wait_for(lambda: self.services() == 0, "its service is still there")

    def test_attempt_that_waits_says_why_and_can_be_cancelled(self, trial: Trial) -> None:
        whole = (Share("swarm/node1", self.engine(trial).nodes()[0].cpus, MEMORY),)
        trial.submit(seconds=LONG, _allocation=whole)
        trial.until(lambda item: item.state is TaskState.RUNNING)
        trial.submit(NEXT, _allocation=whole)
        trial.until(lambda item: item.progress is not None and "insufficient" in item.progress.text, NEXT)
        trial.executor.cancel(NEXT, 5.0)
        status = trial.ended(NEXT)
        assert status.cause is not None
        assert status.cause.kind is CauseKind.CANCELLED
        self.swarm.wait_for(lambda: self.services() == 1, "its service is still there")
        assert trial.status().state is TaskState.RUNNING

    @pytest.mark.parametrize("delay", [0.0, 0.2, 0.4, 0.8])
    def test_attempt_that_is_cancelled_while_it_starts_leaves_nothing(
        self, trial: Trial, delay: float
    ) -> None:
        trial.submit(seconds=LONG)
        time.sleep(delay)
        trial.executor.cancel(LABEL, 0.0)
        status = trial.ended()
        assert status.cause is not None
        assert status.cause.kind is CauseKind.CANCELLED
        assert trial.left() == []

    def test_children_that_take_too_much_memory_together_are_ended(self, trial: Trial) -> None:
        allocation = (Share("swarm/node2", 1, MEMORY),)
        status = trial.run(children=6, child_memory=80 * MEGABYTE, seconds=LONG, _allocation=allocation)
        assert status.cause is not None
        assert status.cause.kind is CauseKind.OUT_OF_MEMORY


class TestSwarmServices(SwarmTrials):
    """What services are given, and whose they are."""

    def test_submit_whose_answer_was_lost_is_found(self, trial: Trial) -> None:
        answers: list[str] = []

        class Losing(SwarmEngine):
            def start(self, order: Order) -> str:
                answers.append(super().start(order))
                raise SubmitError("the answer was lost", retryable=True)

        engine = self.engine(trial)
        with pytest.raises(SubmitError, match="lost"):
            trial.submit(of=self.over(Losing(engine.settings, engine.mark)), seconds=LONG)
        assert trial.submit(seconds=LONG) == answers[0]
        trial.noted(1)
        assert self.services() == 1

    def test_service_of_somebody_else_is_neither_adopted_nor_removed(self, trial: Trial) -> None:
        engine = self.engine(trial)
        stranger = SwarmEngine(engine.settings, "of-somebody-else")
        stranger.start(Order(LABEL, str(trial.folder), str(trial.folder), 1, None, 60.0))
        with pytest.raises(SubmitError, match="is not of this server") as caught:
            trial.submit()
        assert not caught.value.retryable
        engine.stop(LABEL)
        engine.remove(LABEL)
        assert engine.look() == {}
        assert list(stranger.look()) == [LABEL]
        stranger.remove(LABEL)
        stranger.close()
        assert self.services() == 0

    def test_worker_has_its_networks_and_secrets_and_no_rights(self, trial: Trial) -> None:
        client = self.swarm.manager.client()
        networks = [
            client.create_network(name, driver="overlay")["Id"] for name in ("requests", "internal", "mpi")
        ]
        secret = client.create_secret("store-key", b"open sesame")["ID"]
        self.table = {**self.table, "networks": ["internal", "mpi"], "secrets": ["store-key"]}
        executor = self.opened_again()
        try:
            trial.submit(of=executor, seconds=LONG)
            trial.until(lambda item: item.state is TaskState.RUNNING, of=executor)
            node, number = next((node, item) for node in self.swarm.nodes for item in node.containers(LABEL))
            found = node.client().inspect_container(number)
            assert sorted(found["NetworkSettings"]["Networks"]) == ["internal", "mpi"]
            assert found["HostConfig"]["ReadonlyRootfs"]
            assert found["HostConfig"]["CapDrop"] == ["ALL"]
            assert found["Config"]["Image"] == found["Image"]
            asked = node.client().exec_create(number, ["/usr/bin/cat", "/run/secrets/store-key"])
            assert node.client().exec_start(asked["Id"]) == b"open sesame"
        finally:
            executor.cancel(LABEL, 0.0)
            trial.ended(of=executor)
            remove_services(self.swarm)
            client.remove_secret(secret)
            for network in networks:
                self.swarm.wait_for(lambda it=network: client.remove_network(it) is None, "it is in use")

    def test_secret_or_network_that_is_not_there_is_named(self, trial: Trial) -> None:
        for changes in ({"secrets": ["nothing"]}, {"networks": ["nothing"]}):
            settings, _ = read_settings({**self.table, **changes})
            with pytest.raises(SubmitError, match="nothing") as caught:
                trial.submit(of=self.over(SwarmEngine(settings, self.engine(trial).mark)))
            assert not caught.value.retryable

    def test_worker_of_the_user_that_settings_name_does_its_work(self, trial: Trial) -> None:
        engine = self.engine(trial)
        executor = self.over(SwarmEngine(replace(engine.settings, user="65534:65534"), engine.mark))
        trial.submit(of=executor, lines=1)
        assert trial.ended(of=executor).is_success
        assert (trial.folder / PIDS).stat().st_uid == 65534


class TestImagesOfUsers(SwarmTrials):
    """Attempts in images that users name: the manager's node has one, and the others have not."""

    def test_image_runs_where_it_is_with_nothing_of_the_servers_and_is_refused_where_it_is_not(
        self, trial: Trial, swarm: SwarmNodes
    ) -> None:
        image = put_python_image(swarm.manager, {})
        self.table |= {"packages": list(lent_packages()), "environment": {"PATH": "/nowhere"}}
        executor = self.opened_again()
        here, there = ((Share(f"swarm/{node}", 1, 10 * MEMORY),) for node in ("node1", "node2"))
        secret = {"_environment": {"DMOD_INDEX": "postgresql://a:b@c/d"}}
        trial.submit(LABEL, of=executor, _image=image, _allocation=here, **secret)
        trial.submit(NEXT, of=executor, _image=image, _allocation=there)
        ran, refused = trial.ended(LABEL, of=executor), trial.ended(NEXT, of=executor)
        assert ran.is_success, ran.cause
        assert ran.result is not None
        assert ran.result["folder"] == str(trial.folder / "apart")
        assert "DMOD_INDEX" not in ran.result["variables"]
        assert "DMOD_ATTEMPT_IMAGE" in ran.result["variables"]
        assert refused.cause is not None
        assert refused.cause.kind is CauseKind.INPUT
        assert "node2 has no image" in refused.cause.message
        with pytest.raises(SubmitError, match="the manager has no image"):
            trial.submit("job:step:3", of=executor, _image=f"a@sha256:{'0' * 64}")
