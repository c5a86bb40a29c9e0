"""What is wrong with a program that cannot be opened is said, and what there is instead."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.engine.foreign import elf
from dmod.engine.foreign.library import open_library
from dmod.engine.foreign.module import Program
from dmod.engine.foreign.program import ProgramSpec, open_program
from dmod.errors import DmodError, PluginError, RealizationError

Opened = Callable[..., Program]
Compiled = Callable[..., Path]


def c_program(library: Path, **settings: str) -> Program:
    return open_program(ProgramSpec("bmi_c", "CFE", library_file=library, **settings))


def refusal(call: Callable[[], object]) -> PluginError:
    with pytest.raises(PluginError) as caught:
        call()
    return caught.value


def test_unknown_coupling_is_refused_with_those_there_are() -> None:
    with pytest.raises(RealizationError, match=r"'bmi_cobol' is unknown\n.*bmi_c, bmi_c\+\+, bmi_fortran"):
        open_program(ProgramSpec("bmi_cobol", "CFE"))


@pytest.mark.parametrize(("coupling", "setting"), [("bmi_c", "library_file"), ("bmi_python", "python_type")])
def test_missing_setting_is_named(coupling: str, setting: str) -> None:
    with pytest.raises(RealizationError, match=f"module CFE: {coupling} needs {setting}"):
        open_program(ProgramSpec(coupling, "CFE"))


def test_missing_library_is_told_with_those_beside_it(tmp_path: Path) -> None:
    (tmp_path / "libcfebmi.so").touch()
    error = refusal(lambda: c_program(tmp_path / "libcfebm.so"))
    assert error.message == f"library {tmp_path / 'libcfebm.so'} does not exist"
    assert error.hint == f"{tmp_path} has libcfebmi.so"


def test_missing_folder_is_told(tmp_path: Path) -> None:
    assert (
        refusal(lambda: c_program(tmp_path / "no" / "lib.so")).hint == f"there is no folder {tmp_path / 'no'}"
    )
    assert "holds no libraries" in str(refusal(lambda: c_program(tmp_path / "lib.so")))


def test_ending_of_a_library_is_added(compiled: Compiled) -> None:
    library = compiled("reservoir.c")
    assert open_library(library.with_suffix("")) is open_library(library)


def test_library_is_opened_once_whatever_path_leads_to_it(compiled: Compiled, tmp_path: Path) -> None:
    library = compiled("reservoir.c")
    (tmp_path / "other.so").symlink_to(library)
    assert open_library(tmp_path / "other.so") is open_library(library)


def test_libraries_with_equal_names_of_functions_keep_apart(compiled: Compiled, tmp_path: Path) -> None:
    library = compiled("reservoir.c")
    other = tmp_path / "libother.so"
    shutil.copy(library, other)
    assert open_library(other).address("register_bmi") != open_library(library).address("register_bmi")


def test_library_of_another_architecture_is_told_which(compiled: Compiled, tmp_path: Path) -> None:
    content = bytearray(compiled("reservoir.c").read_bytes())
    struct.pack_into("<H", content, 18, 22)
    other = tmp_path / "libother.so"
    other.write_bytes(content)
    error = refusal(lambda: c_program(other))
    assert error.message == f"library {other} is made for s390x, and this is {elf.own_machine()}"
    assert error.hint == f"build it anew for {elf.own_machine()}"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xcf\xfa\xed\xfe" + bytes(60), "no shared library of this system, but of macOS"),
        (b"MZ" + bytes(60), "no shared library of this system, but of Windows"),
        (b"!<arch>\n" + bytes(60), "no shared library of this system, but of a static archive"),
        (b"#!/bin/sh\n", "no shared library of this system"),
        (b"", "no shared library of this system"),
    ],
)
def test_file_that_is_no_library_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "libit.so"
    path.write_bytes(content)
    assert words in str(refusal(lambda: c_program(path)))


def test_library_that_lacks_what_it_needs_is_told_in_the_systems_words(
    compiled: Compiled, tmp_path: Path
) -> None:
    source = tmp_path / "lacks.c"
    source.write_text("int of_nobody(void);\nint register_bmi(void *it) { return of_nobody(); }\n")
    error = refusal(lambda: c_program(compiled(source)))
    assert "cannot be loaded" in error.message
    assert "of_nobody" in error.message


def test_missing_registration_is_told_with_near_names(compiled: Compiled) -> None:
    library = compiled("reservoir.c")
    error = refusal(lambda: c_program(library, registration_function="register_bmi_refuse"))
    assert error.message == f"{library.resolve()} has no function 'register_bmi_refuse'"
    assert error.hint is not None
    assert error.hint.startswith("registration_function can be register_bmi_refused, ")


def test_registration_that_is_not_near_is_still_listed(compiled: Compiled) -> None:
    error = refusal(lambda: c_program(compiled("reservoir.c"), registration_function="start"))
    assert "register_bmi" in str(error.hint)


def test_library_without_registration_lists_what_it_exports(compiled: Compiled, tmp_path: Path) -> None:
    source = tmp_path / "plain.c"
    source.write_text("int runoff(void) { return 1; }\nstatic int hidden(void) { return 2; }\n")
    error = refusal(lambda: c_program(compiled(source)))
    assert error.hint == "registration_function can be runoff"


def test_registration_that_refuses_is_told_with_what_it_returned(compiled: Compiled) -> None:
    program = c_program(compiled("reservoir.c"), registration_function="register_bmi_refused")
    error = refusal(lambda: program.instance("cat-27"))
    assert error.message.startswith("module CFE, catchment cat-27: register_bmi_refused of ")
    assert error.message.endswith("returned 3")


def test_registration_that_leaves_functions_out_is_told_all_of_them(compiled: Compiled) -> None:
    program = c_program(compiled("reservoir.c"), registration_function="register_bmi_in_part")
    assert "registered no update, no get_value\n" in str(refusal(lambda: program.instance("cat-27")))


def test_registration_that_returns_a_status_is_taken(compiled: Compiled) -> None:
    program = c_program(compiled("reservoir.c"), registration_function="register_bmi_by_status")
    assert program.instance("cat-27").input_names == ("rain", "weight", "mode")


def test_fortran_registration_that_refuses_is_told(opened: Opened) -> None:
    program = opened("f90", registration_function="register_refused")
    assert "register_refused of" in str(error := refusal(lambda: program.instance("cat-27")))
    assert error.message.endswith("returned 9")
    program = opened("f90", registration_function="register_nothing")
    assert refusal(lambda: program.instance("cat-27")).message.endswith("gave no handle")


def test_fortran_without_its_binding_is_told(compiled: Compiled) -> None:
    library = compiled("reservoir.c")
    error = refusal(lambda: open_program(ProgramSpec("bmi_fortran", "Noah", library_file=library)))
    assert "have no initialize, no update, no finalize, " in error.message
    assert "get_value_double" in error.message
    assert "libiso_c_bmi" in str(error.hint)


def test_cpp_function_that_is_missing_is_named(opened: Opened) -> None:
    error = refusal(lambda: opened("cpp", create_function="bmi_model_creat"))
    assert error.hint is not None
    assert error.hint.startswith("create_function can be bmi_model_create")
    assert "'end_it'" in str(refusal(lambda: opened("cpp", destroy_function="end_it")))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("create_nothing", "gave nothing"),
        ("create_thrown", "failed: no memory for a reservoir"),
        ("create_other", "its first virtual function is _ZN5Other5GreetEv, and not Initialize"),
    ],
)
def test_cpp_object_that_is_none_is_told(opened: Opened, function: str, words: str) -> None:
    program = opened("cpp", create_function=function)
    assert words in refusal(lambda: program.instance("cat-27")).message


RESERVOIR = "dmod.testing.foreign_modules.reservoir"


@pytest.mark.parametrize(
    ("python_type", "message", "hint"),
    [
        ("Reservoir", "'Reservoir' names no class", "package.module.Class"),
        ("a-b.Reservoir", "names no class", "package.module.Class"),
        ("nosuchpackage.reservoir.Reservoir", "there is no Python package nosuchpackage", "python_path"),
        (
            "dmod.testing.foreign_modules.reservoirs.Reservoir",
            "package dmod.testing.foreign_modules has no module reservoirs",
            "modules of dmod.testing.foreign_modules: reservoir",
        ),
        (f"{RESERVOIR}.inner.Reservoir", f"{RESERVOIR} is a module and no package", "Reservoir"),
        (f"{RESERVOIR}.Reservoi", f"{RESERVOIR} has no class Reservoi", f"classes of {RESERVOIR}: Reservoir"),
        (f"{RESERVOIR}.STEP", "has no class, but something else, of the name STEP", "classes of"),
        (
            f"{RESERVOIR}.NoModule",
            "has no update, no finalize, no get_input_var_names",
            "Basic Model Interface",
        ),
    ],
)
def test_python_type_that_is_wrong_is_told_which_part(python_type: str, message: str, hint: str) -> None:
    error = refusal(lambda: open_program(ProgramSpec("bmi_python", "LSTM", python_type=python_type)))
    assert message in error.message
    assert hint in str(error.hint)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nosuchlibrary", "raised ModuleNotFoundError: No module named 'nosuchlibrary'"),
        ("raise RuntimeError('no licence')", "raised RuntimeError: no licence"),
        ("def (", "raised SyntaxError"),
    ],
)
def test_python_import_that_fails_is_told_in_its_own_words(tmp_path: Path, text: str, words: str) -> None:
    name = f"failing_{abs(hash(text))}"
    (tmp_path / f"{name}.py").write_text(text)
    spec = ProgramSpec("bmi_python", "LSTM", python_type=f"{name}.Model", python_path=tmp_path)
    error = refusal(lambda: open_program(spec))
    assert f"module LSTM: importing {name} {words}" in error.message
    assert error.__cause__ is not None


def test_python_path_leads_to_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "a_module_of_mine.py").write_text(f"from {RESERVOIR} import Reservoir as Model\n")
    spec = ProgramSpec("bmi_python", "Mine", python_type="a_module_of_mine.Model", python_path=tmp_path)
    assert open_program(spec).instance("cat-1").input_names == ("rain", "weight")
    assert sys.path[-1] == str(tmp_path)
    missing = ProgramSpec("bmi_python", "Mine", python_type="a.B", python_path=tmp_path / "none")
    assert "is no folder" in str(refusal(lambda: open_program(missing)))


def test_python_class_that_cannot_be_made_is_told() -> None:
    program = open_program(ProgramSpec("bmi_python", "LSTM", python_type=f"{RESERVOIR}.Broken"))
    error = refusal(lambda: program.instance("cat-27"))
    assert f"module LSTM, catchment cat-27: {RESERVOIR}.Broken() raised OSError: no weights" in error.message


def test_refusals_are_errors_of_dmod_with_the_exit_status_of_parts_that_are_missing(tmp_path: Path) -> None:
    error: DmodError = refusal(lambda: c_program(tmp_path / "lib.so"))
    assert error.exit_code == 7


def test_symbols_of_what_is_no_library_are_none(tmp_path: Path) -> None:
    path = tmp_path / "cut.so"
    path.write_bytes(elf.MAGIC + b"\x02\x01" + bytes(10))
    assert elf.exported_functions(path) == ()
    assert elf.exported_functions(tmp_path / "none.so") == ()
    assert elf.machine_of(b"\x7fELF") == ""
    assert (
        elf.machine_of(elf.MAGIC + b"\x02\x01" + bytes(12) + b"\x99\x99" + bytes(40))
        == "machine number 39321"
    )
