"""Compile loops to machine code: once, kept on disk, run without the interpreter's lock.

The cache lies in the user's cache folder, under a hash of the sources that hold such loops: Numba
notices a change in the file of a compiled function, but not in the file of a function it calls.
``DMOD_CACHE_DIR`` puts it elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from dmod.core.cache import user_cache

F = TypeVar("F", bound=Callable[..., Any])

_ROOMS = ("core", "engine", "forcing")


@lru_cache(maxsize=1)
def cache_folder() -> str:
    """Return where compiled code is kept for these very sources."""
    package = Path(__file__).parents[1]
    digest = hashlib.blake2b(digest_size=8)
    for room in _ROOMS:
        for source in sorted((package / room).rglob("*.py")):
            digest.update(source.read_bytes())
    return str(user_cache() / "kernels" / digest.hexdigest())


def compiled(function: F) -> F:
    """Compile a function when it is first called; it runs without the interpreter's lock."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    if "NUMBA_CACHE_DIR" not in os.environ:
        settings.CACHE_DIR = cache_folder()
    try:
        return cast("F", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    finally:
        settings.CACHE_DIR = before
