"""Measure routing: time per flowpath and step, threads, memory, and the cost of start and output.

Usage: python benchmarks/routing.py [--flowpaths 10000] [--days 365] [--threads 1 2] [--full]

The network is a random tree with channels by drainage area and a storm every few days. The table
gives processor time and wall-clock time; t-route's kernel needs 0.22 µs per flowpath and step on
one core of a machine like those it was measured on.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEPS_PER_HOUR = 12
CHUNK_HOURS = 240


def random_tree(flowpaths: int, seed: int = 7) -> NDArray[np.int64]:
    """Return downstream pointers of a topologically random river network (Shreve 1966), grown by Rémy's rule.

    A flowpath is chosen at random and split; a new headwater joins at the split.
    """
    rng = np.random.default_rng(seed)
    downstream = np.full(flowpaths, -1, np.int64)
    for i in range(1, flowpaths - 1, 2):
        split = int(rng.integers(i))
        downstream[i] = downstream[split]
        downstream[split] = i
        downstream[i + 1] = i
    if flowpaths % 2 == 0:
        outlet = int(np.flatnonzero(downstream[:-1] < 0)[0])
        downstream[-1] = outlet
    return downstream


def channels(area_km2: Array):  # type: ignore[no-untyped-def]
    """Channels by drainage area, in the range of the hydrofabric's own."""
    from dmod.engine.routing.channel import ChannelGeometry

    rng = np.random.default_rng(3)
    n = area_km2.size
    bottom = 1.5 * area_km2**0.35
    top = bottom / 0.6
    return ChannelGeometry(
        length=rng.uniform(800.0, 9000.0, n),
        bottom_width=bottom,
        top_width=top,
        top_width_floodplain=3.0 * top,
        manning_n=np.full(n, 0.06),
        manning_n_floodplain=np.full(n, 0.12),
        side_slope=rng.uniform(0.4, 1.1, n),
        slope=np.clip(0.1 * area_km2**-0.4, 1e-4, 0.2),
    )


def storms(flowpaths: int, first_hour: int, hours: int) -> Array:
    """Return lateral inflow of a chunk: base flow and a storm every four days that moves across the basin."""
    t = first_hour + np.arange(hours)
    phase = np.linspace(0.0, 24.0, flowpaths)[:, None]
    since = (t - phase) % 96.0
    return 0.05 + 4.0 * (since / 6.0) * np.exp(1.0 - since / 6.0) * (np.arange(flowpaths)[:, None] % 4 != 0)


def measure(flowpaths: int, hours: int, threads: int, *, short_step: bool = True) -> tuple[float, float]:
    """Route and return processor and wall-clock seconds."""
    from dmod.core.network import RiverNetwork
    from dmod.engine.routing.router import Router

    network = RiverNetwork.from_downstream([f"wb-{i}" for i in range(flowpaths)], random_tree(flowpaths))
    geometry = channels(network.accumulate(np.full(flowpaths, 8.0)))
    router = Router(network, geometry, threads=threads, short_step=short_step)
    processor = wall = 0.0
    for first in range(0, hours, CHUNK_HOURS):
        lateral = storms(flowpaths, first, min(CHUNK_HOURS, hours - first))
        start, start_wall = time.process_time(), time.perf_counter()
        router.advance(lateral, STEPS_PER_HOUR)
        processor += time.process_time() - start
        wall += time.perf_counter() - start_wall
    return processor, wall


def write_speed(flowpaths: int, hours: int) -> float:
    """Return seconds to write routed flow of that size."""
    from dmod.core.time_axis import TimeAxis
    from dmod.output.routed import RoutedNetcdf

    axis = TimeAxis(datetime(2015, 1, 1, tzinfo=UTC), 3600, hours)
    values = np.ones((flowpaths, min(CHUNK_HOURS, hours)), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        path = Path(folder) / "routed.nc"
        with RoutedNetcdf.open(path, [f"wb-{i}" for i in range(flowpaths)], axis, durable=False) as sink:
            for first in range(0, hours, CHUNK_HOURS):
                part = values[:, : min(CHUNK_HOURS, hours - first)]
                sink.write(first, part, part, part)
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--flowpaths", type=int, nargs="+", default=[88, 1000, 10000])
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--full", action="store_true", help="upstream flow of the same step")
    arguments = parser.parse_args()
    hours = arguments.days * 24
    print(f"{platform.machine()}, {os.cpu_count()} cores, {arguments.days} days at 300 s")
    start = time.perf_counter()
    measure(32, 1, 1, short_step=not arguments.full)
    print(f"import, and compiled code loaded (compiled, if it was not): {time.perf_counter() - start:.2f} s")
    heads = ("flowpaths", "threads", "CPU s", "wall s", "CPU µs", "wall µs")
    print("".join(f"{head:>10}" for head in heads), "  (µs: per flowpath and step)")
    for flowpaths in arguments.flowpaths:
        for threads in arguments.threads:
            processor, wall = measure(flowpaths, hours, threads, short_step=not arguments.full)
            steps = flowpaths * hours * STEPS_PER_HOUR
            print(
                f"{flowpaths:>10}{threads:>10}{processor:>10.2f}{wall:>10.2f}"
                f"{processor / steps * 1e6:>10.4f}{wall / steps * 1e6:>10.4f}"
            )
    largest = max(arguments.flowpaths)
    print(f"writing {largest} flowpaths: {write_speed(largest, hours):.2f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
