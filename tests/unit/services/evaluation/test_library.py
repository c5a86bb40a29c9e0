"""The library of specifications and templates."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dmod.core.holding import held
from dmod.errors import AlreadyExists, ConflictError, InputError, NotFoundError, NotPermitted, StoreError
from dmod.evaluation.specification.evaluation import EvaluationSpecification
from dmod.evaluation.specification.parsing import parse_specification
from dmod.services.evaluation import library as module
from dmod.services.evaluation.library import SpecificationLibrary

SHORT = {"observations": "obs.csv", "runs": "results", "metrics": ["kge", "nse"]}
BACKEND = "BackendSpecification"


class Clock:
    """Ticks an hour at each question."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def library(tmp_path: Path) -> SpecificationLibrary:
    return SpecificationLibrary(tmp_path / "library", Clock())


def test_document_is_shown_as_it_was_saved(library: SpecificationLibrary) -> None:
    entry = library.save("Logan River", SHORT, owner="ada", description="daily")
    saved = library.show("Logan River")
    assert saved.document == SHORT
    assert saved.entry == entry
    assert entry.as_dict() == {
        "kind": "specification",
        "name": "Logan River",
        "owner": "ada",
        "description": "daily",
        "created": "2026-01-01 01:00:00",
        "changed": "2026-01-01 01:00:00",
    }


def test_document_is_replaced_only_when_asked_and_by_its_owner(library: SpecificationLibrary) -> None:
    library.save("a", SHORT, owner="ada")
    with pytest.raises(AlreadyExists):
        library.save("a", SHORT, owner="ada")
    with pytest.raises(NotPermitted, match="is of ada"):
        library.save("a", SHORT, owner="bob", replace=True)
    entry = library.save("a", {**SHORT, "title": "new"}, owner="ada", replace=True)
    assert (entry.created, entry.changed) == ("2026-01-01 01:00:00", "2026-01-01 02:00:00")
    assert library.show("a").document["title"] == "new"


def test_wrong_document_is_not_saved(library: SpecificationLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="treshold: there is no such key"):
        library.save("a", {**SHORT, "treshold": 1})
    with pytest.raises(InputError, match="metrics is missing"):
        library.save("a", {"observations": "x", "runs": "y"})
    monkeypatch.setattr(module, "LARGEST", 100)
    with pytest.raises(InputError, match="larger than 100 bytes"):
        library.save("a", SHORT)
    assert library.entries() == []


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "x" * 101])
def test_name_that_is_none_is_refused(library: SpecificationLibrary, name: str) -> None:
    with pytest.raises(InputError, match="no name of a document"):
        library.save(name, SHORT)


NAMES = ("../x", "a/b", ".hidden", "..", "ä %2F é", "CON.json", "a.partial", "河" * 100)


@pytest.mark.parametrize("name", NAMES)
def test_every_other_name_stays_in_the_folder(library: SpecificationLibrary, name: str) -> None:
    library.save(name, SHORT)
    assert [entry.name for entry in library.entries()] == [name]
    files = list(library.folder.parent.rglob("*.json"))
    assert [path.parent for path in files] == [library.folder / "specification"]
    library.remove(name)
    assert library.entries() == []


def test_unknown_kind_and_name_are_told_with_similar_ones(library: SpecificationLibrary) -> None:
    library.save("Logan", SHORT)
    with pytest.raises(InputError, match="no kind 'Backend'") as wrong:
        library.show("x", kind="Backend")
    assert BACKEND in str(wrong.value.hint)
    with pytest.raises(NotFoundError) as caught:
        library.show("Logam")
    assert caught.value.hint == "there are Logan"
    with pytest.raises(NotFoundError) as caught:
        library.remove("x", kind=BACKEND)
    assert caught.value.hint == "there is none yet"


def test_entries_are_listed_by_kind_owner_and_name(library: SpecificationLibrary) -> None:
    library.save("b", SHORT, owner="ada")
    library.save("A", SHORT, owner="bob")
    library.save("JSON", {"format": "json"}, kind=BACKEND, owner="ada")
    assert [entry.name for entry in library.entries()] == ["JSON", "A", "b"]
    assert [entry.name for entry in library.entries(kind="specification")] == ["A", "b"]
    assert [entry.name for entry in library.entries(owner="ada")] == ["JSON", "b"]


def test_search_finds_words_anywhere_or_in_elements(library: SpecificationLibrary) -> None:
    library.save("Logan", {**SHORT, "title": "Daily flow"}, description="of Utah")
    library.save("Irvins", {**SHORT, "metrics": {"kge": 1}, "scales": {"kge": [0, 1]}}, owner="kim")
    found = library.search("daily UTAH")
    assert [(item.entry.name, item.places) for item in found] == [("Logan", ("title",))]
    assert [item.entry.name for item in library.search("kim")] == ["Irvins"]
    assert [item.entry.name for item in library.search()] == ["Irvins", "Logan"]
    assert library.search("nothing such") == []
    (item,) = library.search("nse", element="metrics")
    assert (item.entry.name, item.places) == ("Logan", ("metrics[1]",))
    (item,) = library.search(element="scales.kge")
    assert item.places == ("scales.kge[0]", "scales.kge[1]")
    assert library.search("utah", element="metrics") == []
    assert library.search("kge", owner="kim", kind="specification")[0].entry.name == "Irvins"


def test_templates_of_the_library_are_inherited(
    library: SpecificationLibrary, document: dict[str, Any]
) -> None:
    library.save("File", {"backend_type": "file"}, kind=BACKEND)
    library.save("JSON", {"template_name": "File", "format": "json"}, kind=BACKEND)
    document["observations"]["backend"] = {"template_name": "JSON", "address": "observed.json"}
    library.save("two gauges", document)
    found = parse_specification(library.show("two gauges").document, library)
    assert isinstance(found, EvaluationSpecification)
    assert found.observations[0].backend.format == "json"
    assert library.chain("JSON", kind=BACKEND) == ("JSON", "File")
    assert library.names(BACKEND) == ["File", "JSON"]


def test_template_that_would_inherit_in_a_circle_is_refused(library: SpecificationLibrary) -> None:
    library.save("a", {"format": "json"}, kind=BACKEND)
    library.save("b", {"template_name": "a"}, kind=BACKEND)
    with pytest.raises(InputError, match="circle: b → a → b"):
        library.save("a", {"template_name": "b"}, kind=BACKEND, replace=True)
    with pytest.raises(InputError, match="circle: c → c"):
        library.save("c", {"template_name": "c"}, kind=BACKEND)
    with pytest.raises(InputError, match="no template 'none'"):
        library.save("d", {"template_name": "none"}, kind=BACKEND)


def test_document_whose_template_went_away_is_not_sound(
    library: SpecificationLibrary, document: dict[str, Any]
) -> None:
    library.save("JSON", {"backend_type": "file", "format": "json"}, kind=BACKEND)
    document["observations"]["backend"] = {"template_name": "JSON", "address": "observed.json"}
    library.save("a", document)
    library.validate("a")
    library.remove("JSON", kind=BACKEND)
    with pytest.raises(InputError, match=r"observations\.backend: there is no template 'JSON'"):
        library.validate("a")


def test_document_is_removed_by_its_owner(library: SpecificationLibrary) -> None:
    library.save("a", SHORT, owner="ada")
    with pytest.raises(NotPermitted):
        library.remove("a", owner="bob")
    library.remove("a", owner="ada")
    with pytest.raises(NotFoundError):
        library.remove("a", owner="ada")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"document": 5}'])
def test_broken_file_is_listed_with_its_fault_and_hides_no_other(
    library: SpecificationLibrary, text: str
) -> None:
    library.save("a", SHORT)
    (library.folder / "specification" / "b.json").write_text(text)
    (library.folder / "specification" / ".c.json").write_text("not one of it")
    sound, broken = library.entries()
    assert (sound.name, sound.fault) == ("a", "")
    assert "b.json of the library" in broken.fault
    assert broken.as_dict()["fault"] == broken.fault
    assert [item.entry.name for item in library.search()] == ["a"]
    with pytest.raises(StoreError):
        library.show("b")
    library.remove("b")
    assert len(library.entries()) == 1


def test_library_that_another_process_changes_is_left_alone(library: SpecificationLibrary) -> None:
    with held(library.folder, "is tried"), pytest.raises(ConflictError):
        library.save("a", SHORT)
    library.save("a", SHORT)
    kept = json.loads((library.folder / "specification" / "a.json").read_text())
    assert kept["document"] == SHORT
