"""Values over time at one location, and whatever can give them for many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dmod.evaluation.evaluation import Place


@dataclass(frozen=True, slots=True)
class LocationSeries:
    """Values at one location, ascending and unique in time.

    Parameters
    ----------
    location : id in the source's own terms (``cat-27``, ``01073000``)
    times : UTC, start of the interval for which a value holds, datetime64[s], shape (time,)
    values : NaN where missing, shape (time,)
    step : of the series [s]; None where the stamps are irregular
    notes : what was dropped, converted or assumed, one sentence each
    """

    location: str
    times: NDArray[np.datetime64]
    values: NDArray[np.float64]
    step: int | None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        location: str,
        seconds: NDArray[np.int64],
        values: NDArray[np.float64],
        notes: Sequence[str] = (),
    ) -> LocationSeries:
        """Put values in order, each moment once, and find their step.

        A moment that occurs twice with the same value counts once, with different values it is missing.

        Parameters
        ----------
        seconds : since 1970 UTC, in any order, shape (time,)
        """
        values = np.where(np.isfinite(values), values, np.nan)
        spacing = np.diff(seconds)
        said = list(notes)
        if np.any(spacing <= 0):
            seconds, values, merged = _merged(seconds, values)
            said += merged
            spacing = np.diff(seconds)
        return cls(location, seconds.astype("datetime64[s]"), values, _step(seconds, spacing), tuple(said))

    @classmethod
    def missing(cls, location: str, reason: str) -> LocationSeries:
        """Return a series without a value."""
        return cls(location, np.empty(0, "datetime64[s]"), np.empty(0), None, (reason,))


def _step(seconds: NDArray[np.int64], spacing: NDArray[np.int64]) -> int | None:
    """Return the most frequent spacing [s] if all stamps stand on its grid, None if they do not."""
    if not len(spacing):
        return None
    step = int(spacing[0])
    if not np.all(spacing == step):
        sizes, counts = np.unique(spacing, return_counts=True)
        step = int(sizes[np.argmax(counts)])
        if np.any((seconds - seconds[0]) % step):
            return None
    return step


def _merged(
    seconds: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], list[str]]:
    order = np.argsort(seconds, kind="stable")
    unique, first = np.unique(seconds[order], return_index=True)
    notes = []
    if np.any(np.diff(seconds) < 0):
        notes.append("values were not in order of time and were sorted")
    if len(unique) == len(seconds):
        return unique, values[order], notes
    # fmin and fmax pass over NaN: a missing twin does not hide a value
    low = np.fmin.reduceat(values[order], first)
    contradicting = low < np.fmax.reduceat(values[order], first)
    notes.append(f"{len(seconds) - len(unique)} repeated times were merged")
    if contradicting.any():
        notes.append(f"{int(contradicting.sum())} times with contradicting values are taken as missing")
    return unique, np.where(contradicting, np.nan, low), notes


class SeriesSource(Protocol):
    """Where observed or simulated values come from: a file, a run, a dataset, a service, a table."""

    @property
    def name(self) -> str:
        """Return what it is called in results."""

    @property
    def locations(self) -> tuple[str, ...]:
        """Return the ids of all locations that it has, each once."""

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        """Give the series of some locations, in the order asked for, in m3 s-1 (or the plan's unit).

        One that the source lacks is empty, and its notes say why.
        """

    def provenance(self) -> Mapping[str, str]:
        """Return what was read: address → SHA-256, where it is a file."""


@runtime_checkable
class KnowsPlaces(Protocol):
    """A source that knows where its locations are, or what they are called."""

    def places(self, locations: Sequence[str]) -> Mapping[str, Place]:
        """Return what is known, by location; those of which nothing is known are left out."""
