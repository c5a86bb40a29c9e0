"""What commands say on a terminal while kernels are compiled, and that they say nothing otherwise."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.cli.progress import compiling_line, progress_bar
from dmod.cli.simulate import check_command, run_command
from dmod.core.compiling import Compiling, tell_of_compiling

LINE = "Compiling kernels, once for this machine; they are kept in /cache/kernels/1"
STEPS = [Compiling(0, True, "/cache/kernels/1"), Compiling(0, True, "/cache/kernels/1"),
         Compiling(1, True, "/cache/kernels/1"), Compiling(2, False, "/cache/kernels/1")]  # fmt: skip


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class StoppedError(Exception):
    """Ends a command where it would begin to work."""


def plain(terminal: Terminal) -> str:
    """Return what stands there, without colours and ends of lines."""
    return " ".join(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).split())


def compile_some() -> None:
    for step in STEPS:
        tell_of_compiling(step)


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Let standard error be a terminal; not a fixture, after which pytest puts its own in the place again."""
    found = Terminal()
    monkeypatch.setattr(sys, "stderr", found)
    monkeypatch.setenv("TERM", "xterm")
    return found


def test_bar_says_once_that_kernels_are_compiled_and_how_many_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = on_terminal(monkeypatch)
    with progress_bar(wanted=True) as report:
        report("simulate", 1, 2)
        compile_some()
        report("simulate", 2, 2)
    shown = plain(terminal)
    assert shown.count(LINE) == 1
    assert "100 %" in shown
    compile_some()
    assert plain(terminal) == shown


def test_bar_without_compilation_says_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    with progress_bar(wanted=True) as report:
        report("simulate", 1, 2)
    assert "simulate" in terminal.getvalue()
    assert "ompil" not in terminal.getvalue()


def test_line_is_for_terminals_and_for_the_first_kernel_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = on_terminal(monkeypatch)
    with compiling_line(wanted=False):
        compile_some()
    with compiling_line(wanted=True):
        for step in STEPS[2:]:
            tell_of_compiling(step)
    assert terminal.getvalue() == ""
    with compiling_line(wanted=True):
        compile_some()
    assert terminal.getvalue() == f"{LINE}\n"


def test_nothing_is_said_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(wanted=True), compiling_line(wanted=True):
        compile_some()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("command", "does"), [(run_command, "run.run"), (check_command, "check.check")], ids=["run", "check"]
)
@pytest.mark.parametrize("quiet", [False, True])
def test_commands_say_that_kernels_are_compiled(
    command: Callable[..., None], does: str, quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = on_terminal(monkeypatch)

    def work(*_: object, **__: object) -> None:
        compile_some()
        raise StoppedError

    monkeypatch.setattr(f"dmod.services.{does}", work)
    with pytest.raises(StoppedError):
        command(Path("package"), quiet=quiet)
    assert (LINE in plain(terminal)) is not quiet
