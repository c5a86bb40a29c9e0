"""The land of an example basin: fractal noise, uplifted and cut by rivers, coarse to fine.

A coarse square of land erodes until it is divided into basins; the largest is kept. It is then
refined by halving the cells, adding detail at each scale and letting the rivers cut again, so that
valleys of every size are there at a cost linear in the number of cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.hydrofabric.example import drainage

COARSE_CELLS = 5000
"""Cells that the basin should have on the coarsest grid (about)."""

BASIN_SHARE = 0.16
"""Share of a coarse square that its largest basin covers (about)."""

REFERENCE_CELL = 90.0
"""Side of the cells to which a mean slope refers [m]."""

MOST_RELIEF = 2000.0
"""Height of the highest cell above the outlet, at most [m]."""


@dataclass(frozen=True, slots=True)
class Terrain:
    """A drained elevation surface with one basin; grids have a rim of cells outside the basin.

    Parameters
    ----------
    elevation : shape (rows, columns) [m], rows from north to south
    inside : shape (rows, columns), cells that drain through the outlet
    receiver : flat index of the cell below; the outlet drains to a cell outside
    order : flat indices of the basin's cells, each after all those above it
    area : flat, number of cells that drain through each cell, itself included
    outlet : flat index
    cell : side of a cell [m]
    """

    elevation: NDArray[np.float64]
    inside: NDArray[np.bool_]
    receiver: NDArray[np.int64]
    order: NDArray[np.int64]
    area: NDArray[np.int64]
    outlet: int
    cell: float

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.elevation.shape[1])


def fractal(shape: tuple[int, int], exponent: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Return noise with a power spectrum ∝ wavenumber^-exponent, mean 0 and standard deviation 1."""
    from scipy import fft

    rows, columns = shape
    wave = np.hypot(fft.fftfreq(rows)[:, None] * rows, fft.rfftfreq(columns)[None, :] * columns)
    wave[0, 0] = np.inf
    size = wave.shape
    spectrum = (random.standard_normal(size) + 1j * random.standard_normal(size)) * wave ** (-exponent / 2)
    field: NDArray[np.float64] = fft.irfft2(spectrum, s=shape)
    return np.asarray((field - field.mean()) / field.std())


def make_terrain(
    catchments: int, random: np.random.Generator, *, catchment_area: float, hillslope: float, lowest: float
) -> Terrain:
    """Make a basin with about as many cells as ``catchments`` catchments need.

    Parameters
    ----------
    catchments : number of catchments it will be divided into
    catchment_area : their mean area [m²]; sets the side of a cell
    hillslope : mean slope of the surface [-], less where cells are large or the relief would be too high
    lowest : elevation of the outlet [m]
    """
    wanted = catchments * _cells_per_catchment(catchments)
    refinements = max(0, round(np.log2(np.sqrt(wanted / COARSE_CELLS))))
    side = int(np.sqrt(wanted / 4**refinements / BASIN_SHARE)) + 3
    # the profile of a long river is flatter, or its head would lie in the stratosphere
    concavity = 0.35 + 0.04 * max(0, refinements - 2)
    elevation, active, rock = _coarse_land(side, concavity, random)
    for level in range(1, refinements + 1):
        elevation, active, rock = _refined(elevation, active, rock, random)
        _erode(elevation, active, rock, steps=4, concavity=concavity, cell_area=0.25**level)
        elevation, active, rock = _around_basin(elevation, active, rock, margin=6)
    return _finished(elevation, active, catchments, catchment_area, hillslope, lowest)


def _cells_per_catchment(catchments: int) -> int:
    return 1600 if catchments <= 10 else 900 if catchments <= 200 else 600 if catchments <= 2000 else 240


Land = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]


def _coarse_land(side: int, concavity: float, random: np.random.Generator) -> Land:
    """Erode a square of land that drains over its edges, and keep its largest basin."""
    from scipy import ndimage

    shape = (side, side)
    active = np.zeros(shape, bool)
    active[1:-1, 1:-1] = True
    ramp = np.linspace(1.0, 0.0, side)[:, None]
    elevation = 4.0 * fractal(shape, 2.2, random) + 10.0 * ramp
    rock = np.exp(0.6 * fractal(shape, 2.0, random) + 0.25 * random.standard_normal(shape))
    elevation -= elevation.min()
    elevation[~ndimage.binary_erosion(active, structure=np.ones((3, 3)))] = 0.0
    _erode(elevation, active, rock, steps=60, concavity=concavity)
    return _around_basin(elevation, active, rock, margin=4)


def _refined(
    elevation: NDArray[np.float64],
    active: NDArray[np.bool_],
    rock: NDArray[np.float64],
    random: np.random.Generator,
) -> Land:
    """Halve the cells; detail of half a cell's rise makes new small valleys possible."""
    from scipy import ndimage

    # heights are in units of the cell's side: halving the cell doubles the number
    filled = np.where(active, elevation, np.median(elevation[active]))
    fine = 2.0 * ndimage.zoom(filled, 2, order=1, grid_mode=True, mode="nearest")
    steep = ndimage.gaussian_filter(np.hypot(*np.gradient(fine)), 2.0)
    fine += 0.7 * steep * random.standard_normal(fine.shape)
    fine_rock = ndimage.zoom(rock, 2, order=1, grid_mode=True, mode="nearest")
    fine_rock *= np.exp(0.2 * random.standard_normal(fine.shape))
    return fine, np.repeat(np.repeat(active, 2, axis=0), 2, axis=1), fine_rock


def _erode(
    elevation: NDArray[np.float64],
    active: NDArray[np.bool_],
    rock: NDArray[np.float64],
    *,
    steps: int,
    concavity: float,
    cell_area: float = 1.0,
) -> None:
    """Let the rivers cut; ``cell_area`` in cells of the coarsest grid."""
    width = elevation.shape[1]
    state = drainage.base_cells(active)
    flat, erodibility = elevation.reshape(-1), rock.reshape(-1)
    drainage.fill_depressions(flat, state, width, _rise(flat.size))
    for _ in range(steps):
        receiver = drainage.steepest_receivers(flat, state, width)
        order = drainage.upstream_first(receiver, state)
        area = drainage.accumulate(receiver, order).astype(np.float64) * cell_area
        drainage.incise(flat, receiver, order, area, width, erodibility, 1.0, concavity)


def _around_basin(
    elevation: NDArray[np.float64], active: NDArray[np.bool_], rock: NDArray[np.float64], *, margin: int
) -> Land:
    """Keep the largest basin and a margin in which its divide can still move."""
    from scipy import ndimage

    inside, *_ = _largest_basin(elevation, active)
    kept = ndimage.binary_dilation(inside, iterations=margin) & active
    rows, columns = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
    window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    return (
        np.pad(elevation[window], 1, mode="edge"),
        np.pad(kept[window], 1),
        np.pad(rock[window], 1, mode="edge"),
    )


def _rise(cells: int) -> NDArray[np.float64]:
    """Return an uneven least rise between a filled cell and the next, the same at every call."""
    return np.asarray(1e-4 * np.random.default_rng(7).random(cells) ** 3 + 1e-7)


def _largest_basin(
    elevation: NDArray[np.float64], active: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]:
    width = elevation.shape[1]
    state = drainage.base_cells(active)
    flat = elevation.reshape(-1)
    drainage.fill_depressions(flat, state, width, _rise(flat.size))
    receiver = drainage.steepest_receivers(flat, state, width)
    order = drainage.upstream_first(receiver, state)
    area = drainage.accumulate(receiver, order)
    outlet = int(np.argmax(np.where(state == drainage.BASE, area, 0)))
    inside = drainage.drains_to(receiver, order, outlet).reshape(elevation.shape)
    return inside, receiver, order, area, outlet


def _finished(
    elevation: NDArray[np.float64],
    active: NDArray[np.bool_],
    catchments: int,
    catchment_area: float,
    hillslope: float,
    lowest: float,
) -> Terrain:
    """Round the crests (hillslopes creep), drain once more, cut out the basin and give it metres."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(np.where(active, elevation, np.median(elevation[active])), 0.6)
    smooth = 0.5 * (smooth + np.where(active, elevation, smooth))
    _, receiver, order, area, outlet = _largest_basin(smooth, active)
    outlet = _clear_of_confluences(receiver, area, order, outlet, area[outlet] / catchments)
    basin = drainage.drains_to(receiver, order, outlet)
    flat = smooth.ravel()
    slope = (flat - flat[receiver])[basin].mean()
    cell = float(np.sqrt(catchment_area * catchments / basin.sum()))
    rise = flat - flat[outlet]
    # a mean over larger cells is less steep
    steepness = hillslope * min(1.0, (REFERENCE_CELL / cell) ** 0.7) * cell / slope
    height = lowest + rise * min(steepness, MOST_RELIEF / rise[basin].max())
    return Terrain(
        height.reshape(smooth.shape),
        basin.reshape(smooth.shape),
        receiver,
        order[basin[order]],
        area,
        outlet,
        cell,
    )


def _clear_of_confluences(
    receiver: NDArray[np.int64],
    area: NDArray[np.int64],
    order: NDArray[np.int64],
    outlet: int,
    catchment: float,
) -> int:
    """Move the outlet upstream until no large tributary joins right above it."""
    reach = int(np.sqrt(catchment) / 2)
    main = np.full(receiver.size, -1)
    for_area = order[np.argsort(area[order], kind="stable")]
    main[receiver[for_area]] = for_area  # the largest donor is written last
    cell, steps = outlet, 0
    while steps < reach and main[cell] >= 0 and main[cell] != cell:
        above = int(main[cell])
        steps += 1
        if area[cell] - area[above] > catchment / 4:
            if area[above] < 0.7 * area[cell]:
                break
            outlet, steps = above, 0
        cell = above
    return outlet
