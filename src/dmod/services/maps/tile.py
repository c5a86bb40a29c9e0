"""A vector tile (Mapbox Vector Tile 2.1) out of shapes."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dmod.services.maps.mercator import Bounds, tile_bounds
from dmod.services.maps.pyramid import Pyramid

EXTENT = 4096
BUFFER = 64
"""Of a tile's units beyond its edge, so that lines are drawn through."""


def make_tile(pyramid: Pyramid, zoom: int, x: int, y: int) -> bytes:
    """Return a tile, compressed with gzip; one without content is empty.

    It is made once and kept with the map.
    """
    kept = pyramid.kept(zoom, x, y)
    if kept is not None:
        return kept
    bounds = tile_bounds(zoom, x, y)
    found = pyramid.shapes(zoom, _widened(bounds))
    content = gzip.compress(encode(found, bounds), 6, mtime=0)
    pyramid.keep(zoom, x, y, content)
    return content


def encode(layers: Mapping[str, Sequence[tuple[str, Mapping[str, Any], bytes]]], bounds: Bounds) -> bytes:
    """Return layers of shapes as a tile; each shape has its id and its properties."""
    import mapbox_vector_tile

    prepared = [
        {"name": name, "features": features}
        for name, shapes in layers.items()
        if (features := _features(shapes, bounds))
    ]
    options = {"quantize_bounds": None, "extents": EXTENT, "y_coord_down": True}
    return bytes(mapbox_vector_tile.encode(prepared, default_options=options))


def _widened(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    more = (east - west) * BUFFER / EXTENT
    return (west - more, south - more, east + more, north + more)


def _features(shapes: Sequence[tuple[str, Mapping[str, Any], bytes]], bounds: Bounds) -> list[dict[str, Any]]:
    """Return shapes that are cut to the tile, in its units."""
    import shapely

    west, _, east, north = bounds
    scale = EXTENT / (east - west)
    cut = shapely.clip_by_rect(shapely.from_wkb([wkb for _, _, wkb in shapes]), *_widened(bounds))
    placed = shapely.transform(
        cut, lambda points: np.rint((points - (west, north)) * (scale, -scale)), include_z=False
    )
    return [
        {"geometry": shape, "properties": {"id": identifier, **properties}}
        for (identifier, properties, _), shape in zip(shapes, placed, strict=True)
        if not shape.is_empty
    ]
