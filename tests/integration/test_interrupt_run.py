"""A run that is stopped half way, by the user, the system, or a kill that cannot be caught."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import dmod

PATIENCE = 60.0


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package whose run takes long enough to be met half way; not to be changed."""
    folder = tmp_path_factory.mktemp("long") / "package"
    return dmod.make_example(folder, catchments=40, years=1.0, observed=False).path


def command(package: Path, out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "dmod.cli.main", "run", str(package), "-o", str(out), "-q", *options]


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Heed a signal that `nohup` has ignored for whoever runs the tests, and so for their children."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def start(package: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """Start a run and return when it has begun to write."""
    process = subprocess.Popen(
        command(package, out, "--csv", "--workers", "1", "--no-report", *options),
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + PATIENCE
    while not list(out.glob(".run.*/.catchments.*")):
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.001)
    return process


def listing(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_run_stopped_half_way_leaves_nothing(package: Path, tmp_path: Path, number: signal.Signals) -> None:
    process = start(package, tmp_path / "out")
    process.send_signal(number)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 128 + number
    assert said == f"stopped by {number.name}: nothing was left half-written\n"
    assert not list(tmp_path.iterdir())


def test_run_stopped_twice_still_leaves_nothing(package: Path, tmp_path: Path) -> None:
    process = start(package, tmp_path / "out")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE)[1]
    assert "Traceback" not in said
    assert process.returncode in (130, 143)
    assert not list(tmp_path.iterdir())


def test_overwriting_run_stopped_half_way_keeps_the_earlier_results(package: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    subprocess.run(command(package, out, "--no-report", "--end", "2015-10-02"), check=True)
    before = listing(out)
    assert "metadata/run.json" in before
    process = start(package, out, "--overwrite")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGINT
    assert listing(out) == before


def test_debris_of_a_killed_run_is_no_result_and_is_swept_by_the_next(package: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(package, out)
    process.kill()
    process.communicate(timeout=PATIENCE)
    (debris,) = out.iterdir()
    assert debris.name == f".run.{process.pid}.partial"
    done = subprocess.run(
        command(package, out, "--no-report", "--end", "2015-10-02"), check=False, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert not debris.exists()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
    assert (out / "metadata/run.json").is_file()
