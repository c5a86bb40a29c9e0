"""Measure runs in parts: `python benchmarks/parts.py [--catchments 1000] [--years 1] [--repeat 3]`.

A server in a process of its own runs one package as a job in four parts, with one CPU to give out and with
two; a part has one. All is read from the history of the jobs: the time in which parts are computed, and the
whole job. What a part costs beside computing is measured with 40 parts of one catchment and a few days.

`--simulate` goes on from what was measured: a simulation of discrete events (one controller that decides and
submits, workers that compute, one gathering at the end) says how long a run of a large basin takes with up to
1,000 workers, and what it waits for.
"""

from __future__ import annotations

import argparse
import heapq
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any

import dmod
from dmod.testing.serving import ServedHome
from measure import machine, table

WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
PARTS, SMALL = 4, 40
PATIENCE = 1800.0
"""For one job [s]."""
LARGE = 800_000
HOURS = 8_760


@dataclass(frozen=True)
class Timed:
    """Seconds of one run.

    Parameters
    ----------
    whole : from submitting to completed
    computing : while the catchments are computed, by the job itself or by its parts
    gathering : after that, until results are written
    parts : of each part, while it runs
    """

    whole: float
    computing: float
    gathering: float
    parts: tuple[float, ...]


def seconds(begin: str, end: str) -> float:
    """Return the time between two moments."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def spans(job: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return when each step of a job began and ended."""
    return {
        step["name"]: (step["attempts"][0]["intended"], step["attempts"][-1]["ended"])
        for step in job["steps"]
        if step["attempts"]
    }


def timed(served: ServedHome, parts: int, more: Mapping[str, Any] = MappingProxyType({})) -> Timed:
    """Run the package in parts.

    Parameters
    ----------
    more : what the request says beside
    """
    asked = {
        "kind": "run", "package": "basin", "partitions": parts, "fresh": True, "evaluation": False,
        "outputs": {"report": False}, **more,
    }  # fmt: skip
    os.sync()  # what the run before has left for the disk is not to be waited for by this one
    job = served.ended(served.submit(asked), PATIENCE)
    assert job["state"] == "completed", job["cause"]
    members = served.get(f"/jobs?label=dmod/part-of={job['id']}&limit=1000")["jobs"]
    run = seconds(*spans(job)["run"])
    whole = seconds(job["created"], job["ended"])
    if not members:
        return Timed(whole, run, 0.0, ())
    begin = min(item["created"] for item in members)
    end = max(item["ended"] for item in members)
    each = tuple(seconds(item["started"], item["ended"]) for item in members)
    return Timed(whole, seconds(begin, end), run, each)


def middle(found: Sequence[Timed]) -> Timed:
    """Return the run with the median time of computing."""
    return sorted(found, key=lambda item: item.computing)[len(found) // 2]


def measured(
    servers: Mapping[int, ServedHome], repeat: int, more: Mapping[str, Any]
) -> tuple[list[dict[int, Timed]], Timed]:
    """Run in parts on each server by turns, so that both see the same machine, and whole on the first.

    Parameters
    ----------
    servers : by their number of workers
    """
    for served in servers.values():
        timed(served, PARTS, more)  # so that all is compiled
    pairs = [
        {workers: timed(served, PARTS, more) for workers, served in servers.items()} for _ in range(repeat)
    ]
    return pairs, middle([timed(servers[1], 1, more) for _ in range(repeat)])


def opened(folder: Path, catchments: int, years: float, cpus: int, formulation: str = "cfe") -> ServedHome:
    """Return a server with a package."""
    package = dmod.make_example(
        folder / "package", catchments=catchments, years=years, observed=False, formulation=formulation
    )
    with dmod.open_data(folder / "home") as data:
        data.add("basin", [package.path])
    return ServedHome(folder / "home", ("--cpus", str(cpus))).start()


def simulated(workers: int, parts: int, costs: Mapping[str, float]) -> tuple[float, float]:
    """Return how long all parts take, and the share of that in which workers compute.

    The controller gives out one part after the other, which takes it ``decide`` each, also when one ends;
    a part takes ``start`` before it computes.
    """
    each = costs["catchment"] * LARGE / parts
    ready = [0.0] * workers
    heapq.heapify(ready)
    controller, end = 0.0, 0.0
    for _ in range(parts):
        free = heapq.heappop(ready)
        controller = max(controller, free) + costs["decide"]
        done = controller + costs["start"] + each
        end = max(end, done)
        heapq.heappush(ready, done)
    return end, each * parts / (workers * end)


def simulation(costs: Mapping[str, float]) -> str:
    """Return what the simulation says, as a table."""
    rows = []
    alone = costs["catchment"] * LARGE + costs["gather"] * LARGE
    for workers in WORKERS:
        parts = max(workers, min(1024, 4 * workers))
        computing, share = simulated(workers, parts, costs)
        whole = computing + costs["gather"] * LARGE
        rows.append(
            [
                f"{workers:,}", f"{parts:,}", f"{computing:,.0f}", f"{share:.0%}",
                f"{costs['catchment'] * LARGE / computing:,.1f}", f"{whole:,.0f}", f"{alone / whole:.1f}",
            ]
        )  # fmt: skip
    heads = ["workers", "parts", "computing, s", "busy", "speed-up of it", "with gathering, s", "speed-up"]
    return table(heads, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--catchments", type=int, default=1000)
    parser.add_argument("--years", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--simulate", action="store_true")
    parser.add_argument(
        "--unrouted", action="store_true", help="leave out routing, which is done once for all"
    )
    parser.add_argument("--formulation", default="cfe", help="cfe, or topmodel, which computes more")
    parser.add_argument("--memory", help="that a run may have: files in memory count to it")
    arguments = parser.parse_args()
    more: dict[str, Any] = {"route": False} if arguments.unrouted else {}
    if arguments.memory:
        more["resources"] = {"memory": arguments.memory}
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="dmod-parts-") as name:
        servers = {
            workers: opened(
                Path(name) / f"{workers}",
                arguments.catchments,
                arguments.years,
                workers,
                arguments.formulation,
            )
            for workers in (1, 2)
        }
        try:
            pairs, whole = measured(servers, arguments.repeat, more)
        finally:
            for served in servers.values():
                served.stop()
        served = opened(Path(name) / "small", SMALL, 0.01, 2)
        try:
            timed(served, SMALL)
            small = timed(served, SMALL)
        finally:
            served.stop()
    found = {workers: middle([pair[workers] for pair in pairs]) for workers in servers}
    two = found[2]
    ratios = sorted(pair[1].computing / pair[2].computing for pair in pairs)
    rows = [["1", "1, whole", f"{whole.whole:.1f}", f"{whole.computing:.1f}", "", ""]]
    rows += [
        [
            str(workers), str(PARTS), f"{item.whole:.1f}", f"{item.computing:.1f}", f"{item.gathering:.1f}",
            "" if workers == 1 else f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        ]
        for workers, item in found.items()
    ]  # fmt: skip
    print(table(["workers", "parts", "job, s", "computing, s", "gathering, s", "speed-up"], rows))
    each = small.computing / SMALL
    print(f"- {SMALL} parts of one catchment and {0.01 * HOURS:.0f} hours: {each:.3f} s for each on two, and")
    print(f"  {median(small.parts):.2f} s from its start to its end")
    costs = {
        "catchment": sum(two.parts) / arguments.catchments / arguments.years,
        "gather": two.gathering / arguments.catchments / arguments.years,
        "start": median(small.parts),
        "decide": 0.015,
    }
    if arguments.simulate:
        print(f"\n{LARGE:,} catchments, {HOURS:,} hours, from these costs [s]:", costs)
        print(simulation(costs))


if __name__ == "__main__":
    main()
