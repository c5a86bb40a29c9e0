"""Measure the job service: `python benchmarks/jobs.py [--jobs 1000] [--beside rq procrastinate]`.

A server in a process of its own (`dmod serve`, SQLite with full sync, all on one machine) is asked over HTTP.
Latency is from sending a job that does nothing until a follower hears that it is completed; then many
such jobs are submitted by four threads, and drained meanwhile; and again where all waited before the
controller began. The server gives out 16 CPUs, for a job that does nothing needs none. Each job is two
processes of its own and stays in the history with every state that it was in.

Beside it two public job systems do the same nothing: RQ (Redis; a process for each job, as here) and
Procrastinate (PostgreSQL; jobs inside the worker's process, so that one that crashes takes it along). They
are installed into an environment of their own by uv, which needs a package index; Redis and PostgreSQL are
servers of this machine, started for the measurement.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles

import httpx2

from dmod.testing.postgresql import PostgresServer
from dmod.testing.redis_server import RedisServer
from dmod.testing.serving import ENDS, ServedHome
from measure import machine, table

PROBE = {"kind": "probe", "fresh": True, "resources": {"memory": "100 MB"}}
COLD = {"PYTHONUNBUFFERED": "1"}
"""Variables with which a server is started as a user does, and not forked from what has imported more."""
THREADS = 4
IDLE_SECONDS = 20.0
TOO_MANY = 429
PACKAGES = {"rq": ("rq", "redis"), "procrastinate": ("procrastinate[psycopg]", "psycopg[binary]")}


def percentiles(seconds: Sequence[float]) -> str:
    cut = quantiles(seconds, n=100)
    return f"{cut[49] * 1e3:.0f} / {cut[94] * 1e3:.0f}"


def one(client: httpx2.Client) -> tuple[float, float]:
    """Return how long one job takes, and how long after an event a follower has it [s]."""
    begin = time.perf_counter()
    job = client.post("/jobs", json=PROBE).raise_for_status().json()["id"]
    delays = []
    with client.stream("GET", f"/jobs/{job}/events?until=end") as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                event = json.loads(line[5:])
                at = time.time()
                if event["kind"] == "state":
                    delays.append(at - _seconds(event["at"]))
                if event["data"].get("to") in ENDS:
                    break
    return time.perf_counter() - begin, delays[-1]


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def post(client: httpx2.Client) -> None:
    """Submit a job, as soon as the server takes one more."""
    while (answer := client.post("/jobs", json=PROBE)).status_code == TOO_MANY:
        time.sleep(0.2)
    answer.raise_for_status()


def drained(served: ServedHome, count: int) -> tuple[float, float]:
    """Return how long submitting many jobs takes, and until all are completed [s]."""

    def submit(number: int) -> None:
        with served.client as client:
            for _ in range(number):
                post(client)

    begin = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(submit, [count // THREADS] * THREADS))
    submitted = time.perf_counter() - begin
    with served.client as client:
        while sum(_open(client.get("/jobs/summary").json()).values()):
            time.sleep(0.1)
    return submitted, time.perf_counter() - begin


def waiting_drained(folder: Path, count: int, cpus: int) -> float:
    """Return how long it takes to complete jobs which were all submitted before the controller began [s]."""
    gateway = ServedHome(folder, ("--role", "gateway"), COLD).start()
    controller = None
    try:
        with gateway.client as client:
            for _ in range(count):
                post(client)
            time.sleep(4.0)  # so that the gateway answers at once again
            controller = ServedHome(folder, ("--role", "controller", "--cpus", str(cpus)), COLD).begin()
            while client.get("/jobs/summary").json()["states"].get("completed", 0) == 0:
                time.sleep(0.1)
            begin = time.perf_counter()
            while sum(_open(client.get("/jobs/summary").json()).values()):
                time.sleep(0.1)
            return time.perf_counter() - begin
    finally:
        if controller is not None:
            controller.stop()
        gateway.stop()


def _open(summary: dict[str, object]) -> dict[str, int]:
    counts = summary.get("states", summary)
    assert isinstance(counts, dict)
    return {state: int(number) for state, number in counts.items() if state not in ENDS}


def idle(pid: int) -> tuple[float, float]:
    """Return the share of a CPU that a process takes while nothing happens, and its memory [1, MB]."""

    def used() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    time.sleep(5.0)
    before = used()
    time.sleep(IDLE_SECONDS)
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return (used() - before) / IDLE_SECONDS, pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def of_dmod(folder: Path, jobs: int, cpus: int) -> tuple[list[str], list[str]]:
    """Return the row of dmod, and what else was measured of it."""
    served = ServedHome(folder / "home", ("--cpus", str(cpus)), COLD).start()
    assert served.process is not None
    try:
        cpu, memory = idle(served.process.pid)
        with served.client as client:
            for _ in range(5):
                one(client)
            found = [one(client) for _ in range(100)]
        submitted, whole = drained(served, jobs)
        with served.client as client:
            begin = time.perf_counter()
            client.get("/jobs?limit=50").raise_for_status()
            page = time.perf_counter() - begin
    finally:
        served.stop()
    after = jobs / waiting_drained(folder / "waiting", jobs, cpus)
    row = ["dmod", "SQLite", "2 processes", percentiles([item[0] for item in found]), f"{jobs / whole:.0f}"]
    notes = [
        f"jobs that all waited before, drained at {after:.0f}/s",
        f"submitting over HTTP, {THREADS} threads, while they run: {jobs / submitted:.0f} jobs/s",
        f"event to follower, p50 / p95: {percentiles([item[1] for item in found])} ms",
        f"idle server: {cpu:.1%} of a CPU, {memory:.0f} MB",
        f"first page of {jobs + 105:,} jobs: {page * 1e3:.0f} ms",
    ]
    return row, notes


def beside(name: str, address: str, folder: Path, jobs: int) -> list[str]:
    """Return the row of another system, measured in an environment of its own."""
    packages = [word for package in PACKAGES[name] for word in ("--with", package)]
    script = Path(__file__).with_name(f"jobs_by_{name}.py")
    command = [
        "uv",
        "run",
        "--no-project",
        "--quiet",
        "--python",
        sys.executable,
        *packages,
        "python",
        str(script),
    ]
    done = subprocess.run(
        [*command, address, str(jobs)], cwd=folder, check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    each = {"rq": "1 process", "procrastinate": "none"}[name]
    kept = {"rq": "Redis", "procrastinate": "PostgreSQL"}[name]
    return [f"{name} {found['version']}", kept, each, percentiles(found["latency"]), f"{found['rate']:.0f}"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--cpus", type=int, default=16, help="that the server gives out")
    parser.add_argument("--beside", nargs="*", default=[], choices=sorted(PACKAGES))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dmod-jobs-") as name:
        folder = Path(name)
        print(machine(), flush=True)
        row, notes = of_dmod(folder, arguments.jobs, arguments.cpus)
        rows = [row]
        if "rq" in arguments.beside:
            with RedisServer(folder) as redis:
                rows.append(beside("rq", redis.address, folder, arguments.jobs))
        if "procrastinate" in arguments.beside:
            with PostgresServer() as server:
                rows.append(beside("procrastinate", server.make_database(), folder, arguments.jobs))
    print(table(["system", "kept in", "each job has", "latency ms, p50 / p95", "jobs/s drained"], rows))
    print("\n".join(f"- {note}" for note in notes))


if __name__ == "__main__":
    main()
