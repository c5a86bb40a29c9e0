"""How kernels are compiled: to machine code once, kept on disk, without the interpreter's lock.

The cache lies in the user's cache folder, under a hash of the engine's sources: Numba notices a
change in the file of a kernel, but not in the file of a function that the kernel calls.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _cache_folder() -> Path:
    home = os.environ.get("DMOD_CACHE_DIR")
    base = Path(home) if home else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dmod"
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return base / "kernels" / digest.hexdigest()


if "NUMBA_CACHE_DIR" not in os.environ:
    numba.config.CACHE_DIR = str(_cache_folder())


def kernel(function: F) -> F:
    """Compile a loop over catchments or flowpaths; it runs without the interpreter's lock."""
    compiled: F = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled


def scalar(function: F) -> F:
    """Compile a pure scalar function that kernels call (one process equation)."""
    compiled: F = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled


def inlined(function: F) -> F:
    """Compile a scalar function into the loops that call it, so that they can become vector instructions."""
    compiled: F = numba.njit(inline="always", nogil=True, error_model="numpy")(function)
    return compiled
