"""The functions of the Basic Model Interface 2.0 and the table in which a C module registers them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

TEXT_BYTES = 2048
"""Room that callers give for a name or a unit, by the interface's headers."""

FUNCTIONS: dict[str, str] = {
    "initialize": "p", "update": "", "update_until": "d", "finalize": "",
    "get_component_name": "p", "get_input_item_count": "p", "get_output_item_count": "p",
    "get_input_var_names": "p", "get_output_var_names": "p",
    "get_var_grid": "pp", "get_var_type": "pp", "get_var_units": "pp", "get_var_itemsize": "pp",
    "get_var_nbytes": "pp", "get_var_location": "pp",
    "get_current_time": "p", "get_start_time": "p", "get_end_time": "p", "get_time_units": "p",
    "get_time_step": "p",
    "get_value": "pp", "get_value_ptr": "pp", "get_value_at_indices": "pppi",
    "set_value": "pp", "set_value_at_indices": "ppip",
    "get_grid_rank": "ip", "get_grid_size": "ip", "get_grid_type": "ip",
    "get_grid_shape": "ip", "get_grid_spacing": "ip", "get_grid_origin": "ip",
    "get_grid_x": "ip", "get_grid_y": "ip", "get_grid_z": "ip",
    "get_grid_node_count": "ip", "get_grid_edge_count": "ip", "get_grid_face_count": "ip",
    "get_grid_edge_nodes": "ip", "get_grid_face_edges": "ip", "get_grid_face_nodes": "ip",
    "get_grid_nodes_per_face": "ip",
}  # fmt: skip
"""Name → arguments after the instance, in the order of the table: p address, i integer, d real number."""

NEEDED = (
    "initialize", "update", "finalize",
    "get_input_item_count", "get_output_item_count", "get_input_var_names", "get_output_var_names",
    "get_var_type", "get_var_units", "get_var_itemsize", "get_var_nbytes",
    "get_current_time", "get_start_time", "get_end_time", "get_time_units", "get_time_step",
    "get_value", "set_value",
)  # fmt: skip
"""Functions without which a module cannot be run."""

_KINDS: dict[str, Any] = {"p": ctypes.c_void_p, "i": ctypes.c_int, "d": ctypes.c_double}


class FunctionTable(ctypes.Structure):
    """The table that a module's registration fills: its data, and the address of each function.

    Some headers have functions of their own after those of the interface; there is room for them.
    """

    _fields_ = (
        ("data", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in FUNCTIONS),
        ("spare", ctypes.c_void_p * 64),
    )

    def addresses(self) -> dict[str, int]:
        """Return name → address of the functions that are there."""
        return {name: address for name in FUNCTIONS if (address := getattr(self, name))}


@cache
def callable_at(address: int, arguments: str) -> Callable[..., int]:
    """Return a function at an address that takes an instance and ``arguments`` and returns a status."""
    prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, *(_KINDS[kind] for kind in arguments))
    return prototype(address)


@cache
def name_buffer(name: str) -> ctypes.Array[ctypes.c_char]:
    """Return a variable's name as modules take it, padded as Fortran declares it; one for each name."""
    return ctypes.create_string_buffer(name.encode(), max(TEXT_BYTES, len(name.encode()) + 1))
