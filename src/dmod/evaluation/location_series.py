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
