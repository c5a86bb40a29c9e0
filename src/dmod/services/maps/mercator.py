"""The projection of web maps (EPSG:3857) and its tiles.

A tile z/x/y is a square of the plane: 2^z of them in a row, counted from the north-west (OGC Two Dimensional
Tile Matrix Set, WebMercatorQuad).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

RADIUS = 6378137.0
"""Of the earth as these maps have it [m]."""
HALF = math.pi * RADIUS
"""Half the width of the plane [m]."""
PIXELS = 512
"""Width at which a tile is drawn."""
DEEPEST = 14
"""Zoom up to which tiles differ; the browser enlarges these beyond."""

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]


def pixel(zoom: int) -> float:
    """Return the width of a pixel at a zoom [m of the plane]."""
    return 2.0 * HALF / (PIXELS * float(2**zoom))


def tile_bounds(zoom: int, x: int, y: int) -> Bounds:
    """Return west, south, east, north of a tile [m of the plane]."""
    width = 2.0 * HALF / 2**zoom
    west, north = -HALF + x * width, HALF - y * width
    return (west, north - width, west + width, north)


def is_tile(zoom: int, x: int, y: int) -> bool:
    """Whether there is such a tile."""
    return 0 <= zoom <= DEEPEST and 0 <= x < 2**zoom and 0 <= y < 2**zoom


def longitudes(x: Floats) -> Floats:
    """Return the longitudes of places of the plane [degrees]."""
    return np.asarray(np.degrees(np.asarray(x) / RADIUS))


def latitudes(y: Floats) -> Floats:
    """Return the latitudes of places of the plane [degrees]."""
    return np.asarray(np.degrees(2.0 * np.arctan(np.exp(np.asarray(y) / RADIUS)) - math.pi / 2.0))
