"""Templates in a folder with a manifest, as DMOD keeps them."""

import json
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError, NotFoundError
from dmod.evaluation.specification.template import expanded
from dmod.services.evaluation.template_folder import MANIFEST, SeveralTemplates, TemplateFolder

BACKEND = "BackendSpecification"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "json.json").write_text('{"format": "json", "backend_type": "file"}')
    (tmp_path / "list.json").write_text("[]")
    write(tmp_path, {BACKEND: [{"name": "JSON File", "path": "backend/json.json", "description": "x"}]})
    return tmp_path


def write(folder: Path, manifest: Any) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest))


def test_templates_are_found_by_kind_and_name(folder: Path) -> None:
    templates = TemplateFolder(folder)
    assert templates.names(BACKEND) == ["JSON File"]
    assert templates.names("UnitDefinition") == []
    found = expanded({"template_name": "JSON File", "address": "a"}, BACKEND, templates)
    assert found["format"] == "json"
    assert templates.template(BACKEND, "none") is None


def test_first_of_several_places_gives_a_name(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "a.json").write_text('{"format": "csv"}')
    write(other, {BACKEND: [{"name": "JSON File", "path": "a.json"}, {"name": "CSV", "path": "a.json"}]})
    both = SeveralTemplates(TemplateFolder(folder), TemplateFolder(other))
    assert both.names(BACKEND) == ["JSON File", "CSV"]
    assert (both.template(BACKEND, "JSON File") or {})["format"] == "json"
    assert (both.template(BACKEND, "CSV") or {})["format"] == "csv"
    assert both.template(BACKEND, "none") is None


@pytest.mark.parametrize(
    ("manifest", "error", "said"),
    [
        ([], InputError, "is no manifest"),
        ({BACKEND: {}}, InputError, "has no name and path"),
        ({BACKEND: [{"name": "a"}]}, InputError, "has no name and path"),
        ({BACKEND: [{"name": "a", "path": "../x.json"}]}, InputError, "leads out of the folder"),
        ({BACKEND: [{"name": "a", "path": "none.json"}]}, NotFoundError, "there is no none.json"),
    ],
)
def test_manifest_that_is_wrong_is_refused(
    folder: Path, manifest: Any, error: type[Exception], said: str
) -> None:
    write(folder, manifest)
    with pytest.raises(error, match=said):
        TemplateFolder(folder)


def test_template_that_is_none_is_refused_when_asked_for(folder: Path) -> None:
    write(folder, {BACKEND: [{"name": "a", "path": "list.json"}]})
    with pytest.raises(InputError, match="is no template"):
        TemplateFolder(folder).template(BACKEND, "a")


def test_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        TemplateFolder(tmp_path)
