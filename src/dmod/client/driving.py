"""Running coroutines that never wait, as those over the blocking transport are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, TypeVar

Found = TypeVar("Found")


def finish(work: Coroutine[Any, Any, Found]) -> Found:
    """Return what a coroutine returns that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        found: Found = end.value
        return found
    work.close()
    raise AssertionError("a coroutine over the blocking transport has waited")


def iterate(items: AsyncIterator[Found]) -> Iterator[Found]:
    """Yield what an asynchronous generator yields that never waits; it is closed with this one."""
    try:
        while True:
            try:
                item = finish(_next(items))
            except StopAsyncIteration:
                return
            yield item
    finally:
        close = getattr(items, "aclose", None)
        if close is not None:
            finish(close())


async def _next(items: AsyncIterator[Found]) -> Found:
    return await anext(items)
