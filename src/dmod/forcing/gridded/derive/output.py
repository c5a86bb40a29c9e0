"""Put pieces together to the forcing that the framework reads; the whole never has to fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import HIDDEN_SUFFIX, hidden_path, remove, require_space, storing, sweep, sync
from dmod.core.time_axis import TimeAxis
from dmod.forcing.gridded.derive.pieces import Cut
from dmod.forcing.gridded.derive.survey import Survey
from dmod.forcing.gridded.derive.work import Work
from dmod.forcing.write import Block, NetcdfForcingWriter, write_csv_forcing

Single = NDArray[np.float32]

BLOCK_BYTES = 64 * 2**20
EARLIER = ".earlier"
CSV_BYTES = 14
"""Of one value in text, its comma included, on average."""


@dataclass(frozen=True, slots=True)
class Series:
    """The series that pieces hold.

    Parameters
    ----------
    ids : catchments in the order of the output
    columns : variables in the order of the output
    """

    ids: tuple[str, ...]
    columns: tuple[str, ...]
    cut: Cut

    @property
    def axis(self) -> TimeAxis:
        """The period."""
        return self.cut.axis

    def blocks(self, work: Work) -> Iterator[tuple[int, dict[str, Single]]]:
        """Yield first catchment and column → (catchment, time), some catchments at a time."""
        each = self.axis.count * len(self.columns) * 4
        size = max(1, BLOCK_BYTES // each)
        for first in range(0, len(self.ids), size):
            yield first, self._rows(work, first, min(len(self.ids), first + size))

    def _rows(self, work: Work, first: int, stop: int) -> dict[str, Single]:
        shape = (stop - first, self.axis.count)
        block = {column: np.full(shape, np.nan, np.float32) for column in self.columns}
        spans = [np.searchsorted(rows, (first, stop)) for rows in self.cut.rows]
        for piece in self.cut.pieces:
            low, high = (int(place) for place in spans[piece.tile])
            if low == high:
                continue
            places = self.cut.rows[piece.tile][low:high] - first
            for column in set(piece.columns) & set(self.columns):
                values = work.read(piece.name, column, piece.steps, slice(low, high))
                block[column][places, piece.first : piece.first + piece.steps] = values
        return block


def output_bytes(catchments: int, steps: int, columns: int, *, csv: bool) -> int:
    """Return the bytes that the output takes; of CSV an estimate."""
    each = columns * CSV_BYTES + 20 if csv else 8 + 4 * columns
    return catchments * steps * each


def write_series(path: Path, series: Series, work: Work, *, csv: bool) -> Survey:
    """Write the output, a NetCDF file or a folder of CSV files; it appears when it is complete.

    Raises
    ------
    StoreError
        the disk is full or cannot be written to; what was at ``path`` is as it was.
    """
    survey = Survey(series.ids, series.axis)
    blocks = _surveyed(series.blocks(work), survey)
    if csv:
        _write_folder(path, series, blocks)
        return survey
    with NetcdfForcingWriter(path, series.ids, series.axis, series.columns) as writer:
        for first, block in blocks:
            writer.write(first, block)
    return survey


def _surveyed(blocks: Iterator[Block], survey: Survey) -> Iterator[Block]:
    for first, block in blocks:
        survey.add(first, block)
        yield first, block


def _write_folder(path: Path, series: Series, blocks: Iterator[Block]) -> None:
    size = output_bytes(len(series.ids), series.axis.count, len(series.columns), csv=True)
    require_space(path, size)
    hidden = hidden_path(path)
    try:
        with storing(path, needed=size):
            hidden.mkdir(parents=True)
            write_csv_forcing(hidden, series.ids, series.axis, blocks)
            sync(hidden)
            replace_folder(hidden, path)
    finally:
        remove(hidden)


def tidy(path: Path) -> None:
    """Remove what processes that no longer run left beside an output; one that they had moved is put back."""
    if not path.parent.is_dir():
        return
    with storing(path):
        for earlier in path.parent.glob(f".{path.name}{EARLIER}.*{HIDDEN_SUFFIX}"):
            if not path.exists():
                earlier.replace(path)
        sweep(path.parent)


def replace_folder(source: Path, target: Path) -> None:
    """Put a folder in the place of another."""
    earlier = hidden_path(target.with_name(target.name + EARLIER))
    if target.exists():
        target.replace(earlier)
    done = False
    try:
        source.replace(target)
        done = True
    finally:
        if not done and earlier.exists():
            earlier.replace(target)
        remove(earlier)
    sync(target.parent)
