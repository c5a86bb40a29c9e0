"""Writing a dataset with its lineage as an RO-Crate."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dmod.catalog.catalog import Catalog
from dmod.catalog.dataset import Input, Lineage
from dmod.errors import AlreadyExists, DatasetNotFound, InputError, IntegrityError
from dmod.services.data.crate import Party, Publication, export_crate


def graph_of(crate: Path) -> dict[str, Any]:
    document = json.loads((crate / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    return {entity["@id"]: entity for entity in document["@graph"]}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def ids(value: Any) -> set[str]:
    return {item["@id"] for item in listed(value)}


def action_of(graph: dict[str, Any]) -> dict[str, Any]:
    (action,) = (entity for entity in graph.values() if entity["@type"] == "CreateAction")
    return action


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_crate_holds_every_file_with_its_hash_size_and_media_type(
    catalog: Catalog, family: Any, tmp_path: Path
) -> None:
    found = export_crate(catalog, family.forcing, tmp_path / "crate")
    graph, files = graph_of(tmp_path / "crate"), files_in(tmp_path / "crate")
    entity = graph["data/more%20files/gr%C3%B6%C3%9Fe%20100%25%20%231.csv"]
    data = files["data/more files/größe 100% #1.csv"]
    assert entity["sha256"] == hashlib.sha256(data).hexdigest()
    assert (entity["contentSize"], entity["encodingFormat"]) == ("4000", "text/csv")
    described = {key for key, value in graph.items() if value["@type"] == "File"}
    assert len(described) == len(files) - 1  # all but the metadata itself
    assert described <= ids(graph["./"]["hasPart"])
    assert (found.files, found.bytes) == (3, family.forcing.size)


def test_root_says_what_the_dataset_covers(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    export_crate(catalog, family.forcing, tmp_path / "crate")
    graph = graph_of(tmp_path / "crate")
    root = graph["./"]
    assert root["identifier"] == f"urn:uuid:{family.forcing.uuid}"
    assert root["name"] == "logan-forcing@1"
    assert root["temporalCoverage"] == "2019-03-01T00:00:00+00:00/2019-06-01T00:00:00+00:00"
    assert graph[root["spatialCoverage"]["@id"]]["name"] == "88 catchments"
    assert graph[root["variableMeasured"]["@id"]] == {
        "@id": root["variableMeasured"]["@id"],
        "@type": "PropertyValue",
        "name": "APCP_surface",
        "unitText": "mm h-1",
    }
    facts = {graph[key]["propertyID"]: graph[key].get("value") for key in ids(root["additionalProperty"])}
    assert facts["CATCHMENT_ID"] == "cat-: 1-88"
    assert (facts["digest"], facts["files"], facts["size"]) == (
        family.forcing.digest,
        3,
        family.forcing.size,
    )
    assert graph[root["author"]["@id"]]["name"] == "ann"
    assert graph[root["license"]["@id"]]["name"] == "Terms of use: not stated"


def test_derivation_is_an_action_with_all_that_went_in(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    export_crate(catalog, family.forcing, tmp_path / "crate")
    graph = graph_of(tmp_path / "crate")
    action = action_of(graph)
    program = graph[action["instrument"]["@id"]]
    assert (program["name"], program["softwareVersion"]) == ("dmod: forcing-from-grid", "0.1.0")
    assert action["result"] == {"@id": "./"}
    assert ids(graph["./"]["mentions"]) == {action["@id"]}
    used = {graph[key]["name"]: graph[key] for key in ids(action["object"])}
    assert {name: used[name]["value"] for name in ("method", "workers", "fill", "layout")} == {
        "method": "area",
        "workers": 2,
        "fill": "null",
        "layout": '{"kind": "csv"}',
    }
    address = "https://example.org/weights?of=logan"
    assert (used[address]["@id"], used[address]["@type"]) == (address, "CreativeWork")
    assert used["/data/notes.txt"]["@id"].startswith("#")
    roles = {name: graph[entity["exampleOfWork"]["@id"]]["name"] for name, entity in used.items()}
    assert roles["logan@1"] == "hydrofabric"
    assert roles[address] == "weights"
    assert roles["method"] == "method"


def test_ancestors_are_described_without_their_files(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    found = export_crate(catalog, family.forcing, tmp_path / "crate")
    graph = graph_of(tmp_path / "crate")
    fabric = graph[f"#dataset-{family.fabric.uuid}"]
    assert fabric["identifier"] == f"urn:uuid:{family.fabric.uuid}"
    assert graph[f"#digest-{family.fabric.uuid}"]["value"] == family.fabric.digest
    assert not (tmp_path / "crate" / "ancestors").exists()
    # its files can still be recognised: their list is there
    listing = (tmp_path / "crate" / "dmod" / "manifests" / f"{family.fabric.digest}.txt").read_text()
    assert listing == catalog.manifest(family.fabric).text
    assert found.ancestors == ("logan@1", "aorc@1")
    assert (found.with_files, found.elsewhere, found.lost) == ((), ("aorc@1",), ())


def test_ancestors_come_with_their_files_when_asked_for(
    catalog: Catalog, family: Any, tmp_path: Path
) -> None:
    found = export_crate(catalog, family.forcing, tmp_path / "crate", ancestors="data")
    graph = graph_of(tmp_path / "crate")
    assert (tmp_path / "crate/ancestors/logan@1/logan.gpkg").read_text() == "a fabric"
    assert ids(graph["ancestors/logan@1/"]["hasPart"]) == {"ancestors/logan@1/logan.gpkg"}
    assert "ancestors/logan@1/" in ids(graph["./"]["hasPart"])
    assert found.with_files == ("logan@1",)
    assert found.files == 4


def test_grid_that_lies_elsewhere_is_described_with_its_address(
    catalog: Catalog, family: Any, tmp_path: Path
) -> None:
    export_crate(catalog, family.forcing, tmp_path / "crate", ancestors="data")
    graph = graph_of(tmp_path / "crate")
    grid = graph[f"#dataset-{family.grid.uuid}"]
    assert graph[grid["distribution"]["@id"]]["contentUrl"] == family.grid.access_location


def test_dataset_that_lies_elsewhere_is_exported_as_what_is_known_of_it(
    catalog: Catalog, family: Any, tmp_path: Path
) -> None:
    found = export_crate(catalog, family.grid, tmp_path / "crate")
    assert (found.files, found.elsewhere) == (0, ("aorc@1",))
    assert "conformsTo" not in graph_of(tmp_path / "crate")["./"]  # nothing was run


def test_ancestor_that_was_removed_is_told_of_with_its_digest(
    catalog: Catalog, family: Any, tmp_path: Path
) -> None:
    catalog.index.remove(family.fabric.uuid)
    found = export_crate(catalog, family.forcing, tmp_path / "crate", ancestors="data")
    graph = graph_of(tmp_path / "crate")
    lost = graph[f"#dataset-{family.fabric.uuid}"]
    assert lost["name"] == "logan@1"
    assert lost["creativeWorkStatus"] == "no longer in the catalog"
    assert graph[lost["additionalProperty"]["@id"]]["value"] == family.fabric.digest
    assert lost["@id"] in ids(action_of(graph)["object"])
    assert found.lost == ("logan@1",)
    listed_lost = json.loads((tmp_path / "crate/dmod/crate.json").read_text())["lost"]
    assert listed_lost == [
        {"reference": "logan@1", "uuid": family.fabric.uuid, "digest": family.fabric.digest}
    ]


def test_lineage_is_followed_to_its_end_and_tells_of_each_dataset_once(
    catalog: Catalog, family: Any, add: Any, tmp_path: Path
) -> None:
    inputs = (family.forcing.as_input("forcing"), family.fabric.as_input("hydrofabric"))
    flow = add(catalog, "flow", {"flow.nc": "q"}, lineage=Lineage("run", inputs, software="dmod 0.1.0"))
    found = export_crate(catalog, flow, tmp_path / "crate", ancestors="data")
    graph = graph_of(tmp_path / "crate")
    actions = {graph[key]["name"] for key in ids(graph["./"]["mentions"])}
    assert actions == {"run made flow@1", "forcing-from-grid made logan-forcing@1"}
    assert sorted(found.ancestors) == ["aorc@1", "logan-forcing@1", "logan@1"]
    assert ids(graph["./"]["isBasedOn"]) == {"ancestors/logan-forcing@1/", "ancestors/logan@1/"}


def test_archive_holds_the_same_as_the_folder(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    export_crate(catalog, family.forcing, tmp_path / "crate", ancestors="data")
    export_crate(catalog, family.forcing, tmp_path / "crate.zip", ancestors="data")
    with zipfile.ZipFile(tmp_path / "crate.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unpacked")
    assert files_in(tmp_path / "unpacked") == files_in(tmp_path / "crate")


def test_equal_contents_give_equal_bytes(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        export_crate(catalog, family.forcing, tmp_path / name, ancestors="data")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_crate_can_be_read_by_the_public_library(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    from rocrate.rocrate import ROCrate

    export_crate(catalog, family.forcing, tmp_path / "crate", ancestors="data")
    crate = ROCrate(tmp_path / "crate")
    assert crate.root_dataset["name"] == "logan-forcing@1"
    assert crate.dereference("ancestors/logan@1/")["hasPart"].id == "ancestors/logan@1/logan.gpkg"


def test_publication_is_stated(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    publication = Publication(
        "For teaching only.", Party("Ann Lee"), Party("Institute of Rivers"), Party("Data Office")
    )
    export_crate(catalog, family.forcing, tmp_path / "crate", publication=publication)
    graph = graph_of(tmp_path / "crate")
    root = graph["./"]
    assert graph[root["license"]["@id"]]["description"] == "For teaching only."
    author = graph[root["author"]["@id"]]
    assert author["name"] == "Ann Lee"
    assert graph[author["affiliation"]["@id"]]["name"] == "Institute of Rivers"
    assert graph[root["publisher"]["@id"]]["name"] == "Data Office"


def test_nothing_is_asked_of_the_network(
    catalog: Catalog, family: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    export_crate(catalog, family.forcing, tmp_path / "crate")
    assert (tmp_path / "crate" / "ro-crate-metadata.json").is_file()


@pytest.mark.parametrize("name", ["crate", "crate.zip"])
def test_damaged_content_leaves_nothing(catalog: Catalog, family: Any, tmp_path: Path, name: str) -> None:
    entry = next(item for item in catalog.manifest(family.forcing) if item.path == "cat-1.csv")
    (stored,) = (tmp_path / "here" / "store").rglob(entry.sha256[2:])
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"0.5", b"0.6"))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(IntegrityError, match=r"cat-1\.csv"):
        export_crate(catalog, family.forcing, tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["crate", "crate.zip"])
def test_target_that_holds_something_is_left_alone(
    catalog: Catalog, family: Any, tmp_path: Path, name: str
) -> None:
    target = tmp_path / name
    target.mkdir()
    (target / "mine").write_text("mine")
    with pytest.raises(AlreadyExists, match=name):
        export_crate(catalog, family.forcing, target)
    assert files_in(target) == {"mine": b"mine"}


def test_dataset_that_was_removed_is_not_exported(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    catalog.index.remove(family.forcing.uuid)
    catalog.index.drop(family.forcing.uuid)
    with pytest.raises(DatasetNotFound):
        export_crate(catalog, family.forcing, tmp_path / "crate")
    assert not (tmp_path / "crate").exists()


def test_unknown_choice_is_refused(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="all"):
        export_crate(catalog, family.forcing, tmp_path / "crate", ancestors="all")  # type: ignore[arg-type]


def test_lineage_that_contradicts_the_catalog_is_an_error(
    catalog: Catalog, family: Any, add: Any, tmp_path: Path
) -> None:
    wrong: Input = replace(family.fabric.as_input("hydrofabric"), digest="0" * 64)
    flow = add(catalog, "flow", {"flow.nc": "q"}, lineage=Lineage("run", (wrong,)))
    with pytest.raises(IntegrityError, match="logan@1"):
        export_crate(catalog, flow, tmp_path / "crate")


def test_progress_reaches_the_end(catalog: Catalog, family: Any, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    export_crate(catalog, family.forcing, tmp_path / "crate.zip", progress=lambda *now: told.append(now))
    assert told[-1] == ("packing", family.forcing.size, family.forcing.size)


def test_what_a_killed_export_left_is_removed_by_the_next(
    catalog: Catalog, family: Any, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    left = tmp_path / f".crate.{int(ended.stdout)}.partial"
    (left / "data").mkdir(parents=True)
    export_crate(catalog, family.forcing, tmp_path / "crate")
    assert not left.exists()
