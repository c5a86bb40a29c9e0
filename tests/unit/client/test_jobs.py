"""Jobs over a real gateway: submitted once, listed, followed without a gap across restarts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.client.blocking import Client
from dmod.client.driving import iterate
from dmod.client.operations.jobs import job_filter, listed
from dmod.errors import ConflictError, IllegalTransition, InputError, JobNotFound, NotAuthenticated
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.event import EventKind
from dmod.jobs.state import JobState
from dmod.testing.served_gateway import ServedGateway

PROBE = {"kind": "probe"}


def beside(act: Callable[[], None]) -> threading.Thread:
    """Let something happen in a thread of its own."""
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_same_key_is_the_same_job_and_another_request_is_refused(client: Client) -> None:
    first = client.submit(PROBE, "one")
    assert client.submit(PROBE, "one").id == first.id
    with pytest.raises(ConflictError):
        client.submit({"kind": "probe", "seconds": 2}, "one")
    assert client.submit(PROBE).id != first.id


def test_file_is_submitted_as_it_is_written(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "request.yaml"
    path.write_text(
        "kind: probe\nname: 'no'\nlabels: {site: 00060, when: 2020-01-01, yes: no}\nseconds: 1.5\n"
    )
    job = client.submit(path)
    assert job.name == "no"
    assert job.labels == {"site": "00060", "when": "2020-01-01", "yes": "no"}
    assert job.request["seconds"] == 1.5


@pytest.mark.parametrize(
    "text",
    [
        "[1]", "a: b: c", "kind: run\nkind: probe", "", "!!python/object:os.x {}", "kind:\n\t- probe",
        "kind: probe\nlabels: {made: !!timestamp 2020-01-01}", "kind: probe\nname: !!binary aGFsbG8=",
        "kind: probe\nlabels: &a {b: *a}", "kind: probe\nname: !!bool maybe",
    ],
)  # fmt: skip
def test_file_that_is_no_request_is_refused_before_it_is_sent(
    client: Client, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "request.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"request\.yaml"):
        client.submit(path)
    path = tmp_path / "request.json"
    path.write_text('{"kind": "probe", "seconds": NaN}')
    with pytest.raises(InputError, match=r"request\.json: NaN is no number"):
        client.submit(path)
    assert not list(client.jobs())


def test_jobs_are_listed_and_filtered(client: Client) -> None:
    for n in range(5):
        client.submit({**PROBE, "name": f"n{n}", "labels": {"odd": str(n % 2)}})
    assert [job.name for job in client.jobs()] == ["n4", "n3", "n2", "n1", "n0"]
    assert [job.name for job in client.jobs(limit=3)] == ["n4", "n3", "n2"]
    assert [job.name for job in client.jobs(label={"odd": "1"}, state=["created"])] == ["n3", "n1"]
    assert not list(client.jobs(state="failed"))


@pytest.mark.parametrize(("limit", "number"), [(None, 5), (3, 3), (4, 4), (0, 0), (9, 5)])
def test_jobs_are_listed_over_pages(client: Client, limit: int | None, number: int) -> None:
    ids = [client.submit({**PROBE, "name": "a"}).id for _ in range(5)]
    found = iterate(listed(client._transport, job_filter(text="a"), limit, page=2))
    assert [document["id"] for document in found] == ids[::-1][:number]


def test_prefix_is_resolved_if_it_is_that_of_one_job(client: Client) -> None:
    first = client.submit(PROBE).id
    assert client.resolve(first[:12]) == first
    second = client.submit(PROBE).id
    shared = next(n for n in range(16) if first[n] != second[n])
    assert client.resolve(first[: shared + 1]) == first
    with pytest.raises(InputError, match=second):
        client.resolve(first[:shared])
    for wrong in ("zzzz", "", "not an id", first + "0"):
        with pytest.raises(JobNotFound):
            client.resolve(wrong)


def test_followed_job_tells_each_event_once_although_the_server_is_restarted(
    client: Client, gateway: ServedGateway
) -> None:
    job = client.submit(PROBE)
    events = job.follow()
    assert next(events).data["to"] == "created"

    def act() -> None:
        gateway.move(job.id, JobState.RUNNING)
        gateway.begin(job.id, "probe")
        gateway.stop()
        gateway.tell(job.id, "probe", 0.5)
        gateway.start()
        gateway.finish(job.id, "probe")
        gateway.move(job.id, JobState.COMPLETED)

    thread = beside(act)
    found = list(events)
    thread.join()
    assert [event.kind.value for event in found] == ["state", "step", "progress", "step", "state"]
    assert [event.sequence for event in found] == [e.sequence for e in client.history(job)][1:]
    assert list(job.follow()) == client.history(job)
    assert list(job.follow(after=found[-1].sequence)) == []


def test_job_that_was_taken_up_again_is_followed_to_its_present_end(
    client: Client, gateway: ServedGateway
) -> None:
    job = client.submit(PROBE)
    gateway.move(job.id, JobState.RUNNING, JobState.FAILED)
    job.retry()
    gateway.move(job.id, JobState.RUNNING, JobState.COMPLETED)
    states = [e.data["to"] for e in job.follow() if e.kind is EventKind.STATE]
    assert states == ["created", "running", "failed", "created", "running", "completed"]


def test_stranger_is_not_followed_for_ever(gateway: ServedGateway) -> None:
    with Client(gateway.url, "dmod_nobody", patience=20.0) as stranger, pytest.raises(NotAuthenticated):
        list(stranger.follow("1kqg8d3m0x4v7tza"))


def test_log_is_read_whole_in_part_and_as_it_grows(client: Client, gateway: ServedGateway) -> None:
    job = client.submit(PROBE)
    assert client.log(job) == ""
    gateway.move(job.id, JobState.RUNNING)
    gateway.begin(job.id, "probe")
    gateway.write(job.id, "probe", "one\nzwölf\n")
    assert client.log(job) == "one\nzwölf\n"
    assert client.log(job, "probe", tail=1) == "zwölf\n"
    assert client.log(job, tail=0) == ""
    pieces = client.follow_log(job)
    assert next(pieces) == "one\nzwölf\n"

    def act() -> None:
        gateway.stop()
        gateway.write(job.id, "probe", "three\n")
        gateway.start()
        gateway.finish(job.id, "probe", cause=Cause(CauseKind.LOST, "gone"))
        gateway.begin(job.id, "probe")
        gateway.write(job.id, "probe", "again\n", attempt=2)
        gateway.finish(job.id, "probe")
        gateway.move(job.id, JobState.COMPLETED)

    thread = beside(act)
    assert "".join(pieces) == "three\nagain\n"
    thread.join()


def test_job_is_waited_for_cancelled_shared_and_explained(client: Client, gateway: ServedGateway) -> None:
    job = client.submit(PROBE)
    assert not job.wait(timeout=0.0).is_over
    assert client.share(job, ["vera"]).document["shared_with"] == ["vera"]
    assert job.id in job.why()[0]
    thread = beside(lambda: client.cancel(job, "wrong") and None)
    assert job.wait(timeout=20.0).state is JobState.CANCELLED
    thread.join()
    assert job.cause is not None
    assert client.cancel(job).is_over
    other = client.submit(PROBE)
    gateway.move(other.id, JobState.RUNNING, JobState.COMPLETED)
    with pytest.raises(IllegalTransition):
        client.cancel(other)


def test_notebook_shows_a_job_with_what_people_wrote_escaped(client: Client, gateway: ServedGateway) -> None:
    job = client.submit({**PROBE, "name": "<script>x</script>"})
    gateway.move(job.id, JobState.RUNNING)
    gateway.begin(job.id, "probe")
    cause = Cause(CauseKind.EXIT, "it says <b>no</b>", hint="a & b", exit_code=3, step="probe")
    gateway.finish(job.id, "probe", cause=cause)
    gateway.move(job.id, JobState.FAILED, cause=cause)
    html = job.refresh()._repr_html_()
    assert "<script" not in html
    assert "it says &lt;b&gt;no" in html
    assert "failed" in html
    assert job.telling_step() == "probe"
    assert repr(job).startswith(f"<Job {job.id} '<script>")


def test_plan_says_what_would_be_done_and_changes_nothing(client: Client) -> None:
    plan = client.plan({"kind": "probe", "resources": {"cpus": 1000}})
    assert [step["name"] for step in plan["steps"]] == ["probe"]
    assert plan["refusal"]["message"]
    assert not list(client.jobs())
