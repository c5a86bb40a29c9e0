"""Measure the executor over Slurm: `python benchmarks/executor_slurm.py [--many 500]`; wants root.

Slurm's own daemons make a cluster of three nodes on this machine. An attempt does the action `probe` with
nothing to do; beside it the same cluster runs batch jobs that do nothing (`true`), and ones that only start
the same Python, so that what dmod adds can be told from what Slurm takes. Then many attempts at once: as job
arrays, and each alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from attempts import latencies, repeated, row, task
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.slurm.opening import open_slurm_executor
from dmod.testing.slurm import SlurmCluster
from measure import machine, table

QUICK = EngineSettings(every=0.2, settle=2.0, patience=20.0)
LOOKS = 20


def ask(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def bare(command: str, count: int) -> tuple[list[float], list[float]]:
    """Return how long each batch job took until Slurm had it, and until the queue said that it ended [ms]."""
    accepted, whole = [], []
    for _ in range(count):
        start = time.perf_counter()
        job = ask("sbatch", "--parsable", "--mem=10M", "--output=/dev/null", f"--wrap={command}")
        accepted.append(1e3 * (time.perf_counter() - start))
        while ask("squeue", "-h", "-t", "all", "-j", job, "-o", "%T") != "COMPLETED":
            time.sleep(0.02)
        whole.append(1e3 * (time.perf_counter() - start))
    return accepted, whole


def many(folder: Path, name: str, count: int, array: int) -> tuple[float, list[float]]:
    """Return how long it took until Slurm had all of many attempts, which wait, and looks at them [ms]."""
    settings = {"array": array, "arguments": ["--begin=now+1hour"]}
    with closing(open_slurm_executor(folder / name, settings, QUICK)) as executor:
        tasks = [task(f"{name}:{number}:1", folder) for number in range(count)]
        start = time.perf_counter()
        told = executor.submit_many(tasks)
        took = 1e3 * (time.perf_counter() - start)
        assert all(isinstance(item, str) for item in told), told[0]
        assert len(executor.engine.look()) == count
        return took, repeated(executor.engine.look, LOOKS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--attempts", type=int, default=20)
    parser.add_argument("--many", type=int, default=500)
    options = parser.parse_args()
    print(machine())
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as sockets,
        tempfile.TemporaryDirectory(prefix="dmod-slurm-") as name,
        SlurmCluster(Path(sockets)) as cluster,
    ):
        os.environ["SLURM_CONF"] = str(cluster.configuration)
        print(ask("squeue", "--version"))
        folder = Path(name)
        taken, nothing = bare("true", options.attempts)
        _, python = bare(f"exec {sys.executable} -c pass", options.attempts)
        with closing(open_slurm_executor(folder, {}, QUICK)) as executor:
            accepted, whole = latencies(executor, folder, options.attempts)
        together, looks = many(folder, "together", options.many, 250)
        ask("scancel", "--me")
        alone, _ = many(folder, "alone", options.many, 1)
        ask("scancel", "--me")
    rows = [
        row("batch job of `true`: accepted", taken),
        row("until the queue says that it ended", nothing),
        row("batch job that starts Python, until it ended", python),
        row("attempt accepted", accepted),
        row("until its end is noticed", whole),
        row(f"{options.many} attempts submitted, as arrays", [together]),
        row("the same, each alone", [alone]),
        row(f"look at {options.many} attempts", looks),
    ]
    print(table(["", "median, ms", "most, ms"], rows))
    print(
        f"\nbeyond Slurm's own: {median(whole) - median(nothing):.0f} ms an attempt (asked: below 1,000 ms)"
    )


if __name__ == "__main__":
    main()
