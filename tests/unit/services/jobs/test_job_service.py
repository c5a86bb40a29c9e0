"""The job service over a store in memory: what is taken on, answered, refused, cancelled; ensembles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import ConflictError, IllegalTransition, InputError, QuotaExceeded
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.control.controller import Controller
from dmod.jobs.control.reusing import Reusing
from dmod.jobs.control.scheduling import Scheduling
from dmod.jobs.demand import Node
from dmod.jobs.job import Job
from dmod.jobs.request.finding import Finding, RefusedRequest
from dmod.jobs.schedule.policy import Policy
from dmod.jobs.state import JobState
from dmod.jobs.store.memory import MemoryJobStore
from dmod.jobs.store.port import JobQuery
from dmod.services.jobs.estimating import Estimated
from dmod.services.jobs.members import SubmittedMembers, member_request, submitted_members
from dmod.services.jobs.service import JobService
from dmod.testing.executor_twin import ExecutorTwin

PROBE = {"kind": "probe", "resources": {"memory": "1 GB"}}
RUN = {"package": "logan"}


@dataclass
class Desk:
    """A service, and a controller over the same store."""

    folder: Path
    policy: Policy = field(default_factory=Policy)
    now: datetime = datetime(2030, 1, 1, tzinfo=UTC)
    gone: set[str] = field(default_factory=set)
    pokes: int = 0

    def __post_init__(self) -> None:
        self.store = MemoryJobStore()
        self.executor = ExecutorTwin(have=(Node("n1", 8, 24 * 10**9),))
        self.service = JobService(
            self.store, Scheduling(self.store, self.policy), lambda _request, _reader: Estimated(),
            lambda result, _job: result.get("dataset") not in self.gone, self.poke, self.clock,
        )  # fmt: skip
        self.controller = Controller(
            self.store, {"local": self.executor}, Scheduling(self.store, self.policy),
            Reusing(self.store, lambda _result, _job: True), self.folder, "c",
            members=SubmittedMembers(self.service, self.store), clock=self.clock,
        )  # fmt: skip

    def poke(self) -> None:
        self.pokes += 1

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def go(self) -> None:
        for _ in range(10):
            if not self.controller.round():
                return

    def end_all(self, result: Callable[[str], Mapping[str, Any]] = lambda _label: {}) -> None:
        """Let everything that runs succeed until nothing runs."""
        while self.executor.running:
            for label in self.executor.running:
                self.executor.end(label, result(label))
            self.go()

    def submit(self, request: Mapping[str, Any], **how: Any) -> Job:
        return self.service.submit(request, "anna", **how).job


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.go()
    return desk


def test_what_is_submitted_is_kept_with_its_plan(desk: Desk) -> None:
    job = desk.submit({**RUN, "name": "spring", "labels": {"a": "b"}, "priority": 70})
    kept = desk.store.job(job.id)
    assert (kept.owner, kept.name, kept.labels, kept.priority) == ("anna", "spring", {"a": "b"}, 70)
    assert [step.name for step in kept.steps] == ["stage", "run", "collect", "evaluate"]
    assert desk.pokes == 1


def test_run_of_a_place_prepares_its_package_first(desk: Desk) -> None:
    asked = {
        "where": {"places": ["gage-1"]},
        "period": {"start": "2019-03-01", "end": "2019-03-02"},
        "formulation": "cfe",
        "evaluation": False,
        "partitions": 4,
    }
    steps = desk.service.plan(asked).steps
    assert [(step.name, step.plan.group) for step in steps] == [
        ("data", "prepare"), ("partition", "prepare"), ("stage", "stage"), ("parts", "parts"),
        ("run", "gather"), ("collect", "gather"),
    ]  # fmt: skip


def test_same_key_is_the_same_job_and_another_request_under_it_is_refused(desk: Desk) -> None:
    first = desk.service.submit(PROBE, "anna", idempotency_key="k")
    again = desk.service.submit(PROBE, "anna", idempotency_key="k")
    other = desk.service.submit(PROBE, "ben", idempotency_key="k")
    assert (first.is_new, again.is_new, other.is_new) == (True, False, True)
    assert again.job.id == first.job.id != other.job.id
    with pytest.raises(ConflictError):
        desk.service.submit({**PROBE, "seconds": 3}, "anna", idempotency_key="k")


def test_same_request_is_answered_with_the_results_of_the_first(desk: Desk) -> None:
    first = desk.submit(RUN)
    desk.go()
    desk.end_all(lambda label: {"dataset": "run@1"} if ":collect:" in label else {})
    second = desk.submit({**RUN, "name": "another name", "priority": 1})
    assert second.state is JobState.COMPLETED
    assert second.answered_by == first.id
    assert desk.store.job(second.id).results == desk.store.job(first.id).results
    third = desk.submit(RUN)
    assert third.answered_by == first.id


@pytest.mark.parametrize("why", ["fresh", "gone", "other"])
def test_request_is_computed_where_the_first_does_not_answer_it(desk: Desk, why: str) -> None:
    desk.submit(RUN)
    desk.go()
    desk.end_all(lambda label: {"dataset": "run@1"} if ":collect:" in label else {})
    desk.gone |= {"run@1"} if why == "gone" else set()
    asked = {"fresh": {**RUN, "fresh": True}, "gone": RUN, "other": {**RUN, "engine": "native", "fill": "x"}}
    assert desk.submit(asked[why]).state is JobState.CREATED


def test_what_no_node_can_give_is_refused_with_what_there_is(desk: Desk) -> None:
    with pytest.raises(InputError, match=r"96 GB.*24 GB"):
        desk.submit({**PROBE, "resources": {"memory": "96 GB"}})
    assert desk.store.active() == []
    planned = desk.service.plan({**PROBE, "resources": {"cpus": 99}})
    assert planned.refusal is not None
    assert "99" in planned.refusal.message


def test_engine_that_is_not_there_is_refused_before_anything_is_done(desk: Desk) -> None:
    with pytest.raises(InputError, match="no-such"):
        desk.submit({**RUN, "engine": "no-such"})


def test_quota_of_what_waits_is_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Policy.of({"quota": {"queued": 2}}))
    desk.submit(PROBE)
    desk.submit({**PROBE, "seconds": 1})
    with pytest.raises(QuotaExceeded, match="2"):
        desk.submit({**PROBE, "seconds": 2})
    assert desk.service.submit(PROBE, "ben").is_new


def test_quota_of_cpus_refuses_what_can_never_run(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Policy.of({"quota": {"cpus": 2}}))
    with pytest.raises(QuotaExceeded, match="may have 2"):
        desk.submit({**PROBE, "resources": {"cpus": 3}})


def test_cancelling_twice_is_cancelling_once_and_ended_jobs_are_left(desk: Desk) -> None:
    job = desk.submit(PROBE)
    assert desk.service.cancel(job.id, "anna").state is JobState.CANCELLED
    assert desk.service.cancel(job.id, "ben").cause == desk.store.job(job.id).cause
    done = desk.submit({**PROBE, "seconds": 1})
    desk.go()
    desk.end_all()
    with pytest.raises(IllegalTransition, match="completed"):
        desk.service.cancel(done.id, "anna")
    with pytest.raises(IllegalTransition):
        desk.service.retry(done.id, "anna")


def test_why_says_what_a_job_waits_for_and_what_it_does(desk: Desk) -> None:
    first = desk.submit({**PROBE, "resources": {"cpus": 8, "memory": "1 GB"}})
    second = desk.submit({**PROBE, "seconds": 1, "resources": {"cpus": 8, "memory": "1 GB"}})
    desk.go()
    waits = "\n".join(desk.service.why(second.id))
    assert "needs 8 CPUs" in waits
    assert first.id in waits
    assert "step probe runs" in "\n".join(desk.service.why(first.id))
    desk.executor.fail(desk.executor.running[0], Cause(CauseKind.INPUT, "no such gauge", "name another"))
    desk.go()
    ended = "\n".join(desk.service.why(first.id))
    assert "no such gauge" in ended
    assert "name another" in ended


# ensembles

ENSEMBLE = {
    "kind": "ensemble",
    "name": "spread",
    "base": {"package": "logan", "outputs": {"csv": True}},
    "members": [
        {"name": "a", "changes": {"fill": "zero"}},
        {"name": "b", "changes": {"outputs.precision": "single"}},
    ],
}


def members_of(desk: Desk, job: Job) -> list[Job]:
    listed = desk.store.list(JobQuery(labels=(("dmod/part-of", job.id),))).jobs
    return sorted((desk.store.job(item.id) for item in listed), key=lambda item: item.labels["member"])


def test_members_are_runs_that_differ_in_what_is_named(desk: Desk) -> None:
    job = desk.submit(ENSEMBLE)
    desk.go()
    first, second = members_of(desk, job)
    assert submitted_members(desk.store, job) == {"a": first.id, "b": second.id}
    assert submitted_members(desk.store, first) == {}
    assert first.request["fill"] == "zero"
    assert second.request["outputs"] == {"csv": True, "precision": "single"}
    assert second.name == "spread b"
    desk.end_all()
    assert desk.store.job(job.id).state is JobState.COMPLETED
    assert desk.store.job(job.id).steps[0].result == {"members": 2, "completed": 2}


def test_members_are_not_submitted_twice_when_it_is_done_again(desk: Desk) -> None:
    job = desk.submit(ENSEMBLE)
    SubmittedMembers(desk.service, desk.store).submit(job)
    desk.go()
    assert len(members_of(desk, job)) == 2


def test_ensemble_with_a_failed_member_fails_and_is_taken_up(desk: Desk) -> None:
    job = desk.submit(ENSEMBLE)
    desk.go()
    first, _ = members_of(desk, job)
    desk.executor.fail(f"{first.id}:stage:1", Cause(CauseKind.INPUT, "broken"))
    desk.go()
    desk.end_all()
    failed = desk.store.job(job.id)
    assert failed.state is JobState.FAILED
    assert failed.cause is not None
    assert "1 of 2 members" in failed.cause.message
    desk.service.retry(job.id, "anna")
    desk.go()
    desk.end_all()
    assert desk.store.job(job.id).state is JobState.COMPLETED


def test_ensemble_is_cancelled_with_its_members(desk: Desk) -> None:
    job = desk.submit(ENSEMBLE)
    desk.go()
    desk.service.cancel(job.id, "anna", "enough")
    desk.go()
    desk.go()
    assert {member.state for member in members_of(desk, job)} == {JobState.CANCELLED}
    assert desk.store.job(job.id).state is JobState.CANCELLED


def test_member_that_cannot_be_is_named(desk: Desk) -> None:
    wrong = {**ENSEMBLE, "members": [{"name": "odd", "changes": {"package.name": 1}}]}
    with pytest.raises(InputError, match="odd"):
        desk.submit(wrong)
    with pytest.raises(InputError, match=r"odd.*no such key"):
        desk.submit({**ENSEMBLE, "members": [{"name": "odd", "changes": {"colour": 1}}]})


def test_member_has_what_the_ensemble_says_of_resources() -> None:
    ensemble = {**ENSEMBLE, "resources": {"cpus": 2}, "priority": 9}
    request = member_request(ensemble, ENSEMBLE["members"][0])  # type: ignore[index]
    assert request["resources"] == {"cpus": 2}
    assert request["priority"] == 9
    assert ENSEMBLE["base"] == {"package": "logan", "outputs": {"csv": True}}


def test_request_that_names_no_executor_runs_where_the_settings_say(desk: Desk) -> None:
    assert {demand.executor for demand in desk.submit(RUN).demand.values()} == {"local"}
    desk.service = replace(desk.service, executor="swarm")
    planned = desk.service.plan(RUN)
    assert planned.request["executor"] == "swarm"
    assert {demand.executor for demand in planned.demand.values()} == {"swarm"}
    named = desk.service.plan({**RUN, "executor": "local"})
    assert {demand.executor for demand in named.demand.values()} == {"local"}


def test_engine_that_a_server_does_not_offer_is_refused(desk: Desk) -> None:
    desk.service = replace(desk.service, engines=("native",))
    desk.service.plan(RUN)
    with pytest.raises(InputError, match="engine: 'bmi' is not for this server"):
        desk.service.plan({**RUN, "engine": "bmi"})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"time_limit": "2h"}, "time_limit: the engine 'native' has no use for it"),
        ({"silence_limit": 60, "routed_by": "framework"}, "silence_limit, routed_by"),
        ({"engine": "ngen", "partition_file": "cut"}, "one rank has no use for it"),
    ],
)
def test_option_of_the_framework_that_nothing_heeds_is_refused(
    desk: Desk, more: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        desk.service.plan({**RUN, **more})


@pytest.mark.parametrize("name", ["program", "library_path", "command"])
def test_request_names_no_program_of_its_own(desk: Desk, name: str) -> None:
    with pytest.raises(InputError, match=name):
        desk.service.plan({**RUN, "engine": "ngen", name: "/bin/sh"})


def test_options_of_the_framework_reach_the_steps_that_heed_them(desk: Desk) -> None:
    asked = {
        "engine": "ngen", "partitions": 2, "partition_file": "cut@1", "time_limit": "2h",
        "silence_limit": "5 min", "routed_by": "framework",
    }  # fmt: skip
    inputs = {step.name: step.plan.inputs for step in desk.service.plan({**RUN, **asked}).steps}
    assert inputs["stage"]["partition_file"] == "cut@1"
    wanted = {"time_limit": 7200.0, "silence_limit": 300.0, "routed_by": "framework", "ranks": 2}
    assert wanted.items() <= inputs["run"].items()


def test_framework_may_be_that_of_an_image(desk: Desk) -> None:
    image = {"image": f"registry.example/ngen@sha256:{'a' * 64}"}
    asked = {**RUN, "engine": "ngen", "executor": "docker", "environment": image}
    inputs = {step.name: step.plan.inputs for step in desk.service.plan(asked).steps}
    assert inputs["run"]["image"] == image["image"]
    for engine, environment in (("native", image), ("ngen", ["numpy"])):
        with pytest.raises(InputError, match="has no use for it"):
            desk.service.plan({**asked, "engine": engine, "environment": environment})


def test_what_is_found_wrong_refuses_a_request_that_was_not_answered_before(desk: Desk) -> None:
    first = desk.submit(RUN)
    desk.go()
    desk.end_all(lambda _label: {"dataset": "found"})
    late = Finding("/period/end", "2030 is not covered", "2030", ("2015 to 2016",), "end by 2016")
    desk.service = replace(desk.service, check=lambda _request, _reader: (late,))
    # the same again needs no data any more
    assert desk.submit(RUN).answered_by == first.id
    assert desk.service.plan(RUN).findings == ()
    other = {"package": "logan", "period": {"start": "2029-01-01", "end": "2030-01-01"}}
    planned = desk.service.plan(other)
    assert planned.findings == (late,)
    assert planned.refusal is not None
    assert planned.refusal.message == "period.end: 2030 is not covered"
    with pytest.raises(RefusedRequest, match=r"cannot be used: period\.end: 2030") as refused:
        desk.submit(other)
    assert refused.value.findings == (late,)
    assert refused.value.hint == "end by 2016"


def test_what_a_job_asks_for_itself_is_not_looked_at_again(desk: Desk) -> None:
    late = Finding("/period/end", "2030 is not covered")
    desk.service = replace(desk.service, check=lambda _request, _reader: (late,))
    assert desk.service.plan({**RUN, "fresh": True}, is_own=True).findings == ()


def test_less_memory_than_estimated_is_told_and_taken_on(desk: Desk) -> None:
    large = Estimated(memory=930 * 10**6, catchments=80, hours=2160)
    service = replace(desk.service, estimate=lambda _request, _reader: large)
    few = {**RUN, "resources": {"memory": "60 MB"}}
    (caution,) = service.plan(few).cautions
    assert caution.field == "/resources/memory"
    assert "60 MB is less than the 930 MB" in caution.message
    ensemble = {"kind": "ensemble", "base": few, "members": [{"name": "a", "changes": {"fill": "x"}}]}
    assert [item.field for item in service.plan(ensemble).cautions] == ["/base/resources/memory"]
    assert service.plan({**RUN, "resources": {"memory": "930 MB"}}).cautions == ()
    assert service.plan(RUN).cautions == ()
    job = service.submit(few, "anna").job
    assert desk.store.job(job.id).demand["execute"].memory == 60 * 10**6


def test_several_findings_are_told_line_by_line(desk: Desk) -> None:
    found = (Finding("/period/start", "is early"), Finding("", "there is no forcing"))
    desk.service = replace(desk.service, check=lambda _request, _reader: found)
    with pytest.raises(RefusedRequest) as refused:
        desk.submit(RUN)
    assert refused.value.message == (
        "the request cannot be used: 2 things are wrong:\n  period.start: is early\n  there is no forcing"
    )
