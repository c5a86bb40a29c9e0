"""A process that is killed anywhere in add, derive, rm and gc loses no dataset and leaves no debris."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

KILLED = 200


MEMORY = Path("/dev/shm")
"""A file system in memory: what a kill leaves is the same there, and nothing waits for the disk."""


def test_catalog_survives_sigkill_at_hundreds_of_points() -> None:
    with TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "dmod.testing.kill_trials", f"{folder}/trials", str(KILLED), "20"],
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
    assert done.returncode == 0, done.stderr[-4000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    assert not answer["broken"]
    assert sum(answer["killed"].values()) >= KILLED
    assert min(answer["killed"].values()) >= 20
