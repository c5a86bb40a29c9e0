"""Geometry as GeoPackage stores it: a short header, an envelope, well-known binary (little endian)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Coordinates = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

_CODE = {"POINT": 1, "LINESTRING": 2, "POLYGON": 3, "MULTILINESTRING": 5, "MULTIPOLYGON": 6}
_WITHOUT_ENVELOPE, _WITH_ENVELOPE = 0x01, 0x03


def encode_geometry(kind: str, shape: Any, srs_id: int) -> tuple[bytes, Bounds]:
    """Return the GeoPackage binary of a shape and its (minx, miny, maxx, maxy).

    Parameters
    ----------
    kind : POINT, LINESTRING, POLYGON, MULTILINESTRING, MULTIPOLYGON
    shape : coordinates (x, y); of a point: (2,); of a line or a polygon without holes: (k, 2);
        of a polygon with holes: its rings, the outer one first; of a multi-shape: its parts
    srs_id : EPSG code
    """
    body, points = _well_known(kind, shape)
    low, high = points.min(axis=0), points.max(axis=0)
    bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    if kind == "POINT":
        return struct.pack("<2sBBi", b"GP", 0, _WITHOUT_ENVELOPE, srs_id) + body, bounds
    envelope = (bounds[0], bounds[2], bounds[1], bounds[3])
    return struct.pack("<2sBBi4d", b"GP", 0, _WITH_ENVELOPE, srs_id, *envelope) + body, bounds


def _well_known(kind: str, shape: Any) -> tuple[bytes, Coordinates]:
    head = struct.pack("<BI", 1, _CODE[kind])
    if kind == "POINT":
        point = _coordinates(shape).reshape(1, 2)
        return head + point.tobytes(), point
    if kind == "LINESTRING":
        line = _coordinates(shape)
        return head + struct.pack("<I", len(line)) + line.tobytes(), line
    if kind == "POLYGON":
        rings = [_closed(_coordinates(ring)) for ring in _rings(shape)]
        body = b"".join(struct.pack("<I", len(ring)) + ring.tobytes() for ring in rings)
        return head + struct.pack("<I", len(rings)) + body, rings[0]
    parts = [_well_known(kind.removeprefix("MULTI"), part) for part in shape]
    return (
        head + struct.pack("<I", len(parts)) + b"".join(body for body, _ in parts),
        np.concatenate([points for _, points in parts]),
    )


def _coordinates(values: Any) -> Coordinates:
    return np.ascontiguousarray(values, dtype="<f8")


def _rings(shape: Any) -> Sequence[Any]:
    """Return the rings of a polygon, which may be given as its only ring."""
    return [shape] if np.ndim(shape[0]) == 1 else shape


def _closed(ring: Coordinates) -> Coordinates:
    return ring if np.array_equal(ring[0], ring[-1]) else np.concatenate((ring, ring[:1]))


def strip_header(blob: bytes) -> bytes:
    """Return the well-known binary inside a GeoPackage geometry."""
    envelope_doubles = (0, 4, 6, 6, 8)[blob[3] >> 1 & 0x07]
    return blob[8 + 8 * envelope_doubles :]
