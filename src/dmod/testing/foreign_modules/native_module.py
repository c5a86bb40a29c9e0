"""dmod's own modules behind the Basic Model Interface, as a user's class in Python would offer them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.engine.models.registry import default_revision, modules

HOUR = 3600.0


class NativeModule:
    """One of dmod's modules for one catchment, stepped by its own kernel."""

    name = ""

    def initialize(self, path: str) -> None:
        """Read the module's configuration."""
        self._module = modules()[self.name, default_revision(self.name)]
        config = self._module.read_config(Path(path).read_text(encoding="utf-8"), path)
        prepared = self._module.prepare([config])
        self._parameters, self._state = prepared.parameters, prepared.state
        self._inputs = {variable.name: np.zeros((1, 1)) for variable in self._module.inputs}
        self._outputs = {variable.name: np.zeros((1, 1)) for variable in self._module.outputs}
        self._units = {v.name: v.unit for v in (*self._module.inputs, *self._module.outputs)}
        self._time = 0.0

    def update(self) -> None:
        """Advance by an hour."""
        self._module.kernel(
            self._parameters, self._state, tuple(self._inputs.values()), tuple(self._outputs.values()),
            np.zeros((1, 4)), np.full(1, -1, dtype=np.int64),
        )  # fmt: skip
        self._time += HOUR

    def update_until(self, time: float) -> None:
        """Advance to a time [s]."""
        while self._time < time:
            self.update()

    def finalize(self) -> None:
        """End."""

    def get_input_var_names(self) -> tuple[str, ...]:
        """Return what it takes."""
        return tuple(self._inputs)

    def get_output_var_names(self) -> tuple[str, ...]:
        """Return what it gives."""
        return tuple(self._outputs)

    def get_var_grid(self, name: str) -> int:
        """Return the grid of a variable; there is one."""
        return 0

    def get_var_type(self, name: str) -> str:
        """Return the type of values."""
        return "float64"

    def get_var_units(self, name: str) -> str:
        """Return a variable's units."""
        return self._units[name]

    def get_var_itemsize(self, name: str) -> int:
        """Return the bytes of a value."""
        return 8

    def get_var_nbytes(self, name: str) -> int:
        """Return the bytes of all values."""
        return 8

    def get_current_time(self) -> float:
        """Return where it stands [s]."""
        return self._time

    def get_start_time(self) -> float:
        """Return where it began [s]."""
        return 0.0

    def get_end_time(self) -> float:
        """Return how far it goes."""
        return float(np.finfo(float).max)

    def get_time_units(self) -> str:
        """Return the units of time."""
        return "s"

    def get_time_step(self) -> float:
        """Return how far an update goes [s]."""
        return HOUR

    def get_value(self, name: str, to: NDArray[Any]) -> NDArray[Any]:
        """Copy a value."""
        to[:] = (self._outputs.get(name) if name in self._outputs else self._inputs[name])[0]  # type: ignore[index]
        return to

    def set_value(self, name: str, values: NDArray[Any]) -> None:
        """Take a value."""
        self._inputs[name][0] = values

    def get_grid_size(self, grid: int) -> int:
        """Return how many places the grid has."""
        return 1


class Cfe(NativeModule):
    """CFE."""

    name = "cfe"


class Pet(NativeModule):
    """PET."""

    name = "pet"


class Topmodel(NativeModule):
    """TOPMODEL."""

    name = "topmodel"
