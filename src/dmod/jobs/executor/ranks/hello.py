"""A program of many ranks that says where each of them runs: to try an executor with.

    mpirun -n 4 python -m dmod.jobs.executor.ranks.hello

Each prints a line of JSON. Where mpi4py is installed they add up their numbers together, so that they are
seen to reach one another.
"""

from __future__ import annotations

import json
import os
import socket
import sys

_RANK = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID")
_SIZE = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS")


def greeting() -> dict[str, int | str | None]:
    """Return what a rank says of itself; ``sum`` is that of all numbers of ranks, None without mpi4py."""
    found: dict[str, int | str | None] = {
        "rank": int(next((os.environ[name] for name in _RANK if name in os.environ), "0")),
        "size": int(next((os.environ[name] for name in _SIZE if name in os.environ), "1")),
        "host": socket.gethostname(),
        "sum": None,
    }
    try:
        from mpi4py import MPI
    except ImportError:
        return found
    world = MPI.COMM_WORLD
    return {**found, "rank": world.rank, "size": world.size, "sum": world.allreduce(world.rank)}


if __name__ == "__main__":
    # one write, so that lines of ranks are not mixed
    sys.stdout.write(json.dumps(greeting()) + "\n")
    sys.stdout.flush()
