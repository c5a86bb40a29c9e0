"""What settings say of images that users name."""

from __future__ import annotations

import pytest

from dmod.errors import InputError
from dmod.jobs.executor.docker.settings import DockerSettings


def test_by_default_any_image_may_run_that_is_there_without_a_network() -> None:
    settings = DockerSettings.of_table({"image": "dmod"})
    assert (settings.images, settings.pull, settings.packages) == (("*",), False, ())
    assert settings.images_network == "none"


def test_settings_say_which_images_run_whether_they_are_fetched_and_what_is_lent() -> None:
    table = {"image": "dmod", "images": [], "pull": True, "packages": ["/opt/dmod"], "images_network": "x"}
    settings = DockerSettings.of_table(table)
    assert (settings.images, settings.pull, settings.packages) == ((), True, ("/opt/dmod",))
    assert settings.images_network == "x"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"images": "registry.example/*"}, "images is 'registry.example/\\*'"),
        ({"pull": 1}, "pull is 1"),
        ({"packages": ["site-packages"]}, "has the path 'site-packages'"),
    ],
)
def test_setting_that_is_none_is_named(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        DockerSettings.of_table({"image": "dmod", **changes})
