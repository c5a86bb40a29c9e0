"""A grid by its edges: from centres, in windows, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from dmod.errors import InputError
from dmod.forcing.gridded.grid import Grid, GridWindow

NORTH_UP = Grid("EPSG:4326", -112.0, 42.0, 0.25, -0.5, 8, 6)
SOUTH_UP = Grid("EPSG:4326", -112.0, 39.0, 0.25, 0.5, 8, 6)


def test_edges_lie_half_a_cell_outside_of_the_centres() -> None:
    grid = Grid.from_centres(np.array([10.0, 12.0, 14.0]), np.array([5.0, 4.0]), "EPSG:5070")
    assert (grid.x_edge, grid.dx, grid.columns) == (9.0, 2.0, 3)
    assert (grid.y_edge, grid.dy, grid.rows) == (5.5, -1.0, 2)
    assert grid.bounds == (9.0, 3.5, 15.0, 5.5)
    assert (grid.x.tolist(), grid.y.tolist()) == ([10.0, 12.0, 14.0], [5.0, 4.0])


def test_centres_in_single_precision_make_an_even_grid() -> None:
    x = (-130.0 + np.arange(8401) / 120).astype(np.float32)
    grid = Grid.from_centres(x, np.array([1.0, 0.0]), "EPSG:4326")
    assert grid.dx == pytest.approx(1 / 120, rel=1e-7)
    assert np.abs(grid.x - (-130.0 + np.arange(8401) / 120)).max() < 1e-5


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1.0], "has 1 values"),
        ([[1.0, 2.0]], "has 2 dimensions"),
        ([1.0, 2.0, 3.5], r"not evenly spaced \(value 1 is 2"),
        ([1.0, 1.0, 1.0], "not evenly spaced"),
        ([1.0, np.nan, 3.0], "not evenly spaced"),
        ([np.nan, np.nan, np.nan], "not evenly spaced"),
    ],
)
def test_centres_that_make_no_grid_are_refused(x: list[float], message: str) -> None:
    with pytest.raises(InputError, match=rf"store.nc: the x coordinate (is )?{message}"):
        Grid.from_centres(np.array(x), np.array([1.0, 0.0]), "EPSG:4326", where="store.nc")


def test_window_holds_what_was_asked_for_and_no_more() -> None:
    asked = (-111.6, 40.1, -111.3, 40.9)
    assert NORTH_UP.window(asked) == GridWindow(2, 2, 1, 2)
    assert SOUTH_UP.window(asked) == GridWindow(2, 2, 1, 2)
    assert NORTH_UP.window(asked, margin=1) == GridWindow(1, 4, 0, 4)
    assert NORTH_UP.window((-120.0, 30.0, -100.0, 50.0)) == NORTH_UP.whole
    assert NORTH_UP.window((-100.0, 40.1, -99.0, 40.9)) is None


def test_window_as_a_grid_has_the_same_cells() -> None:
    window = GridWindow(2, 3, 4, 2)
    cut = NORTH_UP.cut(window)
    assert cut.x.tolist() == NORTH_UP.x[4:6].tolist()
    assert cut.y.tolist() == NORTH_UP.y[2:5].tolist()
    assert (window.cells, cut.whole.cells) == (6, 6)


def test_key_tells_grids_apart() -> None:
    others = [
        SOUTH_UP,
        Grid("EPSG:4269", -112.0, 42.0, 0.25, -0.5, 8, 6),
        Grid("EPSG:4326", -112.0 + 1e-12, 42.0, 0.25, -0.5, 8, 6),
        Grid("EPSG:4326", -112.0, 42.0, 0.25, -0.5, 6, 8),
    ]
    assert len({grid.key for grid in (NORTH_UP, *others)}) == 5
    assert NORTH_UP.key == Grid("EPSG:4326", -112.0, 42.0, 0.25, -0.5, 8, 6).key
