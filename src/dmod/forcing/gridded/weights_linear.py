"""Shares with slopes: second-order conservative remapping as a sparse matrix.

Jones (1999), eqs. 4 to 7: where a cell's values are not all one but a plane about the centroid of the
cell, a part of the cell has the value f + ∇f · (centroid of the part - centroid of the cell). The
gradient comes from the neighbours, so it adds to the shares of these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.forcing.gridded.grid import Grid
from dmod.forcing.gridded.weights_kernel import cell_rows

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """Shares in compressed rows: of ``cell[offset[i]:offset[i + 1]]``."""

    offset: Integers
    cell: Integers
    share: Floats

    def ordered(self) -> Sparse:
        """Return it with the cells of each row ascending, and each there once."""
        count = self.offset.size - 1
        row = np.repeat(np.arange(count), np.diff(self.offset))
        return added(row, self.cell, self.share, count)


def added(row: Integers, cell: Integers, share: Floats, rows: int) -> Sparse:
    """Return the sum of entries as compressed rows, the cells of each row ascending."""
    order = np.lexsort((cell, row))
    row, cell, share = row[order], cell[order], share[order]
    first = np.flatnonzero(np.append(True, (np.diff(row) != 0) | (np.diff(cell) != 0))[: row.size])
    if first.size:
        share = np.add.reduceat(share, first)
    offset = np.searchsorted(row[first], np.arange(rows + 1)).astype(np.int64)
    return Sparse(offset, cell[first], share)


def sloped(
    shares: Sparse, moments: Floats, grid: Grid, periodic: bool, shape: tuple[float, float, float]
) -> Sparse:
    """Return shares with which a plane is averaged exactly.

    Parameters
    ----------
    moments : (m, 2) share of each entry times the place of its centroid, from the middle of the cell, in
        columns and rows
    shape : how the area of cells changes from row to row; see `weights_kernel.density`
    """
    count = shares.offset.size - 1
    catchment = np.repeat(np.arange(count), np.diff(shares.offset))
    row, column = np.divmod(shares.cell, grid.columns)
    centre = np.arange(grid.rows) + cell_rows(grid.rows, shape)[1]
    entries = [
        (shares.cell, shares.share),
        *_along_columns(row, column, moments[:, 0], grid, periodic),
        *_along_rows(row, column, moments[:, 1] - shares.share * (centre - np.arange(grid.rows))[row],
                     grid, centre),
    ]  # fmt: skip
    cell = np.concatenate([cells for cells, _ in entries])
    share = np.concatenate([values for _, values in entries])
    return added(np.tile(catchment, len(entries)), cell, share, count)


def _along_columns(
    row: Integers, column: Integers, moment: Floats, grid: Grid, periodic: bool
) -> list[tuple[Integers, Floats]]:
    """Return what the slope along the columns adds to the cells on either side."""
    last = grid.columns - 1
    if periodic:
        right, left = (column + 1) % grid.columns, (column - 1) % grid.columns
        slope = moment / 2.0
    else:
        right, left = np.minimum(column + 1, last), np.maximum(column - 1, 0)
        slope = moment / np.maximum(right - left, 1)
    return [(row * grid.columns + right, slope), (row * grid.columns + left, -slope)]


def _along_rows(
    row: Integers, column: Integers, moment: Floats, grid: Grid, centre: Floats
) -> list[tuple[Integers, Floats]]:
    """Return what the slope along the rows adds to the cells above and below."""
    above, below = np.maximum(row - 1, 0), np.minimum(row + 1, grid.rows - 1)
    distance = centre[below] - centre[above]
    slope = np.divide(moment, distance, out=np.zeros_like(moment), where=distance != 0.0)
    return [(below * grid.columns + column, slope), (above * grid.columns + column, -slope)]
