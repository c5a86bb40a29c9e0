"""Measure the executor of this machine: `python benchmarks/executor.py [--attempts 200]`.

An attempt does the action `probe` with nothing to do. Latency is from the call of `submit` until `poll` says
that it has ended, one after the other; throughput is attempts submitted by several threads until all have
ended. Each attempt is two processes, forked from one that has imported what they need.

Then what a look costs at attempts that run and of which nothing has changed: their files are made by hand,
and this process stands in for their supervisors.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from attempts import ended, latencies, repeated, task
from dmod.core.process import Process
from dmod.jobs.executor.local.attempt_folder import STARTED, STATUS, AttemptFolder
from dmod.jobs.executor.local.executor import LocalExecutor
from dmod.jobs.executor.port import TaskState
from measure import machine, table

THREADS = 4
LOOKS = 50
AT = datetime(2030, 1, 1, tzinfo=UTC).isoformat()
USAGE = {"cpu": 1.0, "memory": 10**8, "peak": 10**8, "read": 0, "written": 0, "at": AT}


def throughput(executor: LocalExecutor, folder: Path, count: int) -> float:
    """Return attempts a second."""
    labels = [f"throughput:{number}:1" for number in range(count)]
    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda label: executor.submit(task(label, folder)), labels))
    ended(executor, labels)
    return count / (time.perf_counter() - start)


def looks(folder: Path, count: int) -> list[float]:
    """Return how long each look at all attempts took [ms]."""
    with closing(LocalExecutor(folder)) as executor:
        labels = [f"look:{number}:1" for number in range(count)]
        mine = Process.this_process()
        started = {
            "host": mine.host, "pid": mine.pid, "ticks": mine.started, "at": AT, "processors": [],
        }  # fmt: skip
        for label in labels:
            attempt = AttemptFolder.of_label(executor.root / "attempts", label)
            attempt.make()
            attempt.write_once(STARTED, started)
            attempt.write(STATUS, {"at": AT, "progress": {"text": "works", "done": 0.5}, "usage": USAGE})
        assert all(status.state is TaskState.RUNNING for status in executor.poll(labels))
        return repeated(lambda: executor.poll(labels), LOOKS)


def spread(values: Sequence[float]) -> list[str]:
    """Return the median and the 99th percentile."""
    cuts = quantiles(values, n=100)
    return [f"{cuts[49]:.1f}", f"{cuts[98]:.1f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--attempts", type=int, default=200)
    parser.add_argument("--looks", type=int, default=1000, metavar="LABELS")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="dmod-executor-") as name:
        folder = Path(name)
        with closing(LocalExecutor(folder / "executor")) as executor:
            start = time.perf_counter()
            executor.submit(task("first:0:1", folder))
            first = 1e3 * (time.perf_counter() - start)
            ended(executor, ["first:0:1"])
            accepted, whole = latencies(executor, folder, options.attempts)
            rate = throughput(executor, folder, options.attempts)
        took = looks(folder / "looks", options.looks)
    rows = [
        ["first attempt accepted, launcher started", f"{first:.0f}", ""],
        ["attempt accepted", *spread(accepted)],
        ["until its end is noticed", *spread(whole)],
        [f"look at {options.looks:,} attempts, nothing changed", *spread(took)],
    ]
    print(table(["", "median, ms", "99 %, ms"], rows))
    print(f"\n{rate:.0f} attempts a second, {THREADS} threads submit")


if __name__ == "__main__":
    main()
