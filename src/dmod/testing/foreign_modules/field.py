"""Many linear reservoirs as one module in Python, with arrays by catchment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dmod.testing.foreign_modules.reservoir import Reservoir


class Field(Reservoir):
    """Reservoirs of many catchments, each solved exactly over each step."""

    def initialize_many(self, paths: list[str]) -> None:
        """Read "k storage behaviour" of each."""
        read = [Path(path).read_text(encoding="utf-8").split() for path in paths]
        self._behaviour = read[0][2]
        count = len(read)
        self._values = {
            name: np.zeros(count, dtype=values.dtype)
            for name, values in self._values.items()
            if name != "profile"
        }
        self._values["k"][:] = [float(k) for k, _, _ in read]
        self._values["storage"][:] = [float(storage) for _, storage, _ in read]

    def get_output_var_names(self) -> Any:
        """Return what it gives."""
        return "outflow", "storage", "steps"

    def get_grid_size(self, grid: int) -> int:
        """Return how many places a grid has."""
        return int(self._values["storage"].size)

    def _advance(self, seconds: float) -> None:
        rain, storage, k = (self._values[name] for name in ("rain", "storage", "k"))
        hours, full = seconds / 3600, rain * k
        following = full + (storage - full) * np.exp(-hours / k)
        self._values["outflow"][:] = rain * hours - (following - storage)
        self._values["storage"][:] = following
        self._values["steps"] += 1
        self._time += seconds
