"""A quantile of the observations at each location, found when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from dmod.evaluation.location_series import SeriesSource


class ObservedQuantile(Mapping[str, float]):
    """Location → the value that a share of its observations does not reach.

    Of all observations at a location, not of the pairs alone, so that it is the same for all runs.
    """

    def __init__(self, source: SeriesSource, locations: tuple[str, ...], share: float) -> None:
        self._source = source
        self._locations = dict.fromkeys(locations)
        self._share = share
        self._found: dict[str, float] = {}

    def __getitem__(self, location: str) -> float:
        if location not in self._locations:
            raise KeyError(location)
        if location not in self._found:
            (series,) = self._source.read([location])
            known = series.values[np.isfinite(series.values)]
            self._found[location] = float(np.quantile(known, self._share)) if len(known) else float("nan")
        return self._found[location]

    def __contains__(self, location: object) -> bool:
        return location in self._locations

    def __iter__(self) -> Iterator[str]:
        return iter(self._locations)

    def __len__(self) -> int:
        return len(self._locations)
