"""A build that is killed at any of its acts leaves what was whole as it was, and the next one builds."""

import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dmod.services.environments import Environments, EnvironmentSpec, Package
from dmod.testing.killing import count_acts, killed_at

Kept = Callable[..., Environments]
POINTS = 12


@pytest.fixture
def acts(kept: Kept) -> int:
    """Return how many acts a build has, so that the kills fall over all of it."""
    counted = count_acts(lambda: kept().build(EnvironmentSpec.parse(["tiny"])))
    shutil.rmtree(kept().folder)
    return counted


def test_killed_build_never_counts(kept: Kept, acts: int) -> None:
    old = kept().build(EnvironmentSpec.parse(["tiny<2"]))
    spec = EnvironmentSpec.parse(["tiny"])
    chosen = random.Random(7)
    for point in sorted(chosen.sample(range(acts), POINTS)):
        killed_at(lambda: kept().build(spec), point)
        for found in kept().list():
            assert kept().flaw(found) == "", point
        assert kept().find(EnvironmentSpec.parse(["tiny<2"])) == old
        assert Package("tiny", "2.0") in kept().build(spec).packages
        kept().prune(timedelta(days=1))
        hidden = [path.name for path in (kept().folder / "built").iterdir() if path.name.startswith(".")]
        assert hidden == [], point
        kept().remove(kept().build(spec).hash)


def test_killed_removal_never_leaves_half(kept: Kept, tmp_path: Path) -> None:
    spec = EnvironmentSpec.parse(["tiny"])
    built = kept().build(spec)
    whole = tmp_path / "whole"
    shutil.copytree(kept().folder, whole, symlinks=True)
    counted = count_acts(lambda: kept().remove(built.hash))
    for point in range(0, counted, max(1, counted // POINTS)):
        shutil.rmtree(kept().folder)
        shutil.copytree(whole, kept().folder, symlinks=True)
        assert killed_at(lambda: kept().remove(built.hash), point)
        for found in kept().list():
            assert kept().flaw(found) == "", point
        kept().prune(timedelta(days=1))
        assert [p.name for p in (kept().folder / "built").iterdir() if p.name.startswith(".")] == [], point
