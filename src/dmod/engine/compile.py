"""The kinds of compiled function in the engine; see `dmod.core.compiled` for how and where they are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from dmod.core.compiled import compiled

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a loop over catchments or flowpaths; it runs without the interpreter's lock."""
    return compiled(function)


def scalar(function: F) -> F:
    """Compile a pure scalar function that kernels call (one process equation)."""
    return compiled(function)


def inlined(function: F) -> F:
    """Compile a scalar function into the loops that call it, so that they can become vector instructions."""
    return cast("F", numba.njit(inline="always", nogil=True, error_model="numpy")(function))
