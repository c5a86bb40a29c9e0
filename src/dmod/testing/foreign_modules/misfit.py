"""Reservoirs that endanger who runs them, or step in other ways than by an hour."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import numpy as np

from dmod.testing.foreign_modules.reservoir import Reservoir

AT = 5
"""The step at which they begin."""


class Misfit(Reservoir):
    """A reservoir that crashes, leaves, stays or grows, as its configuration says."""

    def update(self) -> None:
        """Advance by an hour, if at all."""
        if self._values["steps"][0] == AT:
            self._misbehave()
        super().update()

    def _misbehave(self) -> None:
        sys.stdout.write(f"the reservoir is {self._behaviour}\n")
        sys.stdout.flush()
        match self._behaviour:
            case "crashing":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "leaving":
                sys.exit(3)
            case "staying":
                while True:
                    time.sleep(0.01)
            case "growing":
                self._values["hoard"] = np.ones(100 << 20)
                while True:
                    time.sleep(0.01)


class Daily(Reservoir):
    """A reservoir that steps by a day; its outflow is of a day."""

    def get_time_step(self) -> float:
        """Return how far an update goes."""
        return 86400.0

    def get_end_time(self) -> float:
        """Return how far it goes."""
        return 1e12

    def update(self) -> None:
        """Advance by a day."""
        self._advance(86400.0)


class Fine(Reservoir):
    """A reservoir that steps by five minutes, in units of minutes."""

    def get_time_units(self) -> str:
        """Return the units of time."""
        return "min"

    def get_time_step(self) -> float:
        """Return how far an update goes."""
        return 5.0

    def get_end_time(self) -> float:
        """Return how far it goes."""
        return 1e12

    def update_until(self, time: float) -> None:
        """Advance to a time, in one go."""
        self._advance(time * 60.0 - self._time)


class Odd(Reservoir):
    """A reservoir that steps by five hours."""

    def get_time_step(self) -> float:
        """Return how far an update goes."""
        return 5 * 3600.0


class Timeless(Reservoir):
    """A reservoir with units of time that are none."""

    def get_time_units(self) -> str:
        """Return the units of time."""
        return "furlongs"


class Weighed(Reservoir):
    """A reservoir that tells its mass balance, and forgets some water if its configuration says so."""

    def initialize(self, path: str) -> None:
        """Read the configuration."""
        super().initialize(path)
        self._came = float(self._values["storage"][0])
        self._left = 0.0

    def update(self) -> None:
        """Advance by an hour."""
        super().update()
        self._came += float(self._values["rain"][0])
        self._left += float(self._values["outflow"][0])
        stored = float(self._values["storage"][0])
        if self._behaviour == "forgets":
            stored -= 0.001
        masses = {"in": self._came, "out": self._left, "stored": stored, "leaked": 0.0}
        self._values.update({f"ngen::mass_{word}": np.array([mass]) for word, mass in masses.items()})


class Restartable(Reservoir):
    """A reservoir that gives its state away by the framework's protocol, and takes one."""

    def initialize(self, path: str) -> None:
        """Read the configuration."""
        super().initialize(path)
        self._state = np.zeros(0, dtype=np.uint8)

    def get_var_type(self, name: str) -> str:
        """Return the type of a variable's values."""
        if name.endswith("state"):
            return "uint8"
        return "int" if name.startswith("ngen::serialization") else super().get_var_type(name)

    def get_var_itemsize(self, name: str) -> Any:
        """Return the bytes of a value."""
        if name.endswith("state"):
            return 1
        return 8 if name.startswith("ngen::serialization") else super().get_var_itemsize(name)

    def get_var_nbytes(self, name: str) -> int:
        """Return the bytes of all values."""
        if name.endswith("state"):
            return self._state.nbytes
        return 8 if name.startswith("ngen::serialization") else super().get_var_nbytes(name)

    def set_value(self, name: str, values: np.ndarray[Any, Any]) -> None:
        """Take values, or the word to write the state down."""
        if name.endswith("create"):
            told = [*(self._values[key][0] for key in ("storage", "rain", "outflow", "steps")), self._time]
            self._state = np.array(told).view(np.uint8)
        elif name.endswith("free"):
            self._state = np.zeros(0, dtype=np.uint8)
        elif name.endswith("state"):
            *told, self._time = np.frombuffer(values.tobytes(), dtype=np.float64).tolist()
            for key, value in zip(("storage", "rain", "outflow", "steps"), told, strict=True):
                self._values[key][0] = value
        else:
            super().set_value(name, values)

    def get_value(self, name: str, to: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Copy values."""
        if name.endswith("size"):
            to[:] = self._state.size
            return to
        if name.endswith("ngen::serialization_state"):
            to[:] = self._state
            return to
        return super().get_value(name, to)
