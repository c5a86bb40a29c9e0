"""What a run wrote about one kind of place: series of several variables by place and step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
LayerName = Literal["catchments", "nexuses", "rivers"]
LAYERS: tuple[LayerName, ...] = ("catchments", "nexuses", "rivers")
SINGULAR: Mapping[LayerName, str] = {"catchments": "catchment", "nexuses": "nexus", "rivers": "river"}


@dataclass(frozen=True, slots=True)
class Stamps:
    """Equal steps, each named by the stamp that the file gives it.

    Parameters
    ----------
    start : first stamp, seconds since 1970 UTC
    step : [s]
    count : 1 or more
    """

    start: int
    step: int
    count: int

    @property
    def last(self) -> int:
        """Return the last stamp."""
        return self.start + self.step * (self.count - 1)

    def time(self, index: int) -> datetime:
        """Return the stamp of a step."""
        return datetime.fromtimestamp(self.start + self.step * index, UTC)

    @property
    def text(self) -> str:
        """Return first and last stamp."""
        return f"{self.time(0):%Y-%m-%d %H:%M} to {self.time(self.count - 1):%Y-%m-%d %H:%M}"


def stamps_of(seconds: NDArray[np.int64], where: str) -> Stamps:
    """Return the equal steps that a file's times are.

    Raises
    ------
    InputError
        there is none, or they are not equal steps.
    """
    if len(seconds) == 0:
        raise InputError(f"{where} holds no step", hint="the run that wrote it did not end; run it again")
    steps = np.diff(seconds)
    if len(steps) and (steps[0] <= 0 or np.any(steps != steps[0])):
        at = int(np.argmax(steps != steps[0])) if steps[0] > 0 else 0
        stamp = datetime.fromtimestamp(int(seconds[at]), UTC)
        raise InputError(
            f"{where}: the steps are not equal; the first other one follows {stamp:%Y-%m-%d %H:%M}",
            hint="outputs of runs have equal steps; run it again",
        )
    return Stamps(int(seconds[0]), int(steps[0]) if len(steps) else 3600, len(seconds))


class Layer(ABC):
    """Series by place, read in blocks.

    Parameters
    ----------
    where : file or folder, for messages
    ids : places, in the order of the rows
    units : variable → unit, "" where the file does not say
    precision : variable → how the file holds its numbers (``float64``, ``float32``, ``text``)
    """

    def __init__(
        self,
        where: str,
        ids: Sequence[str],
        stamps: Stamps,
        units: Mapping[str, str],
        precision: Mapping[str, str],
    ) -> None:
        self.where = where
        self.ids = tuple(ids)
        self.stamps = stamps
        self.units = dict(units)
        self.precision = dict(precision)
        self._stored = {name: name for name in units}
        self.index = {name: row for row, name in enumerate(self.ids)}
        if len(self.index) < len(self.ids):
            twice = next(name for row, name in enumerate(self.ids) if self.index[name] != row)
            raise InputError(f"{where} holds {twice} twice", hint="run it again")

    @property
    def renamed(self) -> dict[str, str]:
        """Return what is called otherwise than in the file, by its name there."""
        return {stored: name for name, stored in self._stored.items() if name != stored}

    def call(self, stored: str, name: str) -> None:
        """Call a variable by another name, that of the same thing in another run."""
        self._stored[name] = self._stored.pop(stored)
        self.units = {name if old == stored else old: unit for old, unit in self.units.items()}
        self.precision = {name if old == stored else old: kind for old, kind in self.precision.items()}

    def read(self, names: Sequence[str], rows: Rows, first: int, count: int) -> dict[str, Floats]:
        """Return ``count`` steps from step ``first`` on, variable → (row, time); NaN where there is none.

        Raises
        ------
        InputError
            the file cannot be read, or is not whole.
        """
        found = self._read([self._stored[name] for name in names], rows, first, count)
        return {name: found[self._stored[name]] for name in names}

    @abstractmethod
    def _read(self, names: Sequence[str], rows: Rows, first: int, count: int) -> dict[str, Floats]:
        """Return the steps; names are those of the file."""

    @abstractmethod
    def close(self) -> None:
        """Give back what is open."""
