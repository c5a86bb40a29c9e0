"""Weights that are kept: found again, never wrong, never half there."""

from __future__ import annotations

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely

from dmod.errors import StoreError
from dmod.forcing.gridded import coverage, weights_cache
from dmod.forcing.gridded.coverage import Method, Weights, find_weights
from dmod.forcing.gridded.grid import Grid

ALBERS = "EPSG:5070"
GRID = Grid(ALBERS, 0.0, 9.0, 1.0, -1.0, 11, 9)
SHAPES = np.array([shapely.box(0.3, 0.4, 3.7, 2.2), shapely.box(3.7, 0.4, 7.0, 8.8)], dtype=object)
IDS = ("cat-1", "cat-2")


def find(folder: Path, *, grid: Grid = GRID, ids: tuple[str, ...] = IDS, shapes: np.ndarray = SHAPES,
         crs: str = ALBERS, method: Method = "area") -> Weights:  # fmt: skip
    return find_weights(grid, ids, shapes, crs, method=method, cache=folder)


def never(*_: object, **__: object) -> Weights:
    raise AssertionError("weights were found anew")


def test_weights_are_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = find(tmp_path / "cache")
    monkeypatch.setattr(coverage, "_find", never)
    second = find(tmp_path / "cache")
    assert (second.ids, second.window, second.method) == (first.ids, first.window, first.method)
    for name in ("offset", "cell", "share", "covered", "area"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
        assert getattr(first, name).dtype == getattr(second, name).dtype
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".npz"]


@pytest.mark.parametrize(
    "change",
    [
        {"grid": dataclasses.replace(GRID, x_edge=0.5)},
        {"grid": dataclasses.replace(GRID, dy=-1.0000001)},
        {"ids": ("cat-1", "cat-3")},
        {"shapes": np.array([SHAPES[0], shapely.box(3.7, 0.4, 7.0, 8.9)], dtype=object)},
        {"shapes": np.array([SHAPES[0], shapely.MultiPolygon([SHAPES[1]])], dtype=object)},
        {"crs": "ESRI:102039"},
        {"method": "linear"},
    ],
)
def test_anything_that_decides_weights_finds_them_anew(tmp_path: Path, change: dict[str, object]) -> None:
    find(tmp_path)
    try:
        find(tmp_path, **change)  # type: ignore[arg-type]
    finally:
        assert len(list(tmp_path.glob("weights-*.npz"))) == 2


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_damaged_file_is_replaced(tmp_path: Path, damage: str) -> None:
    expected = find(tmp_path)
    path = next(tmp_path.glob("*.npz"))
    content = bytearray(path.read_bytes())
    if damage == "flip":
        at = content.find(expected.share.tobytes())
        assert at > 0
        content[at + 3] ^= 1
    path.write_bytes(
        {"cut": content[: len(content) // 2], "flip": content, "empty": b"", "text": b"no weights"}[damage]
    )
    again = find(tmp_path)
    assert np.array_equal(again.share, expected.share)
    key = weights_cache.weights_key(GRID, IDS, SHAPES, ALBERS, "area")
    assert weights_cache.recall(tmp_path, key, IDS, "area") is not None


def test_several_writers_leave_one_whole_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: find(tmp_path), range(16)))
    assert all(np.array_equal(weights.share, found[0].share) for weights in found)
    assert len(list(tmp_path.iterdir())) == 1


def test_least_recently_used_weights_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find(tmp_path)
    first = next(tmp_path.glob("*.npz"))
    find(tmp_path, method="linear")
    (second,) = set(tmp_path.glob("*.npz")) - {first}
    os.utime(first, (1, 1))
    os.utime(second, (2, 2))
    find(tmp_path)  # used again, so it is the other that must go
    monkeypatch.setattr(weights_cache, "MOST_BYTES", 2 * first.stat().st_size + 100)
    find(tmp_path, grid=dataclasses.replace(GRID, x_edge=0.5))
    assert (first.exists(), second.exists()) == (True, False)


def test_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        find(tmp_path / "file" / "cache")
