"""The data service as people use it: bringing, getting, editing, removing, with readable refusals."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import dmod
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.index.port import Listing
from dmod.catalog.restriction import Discrete
from dmod.errors import (
    AlreadyExists,
    ConflictError,
    DatasetNotFound,
    InputError,
    IntegrityError,
    NotFoundError,
)
from dmod.services.data.service import DataService

GENERIC = dmod.Description(Category.OUTPUT, FORMATS["GENERIC"])


def some(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


def test_hydrofabric_is_known_by_what_it_holds(service: DataService, country: object) -> None:
    brought = service.add("country", [country.fabric])  # type: ignore[attr-defined]
    assert brought.is_new
    assert brought.dataset.category is Category.HYDROFABRIC
    assert len(brought.dataset.domain.values(DomainIndex.CATCHMENT_ID)) == 60
    assert brought.dataset.owner == "tester"


def test_file_of_unknown_kind_is_refused_with_what_to_say(service: DataService, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="GENERIC"):
        service.add("notes", [some(tmp_path / "n", notes="words")])


def test_name_that_no_dataset_may_have_is_refused_before_anything_is_looked_into(
    service: DataService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    monkeypatch.setattr("dmod.services.data.bringing.files_of", looked.append)
    with pytest.raises(InputError, match="'my data' is no name for a dataset"):
        service.add("my data", [some(tmp_path / "n", a="1")])
    assert not looked


def test_folder_and_files_are_taken_with_their_paths(service: DataService, tmp_path: Path) -> None:
    folder = some(tmp_path / "n", a="1", b="2")
    some(folder / "inner", c="3")
    shown = service.show(service.add("one", [folder], GENERIC).dataset.reference)
    assert [entry.path for entry in shown.manifest] == ["a", "b", "inner/c"]
    several = service.add("two", [folder / "a", folder / "inner"], GENERIC).dataset
    assert [entry.path for entry in service.catalog.manifest(several)] == ["a", "inner/c"]


def test_link_inside_the_folder_is_read_through(service: DataService, tmp_path: Path) -> None:
    folder = some(tmp_path / "n", a="1")
    (folder / "same").symlink_to("a")
    assert service.add("here", [folder], GENERIC).dataset.files == 2


def test_link_that_leads_out_is_refused_by_name(service: DataService, tmp_path: Path) -> None:
    folder = some(tmp_path / "n", a="1")
    (folder / "secret").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match=r"secret.*leads out"):
        service.add("here", [folder], GENERIC)
    assert service.list() == []


def test_archive_is_unpacked_on_wish(service: DataService, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(some(tmp_path / "n", a="1", b="2"), "inside")
    dataset = service.add("here", [tmp_path / "a.tar.gz"], GENERIC, unpack=True).dataset
    assert [entry.path for entry in service.catalog.manifest(dataset)] == ["inside/a", "inside/b"]


def test_archive_that_climbs_out_is_refused(service: DataService, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(some(tmp_path / "n", a="1") / "a", "../../out")
    with pytest.raises(InputError, match=r"\.\./\.\./out"):
        service.add("here", [tmp_path / "a.tar"], GENERIC, unpack=True)
    assert service.list() == []
    assert not list((service.folder / "unpacked").glob("*"))


def test_got_files_are_those_that_were_added(service: DataService, tmp_path: Path) -> None:
    service.add("here", [some(tmp_path / "n", a="1", b="2")], GENERIC)
    placed = service.get("here", tmp_path / "got")
    assert (placed.files, placed.bytes) == (2, 2)
    assert {path.name: path.read_text() for path in (tmp_path / "got").iterdir()} == {"a": "1", "b": "2"}
    (tmp_path / "got" / "a").write_text("changed")  # a user's own copy
    assert not service.verify().faults


def test_some_of_the_files_are_got_by_pattern(service: DataService, tmp_path: Path) -> None:
    service.add("here", [some(tmp_path / "n", a1="1", a2="2", b="3")], GENERIC)
    assert service.get("here", tmp_path / "got", only=["a*"]).files == 2
    with pytest.raises(NotFoundError, match="no file 'x"):
        service.get("here", tmp_path / "other", only=["x*"])
    assert not (tmp_path / "other").exists()


def test_folder_that_holds_something_is_not_written_to(service: DataService, tmp_path: Path) -> None:
    service.add("here", [some(tmp_path / "n", a="1")], GENERIC)
    with pytest.raises(AlreadyExists):
        service.get("here", some(tmp_path / "full", mine="!"))
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]


def test_damaged_file_is_named_and_never_handed_out(service: DataService, tmp_path: Path) -> None:
    dataset = service.add("here", [some(tmp_path / "n", a="one", b="two")], GENERIC).dataset
    (entry,) = (entry for entry in service.catalog.manifest(dataset) if entry.path == "b")
    stored = service.catalog.store.path / "objects" / entry.sha256[:2] / entry.sha256[2:]  # type: ignore[attr-defined]
    stored.chmod(0o644)
    stored.write_text("twO")
    with pytest.raises(IntegrityError, match=entry.sha256[:12]):
        service.get("here", tmp_path / "got")
    assert not (tmp_path / "got").exists()
    (fault,) = service.verify(["here"]).faults
    assert fault.path == "b"
    stored.unlink()
    (fault,) = service.verify(["here"]).faults
    assert "missing" in fault.what


def test_edit_changes_what_is_said_and_not_the_data(service: DataService, tmp_path: Path) -> None:
    before = service.add("here", [some(tmp_path / "n", a="1")], GENERIC).dataset
    after = service.edit("here", {"description": "words", "expires": datetime(2100, 1, 1, tzinfo=UTC)})
    assert (after.digest, after.uuid) == (before.digest, before.uuid)
    assert service.dataset("here").description == "words"
    assert not service.verify(["here"]).faults
    with pytest.raises(InputError, match="digest"):
        service.edit("here", {"digest": "0"})


def test_name_of_several_versions_is_not_removed_by_name_alone(service: DataService, tmp_path: Path) -> None:
    service.add("here", [some(tmp_path / "n", a="1")], GENERIC)
    service.add("here", [some(tmp_path / "n", a="2")], GENERIC, another=True)
    with pytest.raises(InputError, match="2 versions"):
        service.remove(["here"])
    service.remove(["here@1"])
    service.remove(["here"])
    assert service.list() == []


def test_temporary_dataset_is_not_found_once_its_time_is_over(service: DataService, tmp_path: Path) -> None:
    said = dmod.Description(
        Category.FORCING, FORMATS["AORC_CSV"], {DomainIndex.CATCHMENT_ID: Discrete(frozenset({"cat-1"}))},
        expires=datetime.now(UTC) - timedelta(seconds=1),
    )  # fmt: skip
    service.add("brief", [some(tmp_path / "n", a="1")], said)
    wanted = dmod.requirement("forcing", catchments=["cat-1"])
    assert not service.find(wanted).is_fulfilled
    assert service.list() == []
    assert service.collect(grace=timedelta(0)).expired == ("brief@1",)
    with pytest.raises(DatasetNotFound):
        service.dataset("brief")


def test_several_datasets_make_up_a_period_and_a_basin(service: DataService, tmp_path: Path) -> None:
    for name, ids, start, end in (
        ("a-jan", ["cat-1"], "2020-01-01", "2020-01-31 23:00"),
        ("a-feb", ["cat-1"], "2020-02-01", "2020-02-29 23:00"),
        ("b-both", ["cat-2"], "2020-01-01", "2020-02-29 23:00"),
    ):
        from dmod.services.data.asking import domain_restrictions

        held = domain_restrictions(catchments=ids, start=start, end=end)
        said = dmod.Description(Category.FORCING, FORMATS["AORC_CSV"], held)
        service.add(name, [some(tmp_path / name, a=name)], said)
    wanted = dmod.requirement("forcing", catchments=["cat-1", "cat-2"], start="2020-01-15", end="2020-02-15")
    found = service.find(wanted)
    assert {part.dataset.name for part in found.parts} == {"a-jan", "a-feb", "b-both"}
    lacking = dmod.requirement("forcing", catchments=["cat-1", "cat-2"], start="2020-01-15", end="2020-03-02")
    assert not service.find(lacking).is_fulfilled


def test_data_that_are_linked_are_found_and_not_proven(service: DataService, country: object) -> None:
    said = dmod.Description(link=True)
    dataset = service.add("weather", [country.weather], said).dataset  # type: ignore[attr-defined]
    assert dataset.is_external
    assert service.find(
        dmod.requirement("forcing", format="FORCING_GRID", start="2019-03-01", end="2019-03-02")
    ).is_fulfilled
    assert service.verify().external == ("weather@1",)
    with pytest.raises(InputError, match="do not lie in this store"):
        service.get("weather", "anywhere")


def test_what_lies_at_an_address_must_be_said(service: DataService) -> None:
    with pytest.raises(InputError, match="--format"):
        service.add("aorc", ["s3://bucket/aorc.zarr"], dmod.Description(link=True))


def test_declared_inputs_are_in_the_lineage(service: DataService, tmp_path: Path) -> None:
    service.add("base", [some(tmp_path / "n", a="1")], GENERIC)
    said = dmod.Description(Category.OUTPUT, FORMATS["GENERIC"], came_from=("base",), step="my-model 3")
    service.add("result", [some(tmp_path / "r", b="2")], said)
    assert [edge.role for edge in service.lineage("result").edges] == ["input"]
    with pytest.raises(ConflictError, match="result@1"):
        service.remove(["base"])


def test_listing_by_pattern_category_and_all_versions(service: DataService, tmp_path: Path) -> None:
    for name in ("a_1", "ab1", "b"):
        service.add(name, [some(tmp_path / name, a=name)], GENERIC)
    service.add("b", [some(tmp_path / "b", a="new")], GENERIC, another=True)
    assert [d.name for d in service.list(Listing(pattern="a_*"))] == ["a_1"]
    assert [d.reference for d in service.list()] == ["a_1@1", "ab1@1", "b@2"]
    assert [d.reference for d in service.list(Listing(latest=False))] == ["a_1@1", "ab1@1", "b@1", "b@2"]
    assert service.list(Listing(category=Category.FORCING)) == []


def test_place_that_no_hydrofabric_has_lists_where_was_looked(service: DataService, country: object) -> None:
    with pytest.raises(DatasetNotFound, match="no hydrofabric"):
        service.basin(["gage-1"])
    service.add("country", [country.fabric])  # type: ignore[attr-defined]
    with pytest.raises(NotFoundError, match="country@1"):
        service.basin(["gage-99999999"])


def test_description_takes_names_of_category_and_format() -> None:
    assert dmod.Description("output", "generic") == GENERIC
    with pytest.raises(InputError, match="no category"):
        dmod.Description("OUTPUTS")
    with pytest.raises(InputError, match="GENERICS"):
        dmod.Description(format="GENERICS")
