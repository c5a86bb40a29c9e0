"""A module to begin with is written whole, under its own name, and never over anything."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dmod.errors import AlreadyExists, InputError, StoreError
from dmod.services.modules import skeleton
from dmod.services.modules.skeleton import LANGUAGES, Names, write_skeleton

FORMS = [(language, False) for language in LANGUAGES] + [("python", True)]


@pytest.mark.parametrize(("language", "vectorised"), FORMS)
def test_skeleton_bears_its_own_name_everywhere(tmp_path: Path, language: str, vectorised: bool) -> None:
    made = write_skeleton("snow-Pack2", language=language, output=tmp_path / "x", vectorised=vectorised)
    texts = {path: (made.folder / path).read_text() for path in made.files}
    assert {"README.md", "example/snow_pack2.ini", "example/realization.json"} <= texts.keys()
    for path, text in texts.items():
        assert not re.search(r"linear[_-]reservoir|LinearReservoir|@[A-Z]+@", path + text), path
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
    formulation = json.loads(texts["example/realization.json"])["global"]["formulations"][0]
    assert formulation["params"]["main_output_variable"] == "Q_OUT"
    assert formulation["name"] == {"python": "bmi_python", "c": "bmi_c", "c++": "bmi_c++"}.get(
        language, "bmi_fortran"
    )
    assert made.program in texts["README.md"]
    assert all(command.split()[0] in {"pip", "pytest", "make", "dmod"} for command in made.commands)


def test_realization_of_a_skeleton_is_one(tmp_path: Path) -> None:
    from dmod.formulation.reader import read_realization

    for language in LANGUAGES:
        made = write_skeleton("bucket", language=language, output=tmp_path / language)
        found = read_realization(made.folder / "example" / "realization.json")
        assert found.formulation_for("cat-1").main_output_variable == "Q_OUT"


def test_skeleton_over_something_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(AlreadyExists, match="exists"):
        write_skeleton("bucket", output=tmp_path)
    with pytest.raises(AlreadyExists, match="exists"):
        write_skeleton("bucket", output=tmp_path / "mine.txt")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(AlreadyExists, match="exists"):
        write_skeleton("bucket", output=tmp_path / "link")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "mine.txt"]


def test_skeleton_in_an_empty_folder_is_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (write_skeleton("bucket", output=tmp_path / "empty").folder / "pyproject.toml").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_skeleton_without_output_is_written_here_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert write_skeleton("my_Bucket").folder == Path("my-bucket")
    assert (tmp_path / "my-bucket" / "src" / "my_bucket" / "module.py").is_file()


def test_skeleton_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_text

    def fail(self: Path, text: str, **more: str) -> int:
        if self.name == "README.md":
            raise OSError(28, "No space left on device", str(self))
        return write(self, text, **more)

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(StoreError):
        write_skeleton("bucket", output=tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", "1st", "a b", "a--b", "-a", "a/b", "../a", "x" * 41, "class", "numpy", "os", "é"]
)
def test_name_that_languages_cannot_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be a module's name"):
        write_skeleton(name, output=tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "forms"), [
    ("linear-reservoir", ("linear-reservoir", "linear_reservoir", "LinearReservoir")),
    ("SnowPack", ("snow-pack", "snow_pack", "SnowPack")),
    ("GR4J", ("gr4-j", "gr4_j", "Gr4J")),
    ("pet", ("pet", "pet", "Pet")),
])  # fmt: skip
def test_name_has_its_forms(name: str, forms: tuple[str, str, str]) -> None:
    found = Names.of(name)
    assert (found.dashed, found.plain, found.pascal) == forms


def test_language_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'cobol' is unknown"):
        write_skeleton("bucket", language="cobol", output=tmp_path / "new")
    with pytest.raises(InputError, match="one catchment an instance"):
        write_skeleton("bucket", language="c", output=tmp_path / "new", vectorised=True)


def test_templates_belong_to_a_language() -> None:
    folders = {path.name for path in skeleton.TEMPLATES.iterdir()}
    assert folders == {*LANGUAGES, skeleton.VECTORISED, skeleton.COMPILED}
    files = [path for path in skeleton.TEMPLATES.rglob("*") if path.is_file()]
    assert all(path.suffix == skeleton.SUFFIX for path in files)
