"""Names of places, what is near to them, and the domain they are of."""

from pathlib import Path

import pytest

from dmod.errors import CoverageError, InputError, NotFoundError
from dmod.hydrofabric import Layer
from dmod.hydrofabric.subset import FabricIndex, Region, find_place, near_names, open_index, select
from dmod.hydrofabric.subset.domain import as_domain, domain_of_place, domain_of_units, split_namespace
from dmod.testing import fabrics
from dmod.testing.fabrics import SIDE, SOUTH, WEST, Tables, spoil, write_fabric


def quiet(_message: str) -> None:
    pass


def catchments(index: FabricIndex, *places: str, **more: object) -> tuple[str, ...]:
    nodes = select(index, Region(places, **more), quiet).nodes  # type: ignore[arg-type]
    return index.ids(index.of_kind(nodes, "divide"), "divide")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> FabricIndex:
    tables = fabrics.tree(7)
    tables["flowpath-attributes"] = Layer(
        {
            **tables["flowpath-attributes"].columns,
            "gage": ["01073000", "01073050", None, None, "02000001", "KLAW1", "10109001"],
        }
    )
    tables["pois"] = Layer({"poi_id": [7, 9], "id": ["wb-7", "wb-5"], "nex_id": ["nex-8", "nex-7"]})
    tables["hydrolocations"] = Layer(
        {
            "poi_id": [7, 9, 9],
            "id": ["wb-7", "wb-5", "wb-5"],
            "hl_uri": ["gages-10109001", "nid-UT00310", "huc12-160102030301"],
        }
    )
    return open_index(write_fabric(tmp_path_factory.mktemp("places"), tables))


@pytest.mark.parametrize(
    ("place", "kind", "at"),
    [
        ("gage-10109001", "gauge", "wb-7"),
        ("Gages-10109001", "gauge", "wb-7"),
        ("USGS-01073000", "gauge", "wb-1"),
        ("01073000", "gauge", "wb-1"),
        ("klaw1", "gauge", "wb-6"),
        ("poi-9", "poi", "wb-5"),
        ("nid-UT00310", "location", "wb-5"),
        ("NID-ut00310", "location", "wb-5"),
        ("huc12-160102030301", "location", "wb-5"),
        ("cat-5", "catchment", "cat-5"),
        ("CAT-5", "catchment", "cat-5"),
        (" wb-5 ", "flowpath", "wb-5"),
        ("nex-7", "nexus", "nex-7"),
        ("conus:cat-5", "catchment", "cat-5"),
    ],
)
def test_place_of_every_kind_is_found(index: FabricIndex, place: str, kind: str, at: str) -> None:
    found = find_place(index, place)
    assert found is not None
    assert (found.place.kind, found.place.ids) == (kind, (at,))


@pytest.mark.parametrize(
    ("place", "near"),
    [
        ("gage-1073000", "gage-01073000"),
        ("gage-01037000", "gage-01073000"),
        ("gage-0107300", "gage-01073000"),
        ("gage-01073001", "gage-01073000"),
        ("10109009", "gage-10109001"),
        ("nid-UT00301", "nid-ut00310"),
        ("cat-77", "cat-7"),
        ("cat-9", "cat-7"),
        ("5", "cat-5"),
        ("vpu-17", "vpu-16"),
    ],
)
def test_unknown_place_gets_near_ones(index: FabricIndex, place: str, near: str) -> None:
    assert find_place(index, place) is None
    assert near in near_names(index, place)
    with pytest.raises(NotFoundError, match="does not have that place") as caught:
        catchments(index, place)
    assert near in str(caught.value.hint)


def test_unknown_gauge_is_told_with_gauges_of_neighbouring_numbers(index: FabricIndex) -> None:
    assert "gage-02000001" in near_names(index, "gage-02000777")


def test_several_unknown_places_are_all_told(index: FabricIndex) -> None:
    with pytest.raises(NotFoundError, match="2 of the places: cat-77, nex-99") as caught:
        catchments(index, "cat-1", "cat-77", "nex-99")
    assert "cat-77: did you mean" in str(caught.value.hint)


def test_fabric_without_gauges_says_so(tmp_path: Path) -> None:
    tables = {
        name: layer for name, layer in fabrics.chain(3).items() if name in {"divides", "nexus", "flowpaths"}
    }
    with pytest.raises(NotFoundError) as caught:
        catchments(open_index(write_fabric(tmp_path, tables)), "gage-01073000")
    assert "no gauges at all" in str(caught.value.hint)


def test_gauge_known_by_its_nexus_alone_stands_on_the_flowpath_that_brings_most(tmp_path: Path) -> None:
    tables = fabrics.basin([2, 3, 3, -1])  # 1 → 3, 2 → 4, 3 → 4
    tables = {name: tables[name] for name in ("divides", "nexus", "flowpaths")}
    tables["hydrolocations"] = Layer({"id": ["nex-4"], "hl_uri": ["Gages-07"]})
    index = open_index(write_fabric(tmp_path, tables))
    found = find_place(index, "gage-07")
    assert found is not None
    assert found.place.ids == ("wb-3",)
    assert catchments(index, "gage-07") == ("cat-1", "cat-3")


def test_location_with_several_inflows_is_all_of_them(tmp_path: Path) -> None:
    tables = fabrics.y_confluence()
    tables["hydrolocations"] = Layer({"id": ["wb-1", "wb-2"], "hl_uri": ["wbin-5", "wbin-5"]})
    assert catchments(open_index(write_fabric(tmp_path, tables)), "wbin-5") == ("cat-1", "cat-2")


def at(column: float, row: float) -> tuple[float, float]:
    """Return latitude and longitude of a point, in widths of a catchment from the first one's corner."""
    import pyproj

    lon, lat = pyproj.Transformer.from_crs(5070, 4326, always_xy=True).transform(
        WEST + column * SIDE, SOUTH + row * SIDE
    )
    return lat, lon


def test_point_chooses_what_is_upstream_of_its_catchment(index: FabricIndex) -> None:
    lat, lon = at(4.5, 0.5)
    found = find_place(index, f"{lat},{lon}")
    assert found is not None
    assert (found.place.kind, found.place.ids) == ("point", ("cat-5",))
    assert catchments(index, f"{lat}, {lon}") == catchments(index, "cat-5")


def test_point_outside_says_how_far_the_nearest_catchment_is(index: FabricIndex) -> None:
    lat, lon = at(9.0, 0.5)
    with pytest.raises(CoverageError, match=r"the nearest catchment, cat-7, is 2(\.0\d*)? km away"):
        catchments(index, f"{lat},{lon}")


def test_point_with_longitude_first_is_told(index: FabricIndex) -> None:
    with pytest.raises(InputError, match="the latitude comes first") as caught:
        catchments(index, "-111.79,41.74")
    assert caught.value.hint == "did you mean 41.74,-111.79?"


def test_processing_unit_is_taken_whole(tmp_path: Path) -> None:
    tables = fabrics.chain(4)
    for name in ("divides", "flowpaths"):
        for row, unit in enumerate(["03N", "03N", "10L", "10L"]):
            tables = spoil(tables, name, "vpuid", row, unit)
    index = open_index(write_fabric(tmp_path, tables))
    assert catchments(index, "vpu-03n") == ("cat-1", "cat-2")
    assert catchments(index, "vpu-10L") == ("cat-3", "cat-4")
    selection = select(index, Region(("vpu-10L",)), quiet)
    assert index.ids(selection.inflows, "flowpath") == ("wb-3",)
    assert "water from outside" in selection.notes[0]
    assert catchments(index, "vpu-10L", upstream=True) == ("cat-1", "cat-2", "cat-3", "cat-4")
    assert near_names(index, "vpu-3") == ("vpu-03N",)


def test_processing_unit_of_an_older_fabric_comes_from_the_network(tmp_path: Path) -> None:
    tables = fabrics.chain(2, "2.0")
    tables["network"] = Layer({**tables["network"].columns, "vpu": ["01", "02"]})
    index = open_index(write_fabric(tmp_path, tables))
    assert catchments(index, "vpu-01") == ("cat-1",)
    assert index.domain == "conus"


def of_unit(unit: str) -> Tables:
    tables = fabrics.chain(2)
    for name in ("divides", "flowpaths"):
        for row in range(2):
            tables = spoil(tables, name, "vpuid", row, unit)
    return tables


def test_id_of_another_domain_is_refused_with_the_reason(index: FabricIndex) -> None:
    assert index.domain == "conus"
    with pytest.raises(InputError, match=r"ak:cat-5: .* covers the conterminous United States, not Alaska"):
        catchments(index, "ak:cat-5")
    with pytest.raises(InputError, match="not Hawaii; the same ids are other places there"):
        catchments(index, "cat-5", domain="Hawaii")
    with pytest.raises(InputError, match="no domain 'mars'"):
        catchments(index, "mars:cat-5")


def test_fabric_of_another_domain_takes_its_own_ids(tmp_path: Path) -> None:
    index = open_index(write_fabric(tmp_path, of_unit("hi")))
    assert index.domain == "hi"
    assert catchments(index, "hi:cat-2") == catchments(index, "cat-2") == ("cat-1", "cat-2")
    with pytest.raises(InputError, match="covers Hawaii"):
        catchments(index, "conus:cat-2")


def test_places_of_two_domains_are_never_mixed(tmp_path: Path) -> None:
    tables = {name: layer for name, layer in of_unit("99").items() if name != "flowpath-attributes"}
    for name in ("divides", "flowpaths", "nexus"):
        layer = tables[name]
        tables[name] = Layer(dict(layer.columns))  # without shapes nothing tells the domain
    index = open_index(write_fabric(tmp_path, tables))
    assert index.domain == ""
    with pytest.raises(InputError, match="several domains are asked for at once: ak, hi"):
        catchments(index, "ak:cat-1", "hi:cat-2")
    assert select(index, Region(("ak:cat-1",)), quiet).domain == "ak"


@pytest.mark.parametrize(
    ("units", "domain"),
    [
        (["16"], "conus"),
        (["03N", "10L", "01"], "conus"),
        (["ak"], "ak"),
        (["19"], "ak"),
        (["HI"], "hi"),
        (["20"], "hi"),
        (["prvi"], "prvi"),
        (["PR", "VI"], "prvi"),
        (["21"], "prvi"),
        (["16", "19"], "several"),
        (["99", ""], ""),
        ([], ""),
    ],
)
def test_domain_is_told_by_processing_units(units: list[str], domain: str) -> None:
    assert domain_of_units(units) == domain


def test_domain_is_told_by_a_place_and_a_name() -> None:
    places = {
        "conus": (-111.6, 41.9),
        "ak": (-150, 65),
        "hi": (-157, 21),
        "prvi": (-66.5, 18.2),
        "": (10, 50),
    }
    assert {domain_of_place(*place): place for place in places.values()} == places
    assert as_domain("Puerto Rico") == "prvi"
    assert split_namespace("ak:cat-7") == ("ak", "cat-7")
    assert split_namespace("41.7,-111") == ("", "41.7,-111")
