"""Boxes and polygons: which catchments they select, in any reference system, and across the edge."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import CoverageError, InputError, NotFoundError
from dmod.hydrofabric import Layer, write_geopackage
from dmod.hydrofabric.subset import FabricIndex, Region, Selection, open_index, select
from dmod.hydrofabric.subset.boxes import HEAD, box_of, outwards
from dmod.testing import fabrics
from dmod.testing.fabrics import SIDE, SOUTH, WEST, write_fabric

Ring = Sequence[tuple[float, float]]


def quiet(_message: str) -> None:
    pass


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> FabricIndex:
    """A row of six square catchments of one kilometre, each draining into the next."""
    return open_index(write_fabric(tmp_path_factory.mktemp("areas"), fabrics.chain(6)))


def found(index: FabricIndex, region: Region) -> tuple[tuple[str, ...], Selection]:
    selection = select(index, region, quiet)
    return index.ids(index.of_kind(selection.nodes, "divide"), "divide"), selection


def box(west: float, south: float, east: float, north: float) -> Ring:
    """Return a rectangle in the fabric's metres, given in widths of a catchment."""
    xs, ys = (WEST + west * SIDE, WEST + east * SIDE), (SOUTH + south * SIDE, SOUTH + north * SIDE)
    return [(xs[0], ys[0]), (xs[1], ys[0]), (xs[1], ys[1]), (xs[0], ys[1]), (xs[0], ys[0])]


def in_degrees(ring: Ring) -> list[list[float]]:
    import pyproj

    to = pyproj.Transformer.from_crs(5070, 4326, always_xy=True)
    return [list(to.transform(x, y)) for x, y in ring]


def geojson(path: Path, ring: Ring, crs: str = "") -> Path:
    points = [list(point) for point in ring] if crs else in_degrees(ring)
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [points]}}
    document = {"type": "FeatureCollection", "features": [feature]}
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(document))
    return path


def wkt(ring: Ring) -> str:
    return "POLYGON ((" + ", ".join(f"{x!r} {y!r}" for x, y in ring) + "))"


@pytest.mark.parametrize(
    ("rule", "catchments"),
    [
        ("overlap", ("cat-2", "cat-3", "cat-4")),
        ("centroid", ("cat-3", "cat-4")),
        ("within", ("cat-3",)),
    ],
)
def test_rule_says_which_catchments_a_polygon_selects(
    index: FabricIndex, tmp_path: Path, rule: str, catchments: tuple[str, ...]
) -> None:
    path = geojson(tmp_path / "p.geojson", box(1.6, -0.2, 3.7, 1.2))
    assert found(index, replace(Region(polygon=path), rule=rule))[0] == catchments  # type: ignore[arg-type]


def test_catchment_that_only_touches_is_not_selected(index: FabricIndex, tmp_path: Path) -> None:
    path = geojson(tmp_path / "p.geojson", box(2.0, 0.0, 3.0, 1.0), crs="EPSG:5070")
    ids, selection = found(index, Region(polygon=path))
    assert ids == ("cat-3",)
    assert selection.outside == pytest.approx(0.0, abs=1e-9)
    assert selection.notes == (
        "1 flowpath takes water from outside the selection (wb-3);"
        " choose it with what is upstream to have it all",
    )


def test_exact_shape_counts_not_its_box(index: FabricIndex, tmp_path: Path) -> None:
    # its box spans all six catchments; at their height it is narrow
    slope = [(WEST + 5.2 * SIDE, SOUTH - SIDE), (WEST + 5.8 * SIDE, SOUTH - SIDE), (WEST, SOUTH + 6 * SIDE)]
    path = geojson(tmp_path / "p.geojson", [*slope, slope[0]])
    assert found(index, Region(polygon=path))[0] == ("cat-4", "cat-5")


@pytest.mark.parametrize(
    "name", ["p.geojson", "crs.geojson", "p.wkt", "ewkt.txt", "albers.gpkg", "lonlat.gpkg"]
)
def test_reference_system_of_every_kind_of_file_is_respected(
    index: FabricIndex, tmp_path: Path, name: str
) -> None:
    ring = box(1.5, 0.2, 2.5, 0.8)
    path = tmp_path / name
    if name == "p.geojson":
        geojson(path, ring)
    elif name == "crs.geojson":
        geojson(path, ring, crs="urn:ogc:def:crs:EPSG::5070")
    elif name == "p.wkt":
        path.write_text(wkt([(x, y) for x, y in in_degrees(ring)]))
    elif name == "ewkt.txt":
        path.write_text(f"SRID=5070;{wkt(ring)}")
    else:
        srs = 5070 if name == "albers.gpkg" else 4326
        points = np.array(ring if srs == 5070 else in_degrees(ring))
        write_geopackage(path, {"area": Layer({"name": ["a"]}, [points])}, srs=srs)
    ids, selection = found(index, Region(polygon=path))
    assert ids == ("cat-2", "cat-3")
    assert selection.outside < 1e-5


def test_box_in_degrees_selects_what_lies_in_it(index: FabricIndex) -> None:
    points = np.array(in_degrees(box(3.2, 0.3, 4.8, 0.6)))
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    ids, selection = found(index, Region(bbox=(west, south, east, north)))
    assert ids == ("cat-4", "cat-5")
    assert index.ids(index.of_kind(selection.nodes, "flowpath"), "flowpath") == ("wb-4", "wb-5")
    assert index.ids(index.of_kind(selection.nodes, "nexus"), "nexus") == ("nex-5", "nex-6")
    assert index.ids(selection.inflows, "flowpath") == ("wb-4",)
    assert index.ids(selection.outlets, "nexus") == ("nex-6",)
    upstream = found(index, Region(bbox=(west, south, east, north), upstream=True))
    assert upstream[0] == ("cat-1", "cat-2", "cat-3", "cat-4", "cat-5")
    assert not upstream[1].inflows.size


def test_flowpath_without_catchment_is_selected_by_its_line(tmp_path: Path) -> None:
    tables = fabrics.without_row(fabrics.chain(3), "divides", 1)
    index = open_index(write_fabric(tmp_path, tables))
    path = geojson(tmp_path / "p.geojson", box(0.1, 0.1, 1.9, 0.9))
    ids, selection = found(index, Region(polygon=path))
    assert ids == ("cat-1",)
    assert index.ids(index.of_kind(selection.nodes, "flowpath"), "flowpath") == ("wb-1", "wb-2")


def test_polygon_across_the_edge_says_how_much_lies_outside(index: FabricIndex, tmp_path: Path) -> None:
    path = geojson(tmp_path / "p.geojson", box(4.0, 0.0, 8.0, 1.0), crs="EPSG:5070")
    ids, selection = found(index, Region(polygon=path))
    assert ids == ("cat-5", "cat-6")
    assert selection.outside == pytest.approx(0.5, abs=1e-9)
    assert "50.0 % of the polygon lies outside basin.gpkg" in selection.notes


def test_area_outside_is_refused_with_the_distance(index: FabricIndex, tmp_path: Path) -> None:
    path = geojson(tmp_path / "p.geojson", box(10.0, 0.0, 12.0, 1.0))
    with pytest.raises(
        CoverageError, match=r"lies outside .*; the nearest catchment, cat-6, is 5(\.0\d*)? km"
    ):
        found(index, Region(polygon=path))
    with pytest.raises(CoverageError, match="the bbox 10,50,11,51 lies outside"):
        found(index, Region(bbox=(10.0, 50.0, 11.0, 51.0)))


def test_area_too_small_for_its_rule_says_so(index: FabricIndex, tmp_path: Path) -> None:
    path = geojson(tmp_path / "p.geojson", box(0.1, 0.1, 0.2, 0.2))
    with pytest.raises(CoverageError, match=r"no catchment of basin\.gpkg fits .* 'within'") as caught:
        found(index, Region(polygon=path, rule="within"))
    assert "overlaps" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("bbox", "said"),
    [
        ((-111.0, 41.0, -112.0, 42.0), "west must be less than east"),
        ((-112.0, 42.0, -111.0, 41.0), "south less than north"),
        ((41.0, -112.0, 42.0, -111.0), "latitudes lie between"),
        ((-1e6, 41.0, 1e6, 42.0), "longitudes lie between"),
        ((float("nan"), 41.0, -111.0, 42.0), "latitudes lie between"),
    ],
)
def test_impossible_box_is_refused_with_the_order(
    index: FabricIndex, bbox: tuple[float, float, float, float], said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        found(index, Region(bbox=bbox))
    assert "west,south,east,north" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.geojson", "{", "is no JSON"),
        ("a.geojson", '{"type": "FeatureCollection", "features": []}', "holds no polygon: it has no shapes"),
        ("a.geojson", '{"type": "Point", "coordinates": [1, 2]}', "it has only Point"),
        ("a.geojson", '{"type": "Polygon"}', "a geometry cannot be read"),
        ("a.geojson", "[1]", "no well-known text"),
        ("a.wkt", "POLYGON ((0 0, 1 1", "no well-known text"),
        ("a.wkt", "", "no well-known text"),
        ("a.wkt", "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "polygon 1 is not valid: Self-intersection"),
        ("a.wkt", wkt(box(0, 0, 1, 1)), "its coordinates are no degrees"),
        ("a.shp", "\x00\x00\x27\x0a\xff\xfe", "neither text nor a GeoPackage|no well-known text"),
    ],
)
def test_file_that_holds_no_polygon_is_refused(
    index: FabricIndex, tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=said):
        found(index, Region(polygon=tmp_path / name))


def test_polygon_file_that_is_missing_or_has_several_layers_is_refused(
    index: FabricIndex, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match=r"no\.geojson"):
        found(index, Region(polygon=tmp_path / "no.geojson"))
    with pytest.raises(InputError, match="one layer with shapes; it has divides, flowpaths, nexus"):
        found(index, Region(polygon=index.fabric))


def test_edges_in_degrees_are_bent_as_the_projection_bends_them(index: FabricIndex) -> None:
    # a parallel is a curve in Albers: between two far meridians its chord runs far from it
    from dmod.hydrofabric.subset.areas import projected, rectangle

    area = projected(index, rectangle(-125.0, 40.0, -67.0, 41.0), 4326)
    lowest = min(y for _, y in area.exterior.coords)
    middle = projected(index, rectangle(-96.1, 40.0, -95.9, 41.0), 4326)
    assert lowest == pytest.approx(min(y for _, y in middle.exterior.coords), abs=50.0)


def test_nothing_asked_for_is_refused(index: FabricIndex) -> None:
    with pytest.raises(InputError, match="no region is given"):
        found(index, Region())
    with pytest.raises(InputError, match="no rule 'touch'"):
        found(index, Region(("cat-1",), rule="touch"))  # type: ignore[arg-type]


def test_catchments_without_an_rtree_are_found_by_the_heads_of_their_shapes(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    path = write_fabric(tmp_path, fabrics.chain(4))
    before = open_index(path).arrays["box"].copy()
    with closing(sqlite3.connect(path)) as database:
        for layer in ("divides", "flowpaths"):
            database.execute(f"DROP TABLE rtree_{layer}_geom")
        database.commit()
    index = open_index(path)
    np.testing.assert_allclose(index.arrays["box"], before, rtol=3e-7)
    path = geojson(tmp_path / "p.geojson", box(1.5, 0.2, 2.5, 0.8))
    assert found(index, Region(polygon=path))[0] == ("cat-2", "cat-3")


def test_box_of_every_kind_of_shape_is_read_from_its_head() -> None:
    import shapely

    line = shapely.LineString([(1.0, 2.0), (5.0, -3.0)])
    little, big = (
        shapely.to_wkb(shapely.Point(1, 2), byte_order=1),
        shapely.to_wkb(shapely.Point(1, 2), byte_order=0),
    )
    envelope = np.array([1.0, 5.0, -3.0, 2.0])
    assert box_of(b"GP\0\3" + bytes(4) + envelope.astype("<f8").tobytes() + line.wkb) == (1.0, -3.0, 5.0, 2.0)
    assert box_of(b"GP\0\2" + bytes(4) + envelope.astype(">f8").tobytes() + line.wkb) == (1.0, -3.0, 5.0, 2.0)
    assert box_of(b"GP\0\1" + bytes(4) + little) == (1.0, 2.0, 1.0, 2.0)
    assert box_of(b"GP\0\1" + bytes(4) + big) == (1.0, 2.0, 1.0, 2.0)
    assert box_of(b"GP\0\1" + bytes(4) + line.wkb) is None
    assert box_of(b"GP\0\x11" + bytes(4) + shapely.Point().wkb) is None
    assert box_of(None) is None
    spatialite = b"\0\1" + bytes(4) + np.array([1.0, -3.0, 5.0, 2.0]).astype("<f8").tobytes() + b"\x7c"
    assert box_of(spatialite + bytes(HEAD)) == (1.0, -3.0, 5.0, 2.0)


def test_boxes_in_single_precision_hold_those_in_double() -> None:
    boxes = np.random.default_rng(1).uniform(-2e6, 2e6, (4, 500))
    single = outwards(boxes).astype(np.float64)
    assert (single[:2] <= boxes[:2]).all()
    assert (single[2:] >= boxes[2:]).all()
    np.testing.assert_allclose(single, boxes, rtol=2e-7)
