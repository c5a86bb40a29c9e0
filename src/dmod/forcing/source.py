"""Where forcing comes from, whatever the layout of its files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis, format_time
from dmod.core.units import Conversion
from dmod.errors import CoverageError
from dmod.forcing.column import Column, find_column

Array = NDArray[np.float64]
Times = NDArray[np.int64]
Wanted = tuple[str, str]  # name and unit


@dataclass(frozen=True, slots=True)
class RawBlock:
    """Values of some catchments as their file holds them, for checks.

    Parameters
    ----------
    where : file
    times : shape (time,), seconds since 1970, as the file has them
    values : column → (catchment, time) in the file's unit, NaN where missing
    """

    where: str
    catchments: tuple[str, ...]
    times: Times
    columns: Mapping[str, Column]
    values: Mapping[str, NDArray[np.floating]]


class ForcingSource(ABC):
    """Forcing of catchments over a period; safe to read from several threads.

    Parameters
    ----------
    where : file or folder, for messages
    catchments : those that have forcing here, whether the run wants them or not
    columns : the file's columns, under their own and their standard names
    period : times that are there
    """

    def __init__(
        self, where: str, catchments: Sequence[str], columns: Mapping[str, Column], period: TimeAxis
    ) -> None:
        self.where = where
        self.catchments = tuple(catchments)
        self.columns = MappingProxyType(dict(columns))
        self.period = period

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files that forcing is read from."""
        return (Path(self.where),)

    @property
    def units(self) -> dict[str, str]:
        """Return the unit in which each variable is offered, by every name it answers to."""
        return {name: column.unit for name, column in self.columns.items()}

    def provides(self, name: str) -> bool:
        """Whether there is a column or a standard name ``name``."""
        return name in self.columns

    def column(self, name: str) -> Column:
        """Return the column that answers to ``name``.

        Raises
        ------
        InputError
            there is none; the message lists what there is.
        """
        return find_column(self.columns, name, self.where)

    def read(
        self,
        catchments: Sequence[str],
        wanted: Sequence[Wanted],
        window: TimeAxis,
        *,
        out: Sequence[Array] | None = None,
        check: bool = True,
    ) -> dict[str, Array]:
        """Return each wanted variable as (catchment, time), C-contiguous, in the wanted unit.

        Parameters
        ----------
        wanted : ``(name, unit)``; the name a column's or a standard one
        out : arrays to fill, one per wanted variable; new ones where not given
        check : refuse missing and impossible values; without, missing ones are NaN

        Raises
        ------
        CoverageError
            a catchment, a part of the period or a value is missing.
        InputError
            a variable is not there, or a value is physically impossible.
        UnitError
            a column cannot be converted to the wanted unit.
        """
        shape = (len(catchments), window.count)
        arrays = [np.empty(shape) for _ in wanted] if out is None else out
        for array in arrays:
            if array.shape != shape:
                raise ValueError(f"forcing of shape {shape} does not fit into an array {array.shape}")
        if check:
            self.require_period(window)
        columns = [self.column(name) for name, _ in wanted]
        changes = [
            column.conversion_to(unit, self.period.step)
            for column, (_, unit) in zip(columns, wanted, strict=True)
        ]
        self._read(catchments, columns, changes, window, arrays, check)
        return {name: array for (name, _), array in zip(wanted, arrays, strict=True)}

    @abstractmethod
    def _read(
        self,
        catchments: Sequence[str],
        columns: Sequence[Column],
        changes: Sequence[Conversion],
        window: TimeAxis,
        arrays: Sequence[Array],
        check: bool,
    ) -> None:
        """Fill ``arrays``; see `read`."""

    @abstractmethod
    def scan(self, catchments: Sequence[str], columns: Sequence[str]) -> Iterator[RawBlock]:
        """Yield every value of the given catchments and columns, with the times as they are in the file."""

    def close(self) -> None:  # noqa: B027 - not every source holds something open
        """Release what is held open."""

    def require_period(self, window: TimeAxis) -> None:
        """Refuse a window that the period does not cover, or whose steps are not the file's.

        Raises
        ------
        CoverageError
            times are missing at the start or end, or the steps do not coincide.
        """
        problem = period_problem(self.period, window)
        if problem:
            raise CoverageError(f"{self.where}: {problem[0]}", hint=problem[1])


def period_problem(period: TimeAxis, required: TimeAxis) -> tuple[str, str] | None:
    """Return what keeps ``period`` from covering the required times, and a hint; None if nothing does."""
    if period.step != required.step:
        return (
            f"the forcing has a step of {period.step} s, the run needs one of {required.step} s",
            "resample the forcing, or set time.output_interval to its step",
        )
    if int((required.start - period.start).total_seconds()) % period.step:
        return (
            f"the forcing's times ({format_time(period.start)}, every {period.step} s) do not fall "
            f"on the run's ({format_time(required.start)})",
            "start the run on one of the forcing's times",
        )
    before = max(0, -period.index(required.start))
    after = max(0, period.index(required.end) - (period.count - 1))
    missing = min(before, required.count) + min(after, required.count)
    if not missing:
        return None
    covered = f"covers {format_time(period.start)} to {format_time(period.end)}"
    needs = f"required are {format_time(required.start)} to {format_time(required.end)}"
    return (
        f"the forcing {covered}, {needs}: {missing} steps missing",
        "shorten the run's period (--start, --end) or extend the forcing",
    )
