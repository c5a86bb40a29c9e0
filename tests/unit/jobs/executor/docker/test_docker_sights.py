"""What a Docker engine says of a container is told apart."""

from __future__ import annotations

from typing import Any

import pytest

from dmod.jobs.cause import CauseKind
from dmod.jobs.executor.docker.engine import _turn
from dmod.jobs.executor.docker.sights import cause_of, sight_of
from dmod.jobs.executor.engine.port import SightState


@pytest.mark.parametrize(
    ("state", "means"),
    [("created", SightState.WAITING), ("running", SightState.RUNNING), ("paused", SightState.RUNNING),
     ("restarting", SightState.RUNNING), ("exited", SightState.ENDED), ("dead", SightState.ENDED)],
)  # fmt: skip
def test_state_of_a_container_is_one_of_ours(state: str, means: SightState) -> None:
    assert sight_of("x:s:1", "abc", state, {"ExitCode": 0}).state is means


@pytest.mark.parametrize(
    ("state", "kind", "retryable"),
    [
        ({"ExitCode": 137, "OOMKilled": True}, CauseKind.OUT_OF_MEMORY, False),
        ({"ExitCode": 127, "Error": "no such file"}, CauseKind.BACKEND, False),
        ({"ExitCode": 3}, CauseKind.BACKEND, False),
        ({"ExitCode": 137}, CauseKind.SIGNAL, True),
        ({"ExitCode": 255}, CauseKind.LOST, True),
        ({"ExitCode": 7}, CauseKind.EXIT, False),
    ],
)
def test_each_end_has_its_own_cause(state: dict[str, Any], kind: CauseKind, retryable: bool) -> None:
    cause = cause_of(state)
    assert cause is not None
    assert (cause.kind, cause.retryable) == (kind, retryable)
    assert sight_of("x:s:1", "abc", "exited", state).is_lost == (kind is CauseKind.LOST)


def test_container_that_somebody_started_again_has_another_turn() -> None:
    turns = [
        _turn({"Id": "abc", "State": state, "Status": status})
        for state, status in [
            ("exited", "Exited (137) 2 seconds ago"), ("exited", "Exited (137) 3 seconds ago"),
            ("running", "Up 2 seconds"), ("exited", "Exited (0) 1 second ago"),
        ]
    ]  # fmt: skip
    assert turns[0] == turns[1]
    assert len(set(turns)) == 3


def test_worker_that_ended_well_has_no_cause() -> None:
    assert cause_of({"ExitCode": 0, "OOMKilled": False, "Error": ""}) is None
