"""Observed flow in the forms that agencies and their users write: RDB, WaterML, CSV, CAMELS, NetCDF."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from dmod.core.flow_columns import MISSING_CODES
from dmod.errors import InputError
from dmod.evaluation.evaluation import Place
from dmod.evaluation.location_series import LocationSeries
from dmod.observations.series import FLOW, Series
from dmod.services.evaluation.file_hashes import file_hashes
from dmod.services.evaluation.source_options import SourceOptions, scale_of

METRIC_FLOW = "30208"
OPTION = " (give it with"
"""What notes on files say of an option that another command has."""


class GaugeSource:
    """Series of one or several gauges from a file, or from the files of a folder."""

    def __init__(self, path: Path, options: SourceOptions) -> None:
        from dmod.observations.files import read_source
        from dmod.observations.zones import parse_zone

        zone = parse_zone(options.zone, what="the zone of the observations") if options.zone else None
        self._path = path
        self._options = options
        self.name = options.name or path.stem
        self._series: dict[str, list[Series]] = {}
        for series in read_source(path, zone=zone, unit=options.stated_unit):
            if series.parameter in ("", options.variable or FLOW, METRIC_FLOW):
                self._series.setdefault(series.site or options.gauge or _named(path), []).append(series)
        if not self._series:
            raise InputError(
                f"{path} holds no streamflow (parameter {options.variable or FLOW})",
                hint="name another parameter, or give another file",
            )

    @property
    def locations(self) -> tuple[str, ...]:
        """The gauges; where the file names none, the dataset's only one, else the file's own name."""
        return tuple(self._series)

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        """Give flow by gauge."""
        for location in locations:
            found = self._series.get(location)
            if found is None:
                yield LocationSeries.missing(location, f"{self._path} does not hold {location}")
            else:
                yield self._read(location, found)

    def places(self, locations: Sequence[str]) -> Mapping[str, Place]:
        """Return the names of gauges, where the source says them."""
        named = {one: next((s.name for s in self._series.get(one, ()) if s.name), "") for one in locations}
        return {one: Place(one, name) for one, name in named.items() if name}

    def provenance(self) -> Mapping[str, str]:
        """Return the files with their hashes."""
        files = [self._path] if self._path.is_file() else sorted(self._path.iterdir())
        return file_hashes(file for file in files if file.is_file())

    def close(self) -> None:
        """Nothing stays open."""

    def _read(self, location: str, found: Sequence[Series]) -> LocationSeries:
        from dmod.observations.choose import ordered

        best = max(found, key=lambda series: int(np.isfinite(series.values).sum()))
        series = ordered(best)
        notes = [note.partition(OPTION)[0] for note in series.notes]
        if len(found) > 1:
            others = ", ".join(one.title for one in found if one is not best)
            notes.append(f"of several series {best.title} was taken, not {others}")
        values = series.values.copy()
        coded = np.isin(values, MISSING_CODES)
        below = (values < 0.0) & ~coded
        values[coded | below] = np.nan
        if below.any():
            notes.append(f"{int(below.sum())} negative values are taken as missing")
        scale = scale_of(series.unit, self._options, str(self._path))
        if scale != 1.0:
            notes.append(f"converted from {self._options.stated_unit or series.unit} to {self._options.unit}")
        return LocationSeries.of(
            location, series.times.astype("datetime64[s]").astype(np.int64), values * scale, notes
        )


def _named(path: Path) -> str:
    """Return the gauge that a file is named after, or the name as it is; of a folder its only file."""
    inside = [file for file in path.iterdir() if file.is_file()] if path.is_dir() else []
    stem = (inside[0] if len(inside) == 1 else path).stem
    digits = re.fullmatch(r"(?:usgs|gages?|gauges?)[-_ ]?(\d{8,15})", stem, flags=re.IGNORECASE)
    return digits[1] if digits else stem
