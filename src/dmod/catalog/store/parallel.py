"""Do many things at once, a bounded number ahead, with results in order; the first failure ends all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

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


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of at most so many items, in order."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
