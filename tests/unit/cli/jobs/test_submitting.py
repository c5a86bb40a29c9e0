"""Submitting and following on the command line."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dmod.client.blocking import Client
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.request.request import request_schema
from dmod.jobs.state import JobState
from dmod.testing.served_gateway import ServedGateway

DMOD = [sys.executable, "-m", "dmod.cli.main"]
WAIT = 60.0


def bring_to_an_end(gateway: ServedGateway, state: JobState, cause: Cause | None = None) -> threading.Thread:
    """Let the next job that is submitted run and end, in a thread of its own."""

    def act() -> None:
        with Client(gateway.url, gateway.token()) as client:
            until = time.monotonic() + WAIT
            while not (jobs := list(client.jobs(state="created"))) and time.monotonic() < until:
                time.sleep(0.02)
            job = jobs[0].id
        gateway.move(job, JobState.RUNNING)
        gateway.begin(job, "probe")
        gateway.tell(job, "probe", 0.25, "computing")
        gateway.write(job, "probe", "first\nlast line\n")
        gateway.finish(job, "probe", cause=cause)
        gateway.move(job, state, cause=cause)

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_request_is_submitted_with_what_options_say(dmod, client: Client, request_file: Path) -> None:
    ran = dmod(
        "submit", request_file, "--name", "first", "--label", "site=0060", "--set", "resources.cpus=2",
        "--key", "k", "--fresh", "--json",
    )  # fmt: skip
    assert ran.status == 0
    job = client.job(json.loads(ran.out)["id"])
    assert (job.name, job.labels) == ("first", {"basin": "logan", "site": "0060"})
    assert (job.request["resources"]["cpus"], job.request["fresh"]) == (2, True)
    again = dmod("submit", "-", "--key", "k", given=json.dumps(job.request))
    assert again.out.split()[0] == job.id


@pytest.mark.usefixtures("gateway")
def test_request_that_is_wrong_is_refused_with_its_place(dmod, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("kind: probe\nsecond: 1\n")
    ran = dmod("submit", path)
    assert ran.status == 2
    assert "second: there is no such key" in ran.err
    assert dmod("submit", tmp_path / "none.yaml").status == 2


def test_no_server_is_said_with_what_to_do(dmod, request_file: Path) -> None:
    ran = dmod("submit", request_file)
    assert ran.status == 5
    assert "no dmod server is running for" in ran.err
    assert "dmod serve" in ran.err


def test_dry_run_shows_what_stands_in_the_way_and_submits_nothing(
    dmod, client: Client, request_file: Path
) -> None:
    fits = dmod("submit", request_file, "--dry-run")
    assert fits.status == 0
    assert "nothing stands in the way" in fits.out
    assert "1 CPU" in fits.out
    large = dmod("submit", request_file, "--dry-run", "--set", "resources.cpus=64")
    assert large.status == 2
    assert "it would be refused" in large.out
    assert not list(client.jobs())


def test_dry_run_names_the_field_that_is_wrong_and_what_is_allowed(dmod, client: Client) -> None:
    period = {"start": "2015-10-01", "end": "2015-10-02"}
    asked = {"where": {"catchments": ["cat-1"]}, "period": period, "formulation": "topmodell"}
    ran = dmod("submit", "-", "--dry-run", given=json.dumps(asked))
    assert ran.status == 2
    assert "  /formulation: there is no formulation 'topmodell'\n    hint: did you mean topmodel?" in ran.out
    refused = dmod("submit", "-", given=json.dumps(asked))
    assert refused.status == 2
    assert "formulation: there is no formulation 'topmodell'" in refused.err
    assert not list(client.jobs())


@pytest.mark.parametrize(
    ("state", "status"),
    [(JobState.COMPLETED, 0), (JobState.FAILED, 1), (JobState.CANCELLED, 4), (JobState.TIMED_OUT, 9)],
)
def test_followed_job_gives_its_end_as_status(
    dmod, gateway: ServedGateway, request_file: Path, state: JobState, status: int
) -> None:
    cause = None
    if state is not JobState.COMPLETED:
        cause = Cause(CauseKind.EXIT, "it broke", hint="mend it", exit_code=3, step="probe")
    thread = bring_to_an_end(gateway, state, cause)
    ran = dmod("submit", request_file, "--follow", "--logs")
    thread.join()
    assert ran.status == status
    assert "step probe: running" in ran.err
    assert "step probe: 25% computing" in ran.err
    assert "probe | last line" in ran.err
    assert state.words in ran.out
    if cause is not None:
        assert "it broke (exit code 3)" in ran.out
        assert "hint: mend it" in ran.out
    assert ("  last line" in ran.out) == (state in {JobState.FAILED, JobState.TIMED_OUT})


def test_followed_job_as_json_is_a_document_a_line(dmod, gateway: ServedGateway, request_file: Path) -> None:
    thread = bring_to_an_end(gateway, JobState.COMPLETED)
    ran = dmod("submit", request_file, "--follow", "--json")
    thread.join()
    first, *events, last = [json.loads(line) for line in ran.out.splitlines()]
    assert (first["state"], last["state"]) == ("created", "completed")
    assert [event["sequence"] for event in events] == sorted({event["sequence"] for event in events})
    assert ran.err == ""


def test_control_c_while_following_leaves_the_job_running(client: Client, request_file: Path) -> None:
    command = [*DMOD, "submit", str(request_file), "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "created" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT)
    (job,) = client.jobs()
    assert process.returncode == 130
    assert out.split() == [job.id]
    assert f"dmod job follow {job.id}" in err
    assert f"dmod job cancel {job.id}" in err
    assert "Traceback" not in err
    assert not job.is_over


def test_terminal_shows_a_line_for_each_step(gateway: ServedGateway, request_file: Path) -> None:
    thread = bring_to_an_end(gateway, JobState.COMPLETED)
    terminal, other = pty.openpty()
    command = [*DMOD, "submit", str(request_file), "--follow"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=other, env=environment) as process:
        os.close(other)
        shown = b""
        while True:
            try:
                piece = os.read(terminal, 4096)
            except OSError:  # how a terminal says that nobody writes to it any more
                break
            if not piece:
                break
            shown += piece
        assert process.wait(WAIT) == 0
    os.close(terminal)
    thread.join()
    assert "probe" in shown.decode()
    assert "done" in shown.decode()
    assert "━" in shown.decode()


def test_schema_needs_no_server(dmod) -> None:
    assert json.loads(dmod("schema").out) == request_schema()
