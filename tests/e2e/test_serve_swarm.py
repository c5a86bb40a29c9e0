"""The same request here and on a swarm of three nodes: one word differs, and not one byte of the results."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmod.testing import swarm as testing_swarm
from dmod.testing.docker_serving import served_over
from dmod.testing.serving import ServedHome, results_of
from dmod.testing.swarm import SwarmNodes

pytestmark = [
    pytest.mark.xdist_group("swarm"),
    # Docker's client leaves a socket to the collector when nobody listens
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    reason = testing_swarm.missing()
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    folder = tmp_path_factory.mktemp("swarm")
    # sockets want a short path
    with SwarmNodes(Path(tempfile.mkdtemp(prefix="dm-"))) as swarm:
        swarm.put_image()
        # its catalog is in files
        served = served_over(folder, swarm, "swarm", {"every": 0.1}, (folder / "home",))
        yield served.start()
        served.stop()
    gc.collect()


def test_same_request_gives_the_same_bytes_on_a_swarm(served: ServedHome, tmp_path: Path) -> None:
    here = results_of(served, tmp_path / "local", executor="local")
    assert results_of(served, tmp_path / "swarm", executor="swarm") == here
    assert results_of(served, tmp_path / "parts", executor="swarm", partitions=3) == here
    nodes = [node["name"] for node in served.get("/nodes") if "/" in node["name"]]
    assert sorted(nodes) == ["swarm/node1", "swarm/node2", "swarm/node3"]


def test_server_that_is_killed_finds_its_services_again(served: ServedHome) -> None:
    job = served.submit({"kind": "probe", "fresh": True, "executor": "swarm", "seconds": 3})
    served.in_state(job, "running")
    served.kill()
    served.start()
    shown = served.ended(job)
    assert shown["state"] == "completed"
    assert len(shown["steps"][0]["attempts"]) == 1
