"""A folder of tiny wheels, and environments that are built of nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.services.environments import Environments
from dmod.testing import wheels

Kept = Callable[..., Environments]


@pytest.fixture(scope="session")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two versions of numpy's stand-in and of ``tiny``; not to be changed."""
    return wheels.write_links(tmp_path_factory.mktemp("links"))


@pytest.fixture
def kept(tmp_path: Path, links: Path) -> Kept:
    """Return what opens environments in a folder of the test, without any index."""
    reason = wheels.missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)

    def opened(**more: object) -> Environments:
        given = {"uv": wheels.uv(), "index": "none", "find_links": [links], **more}
        return Environments(tmp_path / "kept", **given)

    return opened
