"""The bridge from C's calling conventions to modules in C++: compiled when it is first needed."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

from dmod.core.atomic import replacing
from dmod.core.cache import user_cache
from dmod.engine.foreign.interface import FunctionTable
from dmod.engine.foreign.library import Library, open_library
from dmod.errors import PluginError

SOURCE = Path(__file__).with_name("cpp_bridge.cpp")
FLAGS = ("-std=c++17", "-O2", "-shared", "-fPIC")
COMPILERS = ("c++", "g++", "clang++")
_LONGEST_COMPILE_SECONDS = 120


class CppBridge:
    """The bridge, loaded.

    Parameters
    ----------
    library : what was compiled of `SOURCE`
    """

    def __init__(self, library: Library) -> None:
        def function(name: str, result: Any, *arguments: Any) -> Any:
            address = library.require(f"dmod_bridge_{name}", "a function of the bridge")
            return ctypes.CFUNCTYPE(result, *arguments)(address)

        pointer, number = ctypes.c_void_p, ctypes.c_int
        self._create = function("create", number, pointer, pointer)
        self._destroy = function("destroy", number, pointer, pointer)
        self._fill = function("fill", None, pointer, number, pointer)
        self._message = function("message", ctypes.c_char_p)

    def create(self, creator: int) -> tuple[int, str]:
        """Return the address of a new object, 0 if there is none, and what was thrown, "" if nothing."""
        made = ctypes.c_void_p()
        code = self._create(creator, ctypes.addressof(made))
        return (0, self.message()) if code else (made.value or 0, "")

    def destroy(self, destroyer: int, made: int) -> str:
        """End an object; return what was thrown, "" if nothing."""
        return self.message() if self._destroy(destroyer, made) else ""

    def table(self, made: int, *, virtual_destructor: bool) -> FunctionTable:
        """Return the functions of an object as a module in C would register them."""
        filled = FunctionTable()
        self._fill(made, int(virtual_destructor), ctypes.addressof(filled))
        return filled

    def message(self) -> str:
        """Return what the last call of this thread failed with."""
        said: bytes = self._message()
        return said.decode("utf-8", "replace").strip()


@lru_cache(maxsize=1)
def load_bridge() -> CppBridge:
    """Return the bridge; it is compiled once and kept in the user's cache folder.

    Raises
    ------
    PluginError
        it was not compiled before, and there is no compiler, or the compiler fails.
    """
    path = bridge_path()
    if not path.is_file():
        compile_bridge(path)
    return CppBridge(open_library(path))


def bridge_path() -> Path:
    """Return where the bridge lies or will lie: under a hash of its source and of what it runs on."""
    digest = hashlib.sha256(SOURCE.read_bytes())
    digest.update(" ".join([*FLAGS, platform.machine(), *platform.libc_ver()]).encode())
    return user_cache() / "foreign" / f"cpp-bridge-{digest.hexdigest()[:16]}.so"


def compile_bridge(path: Path) -> None:
    """Compile the bridge with the system's compiler, or the one that ``CXX`` names.

    Raises
    ------
    PluginError
        there is none, or it fails.
    """
    compiler = _compiler()
    with replacing(path) as hidden:
        command = [*compiler, *FLAGS, "-x", "c++", str(SOURCE), "-o", str(hidden)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_LONGEST_COMPILE_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _uncompiled(command, str(error)) from error
        if done.returncode:
            raise _uncompiled(command, done.stderr.strip() or f"it ended with {done.returncode}")


def _compiler() -> list[str]:
    named = shlex.split(os.environ.get("CXX", ""))
    if named and shutil.which(named[0]):
        return named
    found = next((path for name in COMPILERS if (path := shutil.which(name))), None)
    if found is None:
        looked = f"CXX={named[0]} and " if named else ""
        raise PluginError(
            f"modules in C++ need a compiler once, and none of {looked}{', '.join(COMPILERS)} is there",
            hint=f"install one (such as g++), or copy {bridge_path()} from an equal machine that has one",
        )
    return [found]


def _uncompiled(command: list[str], said: str) -> PluginError:
    lines = said.splitlines()
    shown = "\n".join(lines[:12]) + ("\n…" if len(lines) > 12 else "")
    return PluginError(f"the bridge to modules in C++ does not compile: {shlex.join(command)}\n{shown}")
