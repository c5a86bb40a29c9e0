"""Listing, showing and changing jobs, users and tokens on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from dmod.cli.jobs import completing
from dmod.cli.jobs.table import table_lines
from dmod.cli.jobs.top import top_lines
from dmod.client.blocking import Client
from dmod.client.job import Job
from dmod.jobs.state import JobState
from dmod.testing.served_gateway import ServedGateway


@pytest.fixture
def job(client: Client) -> Job:
    """Return a job that waits."""
    return client.submit({"kind": "probe", "name": "first", "labels": {"basin": "logan"}})


def test_jobs_are_listed_as_a_table_and_as_json(dmod, client: Client, job: Job) -> None:
    client.submit({"kind": "probe", "name": "second"})
    heads, *rows = dmod("jobs").out.splitlines()
    assert heads.split()[:2] == ["job", "state"]
    assert [row.split()[0] for row in rows] == [found.id for found in client.jobs()]
    assert [item["id"] for item in json.loads(dmod("jobs", "--label", "basin=logan", "--json").out)] == [
        job.id
    ]
    assert dmod("jobs", "--text", "second", "--state", "created", "--since", "1h").out.count("second") == 1
    assert dmod("jobs", "--before", "1h").out == "no job is like that\n"
    assert dmod("jobs", "--state", "odd").status == 2


@pytest.mark.usefixtures("gateway")
def test_list_without_jobs_says_how_to_submit_one(dmod) -> None:
    assert "dmod submit" in dmod("jobs").out


def test_job_is_shown_by_a_prefix_of_its_id(dmod, gateway: ServedGateway, job: Job) -> None:
    gateway.move(job.id, JobState.RUNNING)
    gateway.begin(job.id, "probe")
    shown = dmod("job", "show", job.id[:10])
    assert "basin=logan" in shown.out
    assert "node-1 (2 CPU, 1 GB)" in shown.out
    assert json.loads(dmod("job", "show", job.id, "--json").out)["id"] == job.id
    assert "running" in dmod("job", "why", job.id[:10]).out
    assert "step probe: running" in dmod("job", "history", job.id).out
    assert len(json.loads(dmod("job", "history", job.id, "--json").out)) == 3
    assert dmod("job", "show", "zzz").status == 3


def test_log_is_printed_whole_and_in_part(dmod, gateway: ServedGateway, job: Job) -> None:
    gateway.move(job.id, JobState.RUNNING)
    gateway.begin(job.id, "probe")
    gateway.write(job.id, "probe", "one\ntwo\n")
    assert dmod("job", "logs", job.id).out == "one\ntwo\n"
    assert dmod("job", "logs", job.id, "--tail", "1", "--step", "probe").out == "two\n"
    assert json.loads(dmod("job", "logs", job.id, "--json").out)["text"] == "one\ntwo\n"
    gateway.finish(job.id, "probe")
    assert dmod("job", "logs", job.id, "--follow").out == "one\ntwo\n"
    assert dmod("job", "logs", job.id, "--step", "other").status == 3
    assert dmod("job", "logs", job.id, "--follow", "--json").status == 2


def test_job_is_cancelled_and_taken_up_again(dmod, client: Client, job: Job) -> None:
    other = client.submit({"kind": "probe"})
    assert dmod("job", "cancel", job.id, other.id, "--reason", "wrong").status == 0
    assert job.refresh().state is JobState.CANCELLED
    assert "wrong" in dmod("job", "history", job.id).out
    assert dmod("job", "follow", job.id, "--quiet").status == 4
    assert dmod("job", "retry", job.id).out == f"{job.id}: created\n"
    assert dmod("job", "retry", job.id).status == 4  # contradicts its state


def test_results_are_shown_fetched_and_opened(
    dmod, client: Client, gateway: ServedGateway, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "none yet" in dmod("job", "results", job.id).out
    made = tmp_path / "made"
    made.mkdir()
    (made / "report.html").write_text("<p>report")
    client.upload("found", made, category="OUTPUT", format="GENERIC")
    gateway.move(job.id, JobState.RUNNING)
    gateway.begin(job.id, "probe")
    gateway.finish(job.id, "probe", result={"dataset": "found@1", "scores": {"kge": 0.51234}})
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    ran = dmod("job", "results", job.id, "--to", tmp_path / "got", "--open")
    assert "found@1" in ran.out
    assert "0.5123" in ran.out
    assert (tmp_path / "got" / "report.html").read_text() == "<p>report"
    assert opened[0].startswith("file:///")
    assert opened[0].endswith(".html")
    assert json.loads(dmod("job", "results", job.id, "--json").out)["files"][0]["path"] == "report.html"


def test_top_shows_nodes_and_what_runs(dmod, gateway: ServedGateway, job: Job) -> None:
    gateway.move(job.id, JobState.RUNNING)
    gateway.begin(job.id, "probe")
    shown = dmod("top").out
    assert "node-1" in shown
    assert "2/4 CPU" in shown
    assert job.id in shown
    seen = json.loads(dmod("top", "--json").out)
    assert [item["job"] for item in seen["running"]] == [job.id]
    assert seen["jobs"]["total"] == 1


def test_top_shows_what_attempts_use_and_say() -> None:
    running = {
        "job": "j", "name": "n", "owner": "o", "step": "run", "state": "running", "heartbeat": None,
        "attempt": {"started": "2020-01-01T00:00:00Z", "intended": "2020-01-01T00:00:00Z", "allocation": []},
        "progress": {"text": "simulate", "done": 0.5}, "usage": {"cpu": 90.0, "memory": 2_000_000},
    }  # fmt: skip
    seen = {"nodes": [], "running": [running], "jobs": {"states": {"running": 1, "failed": 0}, "total": 1}}
    text = "\n".join(top_lines(seen, datetime(2020, 1, 1, 0, 2, tzinfo=UTC)))
    assert "jobs: 1 running\n" in text
    assert text.splitlines()[-1].split() == [
        "j",
        "n",
        "o",
        "run",
        "50%",
        "2",
        "min",
        "2",
        "min",
        "2",
        "MB",
        "simulate",
    ]


def test_user_and_token_are_made_listed_and_taken_back(dmod, gateway: ServedGateway) -> None:
    assert dmod("user", "add", "grace", "--role", "viewer").out.startswith("grace: viewer\n")
    assert dmod("user", "role", "grace", "user").out == "grace: user\n"
    made = dmod("token", "create", "laptop", "--user", "grace", "--scope", "jobs:read", "--expires", "never")
    text = made.out.strip()
    with Client(gateway.url, text) as grace:
        assert grace.get("me")["scopes"] == ["jobs:read"]
    listed = dmod("token", "list", "--user", "grace").out
    assert text.split("_")[1] in listed
    assert text not in listed
    assert text.split("_")[1] in dmod("token", "revoke", text).out
    assert "revoked" in dmod("token", "list", "--user", "grace").out
    assert "disabled" in dmod("user", "disable", "grace").out
    assert dmod("user", "disable", "grace", "--undo").out == "grace: user\n"
    assert "vera" in dmod("user", "list").out
    assert dmod("token", "create", "x", "--expires", "soon").status == 2
    refused = [dmod("token", "revoke", "x"), dmod("user", "add", "bad name")]
    assert [done.status for done in refused] == [2, 2]
    assert "`dmod token list` shows the ids" in refused[0].err
    assert "'bad name' cannot be the name of a user" in refused[1].err


def test_tab_key_offers_jobs_labels_states_and_steps(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    context = typer.Context(typer.main.get_command(typer.Typer(callback=lambda: None)))
    context.params = {"server": None, "home": None, "job": job.id[:12]}
    assert completing.complete_jobs(context, job.id[:5]) == [(job.id, "created first")]
    assert completing.complete_jobs(context, "zzz") == []
    assert completing.complete_labels(context, "ba") == ["basin=logan"]
    assert completing.complete_steps(context, "") == ["probe"]
    assert completing.complete_states("c") == ["created", "collecting", "completed", "cancelled"]
    assert completing.complete_kinds("pr") == ["preparation", "probe"]
    monkeypatch.setenv("DMOD_SERVER", "http://127.0.0.1:9")
    assert completing.complete_jobs(context, "") == []


def test_table_leaves_empty_columns_out_and_cuts_one() -> None:
    rows = [("a", "", "1", "long long text"), ("bb", "", "22", "x\ny")]
    lines = table_lines(("k", "none", "n", "said"), rows, right={"n"}, cut="said", width=17)
    assert lines == ["k    n  said", "a    1  long lon…", "bb  22  x y"]
