"""The first of dmod that runs in an image of a user's: what it says where something is lacking."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.container.setup import entry, own_python, own_version
from dmod.jobs.executor.local.attempt_folder import END, AttemptFolder

IMAGE = f"snow@sha256:{'1' * 64}"
BASE = str(getattr(sys, "_base_executable", None) or sys.executable)
"""A Python that has no dmod, as that of an image of somebody else's."""
PACKAGES = os.pathsep.join(
    dict.fromkeys([sysconfig.get_path("purelib"), str(Path(__file__).parents[5] / "src")])
)


def begin(folder: Path, *told: str, python: str = BASE) -> subprocess.CompletedProcess[str]:
    """Begin as a container of an image does."""
    command = [python, "-I", "-c", entry(), str(folder), IMAGE, *told]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=120)


def cause_in(folder: Path) -> Cause:
    """Return why an attempt ended before it began."""
    end = AttemptFolder(str(folder)).read(END)
    assert end is not None
    assert end["lost"] is False
    return Cause.of_json(end["cause"])


@pytest.mark.parametrize(
    ("version", "python", "packages", "said", "to_do"),
    [
        ("1.0", own_python(), "", "it has no dmod, and the server has 1.0", "install dmod 1.0 in it"),
        ("1.0", "3.99", PACKAGES, "what the server lends it is for Python 3.99, not", "dmod image"),
        ("1.0", own_python(), "/nowhere", "dmod cannot be loaded in it: ModuleNotFoundError", "have in it"),
    ],
)
def test_image_that_lacks_something_ends_its_attempt_with_what_it_lacks(
    tmp_path: Path, version: str, python: str, packages: str, said: str, to_do: str
) -> None:
    done = begin(tmp_path, version, python, packages, "")
    assert done.returncode == 0
    cause = cause_in(tmp_path)
    assert cause.kind is CauseKind.INPUT
    assert cause.message.startswith(f"the image {IMAGE} cannot run it: ")
    assert said in cause.message
    assert to_do in cause.hint
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [END]


def test_image_with_another_dmod_is_told_both_versions(tmp_path: Path) -> None:
    begin(tmp_path, "0.0.1", own_python(), "", "", python=sys.executable)
    assert f"it has dmod {own_version()}, and the server has 0.0.1" in cause_in(tmp_path).message


def test_image_with_what_is_lent_or_with_the_same_dmod_begins(tmp_path: Path) -> None:
    """The worker says that there is no task, which only dmod can say."""
    lent = begin(tmp_path, own_version(), own_python(), PACKAGES, "")
    own = begin(tmp_path, own_version(), "3.99", "", "", python=sys.executable)
    for done in (lent, own):
        assert (done.returncode, (tmp_path / END).exists()) == (3, False)
        assert f"there is no task in {tmp_path}" in done.stderr
