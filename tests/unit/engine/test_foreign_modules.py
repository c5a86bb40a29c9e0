"""Modules that installed packages offer; a broken package is listed with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmod.engine.foreign_modules import registered_modules

GOOD = '''
from dmod.engine.foreign_modules import ModuleDeclaration

class Model:
    """A model that stores snow.

    It melts by degree days.
    """

LIBRARY = ModuleDeclaration(
    "Snow in C", "bmi_c", library_file="/lib/snow.so", registration_function="register_snow",
    references=("Somebody (1999)",),
)

def declare():
    return ModuleDeclaration("Made when asked", python_type="pack_of_modules.Model")

NUMBER = 7
WITHOUT_A_FILE = ModuleDeclaration("No file", "bmi_fortran")
IN_COBOL = ModuleDeclaration("Cobol", "bmi_cobol")

def leave():
    raise SystemExit(3)
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that installs a package with entry points, as an installer leaves it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, version: str, points: dict[str, str]) -> None:
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = "".join(f"{key} = {value}\n" for key, value in points.items())
        (folder / "entry_points.txt").write_text(f"[dmod.modules.of-tests]\n{lines}")

    (tmp_path / "pack_of_modules.py").write_text(GOOD)
    return install


def found():
    return {(m.name, m.package): m for m in registered_modules("dmod.modules.of-tests")}


def test_class_declares_itself_by_its_docstring(installed) -> None:
    installed("pack", "1.2", {"snow": "pack_of_modules:Model"})
    module = found()["snow", "pack"]
    assert (module.version, module.value, module.reason) == ("1.2", "pack_of_modules:Model", "")
    assert module.declaration.title == "A model that stores snow"
    assert module.declaration.description == "It melts by degree days."
    spec = module.declaration.spec("snow")
    assert (spec.coupling, spec.python_type, spec.title) == ("bmi_python", "pack_of_modules.Model", "snow")


@pytest.mark.parametrize(("value", "title"), [("LIBRARY", "Snow in C"), ("declare", "Made when asked")])
def test_declaration_is_taken_as_a_value_or_from_a_function(installed, value: str, title: str) -> None:
    installed("pack", "1", {"x": f"pack_of_modules:{value}"})
    assert found()["x", "pack"].declaration.title == title


def test_declaration_of_a_library_opens_what_it_says(installed) -> None:
    installed("pack", "1", {"x": "pack_of_modules:LIBRARY"})
    spec = found()["x", "pack"].declaration.spec("x")
    assert (spec.coupling, spec.library_file, spec.registration_function) == (
        "bmi_c",
        "/lib/snow.so",
        "register_snow",
    )


@pytest.mark.parametrize(("value", "reason"), [
    ("pack_of_modules:Missing", "loading it raised AttributeError"),
    ("no_such_package:Model", "loading it raised ModuleNotFoundError"),
    ("pack_of_modules:leave", "loading it raised SystemExit: 3"),
    ("pack_of_modules:NUMBER", "it is a int, and neither a class nor a ModuleDeclaration"),
    ("pack_of_modules:WITHOUT_A_FILE", "its declaration lacks library_file, which bmi_fortran needs"),
    ("pack_of_modules:IN_COBOL", "coupling 'bmi_cobol' is unknown"),
])  # fmt: skip
def test_broken_package_is_listed_with_the_reason_beside_a_good_one(
    installed, value: str, reason: str
) -> None:
    installed("broken", "1", {"bad": value})
    installed("pack", "1", {"snow": "pack_of_modules:Model"})
    modules = found()
    assert modules["bad", "broken"].declaration is None
    assert reason in modules["bad", "broken"].reason
    assert modules["snow", "pack"].declaration is not None


def test_second_module_of_a_name_is_listed_as_taken(installed) -> None:
    installed("b-pack", "1", {"snow": "pack_of_modules:LIBRARY"})
    installed("a-pack", "1", {"snow": "pack_of_modules:Model"})
    modules = found()
    assert modules["snow", "a-pack"].declaration is not None
    assert modules["snow", "b-pack"].reason == "the name is taken by pack_of_modules:Model of a-pack"


def test_nothing_installed_gives_nothing() -> None:
    assert registered_modules("dmod.modules.that-nobody-has") == ()
