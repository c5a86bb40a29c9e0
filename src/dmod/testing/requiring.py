"""What tests want of a machine: skipped where it is not there, failed where it has to be."""

from __future__ import annotations

import os
import shutil

import pytest


def require(reason: str) -> None:
    """Skip where something cannot be had; where everything has to be there, fail.

    Parameters
    ----------
    reason : why it cannot be had, "" where it can
    """
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def require_mpirun() -> None:
    """Skip, or fail, where there is no launcher of MPI programs."""
    require("" if shutil.which("mpirun") else "not installed: mpirun (Debian: openmpi-bin)")
