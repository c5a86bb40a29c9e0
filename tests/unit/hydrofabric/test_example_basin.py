import dataclasses

import numpy as np
import pytest
import shapely
from scipy import ndimage

from dmod.errors import InputError
from dmod.hydrofabric.example import ExampleBasin, fabric_tables, make_basin, nexus_ids
from dmod.hydrofabric.example.coverage import joined, polygons
from dmod.hydrofabric.example.delineation import divide_basin
from dmod.hydrofabric.example.terrain import make_terrain

SIZES = [(1, 1), (2, 5), (9, 2), (60, 3), (300, 4)]


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}-catchments")
def basin(request: pytest.FixtureRequest) -> ExampleBasin:
    catchments, seed = request.param
    return make_basin(catchments, seed, lakes=catchments // 20)


def test_basin_has_exactly_the_number_of_catchments(basin: ExampleBasin) -> None:
    assert len(basin) in dict(SIZES)
    assert len(basin.polygons) == len(basin.channels.lines) == len(basin.area) == len(basin)
    assert len(set(basin.ids)) == len(basin)


def test_every_catchment_drains_to_the_one_outlet(basin: ExampleBasin) -> None:
    assert np.flatnonzero(basin.downstream < 0).tolist() == [len(basin) - 1]
    assert (basin.downstream[:-1] > np.arange(len(basin) - 1)).all()  # downwards always, so no cycle


def test_polygons_are_valid_and_cover_without_overlap(basin: ExampleBasin) -> None:
    assert all(p.geom_type == "Polygon" and p.is_valid for p in basin.polygons)
    assert shapely.coverage_is_valid(list(basin.polygons))
    whole = shapely.union_all(list(basin.polygons))
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert whole.area / 1e6 == pytest.approx(basin.area.sum(), rel=1e-9)


def test_areas_are_those_of_real_catchments(basin: ExampleBasin) -> None:
    assert basin.area.sum() == pytest.approx(basin.channels.drainage[-1], rel=1e-12)
    assert 6.0 < basin.area.mean() < 10.0
    assert np.median(basin.area) > 2.0
    assert (basin.area > 0.1).all()
    assert (basin.area < 40.0).all()
    assert np.mean((basin.area > 2) & (basin.area < 25)) > 0.95


def test_flowpaths_meet_at_the_head_of_the_next(basin: ExampleBasin) -> None:
    for i, below in enumerate(basin.downstream):
        if below >= 0:
            assert np.array_equal(basin.channels.lines[i][-1], basin.channels.lines[below][0])


def test_flowpaths_have_length_slope_and_sections_that_can_be_routed(basin: ExampleBasin) -> None:
    channels, sections = basin.channels, basin.sections
    assert (channels.length > 0).all()
    assert (channels.slope > 0).all()
    assert (channels.slope < 0.5).all()
    assert (sections["BtmWdth"] > 0).all()
    assert (sections["BtmWdth"] <= sections["TopWdth"]).all()
    assert (sections["TopWdth"] < sections["TopWdthCC"]).all()
    assert (sections["n"] < sections["nCC"]).all()


def test_flowpaths_lie_in_their_own_catchments(basin: ExampleBasin) -> None:
    """But for short shared pieces above a confluence, and where smoothing cuts a corner."""
    inside = [
        line.intersection(polygon).length / line.length
        for line, polygon in zip(map(shapely.LineString, basin.channels.lines), basin.polygons, strict=True)
    ]
    assert np.mean(inside) > 0.85
    assert min(inside) > 0.05


def test_order_and_drainage_grow_downstream(basin: ExampleBasin) -> None:
    channels, below = basin.channels, basin.downstream
    above = np.flatnonzero(below >= 0)
    assert (channels.order[below[above]] >= channels.order[above]).all()
    assert (channels.drainage[below[above]] > channels.drainage[above]).all()
    heads = np.setdiff1d(np.arange(len(basin)), below)
    assert (channels.order[heads] == 1).all()
    assert (channels.hydroseq[above] > channels.hydroseq[below[above]]).all()


def test_main_stems_follow_the_largest_tributary(basin: ExampleBasin) -> None:
    stem = basin.channels.mainstem
    for below in set(basin.downstream[basin.downstream >= 0].tolist()):
        above = np.flatnonzero(basin.downstream == below)
        largest = above[np.argmax(basin.channels.drainage[above])]
        assert stem[largest] == stem[below]
        assert np.count_nonzero(stem[above] == stem[below]) == 1


def test_hillslopes_hold_shares_and_plausible_slopes(basin: ExampleBasin) -> None:
    hills = basin.hillslopes
    assert hills.arrival.sum(axis=1) == pytest.approx(1.0)
    assert hills.wetness.sum(axis=1) == pytest.approx(1.0)
    assert (hills.slope > 0).all()
    assert 0.05 < hills.slope.mean() < 0.4
    assert ((hills.aspect >= 0) & (hills.aspect < 360)).all()
    assert (hills.elevation > 0).all()
    assert (hills.elevation < 4000).all()


def test_soils_stay_within_physical_ranges(basin: ExampleBasin) -> None:
    soils = basin.soils
    assert ((soils.porosity > 0.3) & (soils.porosity < 0.6)).all()
    assert ((soils.wilting > 0) & (soils.wilting < soils.porosity)).all()
    assert ((soils.conductivity > 1e-7) & (soils.conductivity < 1e-3)).all()
    assert ((soils.drainage > 0) & (soils.drainage < 1)).all()
    assert ((soils.impervious >= 0) & (soils.impervious < 1)).all()


def test_basin_lies_in_the_united_states(basin: ExampleBasin) -> None:
    longitude, latitude = basin.lonlat
    assert ((longitude > -90) & (longitude < -70)).all()
    assert ((latitude > 33) & (latitude < 45)).all()


def arrays(basin: ExampleBasin) -> list[np.ndarray]:
    parts = [*vars(basin.channels).values()] if hasattr(basin.channels, "__dict__") else []
    for value in (basin.channels, basin.hillslopes, basin.soils):
        parts += [getattr(value, field.name) for field in dataclasses.fields(value) if field.name != "lines"]
    outlines = shapely.get_coordinates(list(basin.polygons))
    return [basin.downstream, basin.area, outlines, *basin.channels.lines, *parts, *basin.sections.values()]


def test_same_seed_gives_the_same_bytes() -> None:
    first, second = make_basin(30, 11), make_basin(30, 11)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(arrays(first), arrays(second), strict=True))


def test_other_seed_gives_another_basin() -> None:
    basins = [make_basin(12, seed) for seed in range(6)]
    assert len({b.area.tobytes() for b in basins}) == 6
    assert len({b.downstream.tobytes() for b in basins}) > 1


def test_rivers_are_dendritic_not_combs() -> None:
    """A comb's mains take single headwaters one by one; a tree has order 4 and branching at all levels."""
    basin = make_basin(300, 4)
    order = basin.channels.order
    assert order.max() >= 4
    links = [np.count_nonzero(order == k) for k in (1, 2, 3)]
    assert links[0] > links[1] > 0
    directions = np.concatenate([np.diff(line[1:-1], axis=0) for line in basin.channels.lines])
    angle = np.degrees(np.arctan2(directions[:, 1], directions[:, 0])) % 45
    on_grid = np.minimum(angle, 45 - angle) < 1.0  # along rows, columns, or diagonals of the grid
    assert on_grid.mean() < 0.45


@pytest.mark.parametrize(
    ("catchments", "seed", "lakes"),
    [(0, 1, 0), (-3, 1, 0), (10**6, 1, 0), (10, -1, 0), (10, 1, 3), (10, 1, -1)],
)
def test_impossible_numbers_are_refused(catchments: int, seed: int, lakes: int) -> None:
    with pytest.raises(InputError):
        make_basin(catchments, seed, lakes=lakes)


def test_terrain_too_small_to_divide_is_refused() -> None:
    terrain = make_terrain(1, np.random.default_rng(0), catchment_area=8e6, hillslope=0.2, lowest=100.0)
    with pytest.raises(InputError, match="cannot be divided"):
        divide_basin(terrain, 3000)


@pytest.mark.parametrize("catchments", [1, 50, 3000])
def test_terrain_rises_from_the_outlet_within_the_relief_of_real_land(catchments: int) -> None:
    terrain = make_terrain(
        catchments, np.random.default_rng(2), catchment_area=8e6, hillslope=0.2, lowest=150.0
    )
    height = terrain.elevation[terrain.inside]
    assert height.min() == terrain.elevation.ravel()[terrain.outlet] == 150.0
    assert 100.0 < np.ptp(height) <= 2000.0 + 1e-9


def test_division_covers_the_basin_with_every_label() -> None:
    terrain = make_terrain(40, np.random.default_rng(8), catchment_area=8e6, hillslope=0.2, lowest=100.0)
    division = divide_basin(terrain, 40)
    inside = terrain.inside.ravel()
    assert (division.label[inside] >= 0).all()
    assert (division.label[~inside] == -1).all()
    assert np.unique(division.label[inside]).tolist() == list(range(40))
    # water leaves a catchment only into one on its way to the outlet, or beside that way for the last
    # short piece above a confluence, where two flowpaths were lengthened together
    cells = np.setdiff1d(terrain.order, [terrain.outlet])
    leaving = cells[division.label[cells] != division.label[terrain.receiver[cells]]]
    for own, reached in {(int(division.label[c]), int(division.label[terrain.receiver[c]])) for c in leaving}:
        way = [own]
        while division.downstream[way[-1]] >= 0:
            way.append(int(division.downstream[way[-1]]))
        assert reached in way or division.downstream[reached] in way


def test_division_makes_catchments_of_one_piece() -> None:
    """Land that is given away goes to the catchment it drains into, so that no piece lies apart."""
    terrain = make_terrain(200, np.random.default_rng(1), catchment_area=8e6, hillslope=0.2, lowest=100.0)
    division = divide_basin(terrain, 200)
    for i in range(200):
        _, pieces = ndimage.label(
            (division.label == i).reshape(terrain.inside.shape), structure=np.ones((3, 3))
        )
        assert pieces == 1


def test_joined_labels_hand_lesser_pieces_to_a_neighbour() -> None:
    label = np.full((6, 8), -1)
    label[1:5, 1:4] = 0
    label[1:5, 4:7] = 1
    label[1, 6] = 0  # a piece of 0 on the far side of 1
    label[3, 2] = -1  # a hole
    result = joined(label, 2)
    assert result[1, 6] == 1
    assert result[3, 2] == 0
    assert (result[0] == -1).all()


def test_polygons_of_an_enclosed_label_have_a_hole_around_it() -> None:
    label = np.full((8, 8), -1)
    label[1:7, 1:7] = 0
    label[3:5, 3:5] = 1
    outer, inner = polygons(label, 2, tolerance=0.0)
    assert len(outer.interiors) == 1
    assert (outer.area, inner.area) == (32.0, 4.0)


def test_nexuses_are_those_with_water_and_the_outlet(basin: ExampleBasin) -> None:
    names = nexus_ids(basin)
    toid = set(fabric_tables(basin)["divides"].columns["toid"])
    assert set(names) == toid
    assert names[-1] == f"nex-{len(basin) + 1}"
