"""Long runs of foreign modules: memory stays as it was."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dmod.engine.foreign.module import ForeignModule
from dmod.engine.foreign.program import bind

ALLOWED = 3 << 20
"""Bytes by which memory may differ: arrays of a chunk are of another size than before."""


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(("language", "steps"), [("c", 1_000_000), ("f90", 1_000_000), ("py", 200_000)])
def test_run_of_a_million_steps_leaks_nothing(
    started: Callable[..., ForeignModule], kernels: None, language: str, steps: int
) -> None:
    exchange = bind([started(language)], ["rain"], ["outflow", "storage"])
    given, results = np.full((1, 1, 10_000), 0.001), np.empty((1, 2, 10_000))
    for _ in range(3):
        exchange.run(given, results)
    before = resident()
    for _ in range(steps // 10_000):
        exchange.run(given, results)
    assert resident() - before < ALLOWED  # four bytes a step would be more
    assert np.isfinite(results).all()
