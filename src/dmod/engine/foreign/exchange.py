"""Values that go in and out of instances of one module at every step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dmod.engine.foreign.module import ForeignModule
from dmod.errors import InputError

MARKS = 2
INSTANCE, STEP = range(MARKS)


class Exchange(ABC):
    """Instances of one module, with the variables that each is given and gives at every step.

    All variables have one value. Values are in the module's own units; what it gives is passed on as it is,
    not a number included. ``marks`` always say with which instance and at which step of a run it is, also to
    who looks from outside where a module does not come back.

    Parameters
    ----------
    modules : the instances, all initialised, one for each catchment
    inputs, outputs : names of the variables

    Raises
    ------
    InputError
        a variable is none of the module's, or has more values than one.
    ForeignError
        the module says of a variable what cannot be.
    """

    def __init__(
        self, modules: Sequence[ForeignModule], inputs: Sequence[str], outputs: Sequence[str]
    ) -> None:
        self.modules: Final = tuple(modules)
        self.inputs: Final = tuple(inputs)
        self.outputs: Final = tuple(outputs)
        self.marks: NDArray[np.int64] = np.zeros(MARKS, dtype=np.int64)
        for module in self.modules:
            self._require(module)

    def run(
        self,
        given: NDArray[np.float64],
        results: NDArray[np.float64],
        *,
        until: NDArray[np.float64] | None = None,
    ) -> None:
        """Run every instance over some steps, one instance after the other.

        Parameters
        ----------
        given : values of the inputs, shape (instance, input, step)
        results : filled with values of the outputs, shape (instance, output, step)
        until : times in the module's units, shape (instance, step); None to advance by its own step

        Raises
        ------
        ForeignError
            a function failed, or the size of a variable changed. The instances have advanced, not all equally
            far, and cannot be used any more.
        InputError
            a value is not whole that a module takes as a whole number.
        """
        steps = results.shape[2]
        if given.shape != (self.rows, len(self.inputs), steps) or results.shape[:2] != (
            self.rows,
            len(self.outputs),
        ):
            raise ValueError(f"shapes {given.shape} and {results.shape} do not fit the exchange")
        if until is not None and until.shape != (len(self.modules), steps):
            raise ValueError(f"shape {until.shape} does not fit the exchange")
        for module in self.modules:
            if module.finalized:
                raise module.failure("update", "was called after the end of the instance")
        self._run(given, results, until)

    @property
    def rows(self) -> int:
        """Return for how many catchments there are values."""
        return len(self.modules)

    @abstractmethod
    def _run(
        self, given: NDArray[np.float64], results: NDArray[np.float64], until: NDArray[np.float64] | None
    ) -> None: ...

    def _require(self, module: ForeignModule) -> None:
        if not module.initialized:
            raise module.failure("initialize", "was not called yet")
        for role, names, offered in (
            ("input", self.inputs, module.input_names),
            ("output", self.outputs, module.output_names),
        ):
            unknown = [name for name in names if name not in offered]
            if unknown:
                raise InputError(
                    f"module {module.title}, catchment {module.catchment} has no {role} {', '.join(unknown)}",
                    hint=f"its {role}s: {', '.join(offered) or 'none'}",
                )
        for name in (*self.inputs, *self.outputs):
            self._require_count(module, name)

    def _require_count(self, module: ForeignModule, name: str) -> None:
        if (count := module.count(name)) != 1:
            raise InputError(
                f"module {module.title}, catchment {module.catchment}: {name!r} has {count} values, "
                "and one is exchanged at a step"
            )
