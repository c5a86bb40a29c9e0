"""Hosts of an attempt that find one another in a folder, and commands that are run on another host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmod.jobs.demand import Share
from dmod.jobs.executor.local.attempt_folder import END, STARTED, TASK, AttemptFolder
from dmod.jobs.executor.local.settings import LocalSettings
from dmod.jobs.executor.local.work import Work
from dmod.jobs.executor.port import Task
from dmod.jobs.executor.ranks.meeting import SILENT_SECONDS, Host, Meeting

ADDRESS = "localhost.test"
PATIENCE = 30.0


@pytest.fixture
def folder(tmp_path: Path) -> AttemptFolder:
    """Return the folder of an attempt on two nodes that has begun."""
    folder = AttemptFolder(str(tmp_path / "attempt"))
    folder.make()
    (tmp_path / "job").mkdir()
    allocation = (Share("here", 1, 0), Share("there", 2, 0))
    task = Task("job:s:1", "probe", {}, tmp_path / "job", allocation, 60.0, {"GIVEN": "yes"})
    folder.write(TASK, Work.of_task(task, LocalSettings(), tmp_path, "a", ()).as_json())
    folder.write(
        STARTED, {"host": "here", "pid": os.getpid(), "ticks": "1", "at": "2026-01-02T00:00:00+00:00"}
    )
    return folder


@pytest.fixture
def companion(folder: AttemptFolder) -> Iterator[subprocess.Popen[bytes]]:
    """Return the companion on the second node, once it is there."""
    command = [sys.executable, "-P", "-m", "dmod.jobs.executor.ranks.companion", folder.path, "1"]
    process = subprocess.Popen(command, env={**os.environ, "DMOD_NODE": "there-itself"})
    meeting = Meeting(Path(folder.path))
    wait_for(lambda: 1 in meeting.joined())
    yield process
    folder.write_once(END, {})
    assert process.wait(PATIENCE) == 0


def wait_for(is_so: object) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def agent(folder: AttemptFolder, *words: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start what a launcher calls in the place of a remote shell."""
    name = Meeting(Path(folder.path)).joined()[1].name
    command = [sys.executable, "-P", "-m", "dmod.jobs.executor.ranks.agent", folder.path, "-x", name, *words]
    return subprocess.Popen(command, env={**os.environ, **variables}, stdout=subprocess.PIPE)


def test_host_says_what_its_engine_calls_it_and_how_many_ranks_it_takes(
    folder: AttemptFolder, companion: subprocess.Popen[bytes]
) -> None:
    host = Meeting(Path(folder.path)).joined()[1]
    assert (host.number, host.node, host.slots) == (1, "there-itself", 2)
    assert companion.poll() is None


@pytest.mark.usefixtures("companion")
def test_command_runs_there_with_what_it_is_given_and_its_code_comes_back(folder: AttemptFolder) -> None:
    process = agent(
        folder, "FOO=1;", "echo", "$GIVEN", "$ADDED", "'two  words';", "exit", "7",
        DMOD_RANKS_VARIABLES="ADDED,ABSENT", ADDED="too",
    )  # fmt: skip
    output, _ = process.communicate(timeout=PATIENCE)
    assert output == b"yes too two  words\n"
    assert process.returncode == 7


@pytest.mark.usefixtures("companion")
def test_command_is_ended_with_the_launcher_that_wanted_it(folder: AttemptFolder) -> None:
    process = agent(folder, "echo", "begun;", "exec", "sleep", "100")
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM


def test_companion_ends_with_the_attempt_and_with_all_that_it_started(
    folder: AttemptFolder, companion: subprocess.Popen[bytes]
) -> None:
    process = agent(folder, "echo", "$$;", "trap", "''", "TERM;", "sleep", "100")
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    folder.write_once(END, {})
    assert companion.wait(PATIENCE) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    process.kill()
    process.communicate()


def test_host_that_was_heard_of_and_is_silent_is_named(tmp_path: Path) -> None:
    meeting = Meeting(tmp_path)
    meeting.make()
    for number in (1, 2):
        meeting.join(Host(number, f"n{number}", f"n{number}", (f"10.0.0.{number}",), 1))
    assert meeting.silent() == []
    past = time.time() - SILENT_SECONDS - 5.0
    os.utime(meeting.hosts / "2.json", (past, past))
    assert [host.node for host in meeting.silent()] == ["n2"]


def test_companion_without_a_task_says_that_the_folder_is_not_shared(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "dmod.jobs.executor.ranks.companion", str(tmp_path), "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "is the folder shared" in done.stderr
