"""Images that users name: which of them may run, and what their containers are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod.errors import SubmitError
from dmod.jobs.executor.container.images import is_allowed, require_allowed
from dmod.jobs.executor.container.setup import setup_of
from dmod.jobs.executor.docker.settings import DockerSettings
from dmod.jobs.executor.engine.describing import describe
from dmod.jobs.executor.engine.port import Order
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.local.attempt_folder import AttemptFolder
from dmod.jobs.executor.local.executor import LocalExecutor
from dmod.jobs.executor.port import Task
from dmod.jobs.executor.swarm.service import service_of
from dmod.jobs.executor.swarm.settings import SwarmSettings
from dmod.testing.process_engine import ProcessEngine

DIGEST = f"sha256:{'a' * 64}"
IMAGE = f"registry.example/snow/model@{DIGEST}"


class Containers(ProcessEngine):
    """An engine that says that it runs images."""

    runs_images = True


def ordered(tmp_path: Path, image: str = IMAGE, **inputs: str) -> Order:
    """Return the order of an attempt in an image."""
    kept = tmp_path / "home" / "cache" / "kernels"
    kept.mkdir(parents=True, exist_ok=True)
    task = Task(
        "job:run:1", "run", inputs, tmp_path / "home" / "jobs" / "job", (), 60.0,
        {"DMOD_INDEX": "postgresql://user:secret@host/x", "DMOD_CACHE_DIR": str(kept.parent)}, image,
    )  # fmt: skip
    folder = AttemptFolder.of_label(tmp_path / "attempts", task.label)
    engine = Containers(tmp_path / "engine")
    (order,) = describe(task, folder, engine, EngineSettings(), tmp_path / "attempts")
    return order


@pytest.mark.parametrize(
    ("patterns", "is_so"),
    [
        (("*",), True),
        (("registry.example/snow/*",), True),
        (("other/*", "registry.example/*"), True),
        (("registry.example/snow",), False),
        (("snow/*",), False),
        ((), False),
    ],
)
def test_image_is_allowed_where_its_name_fits(patterns: tuple[str, ...], is_so: bool) -> None:
    assert is_allowed(IMAGE, patterns) is is_so
    order = Order("job:run:1", "/a", "/j", 1, None, 60.0, image=IMAGE)
    if is_so:
        require_allowed(order, patterns)
    else:
        with pytest.raises(SubmitError, match="is not allowed here") as raised:
            require_allowed(order, patterns)
        assert not raised.value.retryable


def test_image_of_a_user_sees_its_own_folders_and_no_secrets(tmp_path: Path) -> None:
    order = ordered(tmp_path)
    settings = DockerSettings(
        "dmod", paths=(str(tmp_path / "home"),), mounts=("/data",), packages=("/site",),
        environment={"PASSWORD": "x"},
    )  # fmt: skip
    setup = setup_of(order, settings, DIGEST)
    job, attempt = tmp_path / "home" / "jobs" / "job", order.folder
    assert setup.writable == (attempt, str(job / "apart"))
    assert setup.readable == (
        str(job), f"{attempt}/task.json", str(tmp_path / "home" / "cache" / "kernels"), "/site",
    )  # fmt: skip
    assert dict(setup.environment) == {
        "HOME": "/tmp", "DMOD_CACHE_DIR": "/tmp/dmod", "DMOD_ATTEMPT_IMAGE": IMAGE,
        "DMOD_ATTEMPT_IMAGE_ID": DIGEST,
    }  # fmt: skip
    assert "secret" not in Path(attempt, "task.json").read_text(encoding="utf-8")
    assert (job / "apart").is_dir()


def test_part_in_an_image_writes_where_the_run_does_that_it_is_of(tmp_path: Path) -> None:
    writable, readable = ordered(tmp_path, parent="whole").apart
    jobs = tmp_path / "home" / "jobs"
    assert writable[1:] == (str(jobs / "job" / "apart"), str(jobs / "whole" / "apart"))
    assert readable[:2] == (str(jobs / "job"), str(jobs / "whole"))


def test_executors_own_image_is_set_up_as_settings_say() -> None:
    order = Order("job:run:1", "/a", "/j", 1, None, 60.0)
    settings = DockerSettings("dmod", paths=("/home",), mounts=("/data",), environment={"A": "b"})
    setup = setup_of(order, settings, DIGEST)
    assert (setup.writable, setup.readable) == (("/home",), ("/data",))
    assert setup.command == ("python", "-P", "-m", "dmod.jobs.executor.worker", "/a")
    assert dict(setup.environment) == {"HOME": "/tmp", "A": "b"}


def test_service_in_an_image_of_a_user_has_neither_networks_nor_secrets(tmp_path: Path) -> None:
    settings = SwarmSettings("dmod", networks=("internal",), secrets=("key",), user="1:1")
    order = ordered(tmp_path)
    service = service_of(order, settings, mark="m", image=DIGEST, secrets=())
    container = service["TaskTemplate"]["ContainerSpec"]
    assert (service["TaskTemplate"]["Networks"], container["Secrets"]) == ([], [])
    assert container["Image"] == DIGEST
    assert container["Command"][0] == "python3"
    assert (container["ReadOnly"], container["CapabilityDrop"]) == (True, ["ALL"])
    assert container["Labels"]["dmod.users-image"] == IMAGE


def test_executors_without_containers_refuse_an_image(tmp_path: Path) -> None:
    task = Task("job:run:1", "probe", {}, tmp_path / "job", (), 60.0, image=IMAGE)
    local = LocalExecutor(tmp_path / "local")
    try:
        with pytest.raises(SubmitError, match="the local executor runs no images") as raised:
            local.submit(task)
    finally:
        local.close()
    assert "docker or swarm" in (raised.value.hint or "")
    engine = ProcessEngine(tmp_path / "engine")
    folder = AttemptFolder.of_label(tmp_path, task.label)
    with pytest.raises(SubmitError, match="runs no images"):
        describe(task, folder, engine, EngineSettings(), tmp_path)
    assert not Path(folder.path).exists()
