"""Parts of forcing datasets that are put together: what is taken of each, read as it stands in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.catalog.box import Box, intersection
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import Continuous, Discrete
from dmod.core.time_axis import TimeAxis
from dmod.errors import InputError
from dmod.forcing.column import Column, by_any_name
from dmod.forcing.csv_forcing import CsvForcing
from dmod.forcing.csv_table import read_table
from dmod.forcing.source import ForcingSource
from dmod.forcing.times import axis_of, irregularity, matching_times
from dmod.services.data.detect.array_shape import shape_of
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.forcing_csv import identifier_in
from dmod.services.data.detect.sight import is_store, listing

FAMILY = "forcing"


@dataclass(frozen=True, slots=True)
class Part:
    """What is taken of one dataset.

    Parameters
    ----------
    source : open
    catchments : those that are taken, in the source's order
    window : steps that are taken
    columns : by the name in the file
    single : whether the values are of single precision
    """

    source: ForcingSource
    catchments: tuple[str, ...]
    window: TimeAxis
    columns: Mapping[str, Column]
    single: bool

    @property
    def where(self) -> str:
        """File or folder, for messages."""
        return self.source.where

    def blocks(self, catchments: Sequence[str]) -> Iterator[tuple[str, dict[str, NDArray[np.float64]]]]:
        """Yield each catchment with its values by column over the window, NaN where there is none.

        Raises
        ------
        InputError
            the times of a file do not rise, or lie between those of the window.
        """
        required = self.window.epoch_seconds()
        for block in self.source.scan(catchments, list(self.columns)):
            wrong = irregularity(block.times, self.window.step)
            if wrong is not None and wrong[0] != "time-gap":
                raise InputError(
                    f"{block.where}: {wrong[1]}", hint="put the times in order, each once and in equal steps"
                )
            here, there = matching_times(block.times, required)
            for row, catchment in enumerate(block.catchments):
                found = {}
                for name in self.columns:
                    series = np.full(required.size, np.nan)
                    series[here] = block.values[name][row, there]
                    found[name] = series
                yield catchment, found


def open_part(detected: Detected, box: Box) -> Part:
    """Open a dataset and see what a box takes of it; who opens it closes ``source``.

    Raises
    ------
    InputError
        it is no forcing of catchments, or holds nothing of what is to be taken.
    """
    if detected.format.family != FAMILY:
        raise InputError(
            f"{detected.path} is no forcing of catchments, but {detected.format}: {detected.description}",
            hint="give forcing as CSV, NetCDF or Zarr",
        )
    own = detected.domain.restrictions
    foreign = sorted(set(box) - set(own))
    if foreign:
        raise InputError(f"{detected.path}: forcing is not restricted by {', '.join(foreign)}")
    both = intersection(own, box)
    if both is None:
        raise InputError(f"{detected.path} holds nothing of what is to be taken of it")
    period, catchments = both[DomainIndex.TIME], both.get(DomainIndex.CATCHMENT_ID)
    variables = both[DomainIndex.VARIABLE]
    assert isinstance(period, Continuous)
    assert isinstance(variables, Discrete)
    if not isinstance(catchments, Discrete):
        raise InputError(
            f"{detected.path} does not say whose forcing it is",
            hint="name the file after its catchment: cat-7.csv",
        )
    source = open_source(detected)
    try:
        window = _window(source, detected, period)
        columns = {
            column.name: column for column in source.columns.values() if column.name in variables.values
        }
        taken = tuple(name for name in source.catchments if name in catchments.values)
        return Part(source, taken, window, columns, _is_single(detected.path, columns))
    except InputError:
        source.close()
        raise


def open_source(detected: Detected) -> ForcingSource:
    """Open a dataset of forcing, whatever its format."""
    path = _inside(detected.path)
    if detected.format.name == "AORC_CSV":
        return _open_csv(path)
    if path.is_dir():
        from dmod.services.data.forcing_zarr import open_zarr_forcing

        return open_zarr_forcing(path)
    from dmod.forcing.netcdf_forcing import open_netcdf

    return open_netcdf(path, {})


def _inside(path: Path) -> Path:
    """Return the one file or store that a folder holds, as detection does; else the path."""
    if not path.is_dir() or is_store(path):
        return path
    entries = listing(path).entries
    return path / entries[0] if len(entries) == 1 else path


def _open_csv(path: Path) -> CsvForcing:
    names = [path / name for name in listing(path).files] if path.is_dir() else [path]
    files: dict[str, Path] = {}
    for name in names:
        if name.suffix.lower() == ".csv" and identifier_in(name.name):
            files.setdefault(identifier_in(name.name), name)
    first = next(iter(files.values()))
    table = read_table(first, (), {})
    return CsvForcing(str(path), files, by_any_name(table.header), axis_of(table.times, table.where), {})


def _window(source: ForcingSource, detected: Detected, period: Continuous) -> TimeAxis:
    """Return the steps of the source whose stamps lie in a period."""
    assert isinstance(period.begin, datetime)
    assert isinstance(period.end, datetime)
    step = detected.step or source.period.step
    late = int((period.begin - source.period.start).total_seconds()) % step
    first = period.begin + timedelta(seconds=-late % step)
    count = -int(-(period.end - first).total_seconds() // step)
    if count <= 0:
        raise InputError(f"{detected.path} has no step in {period}", hint="give a longer period")
    return TimeAxis(first, step, count)


def _is_single(path: Path, columns: Mapping[str, Column]) -> bool:
    shape = shape_of(_inside(path))
    return shape is not None and all(shape.variables[name].is_single for name in columns)
