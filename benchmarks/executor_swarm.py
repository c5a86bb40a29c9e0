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
from contextlib import closing
from pathlib import Path
from statistics import median

from attempts import latencies, repeated, row
from dmod.jobs.executor.swarm.opening import open_swarm_executor
from dmod.testing.swarm import IMAGE, SwarmNodes, machine_paths, remove_services
from measure import machine, table

LOOKS = 20
ASKED = 500.0
"""That an attempt may take beyond the engine's own time [ms]."""


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
            accepted, whole = latencies(executor, folder, options.attempts)
            took = repeated(executor.engine.look, LOOKS)
            remove_services(swarm)
    rows = [
        row("service that starts Python and ends", bare),
        row("attempt accepted", accepted),
        row("until its end is noticed", whole),
        row(f"look at {options.attempts} attempts", took),
    ]
    print(table(["", "median, ms", "most, ms"], rows))
    print(f"beyond the swarm's own: {median(whole) - median(bare):.0f} ms, of {ASKED:.0f} ms asked for")


if __name__ == "__main__":
    main()
