"""Whoever wants to know hears of compilation when it happens: how far it is, and where kernels are kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HEARS = """
import json, logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
from dmod.core.compiling import hearing_of_compiling
assert "numba" not in sys.modules
heard = []
with hearing_of_compiling(heard.append):
    import numpy as np
    from dmod.engine.integrate import sum_into_nexuses
    depth, flow = np.ones((2, 3)), np.empty((1, 3))
    sum_into_nexuses(depth, np.ones(2), np.array([0, 2]), np.array([0, 1]), flow)
print(json.dumps([[known.done, known.is_going_on, known.folder] for known in heard]))
"""


def test_compilation_is_told_with_its_folder_and_not_where_kernels_are_kept(tmp_path: Path) -> None:
    environment = {**os.environ, "DMOD_CACHE_DIR": str(tmp_path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    found = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", HEARS], capture_output=True, text=True, check=True, env=environment
        )
        found.append((json.loads(done.stdout), done.stderr))
    (cold, said), (warm, silence) = found
    (folder,) = {folder for _, _, folder in cold}
    assert Path(folder).parent == tmp_path / "kernels"
    assert any(Path(folder).rglob("*.nbi"))
    assert cold[0][:2] == [0, True]
    assert cold[-1][:2] == [sum(is_going_on for _, is_going_on, _ in cold), False]
    assert said.splitlines() == [f"kernels are compiled, once for this machine, and kept in {folder}"]
    assert warm == []
    assert silence == ""
