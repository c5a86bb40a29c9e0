"""Do many things at once, a bounded number ahead, with results in order; the first failure ends all."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

MOST_FILES = 32  # of one turn
MOST_BYTES = 4 << 20
Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, name: str
) -> Iterator[Result]:
    """Yield the function's result for each item, in the items' order.

    The first error is raised when its turn comes; what has not begun by then never does.

    Parameters
    ----------
    workers : threads; one does everything in the caller's thread
    name : of the threads
    """
    if workers == 1:
        yield from map(function, items)
        return
    ahead: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
    try:
        for item in items:
            ahead.append(pool.submit(function, item))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def batches(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Yield files in order, each time what is worth a thread's turn: a large one, or many small ones."""
    batch: list[Path] = []
    weight = 0
    for path in paths:
        batch.append(path)
        with suppress(OSError):  # whoever opens it says what is wrong
            weight += os.stat(path).st_size  # noqa: PTH116 - quicker, and there are many
        if len(batch) == MOST_FILES or weight > MOST_BYTES:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch
