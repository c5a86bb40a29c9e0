"""Where gridded forcing comes from, whatever the layout of its store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis
from dmod.forcing.gridded.grid import Grid, GridWindow

Field = NDArray[np.floating]
Wind = Literal["", "x", "y"]


@dataclass(frozen=True, slots=True)
class GridVariable:
    """One variable of a store, as it is offered.

    Parameters
    ----------
    column : name that forcing files have for it (``precip_rate``, ``TMP_2maboveground``, …), one of
        `dmod.core.variables`
    name : name in the store
    unit : unit of the values that `GridSource.read` returns; an amount per step (``kg m-2``) is already a
        rate (``mm s-1``) there
    long_name : the store's own description
    stamp : what the store's time stands for: the "start" or the "end" of the interval, or an "instant"
    wind : "x" or "y" for a component of the wind along the grid's own axes, which must be turned to
        east and north; "" for everything else, winds to the east and north included
    """

    column: str
    name: str
    unit: str
    long_name: str = ""
    stamp: Literal["start", "end", "instant"] = "instant"
    wind: Wind = ""


class GridSource(ABC):
    """Gridded forcing over a period; safe to read from several threads.

    Parameters
    ----------
    where : the store, for messages
    layout : "aorc", "nwm", "cf"
    grid : the cells of every variable
    variables : by column
    period : the steps that every variable has, stamped with the start of the interval they hold for
    chunk : steps, rows and columns that the store holds together; reading in these is cheapest
    identity : a hash of the store's place and description; the same for the same data
    """

    def __init__(
        self,
        where: str,
        layout: str,
        grid: Grid,
        variables: Mapping[str, GridVariable],
        period: TimeAxis,
        *,
        chunk: tuple[int, int, int],
        identity: str,
    ) -> None:
        self.where = where
        self.layout = layout
        self.grid = grid
        self.variables = MappingProxyType(dict(variables))
        self.period = period
        self.chunk = chunk
        self.identity = identity

    @abstractmethod
    def read(self, column: str, window: GridWindow, times: TimeAxis) -> Field:
        """Return one variable as (time, row, column), C-contiguous, in its unit; NaN where missing.

        Raises
        ------
        CoverageError
            the store does not have all of the times.
        StoreError
            the store cannot be reached (retryable), or its bytes are damaged.
        """

    @abstractmethod
    def bytes_to_read(self, columns: Sequence[str], window: GridWindow, times: TimeAxis) -> int:
        """Estimate the bytes that reading takes from the store, whole chunks and compression included."""

    def seams(self, column: str, times: TimeAxis) -> NDArray[np.int64]:
        """Return the steps of ``times``, after the first, with which a chunk of the store begins.

        Blocks of time that end there take each chunk from the store once.
        """
        first, size = self.period.index(times.start), self.chunk[0]
        return np.arange(size - first % size, times.count, size, dtype=np.int64)

    @property
    def missing_chunks(self) -> int:
        """Number of times that a chunk was asked for that the store lacks; its fill value was taken."""
        return 0

    def close(self) -> None:  # noqa: B027 - not every source holds something open
        """Release what is held open."""
