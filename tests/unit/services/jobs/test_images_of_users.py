"""Jobs that name an image as their environment: which are taken on, and which of their steps run in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError
from dmod.jobs.executor.container.images import ALL
from dmod.jobs.executor.image import APART
from dmod.jobs.request.request import parse_request
from dmod.services.jobs.actions import collect, run
from dmod.services.jobs.image_policy import ImagePolicy
from dmod.services.jobs.planning import plan_steps, require_engine

IMAGE = f"registry.example/snow@sha256:{'a' * 64}"
RUN = {"package": "logan", "engine": "bmi", "executor": "docker", "environment": {"image": IMAGE}}


def planned(**more: Any) -> dict[str, str]:
    """Return the image that each step of a run is to be done in, by name."""
    return {
        step.name: step.plan.inputs.get("image", "") for step in plan_steps(parse_request({**RUN, **more}))
    }


def test_steps_that_compute_run_in_the_image_and_those_that_see_the_catalog_do_not() -> None:
    assert planned() == {"stage": "", "run": IMAGE, "collect": "", "evaluate": ""}
    in_parts = planned(partitions=3)
    assert {name for name, image in in_parts.items() if image} == {"run"}
    part = {"kind": "part", "parent": "x", "part": 1, "executor": "docker", "image": IMAGE}
    (step,) = plan_steps(parse_request(part, is_own=True))
    assert step.plan.inputs == {"parent": "x", "part": 1, "image": IMAGE}
    assert set(planned(environment=["numpy"]).values()) == {""}


@pytest.mark.parametrize("executor", ["local", "slurm"])
def test_executor_without_containers_refuses_an_image_and_says_which_has_them(executor: str) -> None:
    with pytest.raises(InputError, match=f"the executor {executor} runs no images") as raised:
        require_engine(parse_request({**RUN, "executor": executor}))
    assert raised.value.hint == "choose executor: docker or swarm"


def test_server_without_executors_of_containers_says_what_else_there_is() -> None:
    policy = ImagePolicy.of_tables({"slurm": {}})
    with pytest.raises(InputError) as raised:
        require_engine(parse_request(RUN), images=policy)
    assert "name requirements" in (raised.value.hint or "")


def test_settings_say_which_images_may_run_on_each_executor() -> None:
    policy = ImagePolicy.of_tables({"docker": {"image": "x", "images": ["other/*"]}, "swarm": {"image": "x"}})
    assert policy.patterns == {"docker": ("other/*",), "swarm": ALL}
    require_engine(parse_request({**RUN, "executor": "swarm"}), images=policy)
    with pytest.raises(InputError, match=r"snow@sha256:a+ is not allowed on the executor docker"):
        require_engine(parse_request(RUN), images=policy)


def test_run_in_an_image_writes_apart_and_what_is_published_is_a_folder_of_it(tmp_path: Path) -> None:
    apart = tmp_path / APART
    assert run.written_in(tmp_path, {"image": IMAGE}) == apart
    assert run.written_in(tmp_path, {}) == tmp_path
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "outputs").symlink_to(elsewhere)
    with pytest.raises(InputError, match="outputs is no folder"):
        collect.written_outputs(tmp_path)
    apart.mkdir()
    (apart / "outputs").symlink_to(elsewhere)
    with pytest.raises(InputError, match="apart/outputs is no folder"):
        collect.written_outputs(tmp_path)
    (apart / "outputs").unlink()
    (apart / "outputs").mkdir()
    assert collect.written_outputs(tmp_path) == apart / "outputs"
