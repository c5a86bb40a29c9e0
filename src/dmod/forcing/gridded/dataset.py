"""Arrays with names and attributes as a store holds them, before anything is made of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.forcing.gridded.grid import GridWindow


@dataclass(frozen=True, slots=True)
class RawVariable:
    """One array of a store.

    Parameters
    ----------
    dimensions, shape : names and sizes, in the store's order
    chunk : sizes that are stored together, in the store's order
    attributes : as stored; ``_FillValue`` is the value that marks what is missing, where there is one
    """

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...]
    attributes: Mapping[str, Any]


class Cube(ABC):
    """One variable over times and a grid, read raw, whatever the order of its dimensions in the store.

    Parameters
    ----------
    where : for messages
    shape, chunk : (times, rows, columns)
    """

    where: str
    shape: tuple[int, int, int]
    chunk: tuple[int, int, int]

    @abstractmethod
    def read(self, first: int, count: int, window: GridWindow) -> NDArray[Any]:
        """Return the numbers as stored, (time, row, column).

        Raises
        ------
        StoreError
            the store does not answer (retryable), or its bytes are damaged.
        """

    @abstractmethod
    def stored_bytes(self, first: int, count: int, window: GridWindow) -> int:
        """Estimate what reading takes from the store."""


@dataclass(frozen=True, slots=True)
class RawDataset:
    """The arrays of one Zarr group or NetCDF file.

    Parameters
    ----------
    where : for messages
    read : name → all values of a small array, as stored
    cube : name, order of its (time, row, column) dimensions → the variable for reading
    description : bytes that change with the store's contents, as far as its metadata tell
    missing : name of the counter → number of chunks that were asked for and did not exist
    """

    where: str
    variables: Mapping[str, RawVariable]
    attributes: Mapping[str, Any]
    read: Callable[[str], NDArray[Any]]
    cube: Callable[[str, tuple[int, int, int]], Cube]
    description: bytes
    missing_chunks: Callable[[], int] = int


def ordered(parts: tuple[int, ...], order: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the parts (sizes, chunks) of the dimensions time, row and column."""
    return parts[order[0]], parts[order[1]], parts[order[2]]


def selection(
    order: tuple[int, int, int], dimensions: int, first: int, count: int, window: GridWindow
) -> tuple[slice | int, ...]:
    """Return what to select along each dimension of the store; further ones, of size 1, are dropped."""
    wanted: list[slice | int] = [0] * dimensions
    wanted[order[0]] = slice(first, first + count)
    wanted[order[1]] = slice(window.row, window.row + window.rows)
    wanted[order[2]] = slice(window.column, window.column + window.columns)
    return tuple(wanted)


def arranged(values: NDArray[Any], order: tuple[int, int, int]) -> NDArray[Any]:
    """Return values that come in the store's order as (time, row, column)."""
    places = sorted(order)
    return np.transpose(values, [places.index(place) for place in order])
