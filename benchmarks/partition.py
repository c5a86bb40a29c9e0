"""Measure cutting a fabric into parts: `python benchmarks/partition.py [--quick] [--folder F] [--no-metis]`.

The fabric is made by `dmod example --fabric-only` (synthetic, the same for everybody). It is cut into 2, 16,
128 and 1,024 parts, all catchments alike. Time is that of `partition_fabric` in a process that has used it
before, the fabric being read; beside it stands the whole command, from its start to the file closed.

Two others cut the same fabric. The framework's own generator walks up from each nexus in the order of the
file, depth first, and cuts the reversed walk into lengths that differ by one at most. It is written here
anew, and not timed; beside it stands the same from the outlets up, as if the file began with them. METIS
(`partition_by_metis.py`) gets the graph of catchments, and, since it knows nothing of the rule for nexuses, a
graph in which the contributors of a nexus are one vertex. It is installed into an environment of its own by
uv, which needs a package index.

All are judged alike. A crossing is a flow that one part sends to another at each step. A nexus is mixed if it
adds flows of its own part to flows from others: if two or more are its own, the framework waits for ever.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.partition import Partitioning, partition_fabric, read_network
from dmod.hydrofabric.partition.drainage import Drainage, drainage_of
from dmod.hydrofabric.partition.partitioning import measured
from measure import DMOD, machine, measure, table
from subset import make_fabric

Index = NDArray[np.int64]
PARTS = (2, 16, 128, 1024)
REPEAT = 3
SCRIPT = Path(__file__).with_name("partition_by_metis.py")
UV = Path(__file__).parents[1] / ".uv" / "bin" / "uv"


def walked(drainage: Drainage, *, from_outlets: bool = False) -> Index:
    """Return the catchments in the order in which the framework's generator cuts them.

    Vertices are numbered as they are met: nexuses in the order of the file, each followed by the catchment
    below it if that is new, then the other catchments.

    Parameters
    ----------
    from_outlets : start at the nexuses where the water ends, whatever the order of the file
    """
    nexus, receiver = drainage.nexus.tolist(), drainage.receiver.tolist()
    nexuses = len(receiver)
    number: dict[int, int] = {}  # nexuses by their index, catchments behind them
    for at, below in enumerate(receiver):
        number.setdefault(at, len(number))
        if below >= 0:
            number.setdefault(nexuses + below, len(number))
    for catchment in range(len(nexus)):
        number.setdefault(nexuses + catchment, len(number))
    vertices = list(number)
    above: list[list[int]] = [[] for _ in vertices]
    for at, below in enumerate(receiver):
        if below >= 0:
            above[number[nexuses + below]].append(number[at])
    for catchment, at in enumerate(nexus):
        above[number[at]].append(number[nexuses + catchment])
    seen, order = bytearray(len(vertices)), []
    starts = [at for at in range(len(vertices)) if vertices[at] < nexuses and receiver[vertices[at]] < 0]
    for start in [*(starts if from_outlets else ()), *range(len(vertices))]:
        stack = [start]
        while stack:
            vertex = stack.pop()
            if seen[vertex]:
                continue
            seen[vertex] = 1
            if vertices[vertex] >= nexuses:
                order.append(vertices[vertex] - nexuses)
            stack += sorted(above[vertex], reverse=True)
    return np.array(order[::-1])


def in_equal_lengths(order: Index, parts: int) -> Index:
    """Return the part of each catchment: as many each, one more in the first ones."""
    short, longer = divmod(order.size, parts)
    part = np.empty(order.size, np.int64)
    part[order] = np.repeat(np.arange(parts), np.where(np.arange(parts) < longer, short + 1, short))
    return part


def by_metis(drainage: Drainage, folder: Path, parts: int, unit: str) -> tuple[Index, str]:
    """Return the part of each catchment as METIS cuts, and what it took."""
    vertex = np.arange(drainage.nexus.size) if unit == "catchments" else drainage.nexus
    below = drainage.below
    joined = np.flatnonzero(below >= 0)
    vertices, own = np.unique(vertex, return_inverse=True)
    edges = np.column_stack((own[joined], own[below[joined]]))
    source, result = folder / "graph.npz", folder / "metis.npy"
    np.savez(source, edges=edges, weight=np.bincount(own, minlength=vertices.size))
    uv = str(UV) if UV.is_file() else "uv"
    command = [uv, "run", "--no-project", "--quiet", "--python", sys.executable]
    command += ["--with", "pymetis", "--with", "numpy", "python", str(SCRIPT)]
    done = subprocess.run(
        [*command, str(source), str(result), str(parts)], cwd=folder, check=True, stdout=subprocess.PIPE
    )
    taken = json.loads(done.stdout)
    return np.load(result)[own], f"{taken['seconds']:.1f} ({taken['processor']:.1f})"


def mixed(drainage: Drainage, part: Index) -> int:
    """Count the nexuses that mix contributors of the part below with others."""
    below, nexus = drainage.below, drainage.nexus
    joined = below >= 0
    local = joined & (part[below] == part)
    return int(np.intersect1d(nexus[local], nexus[joined & ~local]).size)


def row(name: str, drainage: Drainage, found: Partitioning, seconds: str) -> list[str]:
    """Return one line of the table."""
    return [
        f"{found.parts:,}",
        name,
        seconds,
        f"{100.0 * found.imbalance:.1f}",
        f"{found.crossings:,}",
        f"{np.count_nonzero(found.river_pieces <= 1):,}",
        f"{mixed(drainage, found.part):,}",
    ]


def measured_rows(fabric: Path, folder: Path, *, metis: bool) -> Iterator[list[str]]:
    """Yield the lines of the table."""
    read = read_network(fabric)
    drainage = drainage_of(read)
    count = drainage.nexus.size
    weight = np.ones(count)
    orders = {"": walked(drainage), ", from the outlets": walked(drainage, from_outlets=True)}
    partition_fabric(read, 3)
    for parts in PARTS:
        if parts > drainage.most_parts:
            continue
        seconds, processor = [], []
        for _ in range(REPEAT):
            begin, used = time.perf_counter(), time.process_time()
            found = partition_fabric(read, parts)
            seconds.append(time.perf_counter() - begin)
            processor.append(time.process_time() - used)
        yield row("dmod", drainage, found, f"{median(seconds):.1f} ({median(processor):.1f})")
        for how, order in orders.items():
            cut = in_equal_lengths(order, parts)
            yield row(f"framework's method{how}", drainage, measured(drainage, cut, parts, weight), "")
        for unit in ("catchments", "nexuses") if metis else ():
            cut, taken = by_metis(drainage, folder, parts, unit)
            yield row(f"METIS, {unit}", drainage, measured(drainage, cut, parts, weight), taken)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="20,000 catchments")
    parser.add_argument("--catchments", type=int, default=800_000)
    parser.add_argument("--no-metis", action="store_true", help="needs no package index")
    parser.add_argument("--folder", type=Path, help="where the fabric is kept between calls (2 GB)")
    parser.add_argument("--output", type=Path, help="write the table here as well")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="dmod-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    fabric, _ = make_fabric(folder, 20_000 if options.quick else options.catchments)
    load = os.getloadavg()[0]
    rows = []
    for line in measured_rows(fabric, folder, metis=not options.no_metis):
        rows.append(line)
        print(" | ".join(line), flush=True)
    output = folder / "partitions.json"
    command = [*DMOD, "partition", str(fabric), str(output), "-k", str(PARTS[-1]), "--overwrite", "-q"]
    whole = measure(command, repeat=1)
    catchments = int(fabric.stem.removeprefix("fabric-"))
    header = [
        "parts",
        "method",
        "s (processor)",
        "imbalance %",
        "crossings",
        "parts in one piece",
        "nexuses mixed",
    ]
    text = "\n".join(
        [
            f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}; load of the machine {load:.1f} before"
            f" and {os.getloadavg()[0]:.1f} after.",
            f"Input: `dmod example --fabric-only`, {catchments:,} catchments.",
            "",
            table(header, rows),
            "",
            f"- the whole command, {PARTS[-1]:,} parts: {whole.wall:.1f} s (processor {whole.cpu:.1f} s),"
            f" peak {whole.memory:,.0f} MB, {output.stat().st_size / 1e6:.0f} MB written",
        ]
    )
    if options.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
