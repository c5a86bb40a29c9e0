"""What takes long: done in threads of its own number, so that what is quick never waits behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Request

AT_ONCE = 8
Given = ParamSpec("Given")
Result = TypeVar("Result")


class Slow:
    """So many slow things at once; the others wait without taking a thread."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._limiter = CapacityLimiter(at_once)

    async def __call__(
        self, act: Callable[Given, Result], /, *args: Given.args, **given: Given.kwargs
    ) -> Result:
        """Return what a function returns."""
        call: Any = partial(act, *args, **given)
        found: Result = await run_sync(call, limiter=self._limiter)
        return found


def slow_of(request: Request) -> Slow:
    """Return the slow things of the application."""
    found: Slow = request.app.state.slow
    return found
