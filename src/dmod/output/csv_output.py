"""The framework's own CSV: one file per catchment, one per nexus, byte for byte as it writes them."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import hidden_path, remove, require_space, storing, sync
from dmod.core.number_format import RowFormatter
from dmod.core.time_axis import TimeAxis
from dmod.output.layout import NEXUS_FLOW, OutputLayout, layout_of_rows
from dmod.output.sink import Sink

Array = NDArray[np.float64]

CATCHMENT_DIGITS = 9
NEXUS_DIGITS = 6


@dataclass(frozen=True, slots=True)
class _Table:
    """How the rows of one kind of file look."""

    columns: tuple[str, ...]
    header: str
    separator: str
    digits: int


class _TextFolder:
    """Files of text in a hidden folder beside their place, moved there together.

    Parameters
    ----------
    folder : where the files appear
    kind : word that sets this folder's hidden name apart
    durable : wait until each file is on the disk before it gets its name
    """

    def __init__(self, folder: Path, kind: str, axis: TimeAxis, *, durable: bool) -> None:
        self.folder = folder
        self._hidden = hidden_path(folder / kind)
        self._durable = durable
        self._labels = axis.labels()
        self._local = threading.local()
        with storing(folder):
            self._hidden.mkdir(parents=True)

    def write(self, name: str, table: _Table, first_step: int, values: Array) -> None:
        """Append rows from step ``first_step`` on to a file: ``values`` (column, time)."""
        text = self._formatter(table, first_step, values.shape[1]).format(values)
        with storing(self.folder / name, needed=len(text)):
            flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if first_step else os.O_TRUNC)
            descriptor = os.open(self._hidden / name, flags, 0o666)
            try:
                while text:
                    text = text[os.write(descriptor, text) :]
            finally:
                os.close(descriptor)

    def _formatter(self, table: _Table, first: int, count: int) -> RowFormatter:
        formatters: dict[_Table, RowFormatter] = self._local.__dict__.setdefault("formatters", {})
        if self._local.__dict__.setdefault("window", (first, count)) != (first, count):
            formatters.clear()
            self._local.window = (first, count)
        if table not in formatters:
            space = table.separator
            steps = range(first, first + count)
            prefixes = [f"{step}{space}{self._labels[step]}{space}" for step in steps]
            header = table.header if first == 0 else ""
            formatters[table] = RowFormatter(prefixes, len(table.columns), table.digits, header=header)
        return formatters[table]

    def commit(self) -> None:
        """Put all files in their place."""
        with storing(self.folder):
            files = sorted(self._hidden.iterdir())
            for path in files if self._durable else ():
                sync(path)
            for path in files:
                path.replace(self.folder / path.name)
            if self._durable:
                sync(self.folder)

    def discard(self) -> None:
        """Remove what has not been put in its place."""
        remove(self._hidden)


class _CsvSink(Sink):
    """What both kinds of CSV have in common: files that appear at the end, or not at all."""

    def __init__(self, files: _TextFolder) -> None:
        super().__init__(files)
        self._files = files


class CatchmentCsv(_CsvSink):
    """``cat-N.csv`` per catchment: header ``Time Step,Time,…``, one row per step.

    `write` may be called from any thread, for a catchment in the order of its steps.
    """

    def __init__(
        self, files: _TextFolder, ids: Sequence[str], tables: Sequence[_Table], index: NDArray[np.int64]
    ) -> None:
        super().__init__(files)
        self._ids = ids
        self._tables = tables
        self._index = index

    @classmethod
    def open(
        cls,
        folder: Path,
        ids: Sequence[str],
        axis: TimeAxis,
        layouts: Sequence[OutputLayout],
        *,
        digits: int = CATCHMENT_DIGITS,
        durable: bool = True,
    ) -> Self:
        """Prepare to write into ``folder``.

        Parameters
        ----------
        ids : every catchment of the run, in order
        layouts : columns, by formulation
        digits : significant digits, 1 to 17
        durable : wait for the disk at the end

        Raises
        ------
        StoreError
            the folder cannot be written to, or has not even room for a zero per value.
        """
        tables = [
            _Table(
                tuple(variable.name for variable in layout.variables),
                ",".join(("Time Step", "Time", *layout.headers)),
                ",",
                digits,
            )
            for layout in layouts
        ]
        index = layout_of_rows(layouts, len(ids))
        width = sum(24 + 2 * len(tables[i].columns) for i in index if i >= 0)
        require_space(Path(folder) / "catchments", width * axis.count)
        return cls(_TextFolder(Path(folder), "catchments", axis, durable=durable), ids, tables, index)

    def write(self, rows: NDArray[np.int64], first_step: int, arrays: Mapping[str, Array]) -> None:
        """Write steps from ``first_step`` on: ``arrays`` name → (catchment, time), by row of ``rows``."""
        for i, row in enumerate(rows):
            table = self._tables[self._index[row]]
            values = np.stack([arrays[name][i] for name in table.columns])
            self._files.write(f"{self._ids[row]}.csv", table, first_step, values)


class NexusCsv(_CsvSink):
    """``nex-N_output.csv`` per nexus: no header; step, time stamp and flow in m3/s, six digits."""

    def __init__(self, files: _TextFolder, ids: Sequence[str], digits: int) -> None:
        super().__init__(files)
        self._ids = ids
        self._table = _Table((NEXUS_FLOW,), "", ", ", digits)

    @classmethod
    def open(
        cls,
        folder: Path,
        ids: Sequence[str],
        axis: TimeAxis,
        *,
        digits: int = NEXUS_DIGITS,
        durable: bool = True,
    ) -> Self:
        """Prepare to write into ``folder``; ``ids`` are the nexuses of the run, in order.

        Raises
        ------
        StoreError
            the folder cannot be written to.
        """
        return cls(_TextFolder(Path(folder), "nexuses", axis, durable=durable), ids, digits)

    def write(self, rows: NDArray[np.int64], first_step: int, arrays: Mapping[str, Array]) -> None:
        """Write steps from ``first_step`` on: ``arrays["runoff_rate"]`` (nexus, time) [m3 s-1]."""
        for i, row in enumerate(rows):
            name = f"{self._ids[row]}_output.csv"
            self._files.write(name, self._table, first_step, arrays[NEXUS_FLOW][i : i + 1])
