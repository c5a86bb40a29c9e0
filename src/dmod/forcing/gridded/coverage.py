"""Which part of which cell lies in which catchment: exact, found once, kept by grid and fabric.

Two methods, for two things that can be wanted:

``area``
    the mean of the cells, each weighted with the area that the catchment has of it. All shares are
    positive, so a mean never lies outside of the values it is made of. A cell's value is taken as the same
    everywhere in the cell. A constant stays constant and totals are conserved; a plane is returned
    exactly for a catchment that is a union of cells, and else to within the cells at its border.
``linear``
    second-order conservative remapping (Jones 1999, eqs. 4 to 7): a cell's value is taken as the mean of a
    plane whose slope comes from the neighbours (central differences, one-sided at the grid's edge), and
    the catchment's mean is that of the plane over its part of each cell. A plane is returned exactly, at
    the catchment's centroid; constants and totals are conserved just the same. Shares of neighbours may
    be negative, so the mean can leave the range of the values: a rate near zero can come out below it.

Cells of a geographic grid count by their true area on the ellipsoid, and centroids are those of true
areas; on other grids both are those of the projection's plane.

References
----------
Jones (1999), First- and second-order conservative remapping schemes for grids in spherical coordinates,
Monthly Weather Review 127, 2204-2210.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import CoverageError, InputError
from dmod.forcing.gridded.grid import Grid, GridWindow
from dmod.forcing.gridded.weights import METHODS, WHOLE, Method, Weights
from dmod.forcing.gridded.weights_cache import recall, remember, weights_key
from dmod.forcing.gridded.weights_kernel import parts_of
from dmod.forcing.gridded.weights_linear import Sparse, sloped
from dmod.forcing.gridded.weights_placing import Placing

__all__ = ["Method", "Weights", "domain_weights", "find_weights"]

Shapes = NDArray[Any]

BATCH_POINTS = 100_000  # of borders that are placed at once, per thread
BAND_CELLS = 1_000_000  # cells that are summed at once, per thread


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What one batch of catchments has: sparse shares over the whole grid, and areas."""

    shares: Sparse
    inside: NDArray[np.float64]
    whole: NDArray[np.float64]


def find_weights(
    grid: Grid,
    ids: Sequence[str],
    shapes: Shapes,
    crs: str,
    *,
    method: Method = "area",
    cache: Path | None = None,
    workers: int = 0,
    progress: Callable[[str, float], None] | None = None,
) -> Weights:
    """Return the shares that catchments have of the cells of a grid.

    What is not covered by the grid is not an error here: see `Weights.covered`.

    Parameters
    ----------
    ids, shapes : of the catchments; polygons or multipolygons, valid
    crs : reference system of the shapes, as WKT or an authority's code
    method : see the module
    cache : folder in which weights are kept and looked for; None keeps nothing
    workers : threads; 0 is one per processor. The result is the same for any number
    progress : called with what is done and the share of it that is done

    Raises
    ------
    InputError
        a reference system or the method is unknown, or a shape is no polygon.
    CoverageError
        a catchment has no place in the grid's projection, or the grid covers none of them.
    StoreError
        the cache's folder cannot be written to.
    """
    shapes = _require_polygons(ids, shapes)
    if method not in METHODS:
        raise InputError(f"there is no method {method!r}", hint=f"use one of {', '.join(METHODS)}")
    key = weights_key(grid, ids, shapes, crs, method) if cache is not None else ""
    kept = recall(cache, key, tuple(ids), method) if cache is not None else None
    if kept is None:
        kept = _find(grid, tuple(ids), shapes, crs, method=method, workers=workers, progress=progress)
        if cache is not None:
            remember(cache, key, kept)
    return kept


def domain_weights(grid: Grid, shapes: Shapes, crs: str, *, method: Method = "area") -> Weights:
    """Return the weights of everything that the catchments cover together, as one catchment ``domain``.

    They are found from the outline of all, so they know nothing of how it is divided: where two catchments
    overlap it counts once, and where they leave a gap it counts nothing. What both say of a field is
    compared by `conservation`.

    Raises
    ------
    InputError, CoverageError
        as `find_weights` does.
    """
    import shapely

    whole = np.array([shapely.union_all(shapes)], dtype=object)
    return find_weights(grid, ("domain",), whole, crs, method=method)


def _find(
    grid: Grid,
    ids: tuple[str, ...],
    shapes: Shapes,
    crs: str,
    *,
    method: Method,
    workers: int,
    progress: Callable[[str, float], None] | None,
) -> Weights:
    placing = Placing(grid, crs)
    batches = list(_batches(shapes))

    def find(batch: slice) -> _Found:
        return _find_batch(placing, ids[batch], shapes[batch], method)

    found: list[_Found] = []
    with ThreadPoolExecutor(workers or os.cpu_count() or 1, thread_name_prefix="weights") as pool:
        for batch, result in zip(batches, pool.map(find, batches), strict=True):
            found.append(result)
            if progress is not None:
                progress("grid cells of the catchments", batch.stop / len(ids))
    if not any(result.shares.cell.size for result in found):
        raise CoverageError(
            f"the grid covers none of the {len(ids)} catchments: its edges are {grid.bounds}",
            hint="the store is of another region, or its reference system is wrong",
        )
    return _assembled(grid, ids, found, method)


def _find_batch(placing: Placing, ids: Sequence[str], shapes: Shapes, method: Method) -> _Found:
    grid = placing.grid
    rings = placing.place(ids, shapes)
    offset, cell, part, whole = parts_of(
        rings.points,
        rings.rings,
        rings.signs,
        rings.polygons,
        grid.rows,
        grid.columns,
        placing.periodic,
        placing.shape,
        BAND_CELLS,
    )
    cell, part = cell.copy(), part.copy()  # views of more memory than is used
    inside = _sums(part[:, 0], offset)
    sparse = Sparse(offset, cell, part[:, 0] / np.repeat(inside, np.diff(offset)))
    if method == "linear":
        moments = part[:, 1:] / np.repeat(inside, np.diff(offset))[:, None]
        sparse = sloped(sparse, moments, grid, placing.periodic, placing.shape)
    elif placing.periodic:
        sparse = sparse.ordered()
    return _Found(sparse, inside * placing.unit_area, np.abs(whole) * placing.unit_area)


def _assembled(grid: Grid, ids: tuple[str, ...], found: Sequence[_Found], method: Method) -> Weights:
    """Join batches, and number the cells inside the smallest window that holds them all."""
    cell = np.concatenate([result.shares.cell for result in found])
    row, column = np.divmod(cell, grid.columns)
    window = GridWindow(int(row.min()), int(np.ptp(row)) + 1, int(column.min()), int(np.ptp(column)) + 1)
    cell = (row - window.row) * window.columns + (column - window.column)
    counts = np.concatenate([np.diff(result.shares.offset) for result in found])
    inside = np.concatenate([result.inside for result in found])
    whole = np.concatenate([result.whole for result in found])
    covered = np.divide(inside, whole, out=np.zeros_like(inside), where=whole > 0.0)
    covered = np.where(covered > WHOLE, 1.0, covered)
    share = np.concatenate([result.shares.share for result in found])
    offset = np.concatenate(([0], np.cumsum(counts)))
    return Weights(ids, window, offset, cell, share, covered, inside, method)


def _sums(values: NDArray[np.float64], offset: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sum of each row of a sparse matrix."""
    result = np.zeros(offset.size - 1)
    filled = np.flatnonzero(np.diff(offset))
    if filled.size:
        result[filled] = np.add.reduceat(values, offset[filled])
    return result


def _batches(shapes: Shapes) -> Iterator[slice]:
    """Yield runs of catchments whose borders have about `BATCH_POINTS` points together."""
    import shapely

    points = np.cumsum(shapely.get_num_coordinates(shapes))
    first = 0
    while first < len(shapes):
        before = points[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(points, before + BATCH_POINTS, side="right")))
        yield slice(first, last)
        first = last


def _require_polygons(ids: Sequence[str], shapes: Shapes) -> Shapes:
    import shapely

    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    if not len(ids) or len(ids) != len(array):
        raise InputError(f"{len(ids)} ids and {len(array)} shapes: one shape per id is needed, one at least")
    kinds = shapely.get_type_id(array)
    wrong = ~np.isin(kinds, (3, 6)) | shapely.is_empty(array)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"the shape of {ids[at]} is no polygon with an area: {array[at]!s:.60}",
            hint="give polygons or multipolygons; `read_polygons` repairs what can be repaired",
        )
    return array
