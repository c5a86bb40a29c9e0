"""Weights that were found before, kept in a folder under a hash of all that decides them.

One file per grid, fabric and method: ``weights-<hash>.npz``. It is written aside and renamed, so two
writers leave one of two equal files; a damaged one is noticed by its checksum and found again. The oldest
by last use are removed once the files take more than `MOST_BYTES`.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import remove, replacing
from dmod.forcing.gridded.grid import Grid, GridWindow
from dmod.forcing.gridded.weights import Method, Weights

FORMAT = 1  # raised whenever the same input would give other weights
MOST_BYTES = 4_000_000_000

_WRITING = threading.Lock()  # the hidden file that is written first is named by the process, not the thread
_ARRAYS = ("offset", "cell", "share", "covered", "area")


def weights_key(grid: Grid, ids: Sequence[str], shapes: NDArray[Any], crs: str, method: Method) -> str:
    """Return a hash of grid, catchments, method and the program's way of finding weights."""
    import pyproj
    import shapely

    digest = hashlib.blake2b(digest_size=20)
    head = [FORMAT, pyproj.__proj_version__, grid.key, crs, method, list(ids)]
    digest.update(json.dumps(head).encode())
    kinds, coordinates, offsets = _ragged(shapely, shapes)
    for array in (kinds, coordinates, *offsets):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _ragged(shapely: Any, shapes: NDArray[Any]) -> tuple[Any, Any, tuple[Any, ...]]:
    kinds = shapely.get_type_id(shapes)
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    points, of_ring = shapely.get_coordinates(rings, return_index=True)
    return kinds, points, (of_shape, of_part, np.bincount(of_ring, minlength=len(rings)))


def weights_file(folder: Path, key: str) -> Path:
    """Return where weights are kept."""
    return folder / f"weights-{key}.npz"


def remember(folder: Path, key: str, weights: Weights) -> Path:
    """Keep weights; return the file.

    Raises
    ------
    StoreError
        the folder cannot be written to, or the disk is full.
    """
    path = weights_file(folder, key)
    window = weights.window
    arrays = {name: getattr(weights, name) for name in _ARRAYS}
    arrays["window"] = np.array([window.row, window.rows, window.column, window.columns], np.int64)
    with _WRITING, replacing(path, needed=weights.nbytes) as hidden, hidden.open("wb") as file:
        np.savez(file, checksum=np.frombuffer(_checksum(arrays), np.uint8), **arrays)
    _make_room(folder, path)
    return path


def recall(folder: Path, key: str, ids: tuple[str, ...], method: Method) -> Weights | None:
    """Return weights that were kept; None if there are none, or they are damaged."""
    path = weights_file(folder, key)
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in (*_ARRAYS, "window")}
            intact = file["checksum"].tobytes() == _checksum(arrays)
    except FileNotFoundError:
        return None
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        intact = False
    if not intact or arrays["offset"].size != len(ids) + 1:
        return None
    with suppress(OSError):  # a folder that may only be read is a cache all the same
        os.utime(path)
    window = GridWindow(*arrays.pop("window").tolist())
    return Weights(ids, window, **arrays, method=method)


def _checksum(arrays: dict[str, NDArray[Any]]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.digest()


def _make_room(folder: Path, kept: Path) -> None:
    """Remove the files that were not used for longest, until the rest is small enough."""
    found = []
    for path in folder.glob("weights-*.npz"):
        with suppress(FileNotFoundError):  # another process makes room as well
            status = path.stat()
            found.append((status.st_mtime_ns, status.st_size, path))
    excess = sum(size for _, size, _ in found) - MOST_BYTES
    for _, size, path in sorted(found):
        if excess > 0 and path != kept:
            remove(path)
            excess -= size
