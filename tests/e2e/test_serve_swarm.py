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
from dmod.testing.served_framework import ServedFramework
from dmod.testing.serving import ServedHome, results_of
from dmod.testing.swarm import SwarmNodes, machine_paths

pytestmark = [
    pytest.mark.xdist_group("swarm"),
    # Docker's client leaves a socket to the collector when nobody listens
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]


@pytest.fixture(scope="module")
def framework(tmp_path_factory: pytest.TempPathFactory) -> ServedFramework:
    """Return where the framework will be, and the package that it runs."""
    folder = tmp_path_factory.mktemp("swarm")
    return ServedFramework(folder / "framework", folder / "package")


@pytest.fixture(scope="module")
def served(framework: ServedFramework) -> Iterator[ServedHome]:
    reason = testing_swarm.missing()
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    folder = framework.folder.parent
    # sockets want a short path
    with SwarmNodes(Path(tempfile.mkdtemp(prefix="dm-"))) as swarm:
        swarm.put_image()
        # its catalog is in files
        settings = {
            "every": 0.1,
            "mounts": [*machine_paths(), str(framework.folder)],
            "environment": framework.variables,
        }
        framework.folder.mkdir()  # what is not there cannot be seen by a container
        served = served_over(folder, swarm, "swarm", settings, (folder / "home",))
        framework.write()
        yield served.start()
        served.stop()
    gc.collect()


def test_same_request_gives_the_same_bytes_on_a_swarm(served: ServedHome, tmp_path: Path) -> None:
    here = results_of(served, tmp_path / "local", executor="local")
    assert results_of(served, tmp_path / "swarm", executor="swarm") == here
    assert results_of(served, tmp_path / "parts", executor="swarm", partitions=3) == here
    nodes = [node["name"] for node in served.get("/nodes") if "/" in node["name"]]
    assert sorted(nodes) == ["swarm/node1", "swarm/node2", "swarm/node3"]


def test_framework_on_a_swarm_gives_what_it_gives_here(
    served: ServedHome, framework: ServedFramework, tmp_path: Path
) -> None:
    here = framework.here(tmp_path / "here")
    assert framework.served(served, tmp_path / "swarm", executor="swarm") == here


def test_server_that_is_killed_finds_its_services_again(served: ServedHome) -> None:
    job = served.submit({"kind": "probe", "fresh": True, "executor": "swarm", "seconds": 3})
    served.in_state(job, "running")
    served.kill()
    served.start()
    shown = served.ended(job)
    assert shown["state"] == "completed"
    assert len(shown["steps"][0]["attempts"]) == 1
