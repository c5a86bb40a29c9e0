"""The framework's program is found where it is named and says what it is; what is wrong comes with places."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dmod.engine.ngen.program import NGEN, find_program, with_libraries
from dmod.errors import NotFoundError, PluginError
from dmod.testing.ngen_stand_in import COMMIT, SERIAL, UNROUTED, VERSION, write_program


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return write_program(tmp_path / "bin")


def test_program_named_by_option_is_taken_before_variable_and_path(program: Path, tmp_path: Path) -> None:
    found = find_program(program, variables={**os.environ, NGEN: str(tmp_path / "other"), "PATH": ""})
    assert found.path == program


def test_program_named_by_variable_is_taken_before_path(program: Path, tmp_path: Path) -> None:
    other = write_program(tmp_path / "other")
    variables = {**os.environ, NGEN: str(program), "PATH": f"{other.parent}:{os.environ['PATH']}"}
    assert find_program(None, variables=variables).path == program


def test_program_in_path_is_found(program: Path) -> None:
    variables = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    variables.pop(NGEN, None)
    assert find_program(None, variables=variables).path == program


def test_program_says_release_commit_and_that_it_is_parallel(program: Path) -> None:
    found = find_program(program)
    assert found.version == f"{VERSION} {COMMIT[:7]}"
    assert found.title == f"ngen {VERSION} {COMMIT[:7]}"
    assert found.is_parallel is True
    assert "Build Summary" in found.description


def test_program_built_without_mpi_says_so(program: Path) -> None:
    assert find_program(program, variables={**os.environ, SERIAL: "1"}).is_parallel is False


@pytest.mark.parametrize(("variables", "can_route"), [({}, True), ({UNROUTED: "1"}, False)])
def test_program_says_whether_it_can_route(program: Path, variables: dict[str, str], can_route: bool) -> None:
    assert find_program(program, variables={**os.environ, **variables}).can_route is can_route


def test_program_that_says_nothing_of_itself_is_taken_all_the_same(tmp_path: Path) -> None:
    found = find_program(script(tmp_path / "ngen", "exit 1"))
    assert (found.version, found.is_parallel, found.title) == ("", None, "ngen")
    assert found.can_route is None


def test_program_nowhere_names_all_places_that_were_tried(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        find_program(None, variables={"PATH": f"{tmp_path}/a:{tmp_path}/b"})
    assert f"{tmp_path}/a, {tmp_path}/b" in caught.value.message
    assert NGEN in caught.value.message


@pytest.mark.parametrize(
    ("name", "why"), [("folder", "is a folder"), ("plain", "may not be executed"), ("none", "does not exist")]
)
def test_program_that_cannot_be_one_is_refused_with_why(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "plain").write_text("text")
    with pytest.raises(NotFoundError, match=why) as caught:
        find_program(None, variables={NGEN: str(tmp_path / name), "PATH": ""})
    assert NGEN in caught.value.message


def test_program_without_its_own_library_names_it(tmp_path: Path) -> None:
    said = "ngen: error while loading shared libraries: libudunits2.so.0: cannot open shared object file"
    path = script(tmp_path / "ngen", f"echo '{said}' >&2; exit 127")
    with pytest.raises(PluginError, match=r"libudunits2\.so\.0") as caught:
        find_program(path)
    assert "library path" in (caught.value.hint or "")


def test_program_that_breaks_when_asked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="signal 6"):
        find_program(script(tmp_path / "ngen", "kill -ABRT $$"))


def test_program_of_another_system_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ngen"
    path.write_bytes(b"\x7fELF not really")
    path.chmod(0o755)
    with pytest.raises(PluginError, match="cannot be started"):
        find_program(path)


def test_library_path_stands_before_the_one_that_is_there(tmp_path: Path) -> None:
    assert with_libraries([tmp_path], {"LD_LIBRARY_PATH": "/a"}) == {"LD_LIBRARY_PATH": f"{tmp_path}:/a"}
    assert with_libraries([tmp_path], {}) == {"LD_LIBRARY_PATH": str(tmp_path)}
    assert with_libraries([], {"LD_LIBRARY_PATH": "/a"}) == {}
    assert with_libraries([Path("lib")], {}) == {"LD_LIBRARY_PATH": str(Path.cwd() / "lib")}
