"""Who may read a dataset beside its owner: of which versions that is said, and what it does not allow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import dmod
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.index.memory import MemoryIndex
from dmod.errors import AlreadyExists, DatasetNotFound, InputError, NotPermitted
from dmod.services.data.crate import export_crate
from dmod.services.data.service import DataService
from dmod.services.jobs.confining import confined

GENERIC = dmod.Description(Category.OUTPUT, FORMATS["GENERIC"])


def put(service: DataService, folder: Path, text: str, *, another: bool = False) -> None:
    (folder / "file").write_text(text)
    service.add("ours", [folder / "file"], GENERIC, another=another)


def readers(service: DataService) -> list[tuple[str, ...]]:
    return [service.dataset(f"ours@{number}").shared_with for number in service.show("ours").versions]


def test_name_stands_for_all_versions_and_a_version_for_itself(service: DataService, tmp_path: Path) -> None:
    put(service, tmp_path, "1")
    put(service, tmp_path, "2", another=True)
    assert [item.version for item in service.share("ours", ["grace", "ada", "ada"])] == [1, 2]
    assert readers(service) == [("ada", "grace"), ("ada", "grace")]
    assert [item.version for item in service.share("ours@1", [])] == [1]
    assert readers(service) == [(), ("ada", "grace")]


def test_later_version_is_shared_as_the_one_before_it(service: DataService, tmp_path: Path) -> None:
    put(service, tmp_path, "1")
    service.share("ours", ["ada"])
    put(service, tmp_path, "2", another=True)
    assert confined(service, "ada").dataset("ours").version == 2
    service.share("ours", [])
    put(service, tmp_path, "3", another=True)
    assert readers(service) == [(), (), ()]


def test_version_of_another_owner_keeps_its_own_readers(service: DataService, tmp_path: Path) -> None:
    put(service, tmp_path, "1")
    service.share("ours", ["ada"])
    put(replace(service, owner="root"), tmp_path, "2", another=True)
    assert readers(service) == [("ada",), ()]
    assert [item.version for item in service.share("ours", ["*"])] == [2]
    assert readers(service) == [("ada",), ("*",)]


def test_same_files_again_do_not_share_what_was_taken_back(service: DataService, tmp_path: Path) -> None:
    put(service, tmp_path, "1")
    put(service, tmp_path, "2", another=True)
    service.share("ours@1", ["ada"])
    put(service, tmp_path, "2", another=True)
    assert readers(service) == [("ada",), ()]


@pytest.mark.parametrize("name", ["", "no name", "**", "a\x00b"])
def test_what_cannot_be_a_user_is_refused_and_nothing_changed(
    service: DataService, tmp_path: Path, name: str
) -> None:
    put(service, tmp_path, "1")
    service.share("ours", ["ada"])
    with pytest.raises(InputError, match="cannot be the name of a user"):
        service.share("ours", ["grace", name])
    assert readers(service) == [("ada",)]


def test_name_by_itself_is_one_user(service: DataService, tmp_path: Path) -> None:
    put(service, tmp_path, "1")
    assert service.share("ours", "grace")[0].shared_with == ("grace",)


def test_readers_outlive_the_index(service: DataService, tmp_path: Path) -> None:
    put(service, tmp_path, "1")
    service.share("ours", ["ada"])
    anew = replace(service, catalog=replace(service.catalog, index=MemoryIndex()))
    anew.rebuild()
    assert anew.dataset("ours").shared_with == ("ada",)
    assert service.verify().faults == anew.verify().faults
    assert not service.verify().faults


def test_crate_says_nothing_of_readers(service: DataService, tmp_path: Path) -> None:
    put(service, tmp_path, "1")

    def exported(folder: Path) -> dict[str, bytes]:
        export_crate(service.catalog, service.dataset("ours"), folder)
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "ro-crate-metadata.json"  # it says when it was written
        }

    before = exported(tmp_path / "before")
    service.share("ours", ["somebody-else", "*"])
    assert exported(tmp_path / "after") == before
    assert "somebody-else" not in (tmp_path / "after" / "ro-crate-metadata.json").read_text()


def test_reader_can_do_nothing_but_read(service: DataService, tmp_path: Path) -> None:
    put(service, tmp_path, "1")
    ada = confined(replace(service, owner="ada"), "ada")
    with pytest.raises(DatasetNotFound):
        ada.dataset("ours")
    with pytest.raises(AlreadyExists, match="the name ours is taken"):
        put(ada, tmp_path, "2", another=True)
    service.share("ours", ["ada"])
    assert ada.get("ours", tmp_path / "got").files == 1
    with pytest.raises(NotPermitted, match="who alone adds versions"):
        put(ada, tmp_path, "2", another=True)
    assert service.show("ours").versions == (1,)
    assert service.catalog.index.uploads() == []
    put(service, tmp_path, "2", another=True)
    assert service.dataset("ours").version == 2  # what was refused has used up no number


def test_results_by_key_are_each_owner_s_own(service: DataService, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    views = [confined(replace(service, owner=owner), owner) for owner in ("ada", "ben")]
    made = [view.add("run-1", [tmp_path / "file"], GENERIC, key="k").dataset for view in views]
    assert made[0].name == "run-1"
    assert made[1].name.startswith("run-1-")
    assert [view.dataset(item.reference).owner for view, item in zip(views, made, strict=True)] == [
        "ada",
        "ben",
    ]
    now = service.catalog.clock()
    assert [view.catalog.index.derived("k", now) for view in views] == made
    assert service.catalog.index.derived("k", now) == made[1]
    service.remove([made[1].reference])
    assert views[1].catalog.index.derived("k", now) is None
    service.share("run-1", ["ben"])
    assert views[1].catalog.index.derived("k", now) == service.dataset("run-1")


def test_lineage_names_an_input_that_is_not_shared_and_no_more(service: DataService, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    service.add("secret", [tmp_path / "file"], replace(GENERIC, text="nobody's business"))
    (tmp_path / "file").write_text("2")
    service.add("ours", [tmp_path / "file"], replace(GENERIC, came_from=("secret",)))
    service.share("ours", ["ada"])
    graph = confined(service, "ada").lineage("ours").as_json()
    (hidden,) = (item for item in graph["datasets"] if item["reference"] == "secret@1")
    assert set(hidden) == {"uuid", "reference", "digest", "in_catalog"}
    assert not hidden["in_catalog"]
    service.share("secret", ["ada"])
    assert confined(service, "ada").lineage("ours").nodes[hidden["uuid"]].dataset is not None
    service.share("ours", [])
    assert confined(service, "ada").show("secret").children == ()
