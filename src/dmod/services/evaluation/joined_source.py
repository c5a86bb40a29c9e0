"""Several sources as one: the values of a location may stand in more than one of them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dmod.evaluation.dmod_grading import Rows
from dmod.evaluation.location_series import LocationSeries
from dmod.services.evaluation.selected_source import SelectedSource


@dataclass
class JoinedSource:
    """Sources whose values are put together.

    Parameters
    ----------
    sources : at least one, all in one unit
    """

    sources: Sequence[SelectedSource]

    @property
    def name(self) -> str:
        """What the first of them is called."""
        return self.sources[0].name

    @functools.cached_property
    def locations(self) -> tuple[str, ...]:
        """The ids of all locations that one of them has."""
        return tuple(dict.fromkeys(location for source in self.sources for location in source.locations))

    def rows(self, locations: Sequence[str]) -> Iterator[Rows]:
        """Give values of locations as they stand in all sources."""
        for location in locations:
            found = [next(s.rows([location])) for s in self.sources if location in s.locations]
            times = np.concatenate([rows.times for rows in found])
            yield Rows(location, times, np.concatenate([rows.values for rows in found]))

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        """Give the series of some locations, in the order asked for."""
        for location in locations:
            found = [next(s.read([location])) for s in self.sources if location in s.locations]
            if len(found) == 1:
                yield found[0]
                continue
            seconds = np.concatenate([s.times.astype(np.int64) for s in found])
            values = np.concatenate([s.values for s in found])
            notes = dict.fromkeys(note for series in found for note in series.notes)
            yield LocationSeries.of(location, seconds, values, tuple(notes))

    def provenance(self) -> Mapping[str, str]:
        """Return address → hash of what was read of all."""
        return {key: value for source in self.sources for key, value in source.provenance().items()}

    def close(self) -> None:
        """Forget what was read."""
        for source in self.sources:
            source.close()
