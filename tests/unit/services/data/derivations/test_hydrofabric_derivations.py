"""Parts of hydrofabrics: just what is asked for, byte for byte the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.derivation import Refusal
from dmod.catalog.fulfilling import objection
from dmod.errors import InputError
from dmod.hydrofabric import read_hydrofabric
from dmod.services.data.asking import requirement_of
from dmod.services.data.derivations import (
    geopackage_from_geojson,
    hydrofabric_subset,
    partition,
    routing_configuration,
)
from dmod.services.data.derivations.dataset_file import only_file
from dmod.services.data.detect import detect
from dmod.testing.derivation_trial import DerivationTrial

FORM = "NGEN_GEOPACKAGE_HYDROFABRIC_V2"


def feature(name: str, below: str, shape: str, coordinates: list[Any]) -> dict[str, Any]:
    geometry = {"type": shape, "coordinates": coordinates}
    properties = {"toid": below, "areasqkm": 1.0}
    return {"type": "Feature", "id": name, "properties": properties, "geometry": geometry}


def square(west: int) -> list[Any]:
    return [[[west, 40], [west + 1, 40], [west + 1, 41], [west, 41], [west, 40]]]


CREEK = {
    "catchments": [feature(f"cat-{n}", f"nex-{n}", "Polygon", square(n - 90)) for n in (1, 2)],
    "nexus": [feature("nex-1", "cat-2", "Point", [-88, 40]), feature("nex-2", "", "Point", [-87, 40])],
}


@pytest.fixture
def geojson(tmp_path: Path) -> Path:
    folder = tmp_path / "creek"
    folder.mkdir()
    for name, features in CREEK.items():
        document = {"type": "FeatureCollection", "features": features}
        (folder / f"{name}.geojson").write_text(json.dumps(document))
    return folder


def test_subset_of_catchments_holds_them_and_nothing_upstream(basin, trial) -> None:
    inner = [name for name in basin.catchments if name != basin.catchments[0]][2:6]
    wanted = requirement_of("HYDROFABRIC", format=FORM, catchments=inner, exactly=True)
    done = trial.run(hydrofabric_subset.DERIVATION, wanted, {"hydrofabric": [basin.fabric]})
    again = trial.run(hydrofabric_subset.DERIVATION, wanted, {"hydrofabric": [basin.fabric]})
    fabric = read_hydrofabric(done.output / "hydrofabric.gpkg")
    assert set(fabric.catchments.ids) == set(inner)
    assert objection(wanted, done.dataset) is None
    assert list(done.content()) == ["hydrofabric.gpkg"]
    assert done.content() == again.content()


def test_subset_of_all_catchments_of_a_basin_is_the_same_network_as_the_basin(basin, trial) -> None:
    exact = requirement_of("HYDROFABRIC", format=FORM, catchments=basin.catchments, exactly=True)
    above = requirement_of("HYDROFABRIC", format=FORM, gages=[basin.gauge])
    one, other = (
        trial.run(hydrofabric_subset.DERIVATION, wanted, {"hydrofabric": [basin.fabric]})
        for wanted in (exact, above)
    )
    ids = [done.made.domain.values(DomainIndex.HYDROFABRIC_ID) for done in (one, other)]
    assert ids[0] == ids[1] != set()
    assert other.made.domain.values(DomainIndex.CATCHMENT_ID) == set(basin.catchments)


def test_subset_of_places_takes_what_is_upstream(basin, trial) -> None:
    wanted = requirement_of("HYDROFABRIC", format=FORM, parameters={"places": [f"gage-{basin.gauge}"]})
    done = trial.run(hydrofabric_subset.DERIVATION, wanted, {"hydrofabric": [basin.fabric]})
    assert done.made.domain.values(DomainIndex.CATCHMENT_ID) == set(basin.catchments)


def test_subset_out_of_geojson_is_a_geopackage(geojson: Path, trial) -> None:
    wanted = requirement_of("HYDROFABRIC", format=FORM, catchments=["cat-2"], exactly=True)
    done = trial.run(hydrofabric_subset.DERIVATION, wanted, {"hydrofabric": [geojson]})
    assert done.made.domain.values(DomainIndex.CATCHMENT_ID) == {"cat-2"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "which part"),
        ({"catchments": ["cat-1"], "parameters": {"places": ["cat-1"]}}, "catchments and places"),
        ({"catchments": ["cat-1"], "restrictions": {"HYDROFABRIC_ID": ["a"]}}, "another HYDROFABRIC_ID"),
    ],
)
def test_subset_that_is_not_said_is_refused(more: dict[str, object], said: str) -> None:
    found = hydrofabric_subset.needs(requirement_of("HYDROFABRIC", format=FORM, **more))  # type: ignore[arg-type]
    assert isinstance(found, Refusal)
    assert said in found.reason
    assert found.hint


def test_geopackage_from_geojson_is_the_same_network_and_the_same_bytes(geojson: Path, trial) -> None:
    wanted = requirement_of("HYDROFABRIC", format=FORM, catchments=["cat-1", "cat-2"], exact=True)
    done, again = (
        trial.run(geopackage_from_geojson.DERIVATION, wanted, {"hydrofabric": [geojson]}) for _ in range(2)
    )
    index = DomainIndex.HYDROFABRIC_ID
    assert done.made.domain.values(index) == detect(geojson).domain.values(index) != set()
    assert done.content() == again.content()


def test_partition_has_as_many_parts_as_asked_for_and_names_the_network(basin, parts, trial) -> None:
    wanted = basin.wanting("PARTITION", "NGEN_PARTITION_CONFIG", restrictions={"LENGTH": [3]})
    done, again = (trial.run(partition.DERIVATION, wanted, {"hydrofabric": [parts.fabric]}) for _ in range(2))
    assert done.content() == again.content()
    network = parts.fabric.made.domain.restrictions[DomainIndex.HYDROFABRIC_ID]
    assert done.made.domain.restrictions[DomainIndex.HYDROFABRIC_ID] == network


@pytest.mark.parametrize("lengths", [None, [2, 3], ["many"], [0]])
def test_partition_without_one_number_of_parts_is_refused(basin, lengths) -> None:
    more = {} if lengths is None else {"restrictions": {"LENGTH": lengths}}
    found = partition.needs(basin.wanting("PARTITION", "NGEN_PARTITION_CONFIG", **more))
    assert isinstance(found, Refusal)
    assert "LENGTH" in f"{found.reason} {found.hint}"


def test_routing_configuration_names_the_period_and_the_network(basin, parts, trial) -> None:
    wanted = basin.wanting("CONFIG", "T_ROUTE_CONFIG")
    again = trial.run(routing_configuration.DERIVATION, wanted, {"hydrofabric": [parts.fabric]})
    assert again.content() == parts.routing.content()
    stated = again.made.domain.restrictions
    assert stated[DomainIndex.TIME] == wanted.restrictions[DomainIndex.TIME]
    assert (
        stated[DomainIndex.HYDROFABRIC_ID]
        == parts.fabric.made.domain.restrictions[DomainIndex.HYDROFABRIC_ID]
    )


def test_routing_of_a_hydrofabric_without_channels_says_how_to_do_without(geojson: Path, trial) -> None:
    made = trial.run(
        geopackage_from_geojson.DERIVATION,
        requirement_of("HYDROFABRIC", format=FORM, catchments=["cat-1", "cat-2"], exact=True),
        {"hydrofabric": [geojson]},
    )
    wanted = requirement_of(
        "CONFIG", format="T_ROUTE_CONFIG", catchments=["cat-1", "cat-2"], start="2019-03-01", end="2019-03-02"
    )
    with pytest.raises(InputError, match="lack the attributes") as caught:
        trial.run(routing_configuration.DERIVATION, wanted, {"hydrofabric": [made]})
    assert "routing none" in (caught.value.hint or "")


def test_dataset_of_two_files_where_one_is_meant_is_refused(
    tmp_path: Path, basin, trial: DerivationTrial
) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    for name in ("a.gpkg", "b.gpkg"):
        (folder / name).write_bytes(basin.fabric.read_bytes())
    staged = type("Two", (), {"address": str(folder), "dataset": type("D", (), {"reference": "two@1"})})
    with pytest.raises(InputError, match=r"two@1.*a.gpkg, b.gpkg"):
        only_file(staged, "*.gpkg")  # type: ignore[arg-type]


def test_index_of_a_large_hydrofabric_is_built_once(basin, trial, monkeypatch: pytest.MonkeyPatch) -> None:
    from dmod.hydrofabric.subset import keeping

    built: list[Path] = []
    build = keeping.build_index

    def counted(fabric: Path, tell: Any) -> Any:
        built.append(fabric)
        return build(fabric, tell)

    monkeypatch.setattr(keeping, "build_index", counted)
    monkeypatch.setattr("dmod.services.data.derivations.kept_index.LARGE", 1)
    contents = []
    for _ in range(2):
        wanted = requirement_of("HYDROFABRIC", format=FORM, catchments=basin.catchments[:3], exactly=True)
        done = trial.run(hydrofabric_subset.DERIVATION, wanted, {"hydrofabric": [basin.fabric]})
        contents.append(done.content())
    assert contents[0] == contents[1]
    assert len(built) == 1
