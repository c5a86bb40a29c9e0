"""A process that is killed anywhere in add, derive, rm and gc loses no dataset and leaves no debris."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TRIALS = 260


def test_catalog_survives_sigkill_at_hundreds_of_points(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dmod.testing.kill_trials", str(tmp_path / "trials"), str(TRIALS), "20"],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    assert not answer["broken"]
    assert sum(answer["killed"].values()) >= 200
    assert min(answer["killed"].values()) >= 20
