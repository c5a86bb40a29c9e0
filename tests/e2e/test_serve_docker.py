"""The same request here and in containers: one word differs, and not one byte of the results."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmod.jobs.executor.container.handing import user_of
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
def engine() -> Iterator[SwarmNodes]:
    reason = testing_swarm.missing()
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    # sockets want a short path
    with SwarmNodes(Path(tempfile.mkdtemp(prefix="dm-")), 1) as engine:
        engine.put_image()
        yield engine
    gc.collect()


@pytest.fixture(scope="module")
def served(engine: SwarmNodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    served = served_over(tmp_path_factory.mktemp("docker"), engine, "docker", {"network": "none"})
    yield served.start()
    served.stop()


def test_same_request_gives_the_same_bytes_in_containers(served: ServedHome, tmp_path: Path) -> None:
    here = results_of(served, tmp_path / "local", executor="local")
    assert results_of(served, tmp_path / "docker", executor="docker") == here
    assert results_of(served, tmp_path / "parts", executor="docker", partitions=3) == here
    assert {node["name"].split("/")[0] for node in served.get("/nodes") if "/" in node["name"]} == {"docker"}


def test_what_containers_wrote_is_of_a_user_who_is_not_root(served: ServedHome) -> None:
    job = served.submit({"kind": "probe", "fresh": True, "executor": "docker"})
    assert served.ended(job)["state"] == "completed"
    user = int(user_of("").partition(":")[0])
    assert user > 0
    written = [path for path in (served.folder / "executor-docker").rglob("end.json") if job in str(path)]
    assert [path.stat().st_uid for path in written] == [user]
    # who asks the server shows this, and nobody else may have it
    assert (served.folder / "token").stat().st_uid == os.geteuid()


def test_server_that_is_killed_finds_its_containers_again(served: ServedHome) -> None:
    job = served.submit({"kind": "probe", "fresh": True, "executor": "docker", "seconds": 3})
    served.in_state(job, "running")
    served.kill()
    served.start()
    shown = served.ended(job)
    assert shown["state"] == "completed"
    assert len(shown["steps"][0]["attempts"]) == 1
