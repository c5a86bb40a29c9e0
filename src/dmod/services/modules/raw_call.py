"""Functions of the Basic Model Interface that a run does not need, called as each language has it."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from dmod.engine.foreign.compiled_module import CompiledModule
from dmod.engine.foreign.interface import FUNCTIONS, TEXT_BYTES, callable_at, name_buffer
from dmod.engine.foreign.module import ForeignModule, Values
from dmod.engine.foreign.python_module import PythonModule

BY_TYPE = ("get_value", "set_value")
"""Functions of which the binding of Fortran has one for each type of values."""
_GUARD = 8
"""Room behind a value, should a module write more."""


def offers(module: ForeignModule, function: str) -> bool:
    """Return whether a module has a function."""
    if isinstance(module, CompiledModule):
        names = [function]
        if function in BY_TYPE and module.by_reference:
            names = [f"{function}_double"]
        return any(name in module.functions for name in names)
    return isinstance(module, PythonModule) and callable(getattr(module.made, function, None))


def call_plain(module: ForeignModule, function: str) -> None:
    """Call a function without arguments, whatever the port thinks of it."""
    if isinstance(module, CompiledModule):
        _checked(module, function, callable_at(module.functions[function], "")(module.handle))
    else:
        _python(module, function)


def initialize_many(module: ForeignModule, configs: list[str]) -> None:
    """Begin an instance of a vectorised module with the configurations of many catchments."""
    _python(module, "initialize_many", configs)
    module.initialized = True


def component_name(module: ForeignModule) -> str:
    """Return what the module calls itself."""
    if isinstance(module, CompiledModule):
        return _text(module, "get_component_name", ())
    return str(_python(module, "get_component_name"))


def item_count(module: ForeignModule, role: str) -> int:
    """Return how many variables a module says it has in a role, ``input`` or ``output``."""
    function = f"get_{role}_item_count"
    if isinstance(module, CompiledModule):
        count = ctypes.c_int(0)
        called = callable_at(module.functions[function], "p")
        _checked(module, function, called(module.handle, ctypes.addressof(count)))
        return count.value
    said = _python(module, function)
    try:
        return int(said)
    except (TypeError, ValueError) as error:
        raise module.failure(function, f"gave {said!r}, and no number") from error


def location(module: ForeignModule, name: str) -> str:
    """Return on which elements of its grid a variable lives."""
    if isinstance(module, CompiledModule):
        return _text(module, "get_var_location", (name_buffer(name),))
    return str(_python(module, "get_var_location", name))


def grid_type(module: ForeignModule, grid: int) -> str:
    """Return the type of a grid."""
    if isinstance(module, CompiledModule):
        return _text(module, "get_grid_type", (_whole(module, grid),))
    return str(_python(module, "get_grid_type", grid))


def grid_rank(module: ForeignModule, grid: int) -> int:
    """Return how many dimensions a grid has."""
    if isinstance(module, CompiledModule):
        rank = ctypes.c_int(0)
        function = callable_at(module.functions["get_grid_rank"], _kinds(module, "get_grid_rank"))
        code = function(module.handle, _whole(module, grid), ctypes.addressof(rank))
        _checked(module, "get_grid_rank", code)
        return rank.value
    said = _python(module, "get_grid_rank", grid)
    try:
        return int(said)
    except (TypeError, ValueError) as error:
        raise module.failure("get_grid_rank", f"gave {said!r}, and no number") from error


def grid_shape(module: ForeignModule, grid: int, rank: int) -> tuple[int, ...]:
    """Return how many places a grid has along each of its dimensions."""
    room = np.zeros(max(rank, 1) + 8, dtype=np.int32)
    if isinstance(module, CompiledModule):
        function = callable_at(module.functions["get_grid_shape"], _kinds(module, "get_grid_shape"))
        code = function(module.handle, _whole(module, grid), room.ctypes.data)
        _checked(module, "get_grid_shape", code)
        return tuple(int(n) for n in room[:rank])
    exact = room[:rank]
    _python(module, "get_grid_shape", grid, exact)
    return tuple(int(n) for n in exact)


def value_at(module: ForeignModule, name: str, index: int) -> Values:
    """Return one of a variable's values, by the function for some of them."""
    function, inds = "get_value_at_indices", np.array([index], dtype=np.int32)
    room = np.zeros(1 + _GUARD, dtype=module.dtype(name))
    if isinstance(module, CompiledModule):
        called = callable_at(module.functions[function], _kinds(module, function))
        code = called(module.handle, name_buffer(name), room.ctypes.data, inds.ctypes.data, 1)
        _checked(module, function, code)
    else:
        _python(module, function, name, room[:1], inds)
    return room[:1]


def pointed_values(module: ForeignModule, name: str) -> tuple[int, Values | None]:
    """Return where a module keeps a variable, and a copy of that; 0 and None where it does not say.

    Raises
    ------
    ForeignError
        a module in Python raised, or gave no array.
    """
    if isinstance(module, CompiledModule):
        address = module.pointer(name)
        if not address:
            return 0, None
        dtype, count = module.dtype(name), module.count(name)
        content = ctypes.string_at(address, dtype.itemsize * count)
        return address, np.frombuffer(content, dtype=dtype).copy()
    found = _python(module, "get_value_ptr", name)
    if not isinstance(found, np.ndarray):
        raise module.failure("get_value_ptr", f"gave a {type(found).__name__}, and no array", variable=name)
    return found.ctypes.data, found.reshape(-1).copy()


def _python(module: ForeignModule, function: str, *arguments: Any) -> Any:
    if not isinstance(module, PythonModule):
        raise TypeError(f"{type(module).__name__} is no module in Python")
    try:
        return getattr(module.made, function)(*arguments)
    except Exception as error:  # boundary: whatever code of others raises
        name = next((text for text in arguments if isinstance(text, str)), "")
        raise module.raised(function, error, name) from error


def _text(module: CompiledModule, function: str, arguments: tuple[Any, ...]) -> str:
    room = ctypes.create_string_buffer(TEXT_BYTES + 1)
    called = callable_at(module.functions[function], _kinds(module, function))
    _checked(module, function, called(module.handle, *arguments, ctypes.addressof(room)))
    return room.value.decode("utf-8", "replace").strip()


def _kinds(module: CompiledModule, function: str) -> str:
    kinds = FUNCTIONS[function]
    return "p" * len(kinds) if module.by_reference else kinds


def _whole(module: CompiledModule, number: int) -> Any:
    return ctypes.byref(ctypes.c_int(number)) if module.by_reference else number


def _checked(module: CompiledModule, function: str, code: int) -> None:
    if code:
        raise module.failed(function, code)
