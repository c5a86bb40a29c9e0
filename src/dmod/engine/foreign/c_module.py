"""Modules in C (``bmi_c``): a registration fills a table of functions for each instance."""

from __future__ import annotations

import ctypes
from pathlib import Path

from dmod.engine.foreign.compiled_module import CompiledModule
from dmod.engine.foreign.interface import NEEDED, FunctionTable
from dmod.engine.foreign.registered_program import REGISTRATION, RegisteredProgram
from dmod.errors import PluginError


class CModule(CompiledModule):
    """An instance of a module in C."""

    def __init__(self, title: str, catchment: str, table: FunctionTable) -> None:
        super().__init__(title, catchment, table.addresses(), ctypes.addressof(table))
        self._table = table  # the module keeps its data there


class CProgram(RegisteredProgram):
    """A module in C.

    Parameters
    ----------
    title : the module's name in the formulation
    library_file : the shared library
    registration_function : fills a module's table

    Raises
    ------
    PluginError
        the library cannot be opened, or has no such function.
    """

    def __init__(
        self, title: str, library_file: str | Path, registration_function: str = REGISTRATION
    ) -> None:
        super().__init__(title, library_file, registration_function, ctypes.c_void_p)

    def instance(self, catchment: str) -> CModule:
        """Return a new instance.

        Raises
        ------
        PluginError
            the registration failed, or left out functions that a run needs.
        """
        table = FunctionTable()
        returned = self._register(ctypes.addressof(table)) or 0
        # some return the table they filled, some a status, some another address that says nothing
        status = returned & 0xFFFFFFFF
        if status and returned != ctypes.addressof(table) and not table.initialize:
            raise PluginError(f"{self.where(catchment)} returned {ctypes.c_int(status).value}")
        require_functions(table, self.where(catchment))
        return CModule(self.title, catchment, table)


def require_functions(table: FunctionTable, where: str) -> None:
    """Refuse a table that lacks functions which a run needs.

    Raises
    ------
    PluginError
        all that are missing are named.
    """
    missing = [name for name in NEEDED if not getattr(table, name)]
    if missing:
        raise PluginError(
            f"{where} registered no {', no '.join(missing)}",
            hint="a module has to register the functions of the Basic Model Interface 2.0",
        )
