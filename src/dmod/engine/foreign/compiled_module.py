"""Instances of modules in machine code: functions at addresses, called with an instance and a status back."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np

from dmod.engine.foreign.interface import FUNCTIONS, TEXT_BYTES, callable_at, name_buffer
from dmod.engine.foreign.module import ForeignModule, Values

GUARD_BYTES = 64
"""Room behind values, to notice that a module wrote more than it said."""
_GUARD = b"\xa5" * GUARD_BYTES
_MOST_NAMES = 1 << 16


class CompiledModule(ForeignModule):
    """What instances of modules in C, C++ and Fortran have in common.

    Parameters
    ----------
    title, catchment : see `ForeignModule`
    functions : name of a function → its address
    handle : the address that stands for the instance in every call
    by_reference : numbers are given by their address, as Fortran has it
    """

    def __init__(
        self,
        title: str,
        catchment: str,
        functions: Mapping[str, int],
        handle: int,
        *,
        by_reference: bool = False,
    ) -> None:
        super().__init__(title, catchment)
        self.functions = functions
        self.handle = handle
        self.by_reference = by_reference

    def grid_size(self, grid: int) -> int:
        """Return how many places a grid has."""
        size = ctypes.c_int(0)
        self._call("get_grid_size", self._number(ctypes.c_int(grid)), ctypes.addressof(size))
        return size.value

    def pointer(self, name: str) -> int:
        """Return where the module keeps a variable; 0 where it does not tell."""
        if "get_value_ptr" not in self.functions:
            return 0
        found = ctypes.c_void_p()
        function = callable_at(self.functions["get_value_ptr"], FUNCTIONS["get_value_ptr"])
        # a module that has the function and always fails in it is common, and no error
        code = function(self.handle, name_buffer(name), ctypes.addressof(found))
        return 0 if code else found.value or 0

    def value_function(self, action: str, name: str, dtype: np.dtype[Any]) -> str:
        """Return the function that gets or sets a variable: the same for all types unless it says otherwise.

        Parameters
        ----------
        action : ``get_value`` or ``set_value``
        """
        return action

    def message(self) -> str:
        """Return what the module said about its last failure, "" where it cannot say anything."""
        return ""

    def failed(self, function: str, code: int, variable: str = "") -> Exception:
        """Return the error for a status that is not zero."""
        said = self.message()
        reason = f"failed: {said}" if said else f"returned {code}"
        return self.failure(function, reason, variable=variable, code=code)

    def _initialize(self, config_path: str) -> None:
        given = ctypes.create_string_buffer(config_path.encode(), max(TEXT_BYTES, len(config_path) * 4 + 1))
        self._call("initialize", ctypes.addressof(given))

    def _act(self, function: str, *numbers: float, ending: bool = False) -> None:
        given = [self._number(ctypes.c_double(number)) for number in numbers]
        self._call(function, *given, ending=ending)

    def _names(self, role: str) -> tuple[str, ...]:
        count = self._whole(f"get_{role}_item_count")
        function = f"get_{role}_var_names"
        if not 0 <= count <= _MOST_NAMES:
            raise self.failure(f"get_{role}_item_count", f"said {count}")
        rooms = [ctypes.create_string_buffer(TEXT_BYTES + 1) for _ in range(count)]
        addresses = (ctypes.c_void_p * max(count, 1))(*(ctypes.addressof(room) for room in rooms))
        self._call(function, ctypes.addressof(addresses))
        return tuple(_decoded(room) for room in rooms)

    def _get_values(self, name: str, dtype: np.dtype[Any], count: int) -> Values:
        size = count * dtype.itemsize
        room = ctypes.create_string_buffer(bytes(size) + _GUARD, size + GUARD_BYTES)
        function = self.value_function("get_value", name, dtype)
        self._call(function, name_buffer(name), ctypes.addressof(room), variable=name)
        if room.raw[size:] != _GUARD:
            reason = f"wrote more than the {size} bytes that get_var_nbytes said"
            raise self.failure(function, reason, variable=name)
        return np.frombuffer(room.raw, dtype=dtype, count=count).copy()

    def _set_values(self, name: str, values: Values) -> None:
        function = self.value_function("set_value", name, values.dtype)
        self._call(function, name_buffer(name), values.ctypes.data, variable=name)

    def _call(self, function: str, *arguments: Any, variable: str = "", ending: bool = False) -> None:
        if self.finalized and not ending:
            raise self.failure(function, "was called after the end of the instance", variable=variable)
        address = self.functions.get(function)
        if not address:
            raise self.failure(function, "is not offered by the module", variable=variable)
        # Fortran has a function for each type: get_value_double takes what get_value does
        plain = function if function in FUNCTIONS else function.rpartition("_")[0]
        kinds = FUNCTIONS[plain]
        if self.by_reference:
            kinds = "p" * len(kinds)
        code = callable_at(address, kinds)(self.handle, *arguments)
        if code:
            raise self.failed(function, code, variable)

    def _number(self, value: Any) -> Any:
        return ctypes.byref(value) if self.by_reference else value.value

    def _arguments(self, name: str, result: int) -> tuple[Any, ...]:
        return (name_buffer(name), result) if name else (result,)

    def _whole(self, function: str, name: str = "") -> int:
        result = ctypes.c_int(0)
        self._call(function, *self._arguments(name, ctypes.addressof(result)), variable=name)
        return result.value

    def _real(self, function: str) -> float:
        result = ctypes.c_double(0.0)
        self._call(function, ctypes.addressof(result))
        return result.value

    def _text(self, function: str, name: str = "") -> str:
        room = ctypes.create_string_buffer(TEXT_BYTES + 1)
        self._call(function, *self._arguments(name, ctypes.addressof(room)), variable=name)
        return _decoded(room)


def _decoded(room: ctypes.Array[ctypes.c_char]) -> str:
    return room.value.decode("utf-8", "replace").strip()
