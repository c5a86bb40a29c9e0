"""Modules in Fortran (``bmi_fortran``), through the free functions of their binding to C.

A registration hands out a handle. Every function is given the handle's address, and numbers by theirs.
Values are got and set by one function for each type, as many as the variable's grid has places.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from dmod.engine.foreign.compiled_module import CompiledModule
from dmod.engine.foreign.interface import FUNCTIONS, NEEDED
from dmod.engine.foreign.registered_program import REGISTRATION, RegisteredProgram
from dmod.errors import PluginError

_TYPES = {"float64": "double", "float32": "float", "int32": "int"}
_BY_TYPE = ("get_value", "set_value")
_UNUSED = ("get_value_ptr", "get_value_at_indices", "set_value_at_indices")


class FortranModule(CompiledModule):
    """An instance of a module in Fortran."""

    def __init__(
        self, title: str, catchment: str, functions: dict[str, int], handle: ctypes.c_void_p
    ) -> None:
        super().__init__(title, catchment, functions, ctypes.addressof(handle), by_reference=True)
        self._kept = handle

    def value_function(self, action: str, name: str, dtype: np.dtype[Any]) -> str:
        """Return the function for a type of values.

        Raises
        ------
        ForeignError
            the binding has none for it.
        """
        suffix = _TYPES.get(str(dtype))
        if suffix is None:
            raise self.failure(
                "get_var_type",
                f"said {self.type(name)!r}, with {dtype.itemsize} bytes a value",
                variable=name,
                hint="the binding hands over numbers of double and single precision and integers of 4 bytes",
            )
        return f"{action}_{suffix}"

    def count(self, name: str) -> int:
        """Return how many values a variable has: what is handed over goes by the size of its grid."""
        count, size = super().count(name), self.grid_size(self.grid(name))
        if count != size:
            reason = f"said {count} values, and grid {self.grid(name)} has {size}: the binding takes those"
            raise self.failure("get_var_nbytes", reason, variable=name)
        return count


class FortranProgram(RegisteredProgram):
    """A module in Fortran.

    Parameters
    ----------
    title : the module's name in the formulation
    library_file : the shared library
    registration_function : hands out a handle

    Raises
    ------
    PluginError
        the library cannot be opened, or it lacks the registration or functions of the binding.
    """

    def __init__(
        self, title: str, library_file: str | Path, registration_function: str = REGISTRATION
    ) -> None:
        super().__init__(title, library_file, registration_function, ctypes.c_int)
        self._functions = {name: address for name in _binding() if (address := self.library.address(name))}
        missing = [name for name in _binding(NEEDED) if name not in self._functions]
        if missing:
            raise PluginError(
                f"module {self.title}: {self.library.path} and what it is linked with have no "
                f"{', no '.join(missing)}",
                hint="link the module with the binding of Fortran modules to C (libiso_c_bmi)",
            )

    def instance(self, catchment: str) -> FortranModule:
        """Return a new instance.

        Raises
        ------
        PluginError
            the registration failed, or gave no handle.
        """
        handle = ctypes.c_void_p()
        code = self._register(ctypes.addressof(handle))
        if code:
            raise PluginError(f"{self.where(catchment)} returned {code}")
        if not handle.value:
            raise PluginError(f"{self.where(catchment)} gave no handle")
        return FortranModule(self.title, catchment, self._functions, handle)


def _binding(wanted: tuple[str, ...] | None = None) -> list[str]:
    """Return the names of the binding's functions for those of the interface; all unless some are wanted."""
    names = [name for name in wanted or FUNCTIONS if name not in _UNUSED]
    if wanted:
        names += ["get_var_grid", "get_grid_size"]
    split = [f"{name}_{suffix}" for name in _BY_TYPE for suffix in _TYPES.values()]
    return [name for name in names if name not in _BY_TYPE] + split
