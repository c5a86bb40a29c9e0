"""The exchange with modules in machine code: addresses are looked up once, and a compiled loop calls them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dmod.engine.foreign import exchange_kernel as kernels
from dmod.engine.foreign.compiled_module import CompiledModule
from dmod.engine.foreign.exchange import Exchange
from dmod.engine.foreign.interface import name_buffer
from dmod.errors import InputError


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
        self._variables = (*self.inputs, *self.outputs)
        self._names = np.array(
            [ctypes.addressof(name_buffer(name)) for name in self._variables], dtype=np.int64
        )
        self._handles = np.array([module.handle for module in modules], dtype=np.int64)
        self._sizers = self._every("get_var_nbytes")
        self._pointers_of = self._every("get_value_ptr")
        self._functions = np.zeros((len(modules), len(self._variables)), dtype=np.int64)
        self._kinds, self._sizes, self._pointers = (np.zeros_like(self._functions) for _ in range(3))
        for i, module in enumerate(self._compiled):
            for v in range(len(self._variables)):
                self._look_up(module, i, v, pointers)
        self._places = np.full((*self._functions.shape, kernels.ROOM), kernels.GUARD)
        self._movers_of: dict[str, NDArray[np.int64]] = {}
        self._compared = False

    @property
    def pointed(self) -> tuple[tuple[str, ...], ...]:
        """Names of the outputs that are read where the module keeps them, for each instance."""
        return tuple(
            tuple(name for name, pointer in zip(self._variables, row, strict=True) if pointer)
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
            self._functions,
            self._pointers,
            self._movers(function),
            mode,
            self._names,
            self._kinds,
            self._sizes,
            self._places,
            np.require(until if until is not None else np.zeros((0, 0)), np.float64, ["C", "W"]),
            given,
            results,
            first,
            last,
            status,
            self.marks,
        )
        if status[0]:
            raise self._error(function, given, status)

    def _error(self, moved_by: str, given: NDArray[np.float64], status: NDArray[np.int64]) -> Exception:
        what, instance, step, variable, code = (int(number) for number in status)
        module = self._compiled[instance]
        if what == kernels.UPDATE_FAILED:
            return module.failed(moved_by, code)
        name = self._variables[variable]
        if what == kernels.GET_FAILED:
            return module.failed("get_value", code, name)
        if what == kernels.SET_FAILED:
            return module.failed("set_value", code, name)
        return InputError(
            f"module {module.title}, catchment {module.catchment}: {name!r} holds values of type "
            f"{module.dtype(name)}, and {given[instance, variable, step]} is none"
        )

    def _compare(self, results: NDArray[np.float64]) -> None:
        """Call the function from now on for outputs whose place holds something else than it gives."""
        first = len(self.inputs)
        for i, module in enumerate(self._compiled):
            for v, name in enumerate(self.outputs):
                if self._pointers[i, first + v]:
                    told = float(module.get_values(name)[0])
                    if not np.array_equal(told, results[i, v, 0], equal_nan=True):
                        results[i, v, 0] = told
                        self._pointers[i, first + v] = 0

    def _require_places(self) -> None:
        """Refuse to go on when variables have moved or grown, or the module wrote past their end."""
        status = np.zeros(5, dtype=np.int64)
        kernels.inspect(
            self._handles,
            self._sizers,
            self._pointers_of,
            self._names,
            self._sizes,
            self._pointers,
            self._places,
            status,
        )
        what, instance, _, variable, code = (int(number) for number in status)
        if what:
            raise self._changed(self._compiled[instance], what, self._variables[variable], code)

    def _changed(self, module: CompiledModule, what: int, name: str, code: int) -> Exception:
        if what == kernels.SIZE_FAILED:
            return module.failed("get_var_nbytes", code, name)
        if what == kernels.SIZE_CHANGED:
            return module.failure("get_var_nbytes", f"said {code}, and less or more before", variable=name)
        if what == kernels.PLACE_MOVED:
            return module.failure(
                "get_value_ptr",
                "gave another address than before",
                variable=name,
                hint="the interface wants one address for the life of an instance",
            )
        size = module.itemsize(name)
        reason = f"wrote more than the {size} bytes that get_var_nbytes said"
        return module.failure("get_value", reason, variable=name)

    def _look_up(self, module: CompiledModule, i: int, v: int, pointers: bool) -> None:
        """Look up how a variable of an instance is exchanged."""
        name, is_output = self._variables[v], v >= len(self.inputs)
        dtype = module.dtype(name)
        if dtype.name not in kernels.KINDS:
            reason = f"said {module.type(name)!r}: such values are not exchanged at every step"
            raise module.failure("get_var_type", reason, variable=name)
        action = "get_value" if is_output else "set_value"
        self._functions[i, v] = module.functions[module.value_function(action, name, dtype)]
        self._kinds[i, v], self._sizes[i, v] = kernels.KINDS[dtype.name], dtype.itemsize
        if is_output and pointers:
            self._pointers[i, v] = module.pointer(name)

    def _movers(self, function: str) -> NDArray[np.int64]:
        if function not in self._movers_of:
            for module in self._compiled:
                if function not in module.functions:
                    raise module.failure(function, "is not offered by the module")
            self._movers_of[function] = self._every(function)
        return self._movers_of[function]

    def _every(self, function: str) -> NDArray[np.int64]:
        """Return the address of a function for each instance, 0 where it has none."""
        return np.array([module.functions.get(function, 0) for module in self._compiled], dtype=np.int64)
