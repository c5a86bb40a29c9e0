"""Measure the executor over a swarm: `python benchmarks/executor_swarm.py [--attempts 20]`; wants root.

Three engines on this machine make a swarm. An attempt does the action `probe` with nothing to do; the same
swarm also runs services that do nothing but start the same Python, so that what dmod adds can be told from
what the swarm takes. Then what one look costs, by how many services there are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from dmod.jobs.executor.engine.executor import EngineExecutor
from dmod.jobs.executor.port import Task, TaskState
from dmod.jobs.executor.swarm.engine import SwarmEngine
from dmod.jobs.executor.swarm.opening import open_swarm_executor
from dmod.testing.swarm import IMAGE, SwarmNodes, machine_paths, remove_services
from measure import machine, table

LOOKS = 20


def attempts(executor: EngineExecutor, folder: Path, count: int) -> tuple[list[float], list[float]]:
    """Return how long each attempt took to be accepted, and until its end was noticed [ms]."""
    accepted, whole = [], []
    for number in range(count):
        label = f"latency:{number}:1"
        start = time.perf_counter()
        executor.submit(Task(label, "probe", {}, folder / "job", (), 60.0))
        accepted.append(1e3 * (time.perf_counter() - start))
        while executor.poll([label])[0].state is not TaskState.ENDED:
            executor.wait(1.0)
        whole.append(1e3 * (time.perf_counter() - start))
    return accepted, whole


def services(swarm: SwarmNodes, count: int) -> list[float]:
    """Return how long a service takes that starts Python and ends, until the swarm says so [ms]."""
    client, took = swarm.manager.client(), []
    mounts = [{"Type": "bind", "Source": path, "Target": path, "ReadOnly": True} for path in machine_paths()]
    for number in range(count):
        start = time.perf_counter()
        made = client.create_service(
            {
                "ContainerSpec": {
                    "Image": client.inspect_image(IMAGE)["Id"],
                    "Command": [sys.executable, "-c", "pass"],
                    "Mounts": mounts,
                },
                "RestartPolicy": {"Condition": "none"},
            },
            name=f"bare-{number}",
        )
        while True:
            tasks = client.tasks(filters={"service": made["ID"]})
            if tasks and tasks[0]["Status"]["State"] == "complete":
                break
            time.sleep(0.02)
        took.append(1e3 * (time.perf_counter() - start))
    return took


def looks(engine: SwarmEngine) -> list[float]:
    """Return how long each look took [ms]."""
    took = []
    for _ in range(LOOKS):
        start = time.perf_counter()
        engine.look()
        took.append(1e3 * (time.perf_counter() - start))
    return took


def row(name: str, values: Sequence[float]) -> list[str]:
    return [name, f"{median(values):.1f}", f"{max(values):.1f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--attempts", type=int, default=20)
    options = parser.parse_args()
    print(machine())
    sockets = Path(tempfile.mkdtemp(prefix="dm-"))
    with tempfile.TemporaryDirectory(prefix="dmod-swarm-") as name, SwarmNodes(sockets) as swarm:
        folder = Path(name)
        (folder / "jobs").mkdir()
        swarm.put_image()
        settings = {
            "image": IMAGE, "address": swarm.address, "python": sys.executable,
            "paths": [name], "mounts": list(machine_paths()), "every": 0.1,
        }  # fmt: skip
        bare = services(swarm, options.attempts)
        remove_services(swarm)
        with closing(open_swarm_executor(folder, settings)) as executor:
            accepted, whole = attempts(executor, folder, options.attempts)
            assert isinstance(executor.engine, SwarmEngine)
            took = looks(executor.engine)
            remove_services(swarm)
    rows = [
        row("service that starts Python and ends", bare),
        row("attempt accepted", accepted),
        row("until its end is noticed", whole),
        row(f"look at {options.attempts} attempts", took),
    ]
    print(table(["", "median, ms", "most, ms"], rows))


if __name__ == "__main__":
    main()
