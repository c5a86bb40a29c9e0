"""A module that takes its process with it is a finding: which function, which signal, what was printed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.errors import InputError
from dmod.services.modules.check import check_module
from dmod.services.modules.program_name import ProgramOptions, Target, find_target

UPDATE = "  advance(it, it->time_step);\n  return BMI_SUCCESS;\n}\n\n/* The time"


def at_step_5(what: str) -> tuple[str, str]:
    return UPDATE, f"  if (it->time >= 4 * it->time_step) {{ {what} }}\n{UPDATE}"


def test_module_that_crashes_is_told_of_with_function_signal_and_output(made: Callable[..., Target]) -> None:
    target = made("c", at_step_5('fputs("soil ran dry\\n", stderr); *(volatile int *)8 = 1;'))
    found = check_module(target, names=("numbers", "finalize"), steps=12)
    (error,) = found.of("error")
    assert (error.check, error.where) == ("numbers", "update")
    assert "was ended by signal SIGSEGV" in error.what
    assert "soil ran dry" in error.what
    assert "-fsanitize" in error.to_do
    # the check after it ran in a process of its own
    assert [f.check for f in found.of("ok")] == ["finalize"]


def test_module_that_crashes_in_a_getter_is_told_of_with_the_variable(made: Callable[..., Target]) -> None:
    edit = ("  *(double *)dest = *from;", "  if (name[0] == 'Q') abort();\n  *(double *)dest = *from;")
    found = check_module(made("c", edit), names=("values",), steps=12)
    assert found.of("error")[0].where == "get_value(Q_OUT)"
    assert "SIGABRT" in found.of("error")[0].what


def test_module_that_hangs_is_ended_and_told_of(made: Callable[..., Target]) -> None:
    target = made("c", at_step_5("for (;;) {}"))
    found = check_module(target, names=("numbers", "names"), steps=12, time_limit=2.0)
    (error,) = found.of("error")
    assert (error.check, error.where) == ("numbers", "update")
    assert "did not come back within 2 s" in error.what
    assert "--time-limit" in error.to_do
    # the check before it had told its own
    assert found.of("ok")[0].check == "names"


def test_module_that_hangs_leaves_no_process_behind(made: Callable[..., Target], tmp_path: Path) -> None:
    note = tmp_path / "pids"
    what = f'system("echo $PPID $$ > {note}; exec sleep 60");'
    found = check_module(made("c", at_step_5(what)), names=("numbers",), steps=12, time_limit=3.0)
    assert "did not come back" in found.of("error")[0].what
    pids = [int(word) for word in note.read_text().split()]
    assert len(pids) == 2
    end = time.monotonic() + 10.0  # what is killed ends when the system next gives it its turn
    while any(_runs(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)
    assert [pid for pid in pids if _runs(pid)] == []


def _runs(pid: int) -> bool:
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return said.rpartition(")")[2].split()[0] != "Z"


def test_module_that_exits_is_told_of_with_the_status(made: Callable[..., Target]) -> None:
    edit = ("  if (!file) {\n", "  if (!file) {\n    exit(3);\n")
    found = check_module(made("c", edit), names=("initialize", "wrong path"))
    assert found.ok
    (warning,) = found.of("warning")
    assert (warning.check, warning.where) == ("wrong path", "initialize")
    assert "ended the process with status 3" in warning.what


def test_module_that_stops_in_initialize_is_refused_and_nothing_else_is_tried(
    made: Callable[..., Target],
) -> None:
    edit = (
        "    status = failure\n    if (associated(it)) status",
        "    stop 4\n    if (associated(it)) status",
    )
    found = check_module(made("fortran", edit))
    (error,) = found.of("error")
    assert (error.check, error.where) == ("initialize", "initialize")
    assert "status 4" in error.what
    assert "not checked, because of initialize" in found.findings[-1].what


def test_module_that_frees_twice_is_warned_of(made: Callable[..., Target]) -> None:
    edit = ("  self->data = NULL; /*", "  /*")
    found = check_module(made("c", edit), names=("finalize",))
    assert found.ok
    (warning,) = found.of("warning")
    assert (warning.check, warning.where) == ("finalize", "finalize")
    assert "SIGABRT" in warning.what


def test_module_whose_import_ends_the_process_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "ends_at_once.py").write_text("import os\nprint('bye')\nos._exit(5)\n")
    target = find_target("ends_at_once:Model", ProgramOptions(python_path=tmp_path))
    found = check_module(target)
    (error,) = found.of("error")
    assert error.where == "opening the program"
    assert "ended the process with status 5" in error.what
    assert "bye" in error.what


def test_module_that_cannot_be_imported_is_told_of_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "misses_something.py").write_text("import a_library_that_nobody_has\n")
    found = check_module(find_target("misses_something:Model", ProgramOptions(python_path=tmp_path)))
    assert "a_library_that_nobody_has" in found.of("error")[0].what
    assert "Traceback" not in found.as_text()


def test_module_that_prints_much_does_not_stop_the_check(made: Callable[..., Target]) -> None:
    what = 'for (int i = 0; i < 20000; ++i) puts("much, much more than a pipe holds");'
    assert check_module(made("c", at_step_5(what)), names=("numbers",), steps=12).ok


def test_library_for_another_system_is_told_of(tmp_path: Path) -> None:
    library = tmp_path / "libnone.so"
    library.write_bytes(b"MZ" + os.urandom(200))
    found = check_module(find_target(str(library)))
    assert "no shared library of this system, but of Windows" in found.of("error")[0].what


@pytest.mark.parametrize(
    ("names", "steps", "limit"), [(("nonsense",), 1, 1.0), (("names",), 0, 1.0), (("names",), 1, 0.0)]
)
def test_check_that_cannot_be_is_refused(
    made: Callable[..., Target], names: tuple[str, ...], steps: int, limit: float
) -> None:
    with pytest.raises(InputError, match=r"no check 'nonsense'|cannot be checked"):
        check_module(made("python"), names=names, steps=steps, time_limit=limit)
