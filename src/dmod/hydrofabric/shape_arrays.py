"""Many shapes of one kind at once: their points in one array, moved and encoded together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

_CODE = {"POINT": 1, "LINESTRING": 2, "POLYGON": 3}
_PREAMBLE = [("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs", "<i4")]
_ENVELOPE = [("envelope", "<f8", 4)]
_WELL_KNOWN = [("order", "u1"), ("code", "<u4")]
_HEADERS = {
    "POINT": np.dtype(_PREAMBLE + _WELL_KNOWN),
    "LINESTRING": np.dtype(_PREAMBLE + _ENVELOPE + _WELL_KNOWN + [("points", "<u4")]),
    "POLYGON": np.dtype(_PREAMBLE + _ENVELOPE + _WELL_KNOWN + [("rings", "<u4"), ("points", "<u4")]),
}


@dataclass(frozen=True, slots=True)
class ShapeArray:
    """Points, lines, or polygons without holes (closed rings), one after the other.

    Parameters
    ----------
    kind : POINT, LINESTRING or POLYGON
    points : shape (points, 2)
    first : shape (n + 1,), where each shape begins, and the end
    """

    kind: str
    points: Floats
    first: Index

    @classmethod
    def of(cls, kind: str, shapes: list[Floats]) -> ShapeArray:
        """Put shapes (points, 2) one after the other."""
        lengths = np.array([len(shape) for shape in shapes], dtype=np.int64)
        points = np.concatenate(shapes) if shapes else np.empty((0, 2))
        return cls(kind, points, np.concatenate(([0], np.cumsum(lengths))))

    def __len__(self) -> int:
        return self.first.size - 1

    def bounds(self) -> Floats:
        """Return (minx, miny, maxx, maxy) per shape."""
        if not len(self):
            return np.empty((0, 4))
        low = np.minimum.reduceat(self.points, self.first[:-1], axis=0)
        return np.concatenate((low, np.maximum.reduceat(self.points, self.first[:-1], axis=0)), axis=1)

    def taken(self, order: Index) -> ShapeArray:
        """Return some of the shapes, in the order of ``order``."""
        length = np.diff(self.first)[order]
        first = np.concatenate(([0], np.cumsum(length)))
        at = np.repeat(self.first[:-1][order] - first[:-1], length) + np.arange(first[-1])
        return ShapeArray(self.kind, self.points[at], first)

    def encoded(self, srs: int) -> list[bytes]:
        """Return the shapes as GeoPackage stores them (see `encode_geometry`), reference system ``srs``."""
        layout = _HEADERS[self.kind]
        head = np.zeros(len(self), layout)
        head["magic"], head["srs"], head["order"], head["code"] = b"GP", srs, 1, _CODE[self.kind]
        head["flags"] = 1 if self.kind == "POINT" else 3
        if self.kind != "POINT":
            head["envelope"] = self.bounds()[:, [0, 2, 1, 3]]
            head["points"] = np.diff(self.first)
        if self.kind == "POLYGON":
            head["rings"] = 1
        heads, size = head.tobytes(), layout.itemsize
        body, first = np.ascontiguousarray(self.points, "<f8").tobytes(), (16 * self.first).tolist()
        return [
            heads[at : at + size] + body[start:end]
            for at, start, end in zip(range(0, len(heads), size), first[:-1], first[1:], strict=True)
        ]
