"""Measure decisions: `python benchmarks/schedule.py [--quick] [--output FILE]`.

Jobs wait on 50 nodes of 32 CPUs and 128 GB that are filled with others. *equal*: all need the same; *mixed*:
each needs other CPUs, memory and time, on one node; *spread*: the same over all nodes. *backfill*: mixed, and
the first needs nearly all nodes at once while half of them are free, so that every other job must be held
against what is reserved. Every tenth of the jobs belongs to another owner. Processor time, the median of
several decisions.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from dmod.jobs.demand import Demand, Node, Paradigm, Share
from dmod.jobs.schedule.decision import Decision, decide
from dmod.jobs.schedule.policy import Policy
from dmod.jobs.schedule.queue import Running, Waiting
from measure import machine, table

AT = datetime(2026, 1, 1, tzinfo=UTC)
NODES = tuple(Node(f"n{i}", 32, 128 * 10**9) for i in range(50))
CASES = ("equal", "mixed", "spread", "backfill")


def demand(case: str, dice: random.Random) -> Demand:
    """Return what one job needs."""
    if case == "equal":
        return Demand(4, 8 * 10**9, 7200.0)
    cpus = dice.randint(1, 32)
    paradigm = Paradigm.ROUND_ROBIN if case == "spread" else Paradigm.SINGLE_NODE
    return Demand(
        cpus, cpus * dice.randint(10**9, 6 * 10**9) % (128 * 10**9), dice.uniform(600, 86400), paradigm
    )


def scene(case: str, waiting: int) -> tuple[list[Waiting], list[Running]]:
    """Return jobs that wait and jobs that fill the nodes (half of them where backfilling is measured)."""
    dice = random.Random(1)
    running = [
        Running(
            f"run-{node.name}-{i}",
            f"user-{dice.randrange(10)}",
            Demand(3, 10**10, dice.uniform(3600, 86400)),
            (Share(node.name, 3, 10**10),),
            AT - timedelta(seconds=dice.uniform(0, 3600)),
        )
        for node in NODES
        for i in range(5 if case == "backfill" else 10)
    ]
    queue = [
        Waiting(
            f"job-{i:05d}",
            f"user-{i % 10}",
            demand(case, dice),
            AT - timedelta(seconds=dice.uniform(0, 86400)),
            dice.randint(0, 90),
        )
        for i in range(waiting)
    ]
    if case == "backfill":
        large = Demand(32 * 49, 10**12, 3600.0, Paradigm.ROUND_ROBIN)
        queue.append(Waiting("large", "user-0", large, AT - timedelta(days=30), 100))
    return queue, running


def timed(case: str, waiting: int, repeat: int) -> tuple[float, Decision]:
    """Return the median processor time of a decision [s], and the decision."""
    queue, running = scene(case, waiting)
    usage = {f"user-{i}": 1e5 * i for i in range(10)}
    seconds = []
    for _ in range(repeat):
        begin = time.process_time()
        found = decide(queue, running, NODES, usage, Policy(), AT)
        seconds.append(time.process_time() - begin)
    return median(seconds), found


def rows(sizes: Sequence[int], repeat: int) -> list[list[str]]:
    found = []
    for case in CASES:
        for size in sizes:
            seconds, decision = timed(case, size, repeat)
            begin = time.process_time()
            for job in list(decision.whys)[:100]:
                decision.whys[job].lines()
            why = (time.process_time() - begin) / 100
            found.append(
                [
                    case,
                    f"{size:,}",
                    f"{seconds * 1e3:.1f}",
                    str(len(decision.placements)),
                    str(len(decision.reserved)),
                    f"{why * 1e3:.2f}",
                ]
            )
            print(" | ".join(found[-1]), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="1,000 jobs only")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args()
    found = rows((1_000,) if options.quick else (1_000, 10_000), 3 if options.quick else 7)
    header = ["case", "waiting", "decision, ms", "start", "reserved", "one explanation, ms"]
    text = f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}.\n\n" + table(header, found)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
