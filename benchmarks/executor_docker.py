"""Measure the executor over a Docker engine: `python benchmarks/executor_docker.py`; wants root.

An attempt does the action `probe` with nothing to do. The same engine also runs containers that only start
the same Python and end, made, started and seen to end by the same client, so that what dmod adds can be told
from what the engine takes; once more with the modules of a worker, which is Python's part of the rest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from attempts import latencies, repeated, row
from dmod.jobs.executor.docker.opening import open_docker_executor
from dmod.jobs.executor.engine.port import WORKER
from dmod.testing.swarm import IMAGE, SwarmNode, SwarmNodes, machine_paths
from measure import machine, table

LOOKS = 20
ASKED = 500.0
"""That an attempt may take beyond the engine's own time [ms]."""


def containers(node: SwarmNode, count: int, program: str) -> list[float]:
    """Return how long a container takes that runs some Python and ends, until the engine says so [ms]."""
    client, took = node.client(), []
    for _ in range(count):
        start = time.perf_counter()
        limits = client.create_host_config(
            binds=[f"{path}:{path}:ro" for path in machine_paths()], network_mode="none"
        )
        made = client.create_container(IMAGE, [sys.executable, "-c", program], host_config=limits)
        client.start(made["Id"])
        client.wait(made["Id"])
        took.append(1e3 * (time.perf_counter() - start))
        client.remove_container(made["Id"])
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--attempts", type=int, default=20)
    options = parser.parse_args()
    print(machine())
    sockets = Path(tempfile.mkdtemp(prefix="dm-"))
    nodes = SwarmNodes(sockets, 1, is_swarm=False)
    with tempfile.TemporaryDirectory(prefix="dmod-docker-") as name, nodes:
        folder = Path(name)
        nodes.put_image()
        settings = {
            "image": IMAGE, "address": nodes.address, "python": sys.executable, "network": "none",
            "paths": [name], "mounts": list(machine_paths()),
        }  # fmt: skip
        bare = containers(nodes.manager, options.attempts, "pass")
        imported = containers(nodes.manager, options.attempts, f"import {WORKER}")
        with closing(open_docker_executor(folder, settings)) as executor:
            accepted, whole = latencies(executor, folder, options.attempts)
            took = repeated(executor.engine.look, LOOKS)
    rows = [
        row("container that starts Python and ends", bare),
        row("the same, with the modules of a worker", imported),
        row("attempt accepted", accepted),
        row("until its end is noticed", whole),
        row(f"look at {options.attempts} attempts", took),
    ]
    print(table(["", "median, ms", "most, ms"], rows))
    print(f"beyond the engine's own: {median(whole) - median(bare):.0f} ms, of {ASKED:.0f} ms asked for")


if __name__ == "__main__":
    main()
