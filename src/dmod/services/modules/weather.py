"""Plausible input for a module, by the names and units of its variables; the same every time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmod.core.units import conversion
from dmod.core.variables import BY_COLUMN, FORCING_VARIABLES, ForcingVariable
from dmod.services.modules.known_names import WORDS, is_dimensionless, measures

Series = NDArray[np.float64]
Kind = Literal["mixed", "dry", "cold", "wet"]
KINDS: tuple[Kind, ...] = ("mixed", "dry", "cold", "wet")
_SEED = 27
_BY_UNIT = (("K", 6), ("W m-2", 3), ("Pa", 4))


def weather(name: str, unit: str, count: int, step: float, kind: Kind = "mixed") -> Series:
    """Return values of an input for some steps, in the module's unit.

    Parameters
    ----------
    count : of steps
    step : length of one [s]
    kind : storms and dry spells, no rain at all, frost, or storms that do not end
    """
    time = np.arange(count, dtype=np.float64) * step
    meant = _meant(name, unit)
    if meant is not None:
        values = _of_forcing(meant, time, step, kind)
        return _converted(values, meant.unit, unit)
    if measures(unit, "mm s-1"):
        if any(word in name.lower() for word in ("wind", "velocity", "speed")):
            return _converted(3 + 2 * np.sin(time / 2e4), "m s-1", unit)
        if any(word in name.lower() for word in ("evap", "pet", "et0")):
            return _converted(_sun(time) * 1e-7, "mm s-1", unit)
        return _converted(_rain(time, kind), "mm s-1", unit)
    if measures(unit, "mm"):
        return _converted(_rain(time, kind) * step, "mm", unit)
    return np.full(count, 0.5 if is_dimensionless(unit) else 1.0)


def _meant(name: str, unit: str) -> ForcingVariable | None:
    """Return the forcing variable that an input is, by its name and else by its unit."""
    named = BY_COLUMN.get(name)
    if named is None:
        at = next((at for word, at in WORDS.items() if word in name.lower()), None)
        named = None if at is None else FORCING_VARIABLES[at]
    if named is not None and measures(named.unit, unit):
        return named
    return next((FORCING_VARIABLES[at] for other, at in _BY_UNIT if measures(unit, other)), None)


def _of_forcing(variable: ForcingVariable, time: Series, step: float, kind: Kind) -> Series:
    day = 2 * np.pi * time / 86400
    by_place: dict[int, Callable[[], Series | float]] = {
        0: lambda: _rain(time, kind),
        1: lambda: _rain(time, kind) * step,
        2: lambda: 300 + 30 * np.sin(day),
        3: lambda: _sun(time) * 700,
        4: lambda: 95_000 + 800 * np.sin(day / 5),
        5: lambda: 0.006 + 0.002 * np.sin(day / 3),
        6: lambda: (258 if kind == "cold" else 287) + 7 * np.sin(day - 2),
        7: lambda: 2.5 + 2 * np.sin(day / 2),
        8: lambda: -1.5 + 2 * np.cos(day / 2),
    }
    return np.asarray(by_place[FORCING_VARIABLES.index(variable)](), dtype=np.float64)


def _rain(time: Series, kind: Kind) -> Series:
    """Return rain [mm s-1]: some storms of a few millimetres an hour."""
    if kind == "dry":
        return np.zeros(len(time))
    drawn = np.random.default_rng(_SEED).exponential(2.5 / 3600, len(time))
    return drawn if kind == "wet" else np.where(np.sin(time / 3e4) > 0.4, drawn, 0.0)


def _sun(time: Series) -> Series:
    """Return how high the sun stands, 0 to 1."""
    return np.maximum(0.0, np.sin(2 * np.pi * time / 86400 - np.pi / 2))


def _converted(values: Series, source: str, target: str) -> Series:
    change = conversion(source, target)
    return values * change.scale + change.offset
