"""What processes have used of compiled code is loaded by the next before it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

USES = """
import numpy as np
from dmod.forcing.convert import convert_rows
from dmod.engine.integrate import sum_into_nexuses
from dmod.core.compiled import note_used
depth, flow = np.ones((2, 3)), np.empty((1, 3))
sum_into_nexuses(depth, np.ones(2), np.array([0, 2]), np.array([0, 1]), flow)
note_used()
"""
LOADS = """
from dmod.core.compiled import load_used
print(load_used())
from dmod.engine.integrate import sum_into_nexuses
print(len(sum_into_nexuses.signatures), sum(sum_into_nexuses.stats.cache_misses.values()))
"""


def run(script: str, folder: Path) -> str:
    environment = {**os.environ, "DMOD_CACHE_DIR": str(folder)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout


def test_what_was_used_is_loaded_without_compiling_it_again(tmp_path: Path) -> None:
    assert run(LOADS, tmp_path).split() == ["0", "0", "0"]
    run(USES, tmp_path)
    assert run(LOADS, tmp_path).split() == ["1", "1", "0"]


def test_note_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    run(USES, tmp_path)
    (note,) = tmp_path.rglob("used-*.pickle")
    note.write_bytes(b"\x80rubbish")
    assert run(LOADS, tmp_path).split() == ["0", "0", "0"]
