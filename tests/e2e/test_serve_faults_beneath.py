"""What a server stands on gives way: attempts forgotten, launchers that hang, full disks, wrong bytes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

import dmod
from dmod.core.process import start_ticks
from dmod.testing.serving import ServedHome, wait_for


@pytest.fixture
def home(tmp_path: Path) -> Iterator[ServedHome]:
    """A server that is running."""
    served = ServedHome(tmp_path / "home", ("--cpus", "4")).start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package") / "package"
    return dmod.make_example(folder, catchments=5, years=0.1, observed=False).path


def probe(**inputs: Any) -> dict[str, Any]:
    return {"kind": "probe", "fresh": True, **inputs}


def run(**more: Any) -> dict[str, Any]:
    asked = {"kind": "run", "package": "basin", "fresh": True, "evaluation": False}
    return {**asked, "outputs": {"report": False}, **more}


def attempt_folder(served: ServedHome, job: str) -> Path:
    found: Path = wait_for(lambda: next(iter((served.folder / "executor/attempts").glob(f"={job},*")), None))
    return found


def attempts(served: ServedHome, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.job(job)["steps"][0]["attempts"]
    return found


def test_attempt_that_its_executor_forgot_is_lost_and_tried_again(home: ServedHome) -> None:
    job = home.submit(probe(seconds=2))
    wait_for(lambda: (found := attempts(home, job)) and found[0]["state"] == "started")
    folder = attempt_folder(home, job)
    started = json.loads(
        wait_for(lambda: (folder / "started.json").exists() and (folder / "started.json").read_text())
    )
    home.kill()
    os.kill(started["pid"], signal.SIGKILL)
    folder.rename(home.folder / "gone")
    home.start()
    assert home.ended(job)["state"] == "completed"
    first, second = attempts(home, job)
    assert first["cause"]["kind"] == "lost"
    assert second["cause"] is None


def test_stranger_who_has_the_number_of_a_supervisor_is_neither_adopted_nor_touched(home: ServedHome) -> None:
    job = home.submit(probe(seconds=2))
    wait_for(lambda: (found := attempts(home, job)) and found[0]["state"] == "started")
    path = attempt_folder(home, job) / "started.json"
    started = json.loads(wait_for(lambda: path.exists() and path.read_text()))
    home.kill()
    os.kill(started["pid"], signal.SIGKILL)
    with subprocess.Popen(["sleep", "300"]) as stranger:
        path.write_text(json.dumps({**started, "pid": stranger.pid}))
        before = start_ticks(stranger.pid)
        home.start()
        assert home.ended(job)["state"] == "completed"
        assert start_ticks(stranger.pid) == before
        assert stranger.poll() is None
        stranger.kill()
    assert [attempt["cause"] and attempt["cause"]["kind"] for attempt in attempts(home, job)] == [
        "lost",
        None,
    ]


def test_launcher_that_hangs_holds_up_nobody_who_asks(home: ServedHome) -> None:
    home.ended(home.submit(probe()))
    launchers = subprocess.run(
        ["pgrep", "-f", f"executor.local.launcher {home.folder}"], capture_output=True, text=True, check=True
    )
    pids = [int(pid) for pid in launchers.stdout.split()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        job = home.submit(probe())
        with home.client as client:
            answers = [client.get(f"/jobs/{job}", timeout=5.0).json()["state"] for _ in range(20)]
        assert "completed" not in answers
        assert "failed" not in answers
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    assert home.ended(job)["state"] == "completed"


def test_full_disk_fails_the_job_with_its_reason_and_a_retry_goes_on_when_there_is_room(
    package: Path, tmp_path: Path
) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode()}")
    try:
        with dmod.open_data(place / "home") as data:
            data.add("basin", [package])
        served = ServedHome(place / "home", ("--cpus", "2")).start()
        try:
            free = os.statvfs(place)
            (place / "filling").write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - 600_000)))
            job = served.submit(run(retry={"limit": 1}))
            ended = served.ended(job)
            assert ended["state"] == "failed"
            assert ended["cause"]["kind"] == "backend"
            assert "space" in ended["cause"]["message"] or "full" in ended["cause"]["message"]
            (place / "filling").unlink()
            subprocess.run(["mount", "-o", "remount,size=200m", str(place)], check=True)
            with served.client as client:
                assert client.post(f"/jobs/{job}/retry").status_code < 300
            assert served.ended(job)["state"] == "completed"
            with dmod.open_data(served.folder) as data:
                collected = next(s for s in served.job(job)["steps"] if s["name"] == "collect")["result"]
                assert data.verify([collected["dataset"]]).faults == ()
        finally:
            served.stop()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_wrong_bytes_of_the_store_are_named_and_never_used(package: Path, tmp_path: Path) -> None:
    with dmod.open_data(tmp_path / "home") as data:
        data.add("basin", [package])
        largest = max(data.show("basin").manifest, key=lambda entry: entry.size)
    (content,) = (path for path in (tmp_path / "home").rglob(f"*{largest.sha256[4:]}*") if path.is_file())
    content.chmod(0o600)
    held = bytearray(content.read_bytes())
    held[len(held) // 2] ^= 1
    content.write_bytes(held)
    served = ServedHome(tmp_path / "home", ("--cpus", "2")).start()
    try:
        ended = served.ended(served.submit(run(retry={"limit": 1})))
        assert ended["state"] == "failed", "the wrong bytes were used"
        assert largest.path in ended["cause"]["message"] or largest.sha256[:12] in ended["cause"]["message"]
    finally:
        served.stop()


def test_database_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    served = ServedHome(folder).start()
    served.stop()
    (path,) = folder.glob("*.sqlite")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        chosen = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%revision%'"
        tables = database.execute(chosen).fetchall()
        for (table,) in tables:
            database.execute(f"UPDATE {table} SET version_num = '9999'")
    assert tables
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "dmod.cli.main", "serve", "--home", str(folder), "--port", "0"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "9999" in done.stderr
    assert "Traceback" not in done.stderr
    time.sleep(0.1)
    assert path.read_bytes() == before
