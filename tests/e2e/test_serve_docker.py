"""The same request here and in containers: one word differs, and not one byte of the results."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.core.cache import user_cache
from dmod.testing import swarm as testing_swarm
from dmod.testing.serving import ServedHome
from dmod.testing.swarm import IMAGE, SwarmNodes, machine_paths

pytestmark = [
    pytest.mark.xdist_group("swarm"),
    # Docker's client leaves a socket to the collector when nobody listens
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]
RESULTS = ("catchments.nc", "nexuses.nc", "streamflow.nc", "states.nc", "balance.csv")


@pytest.fixture(scope="module")
def engine() -> Iterator[SwarmNodes]:
    reason = testing_swarm.missing()
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    # sockets want a short path
    with SwarmNodes(Path(tempfile.mkdtemp(prefix="dm-")), 1) as engine:
        engine.put_image()
        yield engine


@pytest.fixture(scope="module")
def served(engine: SwarmNodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    folder = tmp_path_factory.mktemp("docker")
    package = dmod.make_example(folder / "package", catchments=20, years=0.2, observed=False).path
    with dmod.open_data(folder / "home") as data:
        data.add("basin", [package])
    cache = user_cache()  # what is compiled is there for all
    cache.mkdir(parents=True, exist_ok=True)
    settings = {
        "image": IMAGE, "address": engine.address, "python": sys.executable, "paths": [str(cache)],
        "mounts": list(machine_paths()), "network": "none", "environment": {"DMOD_CACHE_DIR": str(cache)},
    }  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items() if key != "environment"]
    lines += ["[server.executors.docker.environment]", f'DMOD_CACHE_DIR = "{cache}"']
    configuration = folder / "home" / "config.toml"
    configuration.write_text("\n".join(["[server.executors.docker]", *lines]), encoding="utf-8")
    environment = {"DMOD_CONFIG": str(configuration), "DMOD_CACHE_DIR": str(cache)}
    served = ServedHome(folder / "home", ("--cpus", "2"), environment).start()
    yield served
    served.stop()


def results(served: ServedHome, folder: Path, **request: Any) -> dict[str, bytes]:
    asked = {"kind": "run", "package": "basin", "fresh": True, "evaluation": False}
    shown = served.ended(served.submit({**asked, "outputs": {"report": False}, **request}))
    assert shown["state"] == "completed", shown["cause"]
    collected = next(step for step in shown["steps"] if step["name"] == "collect")["result"]
    with dmod.open_data(served.folder) as data:
        data.get(collected["dataset"], folder)
    return {name: next(folder.rglob(name)).read_bytes() for name in RESULTS}


def test_same_request_gives_the_same_bytes_in_containers(served: ServedHome, tmp_path: Path) -> None:
    here = results(served, tmp_path / "local", executor="local")
    assert results(served, tmp_path / "docker", executor="docker") == here
    assert results(served, tmp_path / "parts", executor="docker", partitions=3) == here
    assert {node["name"].split("/")[0] for node in served.get("/nodes") if "/" in node["name"]} == {"docker"}


def test_server_that_is_killed_finds_its_containers_again(served: ServedHome) -> None:
    job = served.submit({"kind": "probe", "fresh": True, "executor": "docker", "seconds": 3})
    served.in_state(job, "running")
    served.kill()
    served.start()
    shown = served.ended(job)
    assert shown["state"] == "completed"
    assert len(shown["steps"][0]["attempts"]) == 1
