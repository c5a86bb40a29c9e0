"""Arrays of floats inside a page: rounded, as differences, by byte planes, compressed, as base64."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

MANTISSA = 23  # bits of a float32


def packed(values: ArrayLike, bits: int = 16) -> dict[str, Any]:
    """Return values for JSON, in C order; the page's script unpacks them.

    Neighbours that are alike cost least. Infinite values become NaN.

    Parameters
    ----------
    bits : of the mantissa that are kept; the error is at most 2 to the power -(bits + 1) of a value

    Returns
    -------
    entries : ``n`` values, ``s`` bits that were dropped, ``z`` base64 of gzip
    """
    dropped = MANTISSA - min(max(bits, 1), MANTISSA - 1)
    flat = np.ascontiguousarray(values, dtype=np.float64).ravel()
    with np.errstate(over="ignore"):
        single = flat.astype("<f4")
    single = np.where(np.isfinite(single), single, np.float32(np.nan)).astype("<f4")
    # half of the last kept bit is added, a carry into the exponent is right too
    rounded = (single.view("<u4").astype(np.int64) + (1 << (dropped - 1))) >> dropped
    nan = 0x7FC00000 >> dropped
    whole = np.where(np.isnan(single), nan, rounded)
    steps = np.diff(whole, prepend=0)
    folded = ((steps << 1) ^ (steps >> 63)).astype("<u4")
    planes = folded.view(np.uint8).reshape(-1, 4).T
    squeezed = gzip.compress(np.ascontiguousarray(planes).tobytes(), compresslevel=6, mtime=0)
    return {"n": len(flat), "s": dropped, "z": base64.b64encode(squeezed).decode("ascii")}


def unpacked(entries: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return what :func:`packed` was given, rounded; the page's script does the same."""
    planes = np.frombuffer(gzip.decompress(base64.b64decode(entries["z"])), dtype=np.uint8)
    folded = np.ascontiguousarray(planes.reshape(4, -1).T).view("<u4").ravel().astype(np.int64)
    steps = (folded >> 1) ^ -(folded & 1)
    return np.asarray((np.cumsum(steps) << entries["s"]).astype("<u4").view("<f4"))
