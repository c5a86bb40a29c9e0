"""The same jobs that do nothing, by Procrastinate; started by `jobs.py` in an environment that has it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import procrastinate

WORKERS = 2
WORKER = """
import sys
import jobs_by_procrastinate as jobs
app = jobs.application(sys.argv[1])
app.run_worker(wait=True, fetch_job_polling_interval=0.1)
"""


def application(address: str) -> procrastinate.App:
    """Return the application with its one task."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address))

    @app.task(name="nothing")
    def nothing() -> None:
        """Do nothing."""

    return app


def main(address: str, jobs: int) -> None:
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=address))
    task = app.configure_task("nothing")
    with app.open():
        app.schema_manager.apply_schema()
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, address], cwd=Path(__file__).parent, stderr=subprocess.DEVNULL
            )
            for _ in range(WORKERS)
        ]
        try:
            latencies = []
            for _ in range(55):
                begin = time.perf_counter()
                number = task.defer()
                while (
                    app.connector.execute_query_one(
                        "SELECT status FROM procrastinate_jobs WHERE id = %(id)s", id=number
                    )["status"]
                    != "succeeded"
                ):
                    time.sleep(0.001)
                latencies.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            for _ in range(jobs):
                task.defer()
            while app.connector.execute_query_one(
                "SELECT count(*) AS n FROM procrastinate_jobs WHERE status <> 'succeeded'"
            )["n"]:
                time.sleep(0.01)
            rate = jobs / (time.perf_counter() - begin)
        finally:
            for worker in workers:
                worker.terminate()
                worker.wait()
    print(json.dumps({"version": version("procrastinate"), "latency": latencies[5:], "rate": rate}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
