from pathlib import Path

import pytest

from dmod.hydrofabric import Gauge, Layer, gauges, read_hydrofabric
from dmod.testing import fabrics
from dmod.testing.fabrics import Tables, Version, spoil, write_fabric

GAUGE = Gauge("01234567", "nex-4", "wb-3")


def found(folder: Path, tables: Tables) -> dict[str, Gauge]:
    return dict(gauges(read_hydrofabric(write_fabric(folder, tables))))


@pytest.mark.parametrize("version", ["2.0", "2.1.1", "2.2"])
def test_gauge_of_every_version_keeps_its_zeros_and_its_place(tmp_path: Path, version: Version) -> None:
    assert found(tmp_path, fabrics.y_confluence(version)) == {"01234567": GAUGE}


def without(*names: str) -> Tables:
    tables = fabrics.y_confluence()
    return {name: layer for name, layer in tables.items() if name not in names}


def test_gauge_known_from_flowpath_attributes_alone_is_found(tmp_path: Path) -> None:
    assert found(tmp_path, without("hydrolocations", "pois")) == {"01234567": GAUGE}


def test_gauge_known_from_hydrolocations_alone_is_found(tmp_path: Path) -> None:
    tables = spoil(without("pois"), "flowpath-attributes", "gage", 2, None)
    assert found(tmp_path, tables) == {"01234567": GAUGE}


def test_gauge_located_only_by_its_point_of_interest_is_found(tmp_path: Path) -> None:
    tables = spoil(without(), "flowpath-attributes", "gage", 2, None)
    tables["hydrolocations"] = Layer({"poi_id": [7, 7], "hl_uri": ["Gages-01234567", "huc12-16010202"]})
    assert found(tmp_path, tables) == {"01234567": GAUGE}


def test_gauge_on_a_nexus_takes_the_larger_flowpath_above(tmp_path: Path) -> None:
    tables = spoil(without("hydrolocations", "pois"), "flowpath-attributes", "gage", 2, None)
    tables = spoil(tables, "flowpaths", "tot_drainage_areasqkm", 1, 50.0)
    tables["hydrolocations"] = Layer({"id": ["nex-3"], "hl_uri": ["Gages-07"], "hl_reference": ["Gages"]})
    assert found(tmp_path, tables) == {"07": Gauge("07", "nex-3", "wb-2")}


def test_gauge_named_on_the_nexus_or_in_the_network_is_found(tmp_path: Path) -> None:
    tables = spoil(without("hydrolocations", "pois"), "flowpath-attributes", "gage", 2, None)
    nexus = tables["nexus"]
    uri = ["NA", "Gages-01234567"]
    on_nexus = {**tables, "nexus": Layer({**nexus.columns, "hl_uri": uri}, nexus.geometry, "POINT")}
    assert found(tmp_path, on_nexus) == {"01234567": GAUGE}
    columns = {**tables["network"].columns, "hl_uri": [None, None, "wbin-1,gages-01234567"]}
    assert found(tmp_path, {**tables, "network": Layer(columns)}) == {"01234567": GAUGE}


def test_several_gauges_on_one_flowpath_are_all_found(tmp_path: Path) -> None:
    tables = spoil(without("hydrolocations", "pois"), "flowpath-attributes", "gage", 2, "01, 02")
    assert set(found(tmp_path, tables)) == {"01", "02"}


def test_fabric_without_gauges_has_none(tmp_path: Path) -> None:
    tables = spoil(without("hydrolocations", "pois"), "flowpath-attributes", "gage", 2, None)
    assert found(tmp_path, tables) == {}
