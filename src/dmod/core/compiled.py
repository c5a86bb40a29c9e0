"""Compile the loops that read and write text: once, kept on disk, without the interpreter's lock.

The cache lies in the user's cache folder, under a hash of the sources that hold such loops: Numba
notices a change in the file of a compiled function, but not in the file of a function it calls.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_SOURCES = (
    "core/compiled.py",
    "core/number_format.py",
    "core/number_parse.py",
    "core/powers_of_ten.py",
    "core/wide.py",
)


@lru_cache(maxsize=1)
def _cache_folder() -> str:
    home = os.environ.get("DMOD_CACHE_DIR")
    base = Path(home) if home else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dmod"
    package = Path(__file__).parents[1]
    digest = hashlib.blake2b(digest_size=8)
    for source in _SOURCES:
        digest.update((package / source).read_bytes())
    return str(base / "text" / digest.hexdigest())


def compiled(function: F) -> F:
    """Compile a loop over bytes or values; it runs without the interpreter's lock."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    if "NUMBA_CACHE_DIR" not in os.environ:
        settings.CACHE_DIR = _cache_folder()
    try:
        loop: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        settings.CACHE_DIR = before
    return cast(F, loop)
