"""Forcing whose making is killed, stopped or cut off from its store, by real processes and a real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dmod.core.time_axis import TimeAxis
from dmod.forcing.gridded.example_stores import write_aorc_store
from dmod.hydrofabric.polygons import read_polygons
from dmod.testing.fabrics import chain, write_fabric
from dmod.testing.grid_source import LEVEL
from dmod.testing.warm_command import WarmProcess, warm_command

PATIENCE = 60.0
PERIOD = TimeAxis(datetime(2018, 12, 30, 7, tzinfo=UTC), 3600, 60)
HOURS = 6
CHUNKS = (HOURS, 64, 64)  # the whole grid and a block of time: a piece is a chunk

# the command line, with a store that takes its time and a list of what was read from it
SLOW = """
import sys, time
from dmod.forcing.gridded.joined import JoinedSource
log, delay, *arguments = sys.argv[1:]
read = JoinedSource.read
def slow(self, column, window, times):
    time.sleep(float(delay))
    values = read(self, column, window, times)
    with open(log, "a") as file:
        file.write(f"{column} {times.start} {times.count}\\n")
    return values
JoinedSource.read = slow
sys.argv = ["dmod", *arguments]
from dmod.cli.main import run
run()
"""


def field(column: str, x: Any, y: Any, step: int) -> Any:
    middle, amplitude = LEVEL[column]
    return middle + amplitude * (0.5 + 0.3 * (x % 0.1)) * ((step * 7) % 11 - 5) / 5


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fabric, and a store around it over the turn of a year."""
    from pyproj import Transformer

    root = tmp_path_factory.mktemp("place")
    polygons = read_polygons(write_fabric(root, chain(6)))
    to_degrees = Transformer.from_crs(polygons.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*polygons.bounds)
    about = (west - 0.02, south - 0.02, east + 0.02, north + 0.02)
    write_aorc_store(root / "aorc", about, PERIOD, field, chunks=CHUNKS)
    return root


def dmod(place: Path, output: Path, *options: str, store: str = "", delay: float = 0.0) -> list[str]:
    """Return the command that derives a forcing, and notes what it reads beside it."""
    log = output.with_suffix(".log")
    wanted = (
        "--start", str(PERIOD.start)[:16], "--end", str(PERIOD.end)[:16], "--block-hours", str(HOURS), "-q",
    )  # fmt: skip
    source = store or str(place / "aorc")
    return [
        str(log), str(delay), "forcing", source, str(place / "basin.gpkg"), str(output), *wanted, *options,
    ]  # fmt: skip


def run(command: list[str], file_limit: int | None = None) -> subprocess.CompletedProcess[str]:
    done = warm_command().run(
        command, cwd=None, variables=os.environ, timeout=PATIENCE, file_limit=file_limit, script=SLOW
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def start(command: list[str], said: Path) -> WarmProcess:
    """Start a command; what it says goes to a file."""
    with said.open("wb") as file:
        return warm_command().start(command, file, file, variables=os.environ, script=SLOW)


def reads(output: Path) -> list[str]:
    return output.with_suffix(".log").read_text().splitlines()


def journal(output: Path) -> Path:
    return output.with_name(f".{output.name}.work") / "journal.jsonl"


def begun(process: WarmProcess, output: Path, blocks: int) -> None:
    """Wait until some blocks are complete."""
    end = time.monotonic() + PATIENCE
    while not journal(output).exists() or journal(output).read_bytes().count(b"\n") < blocks:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture(scope="module")
def whole(place: Path) -> Path:
    """The forcing as it comes when nothing happens."""
    output = place / "whole.nc"
    done = run(dmod(place, output))
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file for what a command says, away from what it makes."""
    return tmp_path_factory.mktemp("said") / "log"


def assert_same(a: Path, b: Path) -> None:
    """Compare two files bit by bit; HDF5 notes no times in them."""
    assert a.read_bytes() == b.read_bytes()


def test_killed_derivation_kept_others_out_and_goes_on_reading_nothing_twice(
    place: Path, whole: Path, tmp_path: Path, said: Path
) -> None:
    output = tmp_path / "forcings.nc"
    process = start(dmod(place, output, delay=0.5), said)
    begun(process, output, 6)
    second = run(dmod(place, output))
    assert second.returncode == 4
    assert "another process derives this forcing" in second.stderr
    process.kill()
    process.wait(PATIENCE)
    kept = journal(output).read_bytes().count(b"\n")
    assert not output.exists()
    output.with_suffix(".log").unlink()

    done = run(dmod(place, output))
    assert done.returncode == 0, done.stderr
    assert len(reads(output)) == len(reads(whole)) - kept
    assert_same(output, whole)
    report = json.loads((tmp_path / "forcings_report.json").read_text())
    assert report["effort"]["blocks_resumed"] == kept
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_stopped_derivation_leaves_at_once_and_goes_on(
    place: Path, whole: Path, tmp_path: Path, said: Path
) -> None:
    output = tmp_path / "forcings.nc"
    process = start(dmod(place, output, delay=0.05), said)
    begun(process, output, 5)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 128 + signal.SIGINT
    assert "Traceback" not in said.read_text()
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".log"] == [".forcings.nc.work"]
    done = run(dmod(place, output))
    assert done.returncode == 0, done.stderr
    assert len(reads(output)) < 2 * len(reads(whole))
    assert_same(output, whole)


def test_disk_that_fills_up_leaves_nothing_or_what_can_be_gone_on_with(
    place: Path, whole: Path, tmp_path: Path
) -> None:
    output = tmp_path / "forcings.nc"
    command = dmod(place, output, "--block-hours", str(PERIOD.count))
    # the blocks fit, the output does not
    done = run(command, file_limit=12_000)
    assert done.returncode == 5, done.stderr
    assert "blocks are done and kept in" in done.stderr
    assert not output.exists()
    output.with_suffix(".log").unlink()
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert not output.with_suffix(".log").exists()
    assert_same(output, whole)


class Dying(SimpleHTTPRequestHandler):
    """A folder's files, until so many chunks were sent; then nothing but errors."""

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        server: Any = self.server
        is_chunk = self.path.rpartition("/")[2].count(".") == 2
        if server.lives <= 0:
            self.send_error(503)
            return
        if is_chunk:
            server.lives -= 1
            server.sent[self.path] += 1
        super().do_GET()


@pytest.fixture
def server(place: Path) -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Dying, directory=str(place))) as made:
        made.daemon_threads = True
        made.sent, made.lives = Counter(), 10_000  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.serve_forever, args=(0.02,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_store_that_dies_half_way_is_read_on_and_no_chunk_is_sent_twice(
    place: Path, whole: Path, tmp_path: Path, server: Any
) -> None:
    output = tmp_path / "forcings.nc"
    url = f"http://127.0.0.1:{server.server_port}/aorc"
    command = dmod(place, output, "--layout", "aorc", "--option", "retries=0", store=url)
    server.lives = 40
    done = run(command)
    assert done.returncode == 5
    for part in (url, "blocks are done and kept in", str(journal(output).parent), "same command again"):
        assert part in done.stderr
    assert not output.exists()

    server.lives = 10_000
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert set(server.sent.values()) == {1}
    assert len(server.sent) == len(reads(whole))
    assert_same(output, whole)
