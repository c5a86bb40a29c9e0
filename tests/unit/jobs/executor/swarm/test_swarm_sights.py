from __future__ import annotations

from typing import Any

import pytest

from dmod.jobs.cause import CauseKind
from dmod.jobs.executor.container.marks import LABEL
from dmod.jobs.executor.engine.port import Sight, SightState
from dmod.jobs.executor.swarm.membership import Member
from dmod.jobs.executor.swarm.sights import asks_for_nodes, sights_of

NODES = (
    Member("n1", "node1", 2 * 10**9, 8 << 30, "ready", "active"),
    Member("n2", "node2", 2 * 10**9, 8 << 30, "down", "active"),
)


@pytest.mark.parametrize(
    "state", ["new", "pending", "assigned", "accepted", "preparing", "ready", "starting"]
)
def test_state_before_its_start_is_waiting_without_a_cause(state: str) -> None:
    found = sight(task(state))
    assert (found.state, found.cause) == (SightState.WAITING, None)
    assert state in found.reason


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ({"State": "failed", "ExitCode": 1}, CauseKind.EXIT, "code 1"),
        ({"State": "failed", "ExitCode": 3}, CauseKind.BACKEND, "does not see the folder"),
        ({"State": "failed", "ExitCode": 137}, CauseKind.SIGNAL, "SIGKILL"),
        ({"State": "failed", "ExitCode": 200}, CauseKind.EXIT, "code 200"),
        ({"State": "failed", "ExitCode": 255}, CauseKind.LOST, "started anew"),
        ({"State": "failed", "Err": "starting container failed: x", "ExitCode": 127}, CauseKind.BACKEND, "x"),
        ({"State": "rejected", "Err": "No such image: a"}, CauseKind.BACKEND, "node1 has no image a"),
        ({"State": "rejected", "Err": "whatever"}, CauseKind.BACKEND, "whatever"),
        ({"State": "shutdown"}, CauseKind.LOST, "node1"),
        ({"State": "orphaned"}, CauseKind.LOST, "node1"),
    ],
    ids=str,
)  # fmt: skip
def test_end_that_is_no_success_has_its_cause(status: dict[str, Any], kind: CauseKind, words: str) -> None:
    found = sight(task(**status))
    assert found.state is SightState.ENDED
    assert found.cause is not None
    assert found.cause.kind is kind
    assert words in found.cause.message


def test_end_that_is_a_success_has_no_cause() -> None:
    assert sight(task("complete", ExitCode=0)) == Sight("a:b:1", SightState.ENDED, "s1")


def test_task_that_was_given_up_is_lost_where_its_node_is_down() -> None:
    alive, dead = (task("running", desired="shutdown", node=node) for node in ("n1", "n2"))
    assert asks_for_nodes([alive])
    assert sight(alive).state is SightState.RUNNING
    assert (sight(dead).state, sight(dead).is_lost) == (SightState.ENDED, True)
    assert not asks_for_nodes([task("running")])


def test_first_of_several_tasks_counts() -> None:
    first = task("running", desired="shutdown", node="n2")
    second = {**task("complete", ExitCode=0), "CreatedAt": "2030-01-02"}
    for tasks in ([first, second], [second, first]):
        assert sights_of(SERVICES, tasks, NODES)["a:b:1"].is_lost


def test_service_without_a_task_waits() -> None:
    assert sights_of(SERVICES, [], NODES)["a:b:1"].state is SightState.WAITING


def test_state_that_is_not_known_is_told_and_no_verdict(caplog: pytest.LogCaptureFixture) -> None:
    assert sight(task("dreaming")).state is SightState.WAITING
    assert "dreaming" in caplog.text


@pytest.mark.parametrize(
    ("constraints", "cpus", "is_hopeless"),
    [
        ([], 2, False),
        ([], 3, True),
        (["node.hostname==node2"], 2, False),
        (["node.hostname==node2"], 3, True),
        (["node.hostname==node3"], 1, True),
    ],
)
def test_task_without_a_node_waits_for_ever_only_where_none_could_hold_it(
    constraints: list[str], cpus: int, is_hopeless: bool
) -> None:
    waits = task("pending", Err="no suitable node (whatever)")
    waits["Spec"]["Placement"] = {"Constraints": constraints}
    waits["Spec"]["Resources"] = {"Reservations": {"NanoCPUs": cpus * 10**9, "MemoryBytes": 1 << 30}}
    assert asks_for_nodes([waits])
    found = sight(waits)
    assert (found.state, found.reason) == (SightState.WAITING, "no suitable node (whatever)")
    assert (found.cause is not None) == is_hopeless
    assert found.cause is None or found.cause.kind is CauseKind.UNSATISFIABLE


SERVICES = [{"ID": "s1", "Spec": {"Labels": {LABEL: "a:b:1"}}}]


def task(
    State: str, *, desired: str = "running", node: str = "n1", ExitCode: int = 0, Err: str = ""
) -> dict[str, Any]:
    """Return what a manager says of a task."""
    return {
        "ID": "t1",
        "ServiceID": "s1",
        "NodeID": "" if State in {"new", "pending"} else node,
        "CreatedAt": "2030-01-01",
        "DesiredState": desired,
        "Spec": {"ContainerSpec": {"Image": "a"}},
        "Status": {"State": State, "Err": Err, "ContainerStatus": {"ExitCode": ExitCode}},
    }


def sight(document: dict[str, Any]) -> Sight:
    """Return what is said of the only task there is."""
    return sights_of(SERVICES, [document], NODES)["a:b:1"]
