"""Fetching images where the engine cannot be asked; with a real registry it is tried in tests/contract."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from dmod.jobs.cause import CauseKind
from dmod.jobs.executor.container.fetching import Fetching
from dmod.jobs.executor.docker.settings import DockerSettings
from dmod.jobs.executor.engine.port import Order, Sight, SightState

IMAGE = f"registry.example/snow@sha256:{'a' * 64}"
PATIENCE = 60.0


def until_ended(fetching: Fetching, count: int) -> Mapping[str, Sight]:
    """Return what is said once so many attempts have no image."""
    end = time.monotonic() + PATIENCE
    while sum(sight.state is SightState.ENDED for sight in fetching.sights().values()) < count:
        assert time.monotonic() < end, fetching.sights()
        time.sleep(0.01)
    return fetching.sights()


def test_engine_that_does_not_answer_ends_what_waits_and_it_may_be_tried_again(tmp_path: Path) -> None:
    started: list[str] = []
    settings = DockerSettings("dmod", address=f"unix://{tmp_path}/none")
    fetching = Fetching(settings, lambda order: started.append(order.label))
    orders = [Order(f"job:run:{number}", "/a", "/j", 1, None, 60.0, image=IMAGE) for number in (1, 2)]
    for order in orders:
        fetching.wait(order)
    for sight in until_ended(fetching, 2).values():
        assert sight.cause is not None
        assert (sight.cause.kind, sight.cause.retryable) == (CauseKind.BACKEND, True)
        assert f"the image {IMAGE} cannot be fetched" in sight.cause.message
    assert started == []
    fetching.drop("job:run:1")
    assert list(fetching.sights()) == ["job:run:2"]
    fetching.wait(orders[1])  # the same again forgets how it ended before
    assert len(until_ended(fetching, 1)) == 1
