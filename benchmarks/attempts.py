"""What benchmarks of executors have in common: attempts one after the other, and how times are shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from dmod.jobs.executor.port import Executor, Task, TaskState


def task(label: str, folder: Path) -> Task:
    return Task(label, "probe", {}, folder / "job", (), 60.0)


def ended(executor: Executor, labels: Sequence[str]) -> None:
    """Wait until all have ended."""
    left = set(labels)
    while left:
        found = executor.poll(sorted(left))
        left = {status.label for status in found if status.state is not TaskState.ENDED}
        if left:
            executor.wait(1.0)


def latencies(executor: Executor, folder: Path, count: int) -> tuple[list[float], list[float]]:
    """Return how long each attempt took to be accepted, and until its end was noticed [ms]."""
    accepted, whole = [], []
    for number in range(count):
        label = f"latency:{number}:1"
        start = time.perf_counter()
        executor.submit(task(label, folder))
        accepted.append(1e3 * (time.perf_counter() - start))
        ended(executor, [label])
        whole.append(1e3 * (time.perf_counter() - start))
    return accepted, whole


def repeated(call: Callable[[], object], count: int) -> list[float]:
    """Return how long a call took each time [ms]."""
    took = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        took.append(1e3 * (time.perf_counter() - start))
    return took


def row(name: str, values: Sequence[float]) -> list[str]:
    """Return a row of a table: median and most."""
    return [name, f"{median(values):.1f}", f"{max(values):.1f}"]
