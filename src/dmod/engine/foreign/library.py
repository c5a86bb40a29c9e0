"""Shared libraries of modules: opened once, found fault with in words."""

from __future__ import annotations

import ctypes
import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from dmod.engine.foreign.elf import exported_functions, foreign_format, machine_of, own_machine
from dmod.errors import PluginError

SHOWN = 8
"""How many names a hint lists."""


class Library:
    """A shared library that is open; it stays open as long as the process runs.

    Its names are its own: two libraries may have functions of one name.

    Parameters
    ----------
    path : as `open_library` found it

    Raises
    ------
    PluginError
        the system cannot load it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # RTLD_NOW: a name that nobody has shows now and not in the middle of a run
            self._handle = ctypes.CDLL(str(path), mode=os.RTLD_NOW | os.RTLD_LOCAL)
        except OSError as error:
            raise _unloadable(path, error) from error

    def address(self, function: str) -> int:
        """Return where a function lies; 0 if neither the library nor what it is linked with has it."""
        try:
            found = ctypes.cast(self._handle[function], ctypes.c_void_p).value
        except AttributeError:
            return 0
        return found or 0

    def require(self, function: str, what: str) -> int:
        """Return where a function lies.

        Parameters
        ----------
        what : the setting that names it, such as "registration_function"

        Raises
        ------
        PluginError
            it is not there; names that are near it are listed.
        """
        address = self.address(function)
        if address:
            return address
        raise PluginError(
            f"{self.path} has no function {function!r}", hint=f"{what} can be {self._near(function)}"
        )

    def _near(self, function: str) -> str:
        offered = exported_functions(self.path)
        near = get_close_matches(function, offered, SHOWN, 0.5)
        near += [name for name in offered if "regist" in name.lower() and name not in near]
        shown = near or [name for name in offered if not name.startswith("_")]
        more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
        return (", ".join(shown[:SHOWN]) + more) if shown else "nothing: it exports no functions"


def open_library(file: str | Path) -> Library:
    """Return a shared library, opened at most once in a process; ``.so`` is added where it is missing.

    Raises
    ------
    PluginError
        it is not there, is no library, is of another architecture, or lacks what it is linked with.
    """
    path = Path(file)
    if not path.is_file() and path.suffix != ".so":
        path = path.with_name(f"{path.name}.so")
    if not path.is_file():
        raise PluginError(f"library {file} does not exist", hint=_beside(path))
    return _opened(path.resolve())


_opened = lru_cache(maxsize=None)(Library)


def _beside(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder}"
    names = sorted(found.name for found in folder.glob("*.so*"))
    near = get_close_matches(path.name, names, SHOWN, 0.4) or names[:SHOWN]
    return f"{folder} has {', '.join(near)}" if near else f"{folder} holds no libraries (*.so)"


def _unloadable(path: Path, error: OSError) -> PluginError:
    try:
        with path.open("rb") as file:
            header = file.read(64)
    except OSError as unreadable:
        return PluginError(f"library {path} cannot be read: {unreadable.strerror}")
    machine, ours = machine_of(header), own_machine()
    if not machine:
        kind = foreign_format(header)
        return PluginError(
            f"{path} is no shared library of this system" + (f", but of {kind}" if kind else ""),
            hint="library_file has to name a shared library (ELF)",
        )
    if machine != ours:
        return PluginError(
            f"library {path} is made for {machine}, and this is {ours}", hint=f"build it anew for {ours}"
        )
    return PluginError(
        f"library {path} cannot be loaded: {error}",
        hint="what it is linked with has to be found: see `ldd`, and LD_LIBRARY_PATH",
    )
