"""Bringing a crate into another catalog: all is kept, and nothing is believed that is not proven."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dmod.catalog.catalog import Catalog
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.port import Listing
from dmod.catalog.placement import place
from dmod.catalog.removal import remove
from dmod.errors import DmodError, InputError, IntegrityError, NotFoundError
from dmod.services.data.crate import export_crate, import_crate
from dmod.services.data.lineage import lineage_of


@pytest.fixture
def catalog(origin: Any) -> Catalog:
    found: Catalog = origin.catalog
    return found


@pytest.fixture
def family(origin: Any) -> Any:
    return origin.family


@pytest.fixture
def crate(origin: Any, tmp_path: Path) -> Path:
    shutil.copytree(origin.crate, tmp_path / "crate")
    return tmp_path / "crate"


def everything(catalog: Catalog) -> list[Dataset]:
    return catalog.index.list(Listing(latest=False, expired=True), catalog.clock())


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def zipped(crate: Path, target: Path, *, within: str = "") -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path, data in content(crate).items():
            archive.writestr(within + path, data)
    return target


def test_imported_dataset_is_the_exported_one(
    catalog: Catalog, other: Catalog, family: Any, crate: Path, tmp_path: Path
) -> None:
    found = import_crate(other, crate)
    assert found == [family.fabric, family.grid, family.forcing]
    assert everything(other) == everything(catalog)
    for number, here in enumerate((catalog, other)):
        place(here, family.forcing, tmp_path / f"placed-{number}")
    assert content(tmp_path / "placed-0") == content(tmp_path / "placed-1")
    graph = lineage_of(other, found[-1])
    assert all(node.dataset is not None for node in graph.nodes.values())


def test_crate_without_its_ancestors_keeps_what_the_lineage_says_of_them(
    catalog: Catalog, other: Catalog, family: Any, tmp_path: Path
) -> None:
    export_crate(catalog, family.forcing, tmp_path / "crate")
    assert import_crate(other, tmp_path / "crate") == [family.grid, family.forcing]
    node = lineage_of(other, family.forcing).nodes[family.fabric.uuid]
    assert (node.dataset, node.digest) == (None, family.fabric.digest)


def test_crate_survives_the_journey_twice(
    catalog: Catalog, other: Catalog, family: Any, crate: Path, tmp_path: Path
) -> None:
    import_crate(other, crate)
    export_crate(other, family.forcing, tmp_path / "again", ancestors="data")
    assert content(tmp_path / "again") == content(crate)


def test_archive_is_imported_like_a_folder(
    catalog: Catalog, other: Catalog, family: Any, tmp_path: Path
) -> None:
    export_crate(catalog, family.forcing, tmp_path / "crate.zip", ancestors="data")
    assert import_crate(other, tmp_path / "crate.zip", scratch=tmp_path)[-1] == family.forcing
    assert not list(tmp_path.glob("dmod-crate-*"))


def test_archive_of_the_folder_itself_is_imported(
    other: Catalog, family: Any, crate: Path, tmp_path: Path
) -> None:
    archive = zipped(crate, tmp_path / "packed.zip", within="crate/")
    assert import_crate(other, archive)[-1] == family.forcing


def test_second_import_changes_nothing(other: Catalog, crate: Path) -> None:
    first = import_crate(other, crate)
    before = everything(other)
    assert import_crate(other, crate) == first
    assert everything(other) == before


def test_name_that_is_taken_gives_the_next_version_and_keeps_the_identity(
    other: Catalog, family: Any, crate: Path, add: Any
) -> None:
    add(other, "logan", {"logan.gpkg": "another fabric"})
    found = import_crate(other, crate)
    assert found[0] == replace(family.fabric, version=2)
    assert found[-1].lineage == family.forcing.lineage


def test_expiry_and_read_only_mark_stay_with_the_old_catalog(
    catalog: Catalog, other: Catalog, family: Any, tmp_path: Path
) -> None:
    marked = replace(family.fabric, read_only=True, expires=catalog.clock())
    catalog.index.edit(marked)
    export_crate(catalog, marked, tmp_path / "crate")
    catalog.index.edit(family.fabric)
    assert import_crate(other, tmp_path / "crate") == [family.fabric]


def test_other_files_under_the_same_identity_are_refused(
    other: Catalog, family: Any, crate: Path, add: Any
) -> None:
    add(other, "false", {"logan.gpkg": "a false fabric"}, uuid=family.fabric.uuid)
    with pytest.raises(IntegrityError, match="false@1"):
        import_crate(other, crate)


def resigned(crate: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a record, and the hash of it as well, as somebody would who means to deceive."""
    path = crate / "dmod" / "datasets" / name / "1.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    listing = crate / "dmod" / "crate.json"
    contents = json.loads(listing.read_text())
    for item in contents["datasets"]:
        if item["name"] == name:
            item["record"] = hashlib.sha256(path.read_bytes()).hexdigest()
    listing.write_text(json.dumps(contents))


def relisted(crate: Path, name: str, manifest: str) -> None:
    """Change a manifest, and the digest of it as well."""
    data = manifest.encode(errors="surrogateescape")
    digest = hashlib.sha256(data).hexdigest()
    (crate / "dmod" / "manifests" / f"{digest}.txt").write_bytes(data)
    lines = [line.split(" ") for line in manifest.splitlines()]
    stated = {"digest": digest, "manifest_size": len(data), "files": len(lines)}
    stated["size"] = sum(int(line[1]) for line in lines if len(line) > 2 and line[1].isdigit())
    resigned(crate, name, lambda record: record.update(stated))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "path",
    [
        "data/cat-1.csv",
        "data/more files/größe 100% #1.csv",
        "ancestors/logan@1/logan.gpkg",
        "dmod/datasets/logan/1.json",
        "dmod/manifests",
    ],
)
def test_changed_byte_is_found_and_its_file_is_named(
    untouched: Catalog, crate: Path, tmp_path: Path, path: str, packed: bool
) -> None:
    changed = crate / path
    if changed.is_dir():
        changed = min(changed.iterdir())
    data = changed.read_bytes()
    changed.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
    given = zipped(crate, tmp_path / "packed.zip") if packed else crate
    with pytest.raises(IntegrityError) as caught:
        import_crate(untouched, given)
    assert changed.relative_to(crate).as_posix() in caught.value.message
    assert everything(untouched) == []


@pytest.mark.parametrize("path", ["data/cat-1.csv", "dmod/datasets/logan/1.json"])
def test_missing_file_is_named(untouched: Catalog, crate: Path, path: str) -> None:
    (crate / path).unlink()
    with pytest.raises(IntegrityError, match=path):
        import_crate(untouched, crate)
    assert everything(untouched) == []


@pytest.mark.parametrize("path", ["data/mine.csv", "ancestors/logan@1/mine.csv", "ancestors/else@1/mine.csv"])
def test_file_that_no_manifest_names_is_not_left_behind_in_silence(
    untouched: Catalog, crate: Path, path: str
) -> None:
    (crate / path).parent.mkdir(exist_ok=True)
    (crate / path).write_text("mine")
    with pytest.raises(InputError, match=path):
        import_crate(untouched, crate)
    assert everything(untouched) == []


@pytest.mark.parametrize(
    "path", ["data/cat-1.csv", "data", "dmod", "dmod/crate.json", "ro-crate-metadata.json"]
)
def test_links_are_refused(untouched: Catalog, crate: Path, tmp_path: Path, path: str) -> None:
    shutil.move(crate / path, tmp_path / "moved")
    (crate / path).symlink_to(tmp_path / "moved")
    with pytest.raises(InputError):
        import_crate(untouched, crate)
    assert everything(untouched) == []


@pytest.mark.parametrize("path", ["../../secret.txt", "/etc/hostname", "a/../../b", "a\\..\\b", "", "C:x"])
def test_path_that_climbs_out_of_a_dataset_is_refused(
    untouched: Catalog, crate: Path, tmp_path: Path, path: str
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    sha256 = hashlib.sha256(b"secret").hexdigest()
    relisted(crate, "logan", f"{sha256} 6 {path}\n")
    with pytest.raises(InputError):
        import_crate(untouched, crate)
    assert everything(untouched) == []


@pytest.mark.parametrize("name", ["../out.txt", "/out.txt", "data/../../out.txt"])
def test_member_of_an_archive_that_climbs_out_is_refused(
    untouched: Catalog, crate: Path, tmp_path: Path, name: str
) -> None:
    archive = zipped(crate, tmp_path / "packed.zip")
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(name, "out")
    with pytest.raises(InputError):
        import_crate(untouched, archive, scratch=tmp_path)
    assert not list(tmp_path.rglob("out.txt"))


HOSTILE_RECORDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "name climbs out": lambda record: record.update(name="../../evil"),
    "name of another": lambda record: record.update(name="else"),
    "name is a number": lambda record: record.update(name=7),
    "identity is a path": lambda record: record.update(uuid="../../evil"),
    "identity of another": lambda record: record.update(uuid="6f1f7d0e-0000-4000-8000-000000000000"),
    "version is text": lambda record: record.update(version="one"),
    "version is endless": lambda record: record.update(version=float("inf")),
    "version is zero": lambda record: record.update(version=0),
    "digest is a path": lambda record: record.update(digest="../../../etc/passwd"),
    "digest is a list": lambda record: record.update(digest=["0" * 64]),
    "size is a lie": lambda record: record.update(size=1),
    "more files than there are": lambda record: record.update(files=10**12),
    "description is an object": lambda record: record.update(description={"a": 1}),
    "owner is a list": lambda record: record.update(owner=["ann"]),
    "created is no time": lambda record: record.update(created="yesterday"),
    "domain is a list": lambda record: record.update(domain=[]),
    "format is unknown": lambda record: record["domain"].update(data_format="EVIL"),
    "endless runs": lambda record: record["domain"]["discrete"][0].update(runs={"cat-": "1-999999999999"}),
    "lineage is text": lambda record: record.update(lineage="add"),
    "step is a number": lambda record: record["lineage"].update(step=3),
    "input has no identity": lambda record: record["lineage"].update(
        inputs=[{"role": "x", "name": "a", "version": 1, "uuid": "x/../y", "digest": "0" * 64}]
    ),
    "input has no digest": lambda record: record["lineage"].update(
        inputs=[{"role": "x", "name": "a", "version": 1, "uuid": record["uuid"], "digest": "none"}]
    ),
    "source is a number": lambda record: record["lineage"].update(sources={"grid": 1}),
    "later form": lambda record: record.update(form=99),
    "empty": lambda record: record.clear(),
}


@pytest.mark.parametrize("change", HOSTILE_RECORDS.values(), ids=HOSTILE_RECORDS)
def test_hostile_record_is_an_input_error(
    untouched: Catalog, crate: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    resigned(crate, "logan", change)
    with pytest.raises(InputError):
        import_crate(untouched, crate)
    assert everything(untouched) == []


DEEP = "[" * 200_000 + "]" * 200_000


@pytest.mark.parametrize("path", ["ro-crate-metadata.json", "dmod/crate.json"])
@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{", "\x00", DEEP, "7", '{"@graph": 3}', '{"@graph": [3, {}]}',
        '{"@graph": [{"@id": "ro-crate-metadata.json", "about": "./"}]}', '{"form": 1}', '{"form": 2}',
        '{"form": 1, "datasets": [1]}', '{"form": 1, "datasets": []}',
        '{"form": 1, "datasets": [{"name": "../x", "version": 1, "with_files": true}]}',
        '{"form": 1, "datasets": [{"name": "x", "version": true, "with_files": true}]}',
        '{"form": 1, "datasets": [{"name": "x", "version": 1, "with_files": "yes"}]}',
        '{"form": 1, "datasets": [{"name": "x", "version": 1, "with_files": true, "uuid": "x"}]}',
    ],
    ids=range(18),
)  # fmt: skip
def test_hostile_document_is_an_input_error(untouched: Catalog, crate: Path, path: str, text: str) -> None:
    (crate / path).write_text(text)
    with pytest.raises(InputError):
        import_crate(untouched, crate)
    assert everything(untouched) == []


def test_dataset_that_is_listed_twice_is_refused(untouched: Catalog, crate: Path) -> None:
    listing = crate / "dmod" / "crate.json"
    contents = json.loads(listing.read_text())
    contents["datasets"].append(contents["datasets"][0])
    listing.write_text(json.dumps(contents))
    with pytest.raises(InputError, match="twice"):
        import_crate(untouched, crate)


def test_metadata_that_shows_another_dataset_than_is_imported_is_refused(
    untouched: Catalog, family: Any, crate: Path
) -> None:
    metadata = crate / "ro-crate-metadata.json"
    text = metadata.read_text(encoding="utf-8")
    shown = text.replace(f"urn:uuid:{family.forcing.uuid}", "urn:uuid:6f1f7d0e-0000-4000-8000-000000000000")
    metadata.write_text(shown, encoding="utf-8")
    with pytest.raises(InputError, match="describes"):
        import_crate(untouched, crate)


def test_crate_of_another_program_is_refused_with_what_to_do(untouched: Catalog, tmp_path: Path) -> None:
    from rocrate.rocrate import ROCrate

    (tmp_path / "a.csv").write_text("1")
    foreign = ROCrate()
    foreign.add_file(tmp_path / "a.csv")
    foreign.write(tmp_path / "foreign")
    with pytest.raises(InputError) as caught:
        import_crate(untouched, tmp_path / "foreign")
    assert "dmod data add" in (caught.value.hint or "")


def test_what_is_no_crate_is_refused(untouched: Catalog, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "noise.zip").write_bytes(b"PK\x03\x04 no archive")
    for path, kind in (("empty", InputError), ("noise.zip", InputError), ("nothing", NotFoundError)):
        with pytest.raises(kind) as caught:
            import_crate(untouched, tmp_path / path)
        assert isinstance(caught.value, DmodError)
        assert caught.value.hint


def test_progress_tells_of_proving_and_storing(other: Catalog, crate: Path) -> None:
    told: list[tuple[str, int, int]] = []
    import_crate(other, crate, progress=lambda *now: told.append(now))
    proving = [now for now in told if now[0] == "proving"]
    assert proving[-1][1] == proving[-1][2] > 0
    assert "storing" in {phase for phase, _, _ in told}


def test_dataset_that_was_removed_can_be_brought_back(other: Catalog, family: Any, crate: Path) -> None:
    import_crate(other, crate)
    remove(other, family.forcing)
    again = import_crate(other, crate)[-1]
    assert (again.uuid, again.digest) == (family.forcing.uuid, family.forcing.digest)
