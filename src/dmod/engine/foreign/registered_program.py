"""Modules that a library registers: what those in C and in Fortran have in common."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

from dmod.engine.foreign.library import Library, open_library
from dmod.engine.foreign.module import Program

REGISTRATION = "register_bmi"


class RegisteredProgram(Program):
    """A library with a function that registers instances.

    Parameters
    ----------
    title : the module's name in the formulation
    library_file : the shared library
    registration_function : is given the address of what it is to fill
    result : type of what it returns

    Raises
    ------
    PluginError
        the library cannot be opened, or has no such function.
    """

    def __init__(self, title: str, library_file: str | Path, registration_function: str, result: Any) -> None:
        super().__init__(title)
        self.library: Library = open_library(library_file)
        self.registration_function = registration_function
        address = self.library.require(registration_function, "registration_function")
        self._register = ctypes.CFUNCTYPE(result, ctypes.c_void_p)(address)

    def where(self, catchment: str) -> str:
        """Return what messages about the registration of an instance begin with."""
        function, path = self.registration_function, self.library.path
        return f"module {self.title}, catchment {catchment}: {function} of {path}"
