"""What a user's name for a module means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.errors import InputError, NotFoundError
from dmod.services.modules.program_name import ProgramOptions, Target, find_target


@pytest.mark.parametrize("program", ["pack.mod:Model", "pack.mod.Model", "mod:Model"])
def test_dotted_name_is_a_class(program: str, tmp_path: Path) -> None:
    spec = find_target(program, ProgramOptions(python_path=tmp_path)).spec
    assert (spec.coupling, spec.title) == ("bmi_python", "Model")
    assert spec.python_type == program.replace(":", ".")
    assert spec.python_path == str(tmp_path)


@pytest.mark.parametrize(
    ("language", "coupling"), [("c", "bmi_c"), ("c++", "bmi_c++"), ("fortran", "bmi_fortran")]
)
def test_library_tells_its_language(made: Callable[..., Target], language: str, coupling: str) -> None:
    library = made(language).spec.library_file
    assert find_target(str(library)).spec.coupling == coupling


def test_library_that_tells_no_language_is_refused_with_what_it_has(made: Callable[..., Target]) -> None:
    renamed = made("c", ("Bmi *register_bmi(", "Bmi *register_my_model("))
    library = str(renamed.spec.library_file)
    with pytest.raises(InputError, match="does not tell its language") as caught:
        find_target(library)
    assert "register_my_model" in str(caught.value.hint)
    found = find_target(library, ProgramOptions(registration_function="register_my_model"))
    assert (found.spec.coupling, found.spec.registration_function) == ("bmi_c", "register_my_model")


@pytest.mark.parametrize(("program", "options", "error", "match"), [
    ("not-a-name", {}, InputError, "names no module"),
    ("", {}, InputError, "names no module"),
    ("nowhere.so", {}, NotFoundError, "does not exist"),
    ("a.b:C", {"language": "c"}, NotFoundError, "no library"),
    ("a.b:C", {"language": "basic"}, InputError, "'basic' is unknown"),
])  # fmt: skip
def test_name_that_means_nothing_is_refused(
    program: str, options: dict[str, str], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        find_target(program, ProgramOptions(**options))


def test_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no file"):
        find_target("a.b:C", config=tmp_path / "none.ini")


def test_library_as_python_is_refused(made: Callable[..., Target]) -> None:
    with pytest.raises(InputError, match="is a library, and no class"):
        find_target(str(made("c").spec.library_file), ProgramOptions("python"))
