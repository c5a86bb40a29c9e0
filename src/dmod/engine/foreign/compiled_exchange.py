"""The exchange with modules in machine code: addresses are looked up once, and a compiled loop calls them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dmod.engine.foreign import exchange_kernel as kernels
from dmod.engine.foreign.compiled_module import CompiledModule
from dmod.engine.foreign.exchange import Exchange
from dmod.engine.foreign.interface import name_buffer
from dmod.errors import InputError

_GUARD = float.fromhex("-0x1.5a5a5a5a5a5a5p+301")


class CompiledExchange(Exchange):
    """The exchange with instances of a module in C, C++ or Fortran; see `Exchange`.

    Inputs are set by the module's function, which may do more than to copy. Outputs are read where the
    module keeps them, if it tells; where that turns out not to be what its function gives, the function is
    called. The interpreter's lock is free meanwhile.

    Parameters
    ----------
    pointers : read outputs where the module keeps them; otherwise its function is called every time
    """

    def __init__(
        self,
        modules: Sequence[CompiledModule],
        inputs: Sequence[str],
        outputs: Sequence[str],
        *,
        pointers: bool = True,
    ) -> None:
        super().__init__(modules, inputs, outputs)
        self._compiled = tuple(modules)
        self._handles = np.array([module.handle for module in modules], dtype=np.int64)
        self._setters = self._functions("set_value", self.inputs)
        self._getters = self._functions("get_value", self.outputs)
        self._input_kinds, _ = self._types(self.inputs)
        self._output_kinds, self._output_sizes = self._types(self.outputs)
        self._pointers = self._found_pointers() if pointers else np.zeros_like(self._getters)
        self._compared = False
        self._input_places = np.zeros((len(modules), len(self.inputs), kernels.ROOM))
        self._output_places = np.full((len(modules), len(self.outputs), kernels.ROOM), _GUARD)

    @property
    def pointed(self) -> tuple[tuple[str, ...], ...]:
        """Names of the outputs that are read where the module keeps them, for each instance."""
        return tuple(
            tuple(name for name, pointer in zip(self.outputs, row, strict=True) if pointer)
            for row in self._pointers
        )

    def _run(
        self, given: NDArray[np.float64], results: NDArray[np.float64], until: NDArray[np.float64] | None
    ) -> None:
        self._require_places()
        # one form of array for the compiled loop, which else is compiled for each
        given = np.require(given, np.float64, ["C", "W"])
        room = np.require(results, np.float64, ["C", "W"])
        done = min(1, results.shape[2]) if not self._compared else 0
        if done:
            # zeros everywhere prove nothing, so it is compared when there was a step
            self._advance(given, room, until, 0, done)
            self._compare(room)
            self._compared = True
        self._advance(given, room, until, done, results.shape[2])
        self._require_places()
        if room is not results:
            results[...] = room

    def _advance(
        self,
        given: NDArray[np.float64],
        results: NDArray[np.float64],
        until: NDArray[np.float64] | None,
        first: int,
        last: int,
    ) -> None:
        if first == last:
            return
        mode, function = kernels.UPDATE, "update"
        if until is not None:
            references = any(module.by_reference for module in self._compiled)
            mode, function = kernels.UNTIL_REFERENCE if references else kernels.UNTIL_VALUE, "update_until"
        status = np.zeros(5, dtype=np.int64)
        kernels.advance(
            self._handles,
            self._setters,
            self._getters,
            self._pointers,
            self._movers(function),
            mode,
            _addresses(self.inputs),
            _addresses(self.outputs),
            self._input_kinds,
            self._output_kinds,
            self._output_sizes,
            self._input_places,
            self._output_places,
            np.require(until if until is not None else np.zeros((0, 0)), np.float64, ["C", "W"]),
            given,
            results,
            first,
            last,
            status,
        )
        if status[0]:
            raise self._error(function, given, status)

    def _error(self, moved_by: str, given: NDArray[np.float64], status: NDArray[np.int64]) -> Exception:
        what, instance, step, variable, code = (int(number) for number in status)
        module = self._compiled[instance]
        if what == kernels.UPDATE_FAILED:
            return module.failed(moved_by, code)
        if what == kernels.GET_FAILED:
            return module.failed("get_value", code, self.outputs[variable])
        name = self.inputs[variable]
        if what == kernels.SET_FAILED:
            return module.failed("set_value", code, name)
        return InputError(
            f"module {module.title}, catchment {module.catchment}: {name!r} holds values of type "
            f"{module.dtype(name)}, and {given[instance, variable, step]} is none"
        )

    def _compare(self, results: NDArray[np.float64]) -> None:
        """Call the function from now on for outputs whose place holds something else than it gives."""
        for i, module in enumerate(self._compiled):
            for v, name in enumerate(self.outputs):
                if self._pointers[i, v]:
                    told = float(module.get_values(name)[0])
                    if not np.array_equal(told, results[i, v, 0], equal_nan=True):
                        results[i, v, 0] = told
                        self._pointers[i, v] = 0

    def _require_places(self) -> None:
        """Refuse to go on when variables have moved or grown, or the module wrote past their end."""
        for i, module in enumerate(self._compiled):
            self._require(module)
            for v, name in enumerate(self.outputs):
                if self._pointers[i, v] and module.pointer(name) != self._pointers[i, v]:
                    raise module.failure(
                        "get_value_ptr", "gave another address than before", variable=name,
                        hint="the interface wants one address for the life of an instance",
                    )  # fmt: skip
                if not np.all(self._output_places[i, v, 1:] == _GUARD):
                    reason = f"wrote more than the {self._output_sizes[i, v]} bytes that get_var_nbytes said"
                    raise module.failure("get_value", reason, variable=name)

    def _functions(self, action: str, names: Sequence[str]) -> NDArray[np.int64]:
        def address(module: CompiledModule, name: str) -> int:
            return module.functions[module.value_function(action, name, module.dtype(name))]

        return self._table(address, names)

    def _movers(self, function: str) -> NDArray[np.int64]:
        for module in self._compiled:
            if function not in module.functions:
                raise module.failure(function, "is not offered by the module")
        return np.array([module.functions[function] for module in self._compiled], dtype=np.int64)

    def _types(self, names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        def kind(module: CompiledModule, name: str) -> int:
            dtype = module.dtype(name)
            if dtype.name not in kernels.KINDS:
                reason = f"said {module.type(name)!r}: such values are not exchanged at every step"
                raise module.failure("get_var_type", reason, variable=name)
            return kernels.KINDS[dtype.name]

        return self._table(kind, names), self._table(lambda module, name: module.dtype(name).itemsize, names)

    def _found_pointers(self) -> NDArray[np.int64]:
        return self._table(lambda module, name: module.pointer(name), self.outputs)

    def _table(self, value: Callable[[CompiledModule, str], int], names: Sequence[str]) -> NDArray[np.int64]:
        rows = [[value(module, name) for name in names] for module in self._compiled]
        return np.array(rows, dtype=np.int64).reshape(len(self._compiled), len(names))


def _addresses(names: Sequence[str]) -> NDArray[np.int64]:
    return np.array([ctypes.addressof(name_buffer(name)) for name in names], dtype=np.int64)
