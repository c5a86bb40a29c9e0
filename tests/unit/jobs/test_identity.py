"""Ids of jobs."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from dmod.errors import InputError
from dmod.jobs.identity import created_of, new_job_id

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def test_id_is_short_and_of_plain_letters():
    assert re.fullmatch(r"[0-9a-z]{16}", new_job_id(AT))


def test_ids_of_one_process_are_in_order_whatever_the_clock_does():
    times = [AT, AT, AT + MILLISECOND, AT - timedelta(hours=1), AT, AT + timedelta(days=1)]
    made = [new_job_id(at + timedelta(days=400)) for at in times for _ in range(50)]
    assert made == sorted(set(made))


def test_id_tells_when_it_was_made():
    at = AT + timedelta(days=900, microseconds=123_456)
    assert created_of(new_job_id(at)) == at - timedelta(microseconds=456)


def test_ids_of_several_threads_differ():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [new_job_id(AT) for _ in range(200)], range(8)))
    assert len({one for some in made for one in some}) == 1600
    assert all(some == sorted(some) for some in made)


FORKS = """
import os
from datetime import UTC, datetime
from dmod.jobs.identity import new_job_id

at = datetime(2030, 1, 1, tzinfo=UTC)
print(new_job_id(at), flush=True)
for _ in range(4):
    if os.fork() == 0:
        os.write(1, "".join(new_job_id(at) + " " for _ in range(50)).encode())  # at once
        os._exit(0)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
"""


def test_ids_of_forked_processes_differ():
    """Each begins anew, not where its parent was."""
    said = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, check=True).stdout
    assert len(set(said.split())) == len(said.split()) == 201


@pytest.mark.parametrize("year", [1969, 3100])
def test_time_that_no_clock_shows_is_refused(year):
    with pytest.raises(InputError, match=str(year)):
        new_job_id(AT.replace(year=year))


@pytest.mark.parametrize("text", ["", "abc", "1kqg8d3m0x4v7tzu", "1kqg8d3m0x4v7tza0", "1KQG8D3M0X4V7TZA"])
def test_what_is_no_id_is_refused(text):
    with pytest.raises(InputError, match="no id"):
        created_of(text)
