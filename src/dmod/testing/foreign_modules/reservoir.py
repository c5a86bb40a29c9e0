"""The linear reservoir as a module in Python; configuration and behaviours as in C, but it raises."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

STEP = 3600.0
UNITS = {
    "rain": "m h-1", "weight": "1", "outflow": "m", "storage": "m", "steps": "1", "profile": "m", "k": "h",
}  # fmt: skip


class Reservoir:
    """A linear reservoir, dS/dt = P - S / k, solved exactly over each step."""

    def __init__(self) -> None:
        self._values: dict[str, np.ndarray[Any, Any]] = {
            "rain": np.zeros(1),
            "weight": np.zeros(1, dtype=np.float32),
            "outflow": np.zeros(1),
            "storage": np.zeros(1),
            "steps": np.zeros(1, dtype=np.int32),
            "profile": np.zeros(3),
            "k": np.ones(1),
        }
        self._time = 0.0
        self._behaviour = ""

    def initialize(self, path: str) -> None:
        """Read "k storage behaviour"."""
        k, storage, self._behaviour = Path(path).read_text(encoding="utf-8").split()
        self._values["k"][0], self._values["storage"][0] = float(k), float(storage)

    def update(self) -> None:
        """Advance by an hour."""
        if self._behaviour == "fails-at-5" and self._values["steps"][0] == 5:
            raise RuntimeError("the reservoir burst")
        self._advance(STEP)
        if self._behaviour == "not-a-number" and self._values["steps"][0] == 4:
            self._values["outflow"][0] = np.nan
        if self._behaviour == "grows" and self._values["steps"][0] == 4:
            self._values["outflow"] = np.zeros(2)

    def update_until(self, time: float) -> None:
        """Advance to a time."""
        if time < self._time:
            raise ValueError("time does not go back")
        self._advance(time - self._time)

    def finalize(self) -> None:
        """End."""
        self._values.clear()

    def get_input_var_names(self) -> tuple[str, ...]:
        """Return what it takes."""
        return "rain", "weight"

    def get_output_var_names(self) -> Any:
        """Return what it gives."""
        return 7 if self._behaviour == "names-nothing" else ("outflow", "storage", "steps", "profile")

    def get_var_grid(self, name: str) -> int:
        """Return the grid of a variable."""
        return int(name == "profile")

    def get_var_type(self, name: str) -> str:
        """Return the type of a variable's values."""
        return str(self._values[name].dtype)

    def get_var_units(self, name: str) -> str:
        """Return a variable's units."""
        return UNITS[name]

    def get_var_itemsize(self, name: str) -> Any:
        """Return the bytes of a value."""
        return "many" if self._behaviour == "strange-size" else self._values[name].itemsize

    def get_var_nbytes(self, name: str) -> int:
        """Return the bytes of all values."""
        return self._values[name].nbytes

    def get_current_time(self) -> float:
        """Return where it stands."""
        return self._time

    def get_start_time(self) -> float:
        """Return where it began."""
        return 0.0

    def get_end_time(self) -> float:
        """Return how far it goes."""
        return 100 * STEP

    def get_time_units(self) -> str:
        """Return the units of time."""
        return "s"

    def get_time_step(self) -> float:
        """Return how far an update goes."""
        return STEP

    def get_value(self, name: str, to: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Copy values."""
        to[:] = self._values[name]
        return to

    def set_value(self, name: str, values: np.ndarray[Any, Any]) -> None:
        """Take values."""
        if self._behaviour == "takes-nothing":
            raise KeyError(name)
        self._values[name][:] = values

    def get_grid_size(self, grid: int) -> int:
        """Return how many places a grid has."""
        return 3 if grid else 1

    def _advance(self, seconds: float) -> None:
        rain, storage, k = (float(self._values[name][0]) for name in ("rain", "storage", "k"))
        hours, full = seconds / 3600, rain * k
        following = full + (storage - full) * math.exp(-hours / k)
        self._values["outflow"][0] = rain * hours - (following - storage)
        self._values["storage"][0] = following
        self._values["steps"][0] += 1
        self._time += seconds


class NoModule:
    """A class that is no module at all."""

    def initialize(self, path: str) -> None:
        """Do nothing."""


class Broken(Reservoir):
    """A module that cannot be made."""

    def __init__(self) -> None:
        raise OSError("no weights")
