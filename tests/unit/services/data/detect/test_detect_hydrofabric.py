"""Hydrofabrics: what they cover, and one identity of a network whatever its file."""

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from dmod.catalog.category import Category
from dmod.catalog.data_format import DomainIndex
from dmod.errors import InputError
from dmod.hydrofabric import read_hydrofabric
from dmod.hydrofabric.gauges import gauges
from dmod.services.data.detect import detect, hydrofabric_identity
from dmod.services.example import ExamplePackage
from dmod.testing.fabrics import spoil, tree, with_lake, write_fabric, write_geojson_pair, y_confluence

NETWORK = (("cat-1", "nex-3", "wb-3"), ("cat-2", "nex-3", "wb-3"), ("cat-3", "tnx-4", ""))


def values(path: Path, index: DomainIndex) -> frozenset:
    return detect(path).domain.values(index)


def identity_as_read(path: Path) -> str:
    """Return the identity by way of the reader of fabrics."""
    fabric = read_hydrofabric(path)
    below = dict(zip(fabric.nexuses.ids, fabric.nexuses.toid, strict=True))
    pairs = zip(fabric.catchments.ids, fabric.catchments.toid, strict=True)
    return hydrofabric_identity((name, nexus, below[nexus]) for name, nexus in pairs)


def test_example_fabric_is_read_completely(package: ExamplePackage) -> None:
    found = detect(package.hydrofabric)
    assert found.category is Category.HYDROFABRIC
    assert found.format.name == "NGEN_GEOPACKAGE_HYDROFABRIC_V2"
    assert {index: found.domain.values(index) for index in found.domain.restrictions} == {
        DomainIndex.CATCHMENT_ID: {f"cat-{number}" for number in range(1, 7)},
        DomainIndex.HYDROFABRIC_ID: {identity_as_read(package.hydrofabric)},
        DomainIndex.HYDROFABRIC_VERSION: {"2.2"},
        DomainIndex.HYDROFABRIC_REGION: {"99"},
        DomainIndex.GAGE_ID: {"99000001"},
    }
    assert found.description == ("hydrofabric of 6 catchments, version 2.2, unit 99, 1 gauge (99000001)")
    assert (found.step, found.notes, found.files) == (None, (), 1)


@pytest.mark.parametrize("version", ["2.0", "2.1.1", "2.2"])
def test_geopackage_agrees_with_the_reader_of_fabrics(tmp_path: Path, version: str) -> None:
    path = write_fabric(tmp_path, y_confluence(version))
    fabric = read_hydrofabric(path)
    assert values(path, DomainIndex.HYDROFABRIC_VERSION) == {fabric.version} == {version}
    assert values(path, DomainIndex.CATCHMENT_ID) == set(fabric.catchments.ids)
    assert values(path, DomainIndex.GAGE_ID) == set(gauges(fabric)) == {"01234567"}


def test_same_network_has_one_identity_as_geopackage_and_as_geojson(tmp_path: Path) -> None:
    for number, tables in enumerate((y_confluence(), tree(15), with_lake())):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_geojson_pair(folder, tables)
        identity = values(folder, DomainIndex.HYDROFABRIC_ID)
        assert identity == values(write_fabric(tmp_path, tables), DomainIndex.HYDROFABRIC_ID)
        assert len(identity) == 1


def test_older_and_newer_version_of_a_network_have_one_identity(tmp_path: Path) -> None:
    old = write_fabric(tmp_path, y_confluence("2.0"), "old.gpkg")
    new = write_fabric(tmp_path, y_confluence("2.2"), "new.gpkg")
    assert values(old, DomainIndex.HYDROFABRIC_ID) == values(new, DomainIndex.HYDROFABRIC_ID)


def test_identity_is_the_hash_that_is_documented() -> None:
    text = b"cat-1 nex-3 3\ncat-2 nex-3 3\ncat-3 tnx-4 \n"
    assert hydrofabric_identity(NETWORK) == hashlib.sha256(text).hexdigest()[:40]


def test_identity_depends_neither_on_order_nor_on_repetition() -> None:
    assert hydrofabric_identity([*reversed(NETWORK), NETWORK[0]]) == hydrofabric_identity(NETWORK)


def test_identity_ignores_what_lies_below_the_outlet() -> None:
    below = (*NETWORK[:2], ("cat-3", "tnx-4", "wb-99"))
    assert hydrofabric_identity(below) == hydrofabric_identity(NETWORK)


@pytest.mark.parametrize(
    "changed",
    [
        (("cat-1", "nex-3", "wb-3"), ("cat-2", "nex-3", "wb-3"), ("cat-3", "tnx-5", "")),
        (("cat-1", "nex-2", "wb-2"), ("cat-2", "nex-3", "wb-3"), ("cat-3", "tnx-4", "")),
        (("cat-1", "nex-3", "wb-3"), ("cat-3", "tnx-4", "")),
        (("cat-1", "nex-3", "wb-2"), ("cat-2", "nex-3", "wb-2"), ("cat-3", "tnx-4", "")),
    ],
)
def test_identity_changes_with_the_network(changed: tuple) -> None:
    assert hydrofabric_identity(changed) != hydrofabric_identity(NETWORK)


def test_units_of_one_domain_name_the_domain_too(tmp_path: Path) -> None:
    tables = y_confluence()
    for row, unit in enumerate(("03N", "16", "16")):
        tables = spoil(tables, "divides", "vpuid", row, unit)
    path = write_fabric(tmp_path, tables)
    assert values(path, DomainIndex.HYDROFABRIC_REGION) == {"03N", "16", "conus"}
    assert "conus, unit 03N, 16" in detect(path).description


def test_catchment_without_its_nexus_and_repeated_one_are_noted(tmp_path: Path) -> None:
    tables = spoil(y_confluence(), "divides", "toid", 0, "nex-77")
    path = write_fabric(tmp_path, spoil(tables, "divides", "divide_id", 1, "cat-3"))
    found = detect(path)
    assert found.notes == (
        "1 catchment repeated",
        "1 catchment draining to a nexus that is not there",
    )
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-1", "cat-3"}


def test_folder_with_one_fabric_is_the_fabric(package: ExamplePackage, tmp_path: Path) -> None:
    (tmp_path / "it.gpkg").write_bytes(package.hydrofabric.read_bytes())
    found = detect(tmp_path)
    assert found.path == tmp_path
    assert found.domain == detect(package.hydrofabric).domain


def test_geojson_of_catchments_alone_has_no_identity(tmp_path: Path) -> None:
    catchments, _ = write_geojson_pair(tmp_path, y_confluence())
    found = detect(catchments)
    assert found.format.name == "NGEN_GEOJSON_HYDROFABRIC"
    assert set(found.domain.restrictions) == {DomainIndex.CATCHMENT_ID}
    assert found.notes == (
        "there are no nexuses, so that the network has no identity; give the folder of both",
    )


def test_geojson_folder_says_what_it_holds(tmp_path: Path) -> None:
    write_geojson_pair(tmp_path, y_confluence())
    (tmp_path / "crosswalk.json").write_text('{"cat-3": {"site_no": "01234567"}}')
    found = detect(tmp_path)
    assert found.description == "hydrofabric of 3 catchments as GeoJSON, 2 nexuses"
    assert found.files == 3
    assert found.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-1", "cat-2", "cat-3"}


def test_geojson_with_both_kinds_in_one_file_has_an_identity(tmp_path: Path) -> None:
    pair = tmp_path / "pair"
    pair.mkdir()
    files = write_geojson_pair(pair, y_confluence())
    features = [feature for file in files for feature in json.loads(file.read_text())["features"]]
    both = tmp_path / "all.json"
    both.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert values(both, DomainIndex.HYDROFABRIC_ID) == values(pair, DomainIndex.HYDROFABRIC_ID)


def test_two_fabrics_in_one_folder_are_refused(tmp_path: Path) -> None:
    catchments, _ = write_geojson_pair(tmp_path, y_confluence())
    (tmp_path / "more.geojson").write_bytes(catchments.read_bytes())
    with pytest.raises(InputError, match=r"several files hold catchments: catchments.geojson, more.geojson"):
        detect(tmp_path)


def test_geopackage_without_nexuses_is_refused(tmp_path: Path) -> None:
    path = write_fabric(tmp_path, y_confluence())
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE nexus")
    with pytest.raises(InputError, match="there is no table 'nexus' beside 'divides'"):
        detect(path)
