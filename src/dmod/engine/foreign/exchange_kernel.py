"""The loop over instances and steps of modules in machine code, itself in machine code.

Calling a function of a library from the interpreter costs about 0.4 µs, from here a few nanoseconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from dmod.engine.compile import kernel

FLOAT64, FLOAT32, INT64, INT32, INT16, INT8, UINT8 = range(7)
KINDS = {
    "float64": FLOAT64, "float32": FLOAT32, "int64": INT64, "int32": INT32, "int16": INT16, "int8": INT8,
    "uint8": UINT8, "bool": UINT8,
}  # fmt: skip
"""Types of values that can be exchanged, by the names that NumPy has for them."""

UPDATE, UNTIL_VALUE, UNTIL_REFERENCE = range(3)
"""How an instance is told to advance: by a step, until a time, or until the time at an address."""

OK, SET_FAILED, UPDATE_FAILED, GET_FAILED, NOT_WHOLE, SIZE_FAILED, SIZE_CHANGED, PLACE_MOVED, OVERRUN = range(
    9
)
"""What became of the run; the rest of the status says where: instance, step, variable, code."""

GUARD = float.fromhex("-0x1.5a5a5a5a5a5a5p+301")
"""What lies behind the place of a value."""

ROOM = 8
"""Places for a value that a module writes, the first for the value; the others show when it wrote more."""

_WORD = ir.IntType(64)
_STATUS = ir.IntType(32)


def _call_handle(context: Any, address: Any, handle: Any) -> Any:
    """Call a function that takes an instance."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return _call(builder, arguments[0], [_WORD], arguments[1:])

    return types.int32(types.int64, types.int64), generate


def _call_time(context: Any, address: Any, handle: Any, time: Any) -> Any:
    """Call a function that takes an instance and a time."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return _call(builder, arguments[0], [_WORD, ir.DoubleType()], arguments[1:])

    return types.int32(types.int64, types.int64, types.float64), generate


def _call_value(context: Any, address: Any, handle: Any, name: Any, place: Any) -> Any:
    """Call a function that takes an instance, a name and a place for values."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return _call(builder, arguments[0], [_WORD, _WORD, _WORD], arguments[1:])

    return types.int32(types.int64, types.int64, types.int64, types.int64), generate


def _call_time_place(context: Any, address: Any, handle: Any, place: Any) -> Any:
    """Call a function that takes an instance and the address of a time."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return _call(builder, arguments[0], [_WORD, _WORD], arguments[1:])

    return types.int32(types.int64, types.int64, types.int64), generate


def _copy_word(context: Any, to: Any, source: Any, size: Any) -> Any:
    """Copy some bytes between addresses."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        to_pointer, source_pointer = (builder.inttoptr(word, byte) for word in arguments[:2])
        cgutils.raw_memcpy(builder, to_pointer, source_pointer, arguments[2], 1)
        return None

    return types.void(types.int64, types.int64, types.int64), generate


def _call(builder: Any, address: Any, kinds: Any, arguments: Any) -> Any:
    function = ir.FunctionType(_STATUS, kinds)
    return builder.call(builder.inttoptr(address, function.as_pointer()), arguments)


call_handle: Any = intrinsic(_call_handle)
call_time: Any = intrinsic(_call_time)
call_value: Any = intrinsic(_call_value)
call_time_place: Any = intrinsic(_call_time_place)
copy_word: Any = intrinsic(_copy_word)


@kernel
def put(place: NDArray[np.float64], kind: int, value: float) -> bool:
    """Write a value into a place as a module's type has it; say whether that type can hold it."""
    if kind == FLOAT64:
        place[0] = value
        return True
    if kind == FLOAT32:
        place.view(np.float32)[0] = value
        return True
    if not (np.isfinite(value) and value == np.floor(value) and abs(value) < 2.0**53):
        return False
    whole = np.int64(value)
    if kind == INT64:
        place.view(np.int64)[0] = whole
        return True
    if kind == INT32:
        place.view(np.int32)[0] = whole
        return place.view(np.int32)[0] == whole
    if kind == INT16:
        place.view(np.int16)[0] = whole
        return place.view(np.int16)[0] == whole
    if kind == INT8:
        place.view(np.int8)[0] = whole
        return place.view(np.int8)[0] == whole
    place.view(np.uint8)[0] = whole
    return place.view(np.uint8)[0] == whole


@kernel
def taken(place: NDArray[np.float64], kind: int) -> float:
    """Return the value that lies in a place."""
    if kind == FLOAT64:
        return place[0]
    if kind == FLOAT32:
        return np.float64(place.view(np.float32)[0])
    if kind == INT64:
        return np.float64(place.view(np.int64)[0])
    if kind == INT32:
        return np.float64(place.view(np.int32)[0])
    if kind == INT16:
        return np.float64(place.view(np.int16)[0])
    if kind == INT8:
        return np.float64(place.view(np.int8)[0])
    return np.float64(place.view(np.uint8)[0])


@kernel
def note(status: NDArray[np.int64], what: int, instance: int, step: int, variable: int, code: int) -> None:
    """Note what became of the run, and where."""
    status[0] = what
    status[1] = instance
    status[2] = step
    status[3] = variable
    status[4] = code


@kernel
def advance(
    handles: NDArray[np.int64],
    functions: NDArray[np.int64],
    pointers: NDArray[np.int64],
    movers: NDArray[np.int64],
    mode: int,
    names: NDArray[np.int64],
    kinds: NDArray[np.int64],
    sizes: NDArray[np.int64],
    places: NDArray[np.float64],
    times: NDArray[np.float64],
    given: NDArray[np.float64],
    results: NDArray[np.float64],
    first: int,
    last: int,
    status: NDArray[np.int64],
    marks: NDArray[np.int64],
) -> None:
    """Run every instance over the steps from ``first`` to before ``last``, one instance after the other.

    Variables are the inputs and then the outputs.

    Parameters
    ----------
    handles, movers : address of each instance and of what advances it, shape (instance,)
    functions, pointers : address of what sets or gets a value, and of the value itself where that is not
        zero, shape (instance, variable)
    mode : `UPDATE`, `UNTIL_VALUE` or `UNTIL_REFERENCE`
    names : addresses of the variables' names, shape (variable,)
    kinds, sizes : one of `KINDS`, and the bytes of a value, shape (instance, variable)
    places : where values are exchanged, shape (instance, variable, `ROOM`)
    times : until when, in the module's units, shape (instance, step)
    given, results : values of inputs and outputs, shape (instance, input or output, step)
    status : [what, instance, step, variable, code], zeros at first
    marks : [instance, step], where the loop is
    """
    inputs = given.shape[1]
    for i in range(handles.shape[0]):
        marks[0] = i
        for step in range(first, last):
            marks[1] = step
            for v in range(inputs):
                place = places[i, v]
                if not put(place, kinds[i, v], given[i, v, step]):
                    note(status, NOT_WHOLE, i, step, v, 0)
                    return
                code = call_value(functions[i, v], handles[i], names[v], place.ctypes.data)
                if code != 0:
                    note(status, SET_FAILED, i, step, v, code)
                    return
            if mode == UPDATE:
                code = call_handle(movers[i], handles[i])
            elif mode == UNTIL_VALUE:
                code = call_time(movers[i], handles[i], times[i, step])
            else:
                code = call_time_place(movers[i], handles[i], times[i, step:].ctypes.data)
            if code != 0:
                note(status, UPDATE_FAILED, i, step, 0, code)
                return
            for v in range(inputs, names.shape[0]):
                place = places[i, v]
                if pointers[i, v] != 0:
                    copy_word(place.ctypes.data, pointers[i, v], sizes[i, v])
                else:
                    code = call_value(functions[i, v], handles[i], names[v], place.ctypes.data)
                    if code != 0:
                        note(status, GET_FAILED, i, step, v, code)
                        return
                results[i, v - inputs, step] = taken(place, kinds[i, v])


@kernel
def inspect(
    handles: NDArray[np.int64],
    sizers: NDArray[np.int64],
    pointers_of: NDArray[np.int64],
    names: NDArray[np.int64],
    sizes: NDArray[np.int64],
    pointers: NDArray[np.int64],
    places: NDArray[np.float64],
    status: NDArray[np.int64],
) -> None:
    """Find a variable that has another size than before, or lies elsewhere, or was written past its end.

    Parameters
    ----------
    sizers, pointers_of : address of each instance's functions that tell the size of a variable and where it
        lies, shape (instance,)
    handles, names, sizes, pointers, places, status : see `advance`; the code of a changed size is the size
    """
    answer = np.zeros(1)
    for i in range(handles.shape[0]):
        for v in range(names.shape[0]):
            answer[0] = 0.0
            code = call_value(sizers[i], handles[i], names[v], answer.ctypes.data)
            size = answer.view(np.int32)[0]
            if code != 0:
                note(status, SIZE_FAILED, i, 0, v, code)
                return
            if size != sizes[i, v]:
                note(status, SIZE_CHANGED, i, 0, v, size)
                return
            if pointers[i, v] != 0:
                code = call_value(pointers_of[i], handles[i], names[v], answer.ctypes.data)
                if code != 0 or answer.view(np.int64)[0] != pointers[i, v]:
                    note(status, PLACE_MOVED, i, 0, v, 0)
                    return
            for at in range(1, ROOM):
                if places[i, v, at] != GUARD:
                    note(status, OVERRUN, i, 0, v, 0)
                    return
