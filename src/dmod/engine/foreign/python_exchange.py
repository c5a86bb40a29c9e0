"""The exchange with modules in Python: a loop over their methods, which are looked up once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.engine.foreign.exchange import INSTANCE, STEP, Exchange
from dmod.engine.foreign.python_module import PythonModule

_Bound = tuple[str, NDArray[Any]]


class PythonExchange(Exchange):
    """The exchange with instances of a module in Python; see `Exchange`."""

    def __init__(
        self, modules: Sequence[PythonModule], inputs: Sequence[str], outputs: Sequence[str]
    ) -> None:
        super().__init__(modules, inputs, outputs)
        self._instances = [
            (module, self._places(module, self.inputs), self._places(module, self.outputs))
            for module in modules
        ]

    def _run(
        self, given: NDArray[np.float64], results: NDArray[np.float64], until: NDArray[np.float64] | None
    ) -> None:
        for i, (module, inputs, outputs) in enumerate(self._instances):
            self.marks[INSTANCE] = i
            columns = given[i].T.tolist()
            times = None if until is None else until[i].tolist()
            results[i] = (
                np.array(_loop(module, inputs, outputs, columns, times, self.marks), dtype=float)
                .reshape(len(columns), len(outputs))
                .T
            )

    def _places(self, module: PythonModule, names: Sequence[str]) -> list[_Bound]:
        return [(name, np.zeros(1, dtype=module.dtype(name))) for name in names]


def _loop(
    module: PythonModule,
    inputs: list[_Bound],
    outputs: list[_Bound],
    rows: list[list[float]],
    times: list[float] | None,
    marks: NDArray[np.int64],
) -> list[list[float]]:
    """Return the values of the outputs, step by step."""
    made = module.made
    set_value, get_value = made.set_value, made.get_value
    advance: Callable[..., Any] = made.update if times is None else made.update_until
    function, name, results = "", "", []
    try:
        for step, row in enumerate(rows):
            marks[STEP] = step
            function = "set_value"
            for (name, place), value in zip(inputs, row, strict=True):
                place[0] = value
                set_value(name, place)
            function, name = ("update", "") if times is None else ("update_until", "")
            if times is None:
                advance()
            else:
                advance(times[step])
            function = "get_value"
            taken = []
            for name, place in outputs:
                get_value(name, place)
                taken.append(place.item())
            results.append(taken)
    except Exception as error:  # boundary: whatever code of others raises
        raise module.raised(function, error, name) from error
    return results
