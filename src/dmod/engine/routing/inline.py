"""Functions that are compiled into the loops that call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def inlined(function: F) -> F:
    """Compile a function as part of its callers: a loop with a call left in it becomes no vector code."""
    merged: Any = numba.njit(inline="always", nogil=True, error_model="numpy")(function)
    return cast(F, merged)
