"""The same jobs that do nothing, by RQ; started by `jobs.py` in an environment that has it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import redis
import rq

WORKERS = 2


def nothing() -> None:
    """Do nothing."""


def main(address: str, jobs: int) -> None:
    connection = redis.Redis.from_url(address)
    queue = rq.Queue("default", connection=connection)
    command = [sys.executable, "-m", "rq.cli", "worker", "--url", address, "--quiet"]
    workers = [subprocess.Popen(command, cwd=Path(__file__).parent) for _ in range(WORKERS)]
    try:
        latencies = []
        for _ in range(55):
            begin = time.perf_counter()
            job = queue.enqueue("jobs_by_rq.nothing")
            while not job.is_finished:
                time.sleep(0.001)
            latencies.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        last = [queue.enqueue("jobs_by_rq.nothing") for _ in range(jobs)]
        while len(queue) or not all(job.is_finished for job in last[-WORKERS:]):
            time.sleep(0.01)
        rate = jobs / (time.perf_counter() - begin)
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait()
    print(json.dumps({"version": version("rq"), "latency": latencies[5:], "rate": rate}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
