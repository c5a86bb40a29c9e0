"""Winds along the axes of a grid, turned to east and north."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis
from dmod.forcing.gridded.apply import Field, Means, Missing, flattened, multiply, settle
from dmod.forcing.gridded.grid import Grid
from dmod.forcing.gridded.weights import Weights

Floats = NDArray[np.float64]

STEP = 1e-5  # [rad] of the earth: how far to go along an axis to see where it leads


@dataclass(frozen=True, slots=True, eq=False)
class WindShares:
    """Shares of cells times cosine and sine of the angle by which the grid's y axis is turned there.

    The angle γ is that from true north to the y axis, clockwise. With components u, v along x and y:

        east  = u cos γ + v sin γ
        north = v cos γ - u sin γ
    """

    cosine: Floats
    sine: Floats


def axis_angle(crs: str, x: Floats, y: Floats) -> Floats:
    """Return the angle [rad] from true north to the grid's y axis, clockwise, at each place.

    It is found by going a short way along the axis, so any reference system will do: projections, and
    longitude and latitude of a rotated pole. For a conformal projection it is the meridian convergence.

    Parameters
    ----------
    x, y : places, in the unit of ``crs``
    """
    import pyproj

    from dmod.forcing.gridded.weights_placing import figure, is_angular, metres_per_unit

    system = pyproj.CRS.from_user_input(crs)
    radius, eccentricity = figure(system)
    step = np.degrees(STEP) if is_angular(system) else STEP * radius / metres_per_unit(system)
    to_lonlat = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    lon0, lat0 = to_lonlat.transform(x, y - step)
    lon1, lat1 = to_lonlat.transform(x, y + step)
    middle = np.radians(0.5 * (lat0 + lat1))
    east = (lon1 - lon0 + 180.0) % 360.0 - 180.0
    # a degree of longitude against one of latitude: ratio of the radii of curvature, times cos φ
    ratio = (1.0 - eccentricity * np.sin(middle) ** 2) / (1.0 - eccentricity)
    return np.asarray(np.arctan2(east * np.cos(middle) * ratio, lat1 - lat0), np.float64)


def wind_shares(grid: Grid, weights: Weights) -> WindShares:
    """Return what turns winds along the grid's axes to east and north, over each catchment."""
    cells, where = np.unique(weights.cell, return_inverse=True)
    row, column = np.divmod(cells, weights.window.columns)
    x, y = grid.x[column + weights.window.column], grid.y[row + weights.window.row]
    angle = axis_angle(grid.crs, x, y)
    return WindShares(weights.share * np.cos(angle)[where], weights.share * np.sin(angle)[where])


def earth_winds(
    weights: Weights,
    shares: WindShares,
    x_wind: Field,
    y_wind: Field,
    *,
    missing: Missing = "error",
    workers: int = 0,
    what: str = "wind",
    times: TimeAxis | None = None,
) -> tuple[Means, Means]:
    """Return the means of eastward and northward wind over each catchment; each cell is turned by itself.

    Parameters
    ----------
    x_wind, y_wind : (time, row, column) over ``weights.window``, along the axes x and y of the grid
    missing, workers, what, times : as `catchment_means` has them; a cell that lacks one lacks both

    Raises
    ------
    InputError, CoverageError
        as `catchment_means` does.
    """
    u, v = flattened(weights, x_wind, f"{what} along x"), flattened(weights, y_wind, f"{what} along y")
    along, across = shares.cosine, shares.sine
    found = []
    for first, second in (((along, u), (across, v)), ((-across, u), (along, v))):
        values = multiply(weights, [first, second], workers)
        found.append(
            settle(weights, values, first, second, missing=missing, out=None, what=what, times=times)
        )
    return found[0], found[1]
