"""Programs of many ranks over a swarm: three nodes on this machine, none of which has a key to another."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import SubmitError
from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Share
from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.engine.port import companion_of
from dmod.jobs.executor.port import Executor, TaskState
from dmod.jobs.executor.swarm.opening import open_swarm_executor
from dmod.testing import swarm as testing_swarm
from dmod.testing.executor_trial import LONG, MEGABYTE, Trial, processes_in
from dmod.testing.swarm import IMAGE, SwarmNodes, machine_paths, remove_services

pytestmark = [
    pytest.mark.xdist_group("swarm"),
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]
LOOKS = {"every": 0.1, "settle": 0.3, "window": 20.0, "patience": 2.0, "grace": 2.0}
LABEL = "job:step:1"
SLEEPS = ["/bin/sh", "-c", f'echo "{{\\"rank\\": $OMPI_COMM_WORLD_RANK}}"; exec sleep {LONG}']


@pytest.fixture(scope="module")
def swarm() -> Iterator[SwarmNodes]:
    """Return a swarm of three nodes, with a network for ranks."""
    reason = testing_swarm.missing() or ("" if shutil.which("mpirun") else "mpirun is not installed")
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with SwarmNodes(Path(tempfile.mkdtemp(prefix="dm-"))) as swarm:
        swarm.put_image()
        swarm.hold_network("mpi")
        yield swarm


@pytest.fixture
def executor(swarm: SwarmNodes, tmp_path: Path) -> Iterator[Executor]:
    table: dict[str, Any] = {
        "image": IMAGE, "address": swarm.address, "python": sys.executable, "paths": [str(tmp_path)],
        "mounts": list(machine_paths()), "networks": ["mpi"], "timeout": 5.0, **LOOKS,
    }  # fmt: skip
    home = tmp_path / "home"
    (home / "jobs").mkdir(parents=True)
    executor = open_swarm_executor(home, table)
    yield executor
    executor.close()
    remove_services(swarm)


@pytest.fixture
def trial(executor: Executor, tmp_path: Path) -> Iterator[Trial]:
    trial = Trial(executor, tmp_path / "job", sees_numbers=False)
    yield trial
    trial.finish()


def shares(*cpus: int, first: int = 1) -> tuple[Share, ...]:
    """Return parts of nodes that follow one another."""
    return tuple(
        Share(f"swarm/node{number}", count, 300 * MEGABYTE) for number, count in enumerate(cpus, first)
    )


def test_ranks_run_on_every_node_and_reach_one_another(trial: Trial, swarm: SwarmNodes) -> None:
    status = trial.run(ranks=4, _allocation=shares(2, 1, 1))
    assert status.cause is None
    assert status.result is not None
    said = status.result["ranks"]
    assert [(one["rank"], one["size"], one["sum"]) for one in said] == [(rank, 4, 6) for rank in range(4)]
    hosts = [one["host"] for one in said]
    assert hosts[0] == hosts[1]
    assert len(set(hosts)) == 3
    assert status.result["hosts"] == ["swarm/node1", "swarm/node2", "swarm/node3"]
    trial.executor.forget(LABEL)
    assert not swarm.services()


def test_ranks_on_all_nodes_end_when_the_attempt_is_cancelled(trial: Trial, swarm: SwarmNodes) -> None:
    trial.submit(ranks=3, ranks_program=SLEEPS, _allocation=shares(1, 1, 1))
    trial.until(lambda _: trial.executor.log(LABEL).count(b'"rank"') == 3)
    trial.executor.cancel(LABEL, 1.0)
    status = trial.ended()
    assert status.cause is not None
    assert status.cause.kind is CauseKind.CANCELLED
    swarm.wait_for(lambda: not processes_in(trial.folder), "ranks are left")


def test_attempt_is_over_and_tried_again_when_one_of_its_hosts_is_gone(
    trial: Trial, swarm: SwarmNodes
) -> None:
    trial.submit(ranks=3, ranks_program=SLEEPS, _allocation=shares(1, 1, 1))
    trial.until(lambda _: trial.executor.log(LABEL).count(b'"rank"') == 3)
    swarm.nodes[1].end_container(companion_of(LABEL, 1))
    status = trial.ended()
    assert status.cause is not None
    assert status.cause.retryable
    swarm.wait_for(lambda: not processes_in(trial.folder), "ranks are left")
    assert trial.run("job:step:2", ranks=2, _allocation=shares(1, 1)).is_success


def test_node_that_can_never_take_its_part_is_told(trial: Trial, swarm: SwarmNodes) -> None:
    allocation = (*shares(1), Share("swarm/node2", 1, 10**15))
    status = trial.run(ranks=2, _allocation=allocation)
    assert status.state is TaskState.ENDED
    assert status.cause is not None
    assert status.cause.kind is CauseKind.UNSATISFIABLE
    assert "node2" in status.cause.message
    swarm.wait_for(lambda: not processes_in(trial.folder), "something is left")


def test_network_that_is_not_there_is_named_at_once(swarm: SwarmNodes, tmp_path: Path) -> None:
    (tmp_path / "home" / "jobs").mkdir(parents=True)
    table = {"image": IMAGE, "address": swarm.address, "networks": ["elsewhere"], **LOOKS}
    executor = open_swarm_executor(tmp_path / "home", table)
    trial = Trial(executor, tmp_path / "job", sees_numbers=False)
    assert isinstance(executor, EngineExecutor)
    with pytest.raises(SubmitError, match="elsewhere"):
        trial.submit(ranks=2, _allocation=shares(1, 1))
    executor.close()
