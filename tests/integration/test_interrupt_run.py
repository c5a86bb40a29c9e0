"""A run that is stopped half way, by the user, the system, or a kill that cannot be caught."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

import dmod
from dmod.testing.warm_command import WarmProcess, warm_command

PATIENCE = 60.0


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package whose run takes long enough to be met half way; not to be changed."""
    folder = tmp_path_factory.mktemp("long") / "package"
    return dmod.make_example(folder, catchments=40, years=1.0, observed=False).path


def command(package: Path, out: Path, *options: str) -> list[str]:
    return ["run", str(package), "-o", str(out), "-q", *options]


def run_a_day(package: Path, out: Path) -> None:
    """Run to the end, which says nothing."""
    asked = command(package, out, "--no-report", "--end", "2015-10-02")
    done = warm_command().run(asked, cwd=None, variables=os.environ, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file for what a run says, away from what it makes."""
    return tmp_path_factory.mktemp("said") / "log"


def start(package: Path, out: Path, said: Path, *options: str) -> WarmProcess:
    """Start a run and return when it has begun to write."""
    asked = command(package, out, "--csv", "--workers", "1", "--no-report", *options)
    with said.open("wb") as file:
        process = warm_command().start(asked, file, file, variables=os.environ)
    end = time.monotonic() + PATIENCE
    while not list(out.glob(".run.*/.catchments.*")):
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < end
        time.sleep(0.001)
    return process


def listing(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_run_stopped_half_way_leaves_nothing(
    package: Path, tmp_path: Path, said: Path, number: signal.Signals
) -> None:
    process = start(package, tmp_path / "out", said)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 128 + number
    assert said.read_text() == f"stopped by {number.name}: nothing was left half-written\n"
    assert not list(tmp_path.iterdir())


def test_run_stopped_twice_still_leaves_nothing(package: Path, tmp_path: Path, said: Path) -> None:
    process = start(package, tmp_path / "out", said)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) in (130, 143)
    assert "Traceback" not in said.read_text()
    assert not list(tmp_path.iterdir())


def test_overwriting_run_stopped_half_way_keeps_the_earlier_results(
    package: Path, tmp_path: Path, said: Path
) -> None:
    out = tmp_path / "out"
    run_a_day(package, out)
    before = listing(out)
    assert "metadata/run.json" in before
    process = start(package, out, said, "--overwrite")
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 128 + signal.SIGINT
    assert listing(out) == before


def test_debris_of_a_killed_run_is_no_result_and_is_swept_by_the_next(
    package: Path, tmp_path: Path, said: Path
) -> None:
    out = tmp_path / "out"
    process = start(package, out, said)
    process.kill()
    process.wait(PATIENCE)
    (debris,) = out.iterdir()
    assert debris.name == f".run.{process.pid}.partial"
    run_a_day(package, out)
    assert not debris.exists()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
    assert (out / "metadata/run.json").is_file()
