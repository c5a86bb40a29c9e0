"""Maps of hydrofabrics: what is drawn at which zoom, where it lies, what is found and what is upstream."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from dmod.errors import HydrofabricError, InputError, NotFoundError
from dmod.hydrofabric import write_geopackage
from dmod.services.maps.fabric_map import FabricMap
from dmod.services.maps.layers import first_zoom
from dmod.services.maps.library import SUFFIX, open_map
from dmod.services.maps.mercator import HALF, PIXELS, is_tile, latitudes, longitudes, pixel, tile_bounds
from dmod.testing.fabrics import tree, without_flowpath_attributes, y_confluence


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> FabricMap:
    fabric = tmp_path_factory.mktemp("map") / "basin.gpkg"
    write_geopackage(fabric, tree(31))
    return open_map(fabric)


def tile_at(zoom: int, longitude: float, latitude: float) -> tuple[int, int]:
    count = 2**zoom
    y = (1.0 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2.0
    return int((longitude + 180.0) / 360.0 * count), int(y * count)


def middle(drawn: FabricMap) -> tuple[float, float]:
    west, south, east, north = drawn.pyramid.bounds
    return (west + east) / 2.0, (south + north) / 2.0


def decoded(content: bytes) -> dict:
    return mapbox_vector_tile.decode(gzip.decompress(content), default_options={"y_coord_down": True})


def test_tiles_cover_the_plane_without_overlap() -> None:
    # zoom 0 is the whole plane; the four of zoom 1 are its quarters, counted from the north-west
    assert tile_bounds(0, 0, 0) == (-HALF, -HALF, HALF, HALF)
    assert tile_bounds(1, 0, 0) == (-HALF, 0.0, 0.0, HALF)
    assert tile_bounds(1, 1, 1) == (0.0, -HALF, HALF, 0.0)
    assert pixel(0) * PIXELS == pytest.approx(2 * HALF)
    assert not is_tile(1, 2, 0)
    assert not is_tile(-1, 0, 0)


def test_degrees_of_the_plane_are_those_of_its_definition() -> None:
    # the edge of the square plane lies at latitude atan(sinh(pi)) = 85.0511 degrees
    assert float(latitudes(np.array(HALF))) == pytest.approx(math.degrees(math.atan(math.sinh(math.pi))))
    assert float(longitudes(np.array(-HALF))) == pytest.approx(-180.0)
    assert float(latitudes(np.array(0.0))) == pytest.approx(0.0, abs=1e-12)


def test_first_zoom_is_the_one_at_which_a_width_has_its_pixels() -> None:
    for width in (10.0, 900.0, 25_000.0):
        zoom = first_zoom(width, 3.0)
        assert zoom == 14 or width / pixel(zoom) >= 3.0
        assert zoom == 0 or width / pixel(zoom - 1) < 3.0
    assert first_zoom(0.0, 3.0) == 14


def test_tile_holds_catchments_with_their_ids_where_they_lie(drawn: FabricMap) -> None:
    zoom = next(layer["first_zoom"] for layer in drawn.describe()["layers"] if layer["name"] == "catchments")
    x, y = tile_at(zoom, *middle(drawn))
    layers = decoded(drawn.tile(zoom, x, y))
    found = {feature["properties"]["id"]: feature for feature in layers["catchments"]["features"]}
    assert set(found) <= {f"cat-{n}" for n in range(1, 32)}
    assert len(found) > 5
    west, south, east, north = tile_bounds(zoom, x, y)
    some = next(iter(found))
    box = drawn.pyramid.place(some, "catchments")
    assert box is not None
    shape = shapely.geometry.shape(found[some]["geometry"])
    at = shape.centroid
    place_x = float(longitudes(np.array(west + at.x / 4096 * (east - west))))
    place_y = float(latitudes(np.array(north - at.y / 4096 * (north - south))))
    assert box[0] - 0.02 <= place_x <= box[2] + 0.02
    assert box[1] - 0.02 <= place_y <= box[3] + 0.02


def test_catchments_too_small_to_see_are_not_in_a_tile(drawn: FabricMap) -> None:
    first = next(layer["first_zoom"] for layer in drawn.describe()["layers"] if layer["name"] == "catchments")
    layers = decoded(drawn.tile(first - 1, *tile_at(first - 1, *middle(drawn))))
    assert "catchments" not in layers


def test_tile_without_content_is_empty_and_kept(drawn: FabricMap) -> None:
    assert decoded(drawn.tile(3, 0, 7)) == {}
    assert drawn.pyramid.kept(3, 0, 7) is not None
    assert drawn.tile(3, 0, 7) == drawn.pyramid.kept(3, 0, 7)


def test_tile_that_is_none_is_refused(drawn: FabricMap) -> None:
    with pytest.raises(NotFoundError, match="no tile 15/0/0"):
        drawn.tile(15, 0, 0)


def test_neighbours_share_their_border_at_every_level(drawn: FabricMap) -> None:
    whole = None
    for zoom in (14, 11, 8):
        shapes = drawn.pyramid.shapes(zoom, (-HALF, -HALF, HALF, HALF)).get("catchments", [])
        polygons = shapely.from_wkb([wkb for _, _, wkb in shapes])
        area = shapely.area(polygons).sum()
        assert shapely.area(shapely.union_all(polygons)) == pytest.approx(area, rel=1e-9)
        whole = whole or area
        assert area == pytest.approx(whole, rel=0.1)


def test_upstream_of_the_outlet_is_the_whole_and_of_a_headwater_itself(drawn: FabricMap) -> None:
    whole = drawn.upstream("wb-1")
    ids = set(
        drawn.index.ids(drawn.index.of_kind(np.arange(sum(drawn.index.count.values())), "divide"), "divide")
    )
    areas = {place: len(drawn.upstream(place).catchments) for place in sorted(ids)}
    assert max(areas.values()) == 31
    assert min(areas.values()) == 1
    assert set(whole.catchments) <= ids
    assert whole.bounds is not None
    head = next(place for place, number in areas.items() if number == 1)
    found = drawn.upstream(head)
    assert found.catchments == (head,)
    assert found.bounds == pytest.approx(drawn.pyramid.place(head, "catchments"))


def test_drained_area_grows_downstream_to_that_of_the_basin(drawn: FabricMap) -> None:
    shapes = drawn.pyramid.shapes(14, (-HALF, -HALF, HALF, HALF))
    drained = {identifier: known["drained"] for identifier, known, _ in shapes["flowpaths"]}
    area = {identifier: known["area"] for identifier, known, _ in shapes["catchments"]}
    assert max(drained.values()) == pytest.approx(sum(area.values()), rel=1e-3)
    for flowpath, value in drained.items():
        above = drawn.upstream(flowpath).catchments
        assert value == pytest.approx(sum(area[name] for name in above), abs=0.02)


def test_search_finds_what_begins_so_and_bare_numbers_of_every_kind(drawn: FabricMap) -> None:
    assert [hit.id for hit in drawn.search("cat-3")] == ["cat-3", "cat-30", "cat-31"]
    kinds = {hit.kind for hit in drawn.search("3", 50)}
    assert {"catchment", "flowpath"} <= kinds
    assert drawn.search("nothing-like-it") == []
    with pytest.raises(InputError, match="nothing is searched for"):
        drawn.search("  ")


def test_feature_says_where_its_water_goes_and_what_is_known_of_it(drawn: FabricMap) -> None:
    found = drawn.feature("cat-3")
    assert found["kind"] == "catchment"
    assert found["below"]
    assert found["attributes"]["areasqkm"] > 0
    with pytest.raises(NotFoundError, match="no 'cat-999'"):
        drawn.feature("cat-999")


def test_attribute_has_a_value_for_every_catchment(drawn: FabricMap) -> None:
    catchments, values = drawn.values("areasqkm")
    assert len(catchments) == len(values) == 31
    with pytest.raises(NotFoundError, match="no attribute 'areasqmiles'"):
        drawn.values("areasqmiles")


def test_map_is_drawn_once_and_one_that_cannot_be_read_again(tmp_path: Path) -> None:
    fabric = tmp_path / "basin.gpkg"
    write_geopackage(fabric, y_confluence())
    first = open_map(fabric)
    path = tmp_path / f"basin.gpkg{SUFFIX}"
    before = path.stat().st_ino
    assert open_map(fabric).describe() == first.describe()
    assert path.stat().st_ino == before
    path.write_bytes(b"rubbish")
    assert open_map(fabric).describe() == first.describe()


def test_fabric_without_attributes_of_flowpaths_is_drawn(tmp_path: Path) -> None:
    fabric = tmp_path / "basin.gpkg"
    write_geopackage(fabric, without_flowpath_attributes())
    assert open_map(fabric).describe()["layers"][0]["count"] == 3


def test_file_that_is_no_hydrofabric_is_refused_and_leaves_no_map(tmp_path: Path) -> None:
    fabric = tmp_path / "basin.gpkg"
    fabric.write_text("no database")
    with pytest.raises(HydrofabricError):
        open_map(fabric)
    assert [path.name for path in tmp_path.iterdir()] == ["basin.gpkg"]
