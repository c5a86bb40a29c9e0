"""The loop of a run: chunks of time, blocks of catchments, worker threads, sinks.

Memory is bounded by the chunk and the block, not by the domain. Results do not depend on the
number of workers: a block's catchments never need their neighbours, and runoff is summed into
nexuses in one fixed order after all blocks of a chunk are done.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis, format_time
from dmod.engine.chain import BlockRun, Chain, Scratch
from dmod.engine.compile import kernel
from dmod.engine.models.module import Array
from dmod.errors import NumericalError

BLOCK_BYTES = 48 * 2**20
CHUNK_BYTES = 128 * 2**20
DAY = 86_400


class ReadForcing(Protocol):
    """Read forcing for some catchments of the run over a window.

    ``rows`` are positions in the run; ``keys`` name variables as `Source.key` does. Fills and
    returns one C-contiguous array (catchment, time) per key, in the unit the chain asked for.
    """

    def __call__(
        self, rows: NDArray[np.int64], keys: Sequence[str], first: int, out: Mapping[str, Array]
    ) -> None:
        """See the class."""


class Sink(Protocol):
    """Where catchment outputs go, from any worker thread."""

    def write(self, rows: NDArray[np.int64], first_step: int, arrays: Mapping[str, Array]) -> None:
        """Take the outputs of some catchments from step ``first_step`` on."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some catchments of one chain."""

    chain: Chain
    part: slice

    @property
    def rows(self) -> NDArray[np.int64]:
        """Return the catchments' positions in the run."""
        return self.chain.rows[self.part]


@dataclass(frozen=True, slots=True)
class ChunkRunoff:
    """Runoff of all catchments over one chunk of time, shape (catchment, time), metres per step."""

    window: TimeAxis
    first: int
    depth: Array


def default_workers() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def chunk_length(axis: TimeAxis, catchments: int) -> int:
    """Return how many steps are run at once: whole days, so that arrays of all catchments stay small."""
    day = max(1, DAY // axis.step)
    steps = max(CHUNK_BYTES // (8 * max(catchments, 1)) // day, 1) * day
    return min(steps, axis.count)


def blocks(chain: Chain, steps: int, workers: int) -> Iterator[Block]:
    """Divide a chain's catchments into blocks whose work arrays fit into a worker's share of cache."""
    arrays = len(chain.forcing_keys) + sum(len(stage.module.outputs) + 3 for stage in chain.stages)
    fitting = max(1, BLOCK_BYTES // (8 * arrays * steps))
    # several for each worker, so that none waits long for the last; one where size is what makes it quick
    shares = 1 if any(stage.module.takes_several for stage in chain.stages) else 4
    fair = max(1, -(-len(chain.rows) // (shares * workers)))
    size = min(fitting, fair)
    for first in range(0, len(chain.rows), size):
        yield Block(chain, slice(first, min(first + size, len(chain.rows))))


class Integrator:
    """Run chains over the time axis and hand the results on, chunk by chunk.

    Parameters
    ----------
    chains : together they hold every catchment of the run exactly once
    catchments : identifiers, for messages
    read : see `ReadForcing`
    sinks : every one gets every block's output columns
    workers : threads; results are the same for any number
    progress : called from worker threads with the number of catchment-steps just done
    """

    def __init__(
        self,
        chains: Sequence[Chain],
        catchments: Sequence[str],
        *,
        axis: TimeAxis,
        read: ReadForcing,
        sinks: Sequence[Sink] = (),
        workers: int = 0,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.chains = chains
        self.catchments = catchments
        self.axis = axis
        self.read = read
        self.sinks = sinks
        self.workers = workers or default_workers()
        self.progress = progress or (lambda _: None)
        self._local = threading.local()
        self._stop = threading.Event()

    def run(self) -> Iterator[ChunkRunoff]:
        """Yield the runoff of each chunk after its blocks are done; states end up in the chains.

        Raises
        ------
        NumericalError
            a module gave no finite number; names catchment, module and step.
        """
        steps = chunk_length(self.axis, len(self.catchments))
        with ThreadPoolExecutor(self.workers, thread_name_prefix="block") as pool:
            for first in range(0, self.axis.count, steps):
                window = self.axis.window(first, min(steps, self.axis.count - first))
                depth = np.empty((len(self.catchments), window.count))
                tasks = [
                    pool.submit(self._run_block, block, first, window.count, depth)
                    for chain in self.chains
                    # the same blocks in every chunk: modules of others keep what they have by block
                    for block in blocks(chain, steps, self.workers)
                ]
                self._wait(tasks)
                yield ChunkRunoff(window, first, depth)
        for chain in self.chains:
            for stage in chain.stages:
                if stage.module.finish is not None:
                    stage.module.finish(stage.state)

    def _wait(self, tasks: list[Future[None]]) -> None:
        """Wait for all blocks; after an error or an interrupt no further one is begun."""
        complete = False
        try:
            done, _ = wait(tasks, return_when=FIRST_EXCEPTION)
            for task in tasks:
                if task in done:
                    task.result()
            complete = True
        finally:
            if not complete:
                self._stop.set()
                for task in tasks:
                    task.cancel()

    def _run_block(self, block: Block, first: int, steps: int, depth: Array) -> None:
        if self._stop.is_set():
            return
        scratch = self._scratch()
        rows = block.rows
        shape = (len(rows), steps)
        keys = block.chain.forcing_keys
        forcing = {key: scratch.array(shape, "forcing", key) for key in keys}
        self.read(rows, keys, first, forcing)
        run = BlockRun(block.chain, block.part, steps, forcing, scratch)
        run.run()
        self._check(block, first)
        depth[rows] = run.resolve(block.chain.runoff)
        columns = {column.name: run.resolve(column.source) for column in block.chain.columns}
        for sink in self.sinks:
            sink.write(rows, first, columns)
        self.progress(len(rows) * steps)

    def _scratch(self) -> Scratch:
        if not hasattr(self._local, "scratch"):
            self._local.scratch = Scratch()
        scratch: Scratch = self._local.scratch
        return scratch

    def _check(self, block: Block, first: int) -> None:
        for stage in block.chain.stages:
            failed = np.flatnonzero(stage.failed_step[block.part] >= 0)
            if failed.size:
                row = block.rows[failed[0]]
                step = first + int(stage.failed_step[block.part][failed[0]])
                raise NumericalError(
                    f"{stage.module.name} gave no finite number in {self.catchments[row]} at step {step} "
                    f"({format_time(self.axis.time(step))})",
                    hint="look at its parameters and forcing; `dmod check` lists impossible values",
                )


@kernel
def sum_into_nexuses(
    depth: Array,
    factor: Array,
    offset: NDArray[np.int64],
    contributing: NDArray[np.int64],
    flow: Array,
) -> None:
    """Sum the runoff of the catchments that drain to each nexus, in index order.

    Parameters
    ----------
    depth : shape (catchment, time) [m per step]
    factor : shape (catchment,), m3 s-1 per m of depth: area / step
    offset, contributing : CSR lists of catchments by nexus
    flow : shape (nexus, time) [m3 s-1], filled
    """
    for n in range(offset.size - 1):
        for t in range(flow.shape[1]):
            flow[n, t] = 0.0
        for k in range(offset[n], offset[n + 1]):
            c = contributing[k]
            for t in range(flow.shape[1]):
                flow[n, t] += depth[c, t] * factor[c]
