"""A group of catchments that lie together, with all that turns fields into their means."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.forcing.gridded.coverage import domain_weights
from dmod.forcing.gridded.derive.shape import Integers, hull
from dmod.forcing.gridded.grid import Grid, GridWindow
from dmod.forcing.gridded.weights import Method, Weights
from dmod.forcing.gridded.weights_cache import FORMAT, recall, remember
from dmod.forcing.gridded.wind import WindShares, wind_shares


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """Catchments that are read together.

    Parameters
    ----------
    weights : of these catchments
    domain : of all they cover together, as one, on the same window
    turning, domain_turning : what turns winds along the grid's axes to east and north; None without any
    """

    weights: Weights
    domain: Weights
    turning: WindShares | None = None
    domain_turning: WindShares | None = None


def make_tile(
    grid: Grid, weights: Weights, domain: Weights, rows: Integers, window: GridWindow, *, winds: bool
) -> Tile:
    """Return a tile.

    Parameters
    ----------
    weights : of all catchments
    domain : of the tile's catchments, as one
    rows, window : the tile's catchments, and the window that holds their cells
    winds : whether winds along the grid's axes are to be turned
    """
    window = hull((window, domain.window))
    chosen, domain = weights.select(rows).within(window), domain.within(window)
    if not winds:
        return Tile(chosen, domain)
    return Tile(chosen, domain, wind_shares(grid, chosen), wind_shares(grid, domain))


def kept_domain(
    grid: Grid, shapes: NDArray[Any], crs: str, *, key: str, method: Method, cache: Path
) -> Weights:
    """Return `domain_weights`; outlines are joined only where that was not done before.

    Parameters
    ----------
    key : of the shapes
    cache : folder in which weights are kept

    Raises
    ------
    StoreError
        the cache's folder cannot be written to.
    """
    import pyproj

    text = "|".join(("domain", str(FORMAT), pyproj.__proj_version__, grid.key, key, method))
    name = hashlib.blake2b(text.encode(), digest_size=20).hexdigest()
    found = recall(cache, name, ("domain",), method)
    if found is None:
        found = domain_weights(grid, shapes, crs, method=method)
        remember(cache, name, found)
    return found


def rows_key(key: str, rows: NDArray[np.int64]) -> str:
    """Return a hash of some of the shapes that ``key`` stands for."""
    return hashlib.blake2b(key.encode() + rows.astype("<i8").tobytes(), digest_size=16).hexdigest()
