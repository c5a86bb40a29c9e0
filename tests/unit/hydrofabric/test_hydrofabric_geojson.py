import json
from pathlib import Path

import pytest

from dmod.errors import HydrofabricError, NotFoundError
from dmod.hydrofabric import find_problems, gauges, read_hydrofabric
from dmod.hydrofabric.geometry import read_geometry
from dmod.testing import fabrics
from dmod.testing.fabrics import write_geojson_pair


def test_pair_gives_the_same_network_as_the_geopackage(tmp_path: Path) -> None:
    catchments, nexuses = write_geojson_pair(tmp_path, fabrics.y_confluence())
    fabric = read_hydrofabric(catchments, nexuses)
    assert fabric.version == "geojson"
    assert fabric.catchments.ids == ("cat-1", "cat-2", "cat-3")
    assert fabric.catchments.area_km2.tolist() == [1.0] * 3
    assert fabric.network.downstream.tolist() == [2, 2, -1]
    assert fabric.flowpaths is None
    assert fabric.sources == (catchments, nexuses)


def test_nexuses_are_found_beside_the_catchments(tmp_path: Path) -> None:
    catchments, nexuses = write_geojson_pair(tmp_path, fabrics.headwater())
    assert read_hydrofabric(catchments).sources == (catchments, nexuses)
    nexuses.rename(tmp_path / "points.geojson")
    with pytest.raises(HydrofabricError, match="nexuses"):
        read_hydrofabric(catchments)


def edit(path: Path, change: object) -> None:
    document = json.loads(path.read_text())
    change(document)  # type: ignore[operator]
    path.write_text(json.dumps(document))


def test_flowpath_ids_in_properties_connect_a_nexus_that_names_them(tmp_path: Path) -> None:
    catchments, nexuses = write_geojson_pair(tmp_path, fabrics.y_confluence())

    def name_flowpaths(document: dict[str, list[dict[str, dict[str, str]]]]) -> None:
        for number, feature in enumerate(document["features"], start=1):
            feature["properties"]["id"] = f"wb-{number}"

    edit(catchments, name_flowpaths)
    nexuses.write_text(nexuses.read_text().replace("cat-", "wb-"))
    assert read_hydrofabric(catchments).network.downstream.tolist() == [2, 2, -1]


def test_older_area_property_and_id_in_properties_are_read(tmp_path: Path) -> None:
    catchments, _ = write_geojson_pair(tmp_path, fabrics.y_confluence())

    def as_older(document: dict[str, list[dict[str, dict[str, object]]]]) -> None:
        for feature in document["features"]:
            properties = feature["properties"]
            properties["area_sqkm"] = properties.pop("areasqkm")
            properties["id"] = feature.pop("id")

    edit(catchments, as_older)
    fabric = read_hydrofabric(catchments)
    assert fabric.catchments.ids == ("cat-1", "cat-2", "cat-3")
    assert fabric.catchments.area_km2.tolist() == [1.0] * 3


def test_features_of_another_class_are_left_out_and_named(tmp_path: Path) -> None:
    catchments, _ = write_geojson_pair(tmp_path, fabrics.y_confluence())
    catchments.write_text(catchments.read_text().replace('"cat-1"', '"huc-1"'))
    fabric = read_hydrofabric(catchments)
    assert fabric.catchments.ids == ("cat-2", "cat-3")
    assert [(note.code, note.ids) for note in fabric.notes] == [("unknown-prefix", ("huc-1",))]


def test_flowpaths_and_crosswalk_beside_are_read(tmp_path: Path) -> None:
    catchments, nexuses = write_geojson_pair(tmp_path, fabrics.y_confluence())
    line = {"type": "LineString", "coordinates": [[-111.0, 41.0], [-110.99, 41.0]]}
    features = [
        {
            "type": "Feature",
            "id": f"fp-{number}",
            "properties": {"length_km": 2.0, "toid": f"fp-{below}", "realized_catchment": f"cat-{number}"},
            "geometry": line,
        }
        for number, below in ((1, 3), (2, 3), (3, 4))
    ]
    flowpaths = tmp_path / "flowpaths.geojson"
    flowpaths.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (tmp_path / "crosswalk.json").write_text(json.dumps({"cat-3": {"site_no": "01234567"}, "cat-1": {}}))
    fabric = read_hydrofabric(catchments, nexuses)
    assert fabric.flowpaths is not None
    assert fabric.flowpaths.toid == ("nex-3", "nex-3", "nex-4")
    assert fabric.flowpaths.length_m.tolist() == [2000.0] * 3
    assert fabric.flowpath_network.downstream.tolist() == [2, 2, -1]
    gauge = gauges(fabric)["01234567"]
    assert (gauge.nexus, gauge.flowpath) == ("nex-4", "fp-3")
    assert [problem.code for problem in find_problems(fabric)] == ["no-flowpath-attributes"]


def test_shapes_of_a_pair_are_longitudes_and_latitudes(tmp_path: Path) -> None:
    catchments, _ = write_geojson_pair(tmp_path, fabrics.headwater())
    geometry = read_geometry(read_hydrofabric(catchments))
    assert geometry.divides["cat-1"][0].tolist()[0] == [-111.0, 41.0]
    assert geometry.nexuses["nex-2"].tolist() == [-111.0, 41.0]
    assert geometry.bounds == (-111.0, 41.0, -110.99, 41.01)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "it is empty"),
        ("[1, 2]", "its type is 'list'"),
        ('{"type": "Feature"}', "its type is 'Feature'"),
        ('{"type": "FeatureCollection",}', r"line 1"),
        ('{"type": "FeatureCollection", "features": [1]}', "no list of features"),
    ],
)
def test_file_that_is_no_feature_collection_is_refused(tmp_path: Path, content: str, found: str) -> None:
    catchments, _ = write_geojson_pair(tmp_path, fabrics.headwater())
    catchments.write_text(content)
    with pytest.raises(HydrofabricError, match=found):
        read_hydrofabric(catchments)


def test_missing_catchments_or_nexuses_are_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"catchments\.geojson"):
        read_hydrofabric(tmp_path / "catchments.geojson")
    catchments, _ = write_geojson_pair(tmp_path, fabrics.headwater())
    with pytest.raises(NotFoundError, match=r"other\.geojson"):
        read_hydrofabric(catchments, tmp_path / "other.geojson")
