"""Instances of modules in Python that are for many catchments at once, with arrays by catchment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.engine.foreign.exchange import STEP, Exchange
from dmod.engine.foreign.module import ForeignModule
from dmod.engine.foreign.python_module import PythonModule
from dmod.errors import InputError

INITIALIZE = "initialize_many"
"""What a class has in the place of ``initialize`` that is for many catchments; it takes paths of their
configurations. Every variable has one value for each of them then, in that order."""


class SeveralModule(PythonModule):
    """One instance for many catchments.

    Parameters
    ----------
    catchments : their ids, in the order of values
    """

    def __init__(self, title: str, catchments: Sequence[str], made: Any) -> None:
        super().__init__(title, name_some(catchments), made)
        self.catchments = tuple(catchments)

    def initialize_several(self, config_paths: Sequence[str]) -> None:
        """Let the module read all configurations and take its first state; once."""
        if self.initialized or self.finalized:
            raise self.failure(INITIALIZE, "was called twice")
        self._call(INITIALIZE, list(config_paths))
        self.initialized = True


class SeveralExchange(Exchange):
    """The exchange with one instance for many catchments; see `Exchange`.

    ``given`` and ``results`` have a catchment in the place of an instance; ``until`` has one row.
    """

    def __init__(self, module: SeveralModule, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        self._module = module
        super().__init__([module], inputs, outputs)
        self._types = {name: module.dtype(name) for name in (*inputs, *outputs)}

    @property
    def rows(self) -> int:
        """Return how many catchments there are."""
        return len(self._module.catchments)

    def _run(
        self, given: NDArray[np.float64], results: NDArray[np.float64], until: NDArray[np.float64] | None
    ) -> None:
        made, count = self._module.made, self.rows
        by_step = [
            np.ascontiguousarray(given[:, place].T, dtype=self._types[name])
            for place, name in enumerate(self.inputs)
        ]
        rooms = [np.empty(count, dtype=self._types[name]) for name in self.outputs]
        function, name = "", ""
        try:
            for step in range(results.shape[2]):
                self.marks[STEP] = step
                function = "set_value"
                for name, values in zip(self.inputs, by_step, strict=True):
                    made.set_value(name, values[step])
                function, name = ("update", "") if until is None else ("update_until", "")
                if until is None:
                    made.update()
                else:
                    made.update_until(until[0, step])
                function = "get_value"
                for place, (name, room) in enumerate(zip(self.outputs, rooms, strict=True)):
                    made.get_value(name, room)
                    results[:, place, step] = room
        except Exception as error:  # boundary: whatever code of others raises
            raise self._module.raised(function, error, name) from error

    def _require_count(self, module: ForeignModule, name: str) -> None:
        if (count := module.count(name)) != self.rows:
            raise InputError(
                f"module {module.title}: {name!r} has {count} values for {self.rows} catchments",
                hint=f"a class with {INITIALIZE} has one value of every variable for each catchment",
            )
