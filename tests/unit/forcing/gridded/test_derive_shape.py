"""Work is cut along the store's chunks, within bounded memory, and nothing is left out."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.core.time_axis import TimeAxis
from dmod.forcing.gridded.derive import shape as shapes
from dmod.forcing.gridded.derive.pieces import WIND, cut_blocks, make_cut
from dmod.forcing.gridded.derive.run import at_once
from dmod.forcing.gridded.derive.shape import WHOLE, Extents, Shape, choose_shape, chunks_of
from dmod.forcing.gridded.grid import Grid, GridWindow
from dmod.forcing.gridded.weights import Weights
from dmod.testing.grid_source import MemoryGridSource

START = datetime(2019, 1, 1, tzinfo=UTC)
AORC, NWM, FILES = (144, 128, 256), (672, 350, 350), (1, 768, 922)


def scattered(window: GridWindow, count: int, size: int = 3) -> Weights:
    """Return weights of squares of some cells, scattered over a window."""
    rng = np.random.default_rng(3)
    row = np.linspace(0, window.rows - size, count).astype(int)
    column = rng.permutation(np.linspace(0, window.columns - size, count).astype(int))
    square = (np.arange(size)[:, None] * window.columns + np.arange(size)).ravel()
    cell = (row * window.columns + column)[:, None] + square
    each = np.full(count, 1.0)
    return Weights(
        tuple(f"cat-{i}" for i in range(count)), window, np.arange(count + 1) * size**2,
        cell.ravel(), np.full(cell.size, 1 / size**2), each, each,
    )  # fmt: skip


def test_small_basin_takes_whole_chunks_and_several_of_them() -> None:
    shape = choose_shape(scattered(GridWindow(700, 40, 900, 50), 88), AORC, 8784)
    assert shape.side == WHOLE
    assert shape.steps % 144 == 0
    assert shape.steps > 144


@pytest.mark.parametrize("chunk", [AORC, NWM, FILES], ids=["aorc", "nwm", "files"])
@pytest.mark.parametrize("side", [100, 500, 1500, 4000])
def test_fields_of_pieces_fit_into_memory_whatever_the_domain(chunk: tuple[int, int, int], side: int) -> None:
    weights = scattered(GridWindow(0, side, 0, side), 2000)
    shape = choose_shape(weights, chunk, 8784)
    windows = [window for _, window in Extents(weights).groups(chunk, shape.side)]
    assert max(window.cells for window in windows) * 4 * shape.steps <= shapes.MOST_BYTES
    assert shape.steps % chunk[0] == 0 or chunk[0] % shape.steps == 0


def test_large_domain_is_read_in_tiles_rather_than_by_the_hour() -> None:
    shape = choose_shape(scattered(GridWindow(0, 4000, 0, 8000), 20_000), AORC, 8784)
    assert shape.side != WHOLE
    assert shape.steps >= 36


def test_basins_far_apart_are_not_read_with_what_lies_between() -> None:
    left, right = scattered(GridWindow(0, 3, 0, 3), 1), scattered(GridWindow(0, 3, 0, 3), 1)
    window = GridWindow(100, 1000, 200, 1000)
    cell = np.concatenate(
        [left.cell // 3 * 1000 + left.cell % 3, right.cell // 3 * 1000 + right.cell % 3 + 997_997]
    )
    far = Weights(("a", "b"), window, np.array([0, 9, 18]), cell, np.full(18, 1 / 9), np.ones(2), np.ones(2))
    shape = choose_shape(far, AORC, 1000)
    groups = Extents(far).groups(AORC, shape.side)
    assert sum(chunks_of(each, AORC) for _, each in groups) == 2


def test_groups_hold_every_catchment_once_in_windows_that_hold_their_cells() -> None:
    weights = scattered(GridWindow(77, 400, 33, 700), 500)
    groups = Extents(weights).groups((24, 50, 60), 2)
    assert len(groups) > 4
    assert sorted(np.concatenate([rows for rows, _ in groups]).tolist()) == list(range(500))
    for rows, window in groups:
        assert (np.diff(rows) > 0).all()
        inside = weights.select(rows).within(window)
        assert inside.cell.max() < window.cells


def test_chosen_hours_are_kept_and_tiles_made_to_fit() -> None:
    weights = scattered(GridWindow(0, 4000, 0, 4000), 5000)
    shape = choose_shape(weights, AORC, 8784, 24)
    assert shape.steps == 24
    windows = [window for _, window in Extents(weights).groups(AORC, shape.side)]
    assert max(window.cells for window in windows) * 4 * 24 <= shapes.MOST_BYTES


@given(
    count=st.integers(1, 300),
    size=st.integers(1, 80),
    seams=st.lists(st.integers(0, 320), unique=True).map(sorted),
)
def test_blocks_follow_each_other_and_end_at_seams_where_they_can(
    count: int, size: int, seams: list[int]
) -> None:
    blocks = list(cut_blocks(count, size, np.array(seams, np.int64)))
    ends = [first + steps for first, steps in blocks]
    assert [first for first, _ in blocks] == [0, *ends[:-1]]
    assert ends[-1] == count
    assert all(0 < steps <= size for _, steps in blocks)
    for (first, steps), end in zip(blocks, ends, strict=True):
        inside = [seam for seam in seams if first < seam <= first + size and seam < count]
        if end not in seams and end != count:
            assert not inside
            assert steps == size


def test_chunks_of_a_store_are_taken_once_whenever_the_period_begins() -> None:
    grid = Grid("EPSG:5070", 0.0, 0.0, 1000.0, 1000.0, 40, 40)
    held = TimeAxis(START, 3600, 500)
    source = MemoryGridSource(grid, held, chunk=(24, 20, 20))
    weights = scattered(GridWindow(2, 30, 2, 30), 20)
    axis = held.window(7, 400)
    cut = make_cut(source, weights, ("precip_rate",), axis, Shape(24))
    assert [piece.steps for piece in cut.pieces][:2] == [17, 24]
    assert sum(map(cut.chunks, cut.pieces)) == cut.fewest_chunks(weights.window) == 17 * 4


def test_winds_along_the_axes_make_one_piece() -> None:
    grid = Grid("EPSG:5070", 0.0, 0.0, 1000.0, 1000.0, 40, 40)
    source = MemoryGridSource(grid, TimeAxis(START, 3600, 48), wind=True)
    weights = scattered(GridWindow(2, 30, 2, 30), 20)
    cut = make_cut(source, weights, ("precip_rate", WIND[1]), source.period, Shape(48))
    assert [piece.columns for piece in cut.pieces] == [("precip_rate",), WIND]
    assert len({piece.name for piece in cut.pieces}) == 2


def test_one_piece_is_under_way_even_if_it_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Grid("EPSG:5070", 0.0, 0.0, 1000.0, 1000.0, 40, 40)
    source = MemoryGridSource(grid, TimeAxis(START, 3600, 48))
    cut = make_cut(
        source, scattered(GridWindow(2, 30, 2, 30), 20), ("precip_rate",), source.period, Shape(48)
    )
    assert at_once(cut, 8) == 9
    monkeypatch.setattr("dmod.forcing.gridded.derive.run.MEMORY_BYTES", 10)
    assert at_once(cut, 8) == 1
