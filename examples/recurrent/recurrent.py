"""A long short-term memory network as a module: rain and temperature in, runoff out.

`Recurrent` is for one catchment, `RecurrentField` for all of a block at once; they share every equation. The
weights are made on the spot from a seed, so the numbers mean nothing: a trained network would load its own.

The cell is that of Hochreiter and Schmidhuber (1997, https://doi.org/10.1162/neco.1997.9.8.1735) with the
forget gate of Gers et al. (2000, https://doi.org/10.1162/089976600300015015):

    i, f, o = sigmoid(W x + U h + b)      g = tanh(W x + U h + b)
    c = f c + i g                         h = o tanh(c)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RAIN = "atmosphere_water__liquid_equivalent_precipitation_rate"
TEMPERATURE = "land_surface_air__temperature"
RUNOFF = "land_surface_water__runoff_depth"
UNITS = {RAIN: "mm h-1", TEMPERATURE: "K", RUNOFF: "m"}
HOUR = 3600.0

Array = NDArray[np.float64]


def read_config(path: str) -> dict[str, str]:
    """Return the keys of a configuration file, one ``key = value`` a line."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


class Network:
    """The cell, for any number of catchments.

    Parameters
    ----------
    hidden : cells of the layer
    seed : of the weights
    """

    def __init__(self, hidden: int, seed: int) -> None:
        dice = np.random.default_rng(seed)
        scale = 1.0 / np.sqrt(hidden)
        self.hidden = hidden
        self.inward = dice.uniform(-scale, scale, (2, 4 * hidden))
        self.inner = dice.uniform(-scale, scale, (hidden, 4 * hidden))
        self.bias = dice.uniform(-scale, scale, 4 * hidden)
        self.head = dice.uniform(0.0, scale, hidden)

    def step(self, inputs: Array, state: Array, cell: Array) -> tuple[Array, Array]:
        """Return output and cell state after a step.

        Parameters
        ----------
        inputs : shape (catchment, 2)
        state, cell : shape (catchment, hidden)
        """
        gates = inputs @ self.inward + state @ self.inner + self.bias
        passing = 1.0 / (1.0 + np.exp(-gates[:, : 3 * self.hidden]))
        candidate = np.tanh(gates[:, 3 * self.hidden :])
        into, forget, out = np.split(passing, 3, axis=1)
        cell = forget * cell + into * candidate
        return out * np.tanh(cell), cell


class Recurrent:
    """The network for one catchment, by the Basic Model Interface."""

    def initialize(self, config_path: str) -> None:
        """Read the configuration and make the network."""
        self._begin([config_path])

    def _begin(self, config_paths: list[str]) -> None:
        config = read_config(config_paths[0])
        self._network = Network(int(config.get("hidden", "32")), int(config.get("seed", "7")))
        count = len(config_paths)
        self._state = np.zeros((count, self._network.hidden))
        self._cell = np.zeros((count, self._network.hidden))
        self._values = {name: np.zeros(count) for name in UNITS}
        self._time = 0.0

    def update(self) -> None:
        """Advance by an hour."""
        scaled = np.stack([self._values[RAIN] / 5.0, (self._values[TEMPERATURE] - 283.15) / 10.0], axis=1)
        self._state, self._cell = self._network.step(scaled, self._state, self._cell)
        self._values[RUNOFF][:] = np.maximum(self._state @ self._network.head, 0.0) * 1e-3
        self._time += HOUR

    def update_until(self, time: float) -> None:
        """Advance to a time [s]."""
        while self._time < time:
            self.update()

    def finalize(self) -> None:
        """End."""

    def get_component_name(self) -> str:
        """Return the name."""
        return "Recurrent network"

    def get_input_item_count(self) -> int:
        """Return how many variables it takes."""
        return 2

    def get_output_item_count(self) -> int:
        """Return how many variables it gives."""
        return 1

    def get_input_var_names(self) -> tuple[str, ...]:
        """Return what it takes."""
        return RAIN, TEMPERATURE

    def get_output_var_names(self) -> tuple[str, ...]:
        """Return what it gives."""
        return (RUNOFF,)

    def get_var_grid(self, name: str) -> int:
        """Return the grid of a variable; there is one."""
        return 0

    def get_var_type(self, name: str) -> str:
        """Return the type of values."""
        return "float64"

    def get_var_units(self, name: str) -> str:
        """Return a variable's units."""
        return UNITS[name]

    def get_var_itemsize(self, name: str) -> int:
        """Return the bytes of a value."""
        return self._values[name].itemsize

    def get_var_nbytes(self, name: str) -> int:
        """Return the bytes of all values."""
        return self._values[name].nbytes

    def get_current_time(self) -> float:
        """Return where it stands [s]."""
        return self._time

    def get_start_time(self) -> float:
        """Return where it began [s]."""
        return 0.0

    def get_end_time(self) -> float:
        """Return how far it goes: as far as one likes."""
        return float(np.finfo(float).max)

    def get_time_units(self) -> str:
        """Return the units of time."""
        return "s"

    def get_time_step(self) -> float:
        """Return how far an update goes [s]."""
        return HOUR

    def get_value(self, name: str, dest: Array) -> Array:
        """Copy values."""
        dest[:] = self._values[name]
        return dest

    def set_value(self, name: str, src: Array) -> None:
        """Take values."""
        self._values[name][:] = src

    def get_grid_size(self, grid: int) -> int:
        """Return how many places the grid has."""
        return int(self._values[RUNOFF].size)

    def get_grid_type(self, grid: int) -> str:
        """Return the kind of grid."""
        return "scalar" if self.get_grid_size(grid) == 1 else "points"

    def get_grid_rank(self, grid: int) -> int:
        """Return the dimensions of the grid."""
        return 0 if self.get_grid_size(grid) == 1 else 1


class RecurrentField(Recurrent):
    """The network for many catchments at once: one matrix product a step for all of them."""

    def initialize_many(self, config_paths: list[str]) -> None:
        """Read the configurations; all catchments have the weights that the first names."""
        self._begin(config_paths)
