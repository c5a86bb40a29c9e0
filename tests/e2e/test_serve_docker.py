"""The same request here and in containers: one word differs, and not one byte of the results."""

from __future__ import annotations

import gc
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.jobs.executor.container.handing import user_of
from dmod.testing import foreign_modules
from dmod.testing import swarm as testing_swarm
from dmod.testing.docker_serving import served_over
from dmod.testing.foreign_package import change_realization, make_foreign_package
from dmod.testing.python_image import (
    lent_packages,
    put_bare_image,
    put_changed_image,
    put_python_image,
)
from dmod.testing.requiring import require_mpirun
from dmod.testing.served_framework import ServedFramework
from dmod.testing.serving import RESULTS, ServedHome, result_bytes, results_of, wait_for
from dmod.testing.swarm import SwarmNodes, machine_paths

MODULE = "only_in_image"
HOSTILE = """
import json, os, sys, time
if len(sys.orig_argv) > 3 and os.path.isdir(sys.orig_argv[3]):
    attempt = sys.orig_argv[3]
    seen = open("/proc/mounts").read()
    apart = next(word for word in seen.split() if word.endswith("/apart"))
    home = os.path.dirname(os.path.dirname(os.path.dirname(apart)))
    os.symlink(home + "/store", apart + "/outputs")
    os.symlink(home + "/token", attempt + "/log")
    try:
        os.rename(attempt + "/task.json", attempt + "/other.json")
    except OSError:
        pass
    else:
        os._exit(9)
    with open(attempt + "/end.json", "w") as file:
        json.dump({"result": {"summary": {}}, "at": "2026-01-01T00:00:00+00:00"}, file)
    time.sleep(600)
"""
"""Runs before anything of dmod does: says that all is done, leads elsewhere, and stays."""

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
def framework(tmp_path_factory: pytest.TempPathFactory) -> ServedFramework:
    """Return where the framework will be, and the package that it runs."""
    folder = tmp_path_factory.mktemp("docker")
    return ServedFramework(folder / "framework", folder / "package")


@pytest.fixture(scope="module")
def served(engine: SwarmNodes, framework: ServedFramework) -> Iterator[ServedHome]:
    settings = {
        "network": "none",
        "packages": list(lent_packages()),
        "images": ["localhost:9/users/*"],
        "mounts": [*machine_paths(), str(framework.folder)],
        "environment": framework.variables,
    }
    served = served_over(framework.folder.parent, engine, "docker", settings)
    framework.write()
    folder = framework.folder.parent
    package = make_foreign_package(folder / "reservoirs")
    change_realization(package, {"python_type": f"{MODULE}.reservoir.Reservoir"}, module=2)
    with dmod.open_data(served.folder) as data:
        data.add("reservoirs", [package])
    yield served.start()
    served.stop()


@pytest.fixture(scope="module")
def image(engine: SwarmNodes) -> str:
    """Return an image with Python, numpy and a module that is nowhere else."""
    source = foreign_modules.SOURCES / "reservoir.py"
    files = {f"{MODULE}/__init__.py": "", f"{MODULE}/reservoir.py": source.read_text(encoding="utf-8")}
    return put_python_image(engine.manager, files)


def in_image(image: str, **more: Any) -> dict[str, Any]:
    """Return the request of a run in an image."""
    return {
        "kind": "run", "package": "reservoirs", "engine": "bmi", "executor": "docker", "fresh": True,
        "evaluation": False, "outputs": {"report": False}, "environment": {"image": image}, **more,
    }  # fmt: skip


def test_same_request_gives_the_same_bytes_in_containers(served: ServedHome, tmp_path: Path) -> None:
    here = results_of(served, tmp_path / "local", executor="local")
    assert results_of(served, tmp_path / "docker", executor="docker") == here
    assert results_of(served, tmp_path / "parts", executor="docker", partitions=3) == here
    assert {node["name"].split("/")[0] for node in served.get("/nodes") if "/" in node["name"]} == {"docker"}


def test_framework_in_containers_gives_what_it_gives_here(
    served: ServedHome, framework: ServedFramework, tmp_path: Path
) -> None:
    require_mpirun()
    here = framework.here(tmp_path / "here")
    assert framework.served(served, tmp_path / "one", executor="docker") == here
    assert framework.served(served, tmp_path / "two", executor="docker", partitions=2) == here


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


def test_module_that_only_an_image_has_gives_the_same_bytes_as_by_its_path(
    served: ServedHome, image: str, tmp_path: Path
) -> None:
    jobs = [served.submit(in_image(image)), served.submit(in_image(image, partitions=2))]
    package = make_foreign_package(tmp_path / "package")
    place = tmp_path / "modules" / MODULE
    place.mkdir(parents=True)
    source = (foreign_modules.SOURCES / "reservoir.py").read_text(encoding="utf-8")
    (place / "reservoir.py").write_text(source, encoding="utf-8")
    named = {"python_type": f"{MODULE}.reservoir.Reservoir", "python_path": str(place.parent)}
    change_realization(package, named, module=2)
    dmod.run(package, engine="bmi", output=tmp_path / "here", report=False)
    here = {name: next((tmp_path / "here").rglob(name)).read_bytes() for name in RESULTS}
    for number, job in enumerate(jobs):
        assert result_bytes(served, job, tmp_path / f"{number}") == here
        record = json.loads(next((tmp_path / f"{number}").rglob("run.json")).read_text(encoding="utf-8"))
        ran = record["environment"]
        assert (ran["kind"], ran["image"], ran["digest"]) == ("image", image, image.partition("@")[2])
        assert ran["image_id"] == image.partition("@")[2]  # it was loaded, not pulled
        assert [package["name"] for package in ran["packages"]] == ["numpy"]


def test_image_that_is_not_there_or_has_no_python_fails_the_job_with_its_name(
    served: ServedHome, engine: SwarmNodes
) -> None:
    absent, bare = f"localhost:9/users/image@sha256:{'0' * 64}", put_bare_image(engine.manager)
    jobs = {
        served.submit(in_image(absent)): f"the engine has no image {absent}",
        served.submit(in_image(bare)): f"the image {bare} has no Python that can be started",
    }
    for job, said in jobs.items():
        ended = served.ended(job)
        assert (ended["state"], ended["cause"]["kind"], ended["cause"]["step"]) == ("failed", "input", "run")
        assert said in ended["cause"]["message"]
        assert len(next(step for step in ended["steps"] if step["name"] == "run")["attempts"]) == 1


def test_image_that_settings_do_not_name_is_refused_at_once(served: ServedHome) -> None:
    other = f"localhost:9/others/image@sha256:{'0' * 64}"
    with served.client as client:
        answer = client.post("/jobs", json=in_image(other))
    assert answer.status_code == 422
    assert "is not allowed" in answer.json()["detail"]
    assert "localhost:9/users/*" in answer.json()["hint"]


def test_hostile_image_gets_nothing_published_nothing_shown_and_does_not_stay(
    served: ServedHome, engine: SwarmNodes, image: str
) -> None:
    name = "localhost:9/users/hostile"
    hostile = put_changed_image(engine.manager, image, {"sitecustomize.py": HOSTILE}, name=name)
    job = served.submit(in_image(hostile))
    ended = served.ended(job)
    assert ended["state"] == "failed"
    assert (ended["cause"]["step"], ended["cause"]["kind"]) == ("collect", "input")
    assert "apart/outputs is no folder" in ended["cause"]["message"]
    token = (served.folder / "token").read_text(encoding="utf-8").strip()
    with served.client as client:
        assert token not in client.get(f"/jobs/{job}/steps/run/log").text
    wait_for(lambda: not engine.manager.containers(f"{job}:run:1"))
    # the controller goes on for others
    assert served.ended(served.submit({"kind": "probe", "fresh": True}))["state"] == "completed"
