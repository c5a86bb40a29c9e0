"""Compile loops to machine code: once, kept on disk, run without the interpreter's lock.

The cache lies in the user's cache folder, under a hash of the sources that hold such loops: Numba
notices a change in the file of a compiled function, but not in the file of a function it calls.
``DMOD_CACHE_DIR`` puts it elsewhere.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event as events

from dmod.core.atomic import replacing
from dmod.core.cache import user_cache
from dmod.core.compiling import Compiling, tell_of_compiling
from dmod.errors import StoreError

F = TypeVar("F", bound=Callable[..., Any])
Used = tuple[str, str, tuple[Any, ...]]
"""Module and name of a function, and the types with which it was called."""

log = logging.getLogger("dmod.compiling")

_ROOMS = ("core", "engine", "forcing")
_made: list[Any] = []
_UNREADABLE = (
    OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, IndexError, KeyError, TypeError,
    ValueError,
)  # fmt: skip
"""What reading a note may raise that was cut off, or is of other versions of libraries."""


@lru_cache(maxsize=1)
def cache_folder() -> str:
    """Return where compiled code is kept for these very sources."""
    package = Path(__file__).parents[1]
    digest = hashlib.blake2b(digest_size=8)
    for room in _ROOMS:
        for source in sorted((package / room).rglob("*.py")):
            digest.update(source.read_bytes())
    return str(user_cache() / "kernels" / digest.hexdigest())


class _Compilations(events.Listener):
    """Tells of what is compiled in earnest: what is loaded from the cache makes no such event.

    The compiler has one lock, so that one thread at a time is here.
    """

    def __init__(self) -> None:
        self._done = 0
        self._depth = 0

    def on_start(self, event: events.Event) -> None:
        """Tell that a function is being compiled; inside of it those that it calls are."""
        if not _is_own(event):
            return
        if self._done == self._depth == 0:
            log.info("kernels are compiled, once for this machine, and kept in %s", _kept_in())
        self._depth += 1
        self._tell()

    def on_end(self, event: events.Event) -> None:
        """Tell that one more is done."""
        if _is_own(event):
            self._depth -= 1
            self._done += 1
            self._tell()

    def _tell(self) -> None:
        tell_of_compiling(Compiling(self._done, self._depth > 0, _kept_in()))


def _is_own(event: events.Event) -> bool:
    return str(event.data["dispatcher"].py_func.__module__).startswith("dmod.")


def _kept_in() -> str:
    return os.environ.get("NUMBA_CACHE_DIR") or cache_folder()


events.register("numba:compile", _Compilations())  # type: ignore[no-untyped-call]


def compiled(function: F) -> F:
    """Compile a function when it is first called; it runs without the interpreter's lock."""
    settings: Any = numba.config
    before = settings.CACHE_DIR
    if "NUMBA_CACHE_DIR" not in os.environ:
        settings.CACHE_DIR = cache_folder()
    try:
        made = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        settings.CACHE_DIR = before
    _made.append(made)
    return cast("F", made)


def note_used() -> None:
    """Note which functions this process has used, and with which types, for `load_used` of another one."""
    used = {
        (made.py_func.__module__, made.py_func.__qualname__, types)
        for made in _made
        for types in made.signatures
    }
    known = _known()
    if not used <= known:
        # what cannot be noted is loaded when it is needed
        with suppress(StoreError, OSError), replacing(_used_file()) as hidden:
            hidden.write_bytes(pickle.dumps(known | used))


def load_used() -> int:
    """Load the compiled functions that processes before this one used; return how many.

    A process that does so before it forks spares all that are forked from it the time.
    """
    loaded = 0
    for module, name, types in sorted(_known(), key=repr):
        with suppress(ImportError, AttributeError):
            getattr(import_module(module), name).compile(types)
            loaded += 1
    return loaded


def _known() -> set[Used]:
    try:
        # written by this very version, into the folder in which its compiled code lies
        found = pickle.loads(_used_file().read_bytes())
    except _UNREADABLE:
        return set()
    return found if isinstance(found, set) else set()


def _used_file() -> Path:
    return Path(cache_folder()) / f"used-{numba.__version__}.pickle"
