"""Being asked to stop wherever the interpreter happens to be, also inside of what takes any exception."""

from __future__ import annotations

import gc
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dmod.cli.boundary import FAULT, guarded
from dmod.cli.stopping import STOPPING, Stopped, is_leaving

LONG = 30.0


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Give back what heard signals before."""
    before = [(number, signal.getsignal(number)) for number in (*STOPPING, signal.SIGALRM)]
    yield
    for number, handler in before:
        signal.signal(number, handler)


def wait() -> None:
    """Go on for long, as a run does."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        time.sleep(0.01)


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: number.name)
def test_command_that_is_stopped_says_by_what(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(lambda: signal.raise_signal(number)) == 128 + number
    assert capsys.readouterr().err == f"stopped by {number.name}: nothing was left half-written\n"


def test_stop_that_somebody_swallowed_is_raised_again(capsys: pytest.CaptureFixture[str]) -> None:
    swallowed: list[BaseException] = []

    def command() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException as error:  # noqa: BLE001  # boundary: as libraries do
            swallowed.append(error)
        wait()

    assert guarded(command) == 128 + signal.SIGINT
    assert [type(error) for error in swallowed] == [Stopped]
    assert "stopped by SIGINT" in capsys.readouterr().err


def test_stop_while_an_object_is_taken_apart_is_raised_again_and_nothing_is_said_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Fragile:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    def command() -> None:
        fragile = Fragile()
        del fragile
        gc.collect()
        wait()

    hook = sys.unraisablehook
    assert guarded(command) == 128 + signal.SIGINT
    assert capsys.readouterr().err == "stopped by SIGINT: nothing was left half-written\n"
    assert sys.unraisablehook is hook


def test_error_that_a_library_makes_of_a_stop_is_no_fault_of_dmod(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException:  # noqa: BLE001  # boundary: as libraries do
            raise RuntimeError("the file cannot be read") from None

    assert guarded(command) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "stopped by SIGTERM: nothing was left half-written\n"


def test_way_out_is_gone_to_its_end_whatever_is_heard_and_however_long_it_takes() -> None:
    done: list[str] = []

    @contextmanager
    def tidy() -> Iterator[None]:
        try:
            yield
        finally:
            end = time.monotonic() + 0.35
            while time.monotonic() < end:
                time.sleep(0.01)
                try:
                    raise KeyError
                except KeyError:
                    signal.raise_signal(signal.SIGINT)
            assert is_leaving()
            done.append("tidied")

    def command() -> None:
        with tidy():
            signal.raise_signal(signal.SIGTERM)

    assert guarded(command) == 128 + signal.SIGTERM
    assert done == ["tidied"]
    assert not is_leaving()


def test_command_that_is_not_stopped_ends_as_it_does() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    assert guarded(lambda: None) == 0
    assert guarded(broken) == FAULT
