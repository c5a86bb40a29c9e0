"""Modules in C++ (``bmi_c++``): objects of a class that descends from the interface's."""

from __future__ import annotations

import ctypes
from pathlib import Path

from dmod.engine.foreign.compiled_module import CompiledModule
from dmod.engine.foreign.cpp_bridge import CppBridge, load_bridge
from dmod.engine.foreign.cpp_layout import CppLayout, layout_of
from dmod.engine.foreign.interface import FunctionTable
from dmod.engine.foreign.library import Library, open_library
from dmod.engine.foreign.module import Program
from dmod.errors import PluginError

CREATE = "bmi_model_create"
DESTROY = "bmi_model_destroy"


class CppModule(CompiledModule):
    """An instance of a module in C++."""

    def __init__(
        self, title: str, catchment: str, table: FunctionTable, bridge: CppBridge, destroyer: int
    ) -> None:
        super().__init__(title, catchment, table.addresses(), ctypes.addressof(table))
        self._table = table
        self._bridge = bridge
        self._destroyer = destroyer

    def message(self) -> str:
        """Return what was thrown in the last call of this thread."""
        return self._bridge.message()

    def _finalize(self) -> None:
        try:
            super()._finalize()
        finally:
            thrown = self._bridge.destroy(self._destroyer, self._table.data)
        if thrown:
            raise self.failure("destroy_function", f"failed: {thrown}")


class CppProgram(Program):
    """A module in C++.

    Parameters
    ----------
    title : the module's name in the formulation
    library_file : the shared library
    create_function, destroy_function : make an object and end it
    virtual_destructor : whether the declaration of the interface that the module was compiled with has a
        virtual destructor; None to look

    Raises
    ------
    PluginError
        the library cannot be opened or lacks a function, or the bridge to C++ cannot be compiled.
    """

    def __init__(
        self,
        title: str,
        library_file: str | Path,
        create_function: str = CREATE,
        destroy_function: str = DESTROY,
        *,
        virtual_destructor: bool | None = None,
    ) -> None:
        super().__init__(title)
        self.library: Library = open_library(library_file)
        self._creator = self.library.require(create_function, "create_function")
        self._destroyer = self.library.require(destroy_function, "destroy_function")
        self._create_function = create_function
        self._virtual_destructor = virtual_destructor
        self._bridge = load_bridge()

    def instance(self, catchment: str) -> CppModule:
        """Return a new instance.

        Raises
        ------
        PluginError
            nothing was made, or it is no object that can be called.
        """
        where = f"module {self.title}, catchment {catchment}: {self._create_function} of {self.library.path}"
        made, thrown = self._bridge.create(self._creator)
        if not made:
            raise PluginError(f"{where} failed: {thrown}" if thrown else f"{where} gave nothing")
        layout = layout_of(made) if self._virtual_destructor is None else CppLayout(self._virtual_destructor)
        try:
            has_destructor = _destructor(layout, where)
        except PluginError:
            if not layout.alien:
                self._bridge.destroy(self._destroyer, made)
            raise
        table = self._bridge.table(made, virtual_destructor=has_destructor)
        return CppModule(self.title, catchment, table, self._bridge, self._destroyer)


def _destructor(layout: CppLayout, where: str) -> bool:
    """Return whether a virtual destructor stands first in the table of an object's functions."""
    if layout.complaint:
        raise PluginError(
            f"{where} made an object that cannot be called: {layout.complaint}",
            hint="compile the module with GNU's C++ library and the Basic Model Interface 2.0",
        )
    if layout.virtual_destructor is None:
        raise PluginError(
            f"{where} made an object that does not tell its layout: the library hides its functions",
            hint="compile it without -fvisibility=hidden, or say virtual_destructor",
        )
    return layout.virtual_destructor
