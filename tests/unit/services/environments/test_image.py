"""An image as an environment: only for a process that runs in it."""

from __future__ import annotations

import pytest

from dmod.cli.environment import environment_wish
from dmod.errors import InputError
from dmod.jobs.executor.image import IMAGE, IMAGE_ID
from dmod.services.environments import Environments, EnvironmentSpec

NAME = f"registry.example/snow@sha256:{'a' * 64}"
SPEC = EnvironmentSpec.parse({"image": NAME})


@pytest.mark.parametrize("inside", ["", f"registry.example/snow@sha256:{'b' * 64}"])
def test_image_is_refused_outside_of_it_with_where_it_runs(
    inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IMAGE, inside)
    with pytest.raises(InputError, match="starts no containers") as raised:
        Environments().build(SPEC)
    assert "executor: docker" in (raised.value.hint or "")


def test_inside_of_it_its_python_and_packages_are_what_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(IMAGE, NAME)
    monkeypatch.setenv(IMAGE_ID, "sha256:1")
    record = Environments().build(SPEC).record()
    assert (record["kind"], record["image"], record["image_id"]) == ("image", NAME, "sha256:1")
    assert record["digest"] == NAME.partition("@")[2]
    assert "numpy" in {package["name"] for package in record["packages"]}
    monkeypatch.setenv(IMAGE_ID, "sha256:2")
    assert Environments().build(SPEC).hash != record["hash"]


def test_command_line_takes_an_image_for_one() -> None:
    assert environment_wish([f"image:{NAME}"]) == {"image": NAME}
    assert environment_wish([NAME]) == {"image": NAME}
    assert environment_wish(["snow @ https://x.org/s.whl#sha256=1"]) == [
        "snow @ https://x.org/s.whl#sha256=1"
    ]
    assert environment_wish(["/"]) == "/"
    assert environment_wish([]) is None
