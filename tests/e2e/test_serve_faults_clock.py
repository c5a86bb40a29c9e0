"""A server whose clock is set an hour forward and back: rights go by another, events by numbers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from dmod.testing.serving import ServedHome, wait_for

HOUR = 3600
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@dataclass
class Clock:
    """The clock of a server, told in a file by how much it differs from this machine's."""

    file: Path

    def set(self, seconds: int) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}", encoding="ascii")
        new.replace(self.file)

    @property
    def variables(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    reason = "" if LIBRARIES else "not installed: libfaketime (Debian: faketime)"
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    found = Clock(tmp_path_factory.mktemp("clock") / "offset")
    found.set(0)
    return found


@pytest.fixture(scope="module")
def home(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHome]:
    folder = tmp_path_factory.mktemp("home")
    served = ServedHome(folder / "home", ("--cpus", "4"), clock.variables).start()
    yield served
    served.stop()


@pytest.fixture(autouse=True)
def as_it_was(clock: Clock) -> Iterator[None]:
    yield
    clock.set(0)


def probe(**inputs: Any) -> dict[str, Any]:
    return {"kind": "probe", "fresh": True, **inputs}


def history(served: ServedHome, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.get(f"/jobs/{job}/history?limit=1000")["events"]
    return found


def goes_by(served: ServedHome, difference: float) -> bool:
    """Return whether a server has seen how much its clock is to differ."""
    with served.client as client:
        told = parsedate_to_datetime(client.get("/jobs?limit=1").headers["date"])
    return abs(told.timestamp() - time.time() - difference) < HOUR / 2


def test_what_runs_goes_on_and_keeps_its_order_whatever_the_clock_says(
    home: ServedHome, clock: Clock
) -> None:
    limits = {"resources": {"time": 600}}
    job = home.submit(probe(seconds=2.5, steps=2, **limits))
    home.in_state(job, "running")
    clock.set(HOUR)
    begun_later = home.submit(probe(**limits))
    assert home.ended(begun_later)["state"] == "completed"
    assert home.job(job)["state"] == "running"
    clock.set(-HOUR)
    begun_last = home.submit(probe(**limits))
    ended = home.ended(job)
    assert home.ended(begun_last)["state"] == "completed"
    assert ended["state"] == "completed", ended["cause"]
    assert [len(step["attempts"]) for step in ended["steps"]] == [1, 1]
    assert ended["ended"] < ended["created"]  # the clock was really set back

    events = history(home, job)
    sequence = [event["sequence"] for event in events]
    assert sequence == sorted(set(sequence))
    moments = [event["at"] for event in events]
    assert moments != sorted(moments)
    states = [event["data"]["to"] for event in events if event["kind"] == "state"]
    assert states[-1] == "completed"
    assert states.count("completed") == 1
    log = (home.folder / "server.log").read_text(encoding="utf-8")
    assert log.count("acting as controller") == 1  # it never lost the right to act


def test_step_that_is_to_be_tried_again_does_not_wait_for_a_clock_that_was_set_back(
    home: ServedHome, clock: Clock
) -> None:
    wait_for(lambda: goes_by(home, 0.0))  # not by what the test before has told
    job = home.submit(probe(fail_times=1, retry={"first": 40}))
    wait_for(lambda: home.job(job)["steps"][0]["not_before"])
    clock.set(-HOUR)
    ended = home.ended(job)
    assert ended["state"] == "completed"
    assert len(ended["steps"][0]["attempts"]) == 2


def test_server_started_after_the_clock_was_set_back_takes_everything_up(
    home: ServedHome, clock: Clock
) -> None:
    clock.set(HOUR)
    job = home.submit(probe(seconds=2))
    home.in_state(job, "running")
    home.kill()
    clock.set(-HOUR)
    home.start()
    ended = home.ended(job)
    assert ended["state"] == "completed"
    assert len(ended["steps"][0]["attempts"]) == 1
    assert home.ended(home.submit(probe()))["state"] == "completed"
