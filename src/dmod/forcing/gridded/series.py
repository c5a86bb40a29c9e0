"""One variable over time, joined from the pieces that a store keeps it in, as values with a unit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.units import IDENTITY, Conversion
from dmod.errors import InputError
from dmod.forcing.gridded.cf import Packing
from dmod.forcing.gridded.dataset import Cube
from dmod.forcing.gridded.grid import GridWindow

Places = NDArray[np.int64]
Values = NDArray[np.floating[Any]]

NONE_BEFORE = -1
# an accumulated amount may fall by this share of its size, where it was packed or interpolated
_RIPPLE = 1e-3


class Series(ABC):
    """Values of one variable by the start of the interval they hold for.

    Parameters
    ----------
    starts : seconds since 1970, rising
    """

    starts: NDArray[np.int64]

    @abstractmethod
    def values(self, places: Places, window: GridWindow) -> Values:
        """Return (time, row, column) at places in ``starts``; NaN where missing."""

    @abstractmethod
    def stored_bytes(self, places: Places, window: GridWindow) -> int:
        """Estimate the bytes that `values` takes from the store."""

    @abstractmethod
    def seams(self, places: Places) -> Places:
        """Return which of the places, after the first, are the first of their chunk in the store."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of times in one array of a store."""

    cube: Cube
    packing: Packing
    times: int


class StoredSeries(Series):
    """A variable that is stored, perhaps as what has accumulated by each time.

    Parameters
    ----------
    starts : start of the interval of every time of every piece, seconds since 1970, rising
    change : from the store's unit to the one of the values
    before : for an amount that accumulates, the place of what to subtract, `NONE_BEFORE` where nothing
    where : for messages
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        starts: NDArray[np.int64],
        change: Conversion = IDENTITY,
        *,
        before: Places | None = None,
        keep: Places | None = None,
        where: str = "",
    ) -> None:
        self._pieces = tuple(pieces)
        self._first = np.cumsum([0, *(piece.times for piece in pieces)])
        self._stored = np.arange(int(self._first[-1])) if keep is None else keep
        self._change, self._before, self._where = change, before, where
        self.starts = starts[self._stored]

    def values(self, places: Places, window: GridWindow) -> Values:
        """Return values, less what had accumulated before where the store accumulates."""
        wanted = self._stored[places]
        if self._before is None:
            return self._decoded(wanted, window)
        before = self._before[wanted]
        needed = np.unique(np.concatenate([wanted, before[before != NONE_BEFORE]]))
        totals = self._decoded(needed, window)
        values = totals[np.searchsorted(needed, wanted)]
        later = np.flatnonzero(before != NONE_BEFORE)
        values[later] -= totals[np.searchsorted(needed, before[later])]
        self._refuse_falling(values, totals)
        return np.where(values < 0.0, 0.0, values)

    def _refuse_falling(self, values: Values, totals: Values) -> None:
        highest = float(np.nanmax(np.abs(totals), initial=0.0))
        if (values < -_RIPPLE * highest).any():
            raise InputError(
                f"{self._where}: what has accumulated falls from one time to the next",
                hint="say how it accumulates: the option accumulation=step (each time has its own amount),"
                " day (since 00 UTC) or start (since the first time)",
            )

    def _decoded(self, wanted: Places, window: GridWindow) -> Values:
        blocks = [
            piece.packing.decode(piece.cube.read(first, count, window), self._change)
            for piece, first, count in self._runs(wanted)
        ]
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)

    def _runs(self, wanted: Places) -> list[tuple[Piece, int, int]]:
        """Return pieces with first place and number of neighbouring places in them."""
        owner = np.searchsorted(self._first, wanted, side="right") - 1
        breaks = np.flatnonzero((np.diff(wanted) != 1) | (np.diff(owner) != 0)) + 1
        runs = []
        for part in np.split(np.arange(wanted.size), breaks):
            number = int(owner[part[0]])
            runs.append((self._pieces[number], int(wanted[part[0]] - self._first[number]), part.size))
        return runs

    def stored_bytes(self, places: Places, window: GridWindow) -> int:
        """Return the sum over the pieces."""
        runs = self._runs(self._stored[places])
        return sum(piece.cube.stored_bytes(first, count, window) for piece, first, count in runs)

    def seams(self, places: Places) -> Places:
        """Return where another piece begins, or another chunk of one."""
        stored = self._stored[places]
        owner = np.searchsorted(self._first, stored, side="right") - 1
        sizes = np.array([piece.cube.chunk[0] for piece in self._pieces])
        chunk = (stored - self._first[owner]) // sizes[owner]
        return np.flatnonzero((np.diff(owner) != 0) | (np.diff(chunk) != 0)) + 1


class ComputedSeries(Series):
    """A variable that is computed from others at the same time."""

    def __init__(self, parts: Sequence[Series], formula: Callable[..., Values]) -> None:
        self._parts, self._formula = tuple(parts), formula
        self.starts = parts[0].starts
        for part in parts[1:]:
            self.starts = np.intersect1d(self.starts, part.starts, assume_unique=True)

    def values(self, places: Places, window: GridWindow) -> Values:
        """Return what the formula makes of the parts."""
        return self._formula(*(part.values(at, window) for part, at in self._each(places)))

    def stored_bytes(self, places: Places, window: GridWindow) -> int:
        """Return the sum over the parts."""
        return sum(part.stored_bytes(at, window) for part, at in self._each(places))

    def seams(self, places: Places) -> Places:
        """Return those of the first part."""
        part, at = self._each(places)[0]
        return part.seams(at)

    def _each(self, places: Places) -> list[tuple[Series, Places]]:
        return [(part, np.searchsorted(part.starts, self.starts[places])) for part in self._parts]


def humidity_from_dewpoint(dewpoint: Values, pressure: Values) -> Values:
    """Return specific humidity [kg kg-1] of air that is saturated at its dew point [K], at a pressure [Pa].

    q = 0.622 e / (p - 0.378 e),  e = saturation vapour pressure at the dew point

    References
    ----------
    Bolton (1980), eq. 10, doi:10.1175/1520-0493(1980)108<1046:TCOEPT>2.0.CO;2, for the vapour pressure.
    """
    vapour = _saturation_pressure(dewpoint)
    return np.asarray(0.622 * vapour / (pressure - 0.378 * vapour))


def humidity_from_relative(relative: Values, temperature: Values, pressure: Values) -> Values:
    """Return specific humidity [kg kg-1] from the relative one [1], temperature [K] and pressure [Pa]."""
    vapour = relative * _saturation_pressure(temperature)
    return np.asarray(0.622 * vapour / (pressure - 0.378 * vapour))


def _saturation_pressure(temperature: Values) -> Values:
    """Return the saturation vapour pressure over water [Pa] (Bolton 1980, eq. 10)."""
    celsius = temperature - 273.15
    return np.asarray(611.2 * np.exp(17.67 * celsius / (celsius + 243.5)))
