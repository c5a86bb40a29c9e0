"""Totals of catchments against the total of their domain, which is found from its outline alone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.forcing.gridded.conservation import conservation
from dmod.forcing.gridded.coverage import Method, domain_weights, find_weights
from dmod.forcing.gridded.grid import Grid
from dmod.forcing.gridded.weights import Weights

ALBERS = "EPSG:5070"
GRID = Grid("EPSG:4326", -112.5, 42.6, 1 / 60, -1 / 60, 70, 60)


def tiling(count: int = 150) -> NDArray[np.object_]:
    """Return catchments without gaps: the Voronoi cells of random points within a circle."""
    rng = np.random.default_rng(11)
    centre = shapely.Point(-1.303e6, 2.227e6)
    points = shapely.MultiPoint(rng.normal((centre.x, centre.y), 12e3, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points))
    cut = shapely.intersection(cells, centre.buffer(25e3))
    return np.array([cell for cell in cut if cell.area > 0], dtype=object)


def weigh(shapes: NDArray[np.object_], method: Method) -> Weights:
    return find_weights(GRID, [f"cat-{i}" for i in range(len(shapes))], shapes, ALBERS, method=method)


def field_over(weights: Weights, steps: int = 5) -> NDArray[np.float32]:
    shape = (steps, weights.window.rows, weights.window.columns)
    return np.random.default_rng(4).gamma(0.3, 5.0, shape).astype(np.float32)


@pytest.mark.parametrize("method", ["area", "linear"])
def test_totals_of_a_sound_tiling_are_those_of_its_domain(method: Method) -> None:
    shapes = tiling()
    weights = weigh(shapes, method)
    domain = domain_weights(GRID, shapes, ALBERS, method=method)
    difference = conservation(weights, domain, field_over(weights))
    assert np.abs(difference).max() < 1e-11
    assert weights.area.sum() == pytest.approx(domain.area[0], rel=1e-11)


def test_catchment_that_is_there_twice_shows() -> None:
    shapes = tiling()
    doubled = np.append(shapes, shapes[:1])
    weights = weigh(doubled, "area")
    domain = domain_weights(GRID, doubled, ALBERS)
    extra = conservation(weights, domain, np.ones_like(field_over(weights)))
    assert extra == pytest.approx(weights.area[-1] / weights.area.sum(), rel=1e-6)


def test_domain_that_has_more_than_the_catchments_shows() -> None:
    shapes = tiling()
    weights = weigh(shapes, "area")
    domain = domain_weights(GRID, shapes, ALBERS)
    left_out = weights.select(np.arange(1, len(weights)))
    lacking = conservation(left_out, domain, np.ones_like(field_over(weights)))
    assert lacking == pytest.approx(-weights.area[0] / domain.area[0], rel=1e-6)


def test_steps_without_anything_are_conserved() -> None:
    shapes = tiling(20)
    weights = weigh(shapes, "area")
    domain = domain_weights(GRID, shapes, ALBERS)
    assert conservation(weights, domain, 0.0 * field_over(weights)).tolist() == [0.0] * 5


def test_cells_outside_of_a_window_are_refused() -> None:
    weights = weigh(tiling(20), "area")
    with pytest.raises(InputError, match="outside of the window"):
        weights.within(GRID.window((-112.5, 42.5, -112.4, 42.6)) or GRID.whole)
