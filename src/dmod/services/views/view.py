"""What can be looked at of one dataset: layers of places, each with series of several variables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError, NotFoundError
from dmod.services.views.spread import Spread, spread_of

if TYPE_CHECKING:
    from dmod.evaluation.observed import ObservedSeries

Floats = NDArray[np.float64]
Seconds = NDArray[np.int64]

MOST_POINTS = 50_000
MOST_VALUES = 20_000_000
"""Numbers in one answer for a map."""


@dataclass(frozen=True, slots=True)
class ViewedLayer:
    """Series of one kind of place.

    Parameters
    ----------
    name : "catchments", "nexuses", "rivers", "basin", "gauges"
    index : place → row
    seconds : start or stamp of the steps, since 1970 UTC, shape (time,)
    units : variable → unit, "" where it is not known
    read : (variables, rows, first step, number of steps) → variable → (row, time); NaN where missing
    """

    name: str
    index: Mapping[str, int]
    seconds: Seconds
    units: Mapping[str, str]
    read: Callable[[Sequence[str], NDArray[np.int64], int, int], Mapping[str, Floats]]

    @property
    def step(self) -> int | None:
        """The distance between steps [s]; None where there is one step or they are not equal."""
        steps = np.unique(np.diff(self.seconds[:1000]))
        return int(steps[0]) if len(steps) == 1 else None

    def row(self, place: str) -> int:
        """Return the row of a place.

        Raises
        ------
        NotFoundError
            it has none.
        """
        row = self.index.get(place)
        if row is None:
            some = ", ".join(list(self.index)[:5])
            raise NotFoundError(
                f"there is no {place!r} among the {len(self.index):,} {self.name}", hint=f"there are {some} …"
            )
        return row

    def require(self, variable: str) -> str:
        """Return the variable that is meant; "" is the first.

        Raises
        ------
        NotFoundError
            there is none of that name.
        """
        if not variable:
            return next(iter(self.units))
        if variable not in self.units:
            raise NotFoundError(
                f"{self.name} have no variable {variable!r}", hint="they have " + ", ".join(self.units)
            )
        return variable

    def window(self, start: int | None, end: int | None) -> tuple[int, int]:
        """Return the first step and the number of steps of a period [s since 1970], both ends included.

        Raises
        ------
        InputError
            it ends before it begins.
        """
        if start is not None and end is not None and end < start:
            raise InputError("the period ends before it starts", hint="swap start and end")
        first = 0 if start is None else int(np.searchsorted(self.seconds, start, "left"))
        last = len(self.seconds) if end is None else int(np.searchsorted(self.seconds, end, "right"))
        return first, max(last - first, 0)

    def describe(self) -> dict[str, Any]:
        """Return what the layer holds."""
        return {
            "name": self.name,
            "places": len(self.index),
            "variables": dict(self.units),
            "start": int(self.seconds[0]) if len(self.seconds) else None,
            "end": int(self.seconds[-1]) if len(self.seconds) else None,
            "step": self.step,
            "steps": len(self.seconds),
        }


class DatasetView:
    """The layers of a dataset.

    Parameters
    ----------
    layers : by name
    summary : what the run said of itself: outlet, gauge, scores, balance
    close : called when nobody looks any more
    observed : of observations, by gauge, as they were read
    """

    def __init__(
        self,
        layers: Mapping[str, ViewedLayer],
        summary: Mapping[str, Any],
        close: Callable[[], None] = lambda: None,
        observed: Mapping[str, ObservedSeries] | None = None,
    ) -> None:
        self.layers, self.summary, self.close = layers, summary, close
        self.observed = observed or {}
        self._spreads: dict[tuple[str, str], Spread] = {}
        self._reading = threading.Lock()

    def layer(self, name: str) -> ViewedLayer:
        """Return a layer.

        Raises
        ------
        NotFoundError
            there is none of that name.
        """
        if name not in self.layers:
            raise NotFoundError(f"it has no {name!r}", hint="it has " + ", ".join(self.layers))
        return self.layers[name]

    def series(
        self, layer: str, place: str, variable: str, start: int | None = None, end: int | None = None
    ) -> tuple[Seconds, Floats, str]:
        """Return times, values and unit of one place over a period."""
        found = self.layer(layer)
        name = found.require(variable)
        row = found.row(place)
        first, count = found.window(start, end)
        if count == 0:
            return found.seconds[:0], np.empty(0), found.units[name]
        values = found.read([name], np.array([row]), first, count)[name][0]
        return found.seconds[first : first + count], values, found.units[name]

    def spread(self, layer: str, variable: str) -> Spread:
        """Return how a variable is spread over all places and steps; it is read once."""
        found = self.layer(layer)
        name = found.require(variable)
        with self._reading:
            if (layer, name) not in self._spreads:
                size = (len(found.index), len(found.seconds))
                self._spreads[layer, name] = spread_of(lambda *block: found.read([name], *block)[name], *size)
            return self._spreads[layer, name]

    def values(self, layer: str, variable: str, first: int, count: int) -> tuple[Seconds, Floats, str]:
        """Return times, values (place, step) and unit of all places at some steps.

        Raises
        ------
        InputError
            there are no such steps, or these are too many numbers for one answer.
        """
        found = self.layer(layer)
        name = found.require(variable)
        steps = len(found.seconds)
        if not 0 <= first < steps:
            raise InputError(f"there is no step {first}", hint=f"steps are 0 to {steps - 1}")
        count = min(count, steps - first)
        if count * len(found.index) > MOST_VALUES:
            raise InputError(
                f"{count:,} steps of {len(found.index):,} places are too many for one answer",
                hint=f"ask for at most {max(MOST_VALUES // len(found.index), 1)} steps at once",
            )
        rows = np.arange(len(found.index))
        values = found.read([name], rows, first, count)[name]
        return found.seconds[first : first + count], values, found.units[name]
