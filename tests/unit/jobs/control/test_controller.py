"""The controller over a store in memory and an executor whose attempts end when a test says so."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dmod.core.process import Process
from dmod.errors import StaleChange, SubmitError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.control.controller import Controller
from dmod.jobs.control.moving import take_up, wish
from dmod.jobs.control.reusing import Reusing
from dmod.jobs.control.scheduling import Scheduling, ended_usage, running_of
from dmod.jobs.demand import Demand, Node
from dmod.jobs.event import Event, EventKind
from dmod.jobs.identity import new_job_id
from dmod.jobs.job import Job, JobKind, Step, StepPlan
from dmod.jobs.state import JobState
from dmod.jobs.store.memory import MemoryJobStore
from dmod.testing.executor_twin import ExecutorTwin

START = datetime(2030, 1, 1, tzinfo=UTC)
GIB = 1 << 30
PASSING = Cause(CauseKind.BACKEND, "the store is away", retryable=True)
LASTING = Cause(CauseKind.INPUT, "no such gauge")
PLANS = (
    StepPlan("data", "prepare", JobState.AWAITING_DATA, {}, (), "prepare", finds_identity=True),
    StepPlan("stage", "stage", JobState.STAGING, {}, ("data",), "execute", is_reusable=True),
    StepPlan("run", "run", JobState.RUNNING, {}, ("stage",), "execute", is_reusable=True),
    StepPlan("collect", "collect", JobState.COLLECTING, {}, ("run",), "execute", is_reusable=True),
)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class House:
    """A store, an executor, and controllers that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.store = MemoryJobStore()
        self.executor = ExecutorTwin()
        self.controller = self.another()
        self.gone: set[str] = set()

    def another(self, holder: str = "c") -> Controller:
        store = self.store
        return Controller(
            store, {"local": self.executor}, Scheduling(store), Reusing(store, self.is_there), self.folder,
            holder, clock=self.clock,
        )  # fmt: skip

    def is_there(self, result: Mapping[str, Any], _job: Job) -> bool:
        return result.get("dataset") not in self.gone

    def submit(self, owner: str = "anna", plans: tuple[StepPlan, ...] = PLANS, **changes: Any) -> Job:
        self.clock.move(0.001)
        at = self.clock()
        steps = tuple(Step(plan, number) for number, plan in enumerate(plans))
        demand = {plan.group: Demand(1, GIB, 3600.0) for plan in plans}
        job = Job(new_job_id(at), JobKind.RUN, owner, {}, "d", at, demand=demand, steps=steps)
        job = replace(job, **changes)
        event = Event(job.id, at, EventKind.STATE, owner, "submitted", {"to": "created"})
        return self.store.submit(job, [event]).job

    def go(self, rounds: int = 10) -> None:
        """Let the controller look until nothing changes any more."""
        for _ in range(rounds):
            if not self.controller.round():
                return

    def end(self, result: Mapping[str, Any] | None = None) -> str:
        """Let what runs succeed, and the controller see it."""
        (label,) = self.executor.running
        self.executor.end(label, result)
        self.go()
        return label

    def states(self, job: Job) -> list[str]:
        events = self.store.events(0, job=job.id)
        return [event.data["to"] for event in events if event.kind is EventKind.STATE]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_job_passes_all_its_steps_and_gives_back_what_it_had(house: House) -> None:
    job = house.submit()
    house.go()
    for name in ("data", "stage", "run", "collect"):
        assert house.end({"identity": "x"} if name == "data" else {}) == f"{job.id}:{name}:1"
    job = house.store.job(job.id)
    assert job.state is JobState.COMPLETED
    assert job.allocation == ()
    assert house.states(job) == [
        "created", "awaiting-data", "awaiting-resources", "staging", "running", "collecting", "completed",
    ]  # fmt: skip
    assert house.controller.jobs == {}


def test_steps_of_one_group_keep_their_allocation(house: House) -> None:
    house.executor.have = (Node("n1", 1, 2 * GIB),)
    first = house.submit()
    second = house.submit(owner="ben")
    house.go()
    house.end({"identity": "x"})
    assert house.executor.running == [f"{first.id}:stage:1"]
    house.end()
    assert house.executor.running == [f"{first.id}:run:1"]
    assert house.store.job(second.id).state is JobState.AWAITING_DATA


def test_step_is_told_what_the_steps_before_it_found(house: House) -> None:
    job = house.submit()
    house.go()
    house.end({"identity": "x", "dataset": "package@1"})
    task = house.executor.tasks[f"{job.id}:stage:1"]
    assert task.inputs["found"] == {"data": {"identity": "x", "dataset": "package@1"}}
    assert task.inputs["job"]["owner"] == "anna"
    assert task.inputs["key"]
    assert task.folder == house.folder / job.id


def test_failure_that_may_pass_is_tried_again_after_a_pause(house: House) -> None:
    job = house.submit()
    house.go()
    house.executor.fail(f"{job.id}:data:1", PASSING)
    house.go()
    assert house.executor.running == []
    waiting = house.store.job(job.id)
    assert waiting.allocation == ()
    assert waiting.steps[0].not_before is not None
    assert START < waiting.steps[0].not_before <= house.clock() + timedelta(seconds=1)
    house.clock.move(1.1)
    house.go()
    assert house.executor.running == [f"{job.id}:data:2"]


def test_failure_that_may_pass_is_not_tried_for_ever(house: House) -> None:
    job = house.submit()
    house.go()
    for number in (1, 2, 3):
        house.executor.fail(f"{job.id}:data:{number}", PASSING)
        house.go()
        house.clock.move(400)
        house.go()
    job = house.store.job(job.id)
    assert job.state is JobState.FAILED
    assert job.cause is not None
    assert (job.cause.message, job.cause.step) == ("the store is away", "data")
    assert len(job.steps[0].attempts) == 3


def test_failure_that_lasts_ends_the_job_at_once(house: House) -> None:
    job = house.submit()
    house.go()
    house.executor.fail(f"{job.id}:data:1", LASTING)
    house.go()
    assert house.store.job(job.id).state is JobState.FAILED


def test_time_that_is_over_is_a_state_of_its_own(house: House) -> None:
    job = house.submit()
    house.go()
    house.executor.fail(f"{job.id}:data:1", Cause(CauseKind.TIME, "longer than 1 h"))
    house.go()
    assert house.store.job(job.id).state is JobState.TIMED_OUT


def test_failed_job_is_taken_up_at_the_step_that_failed(house: House) -> None:
    job = house.submit()
    house.go()
    house.end({"identity": "x"})
    house.end()
    house.executor.fail(f"{job.id}:run:1", LASTING)
    house.go()
    house.store.apply([take_up(house.store.job(job.id), "anna", house.clock())])
    house.go()
    assert house.executor.running == [f"{job.id}:run:2"]
    house.end()
    house.end()
    job = house.store.job(job.id)
    assert job.state is JobState.COMPLETED
    assert job.cause is None
    assert house.executor.starts.count(f"{job.id}:stage:1") == 1


@pytest.mark.parametrize("lost", ["lose", "forget"])
def test_attempt_that_was_lost_is_never_success_and_tried_again(house: House, lost: str) -> None:
    job = house.submit()
    house.go()
    house.go()
    getattr(house.executor, lost)(f"{job.id}:data:1")
    house.go()
    waiting = house.store.job(job.id)
    assert waiting.steps[0].attempts[0].cause is not None
    assert waiting.steps[0].attempts[0].cause.kind is CauseKind.LOST
    house.clock.move(1.1)
    house.go()
    assert house.executor.running == [f"{job.id}:data:2"]


def test_job_that_waits_is_cancelled_at_once(house: House) -> None:
    house.executor.have = (Node("n1", 1, 2 * GIB),)
    house.submit()
    second = house.submit()
    house.go()
    house.store.apply([wish(house.store.job(second.id), "anna", "wrong", house.clock())])
    house.go()
    job = house.store.job(second.id)
    assert job.state is JobState.CANCELLED
    assert job.cause is not None
    assert job.cause.message == "cancelled by anna: wrong"
    assert len(house.executor.running) == 1


def test_job_that_runs_is_asked_to_end_once_and_is_then_cancelled(house: House) -> None:
    job = house.submit()
    house.go()
    house.store.apply([wish(house.store.job(job.id), "anna", "", house.clock())])
    house.go()
    assert house.executor.cancelled == [f"{job.id}:data:1"]
    job = house.store.job(job.id)
    assert job.state is JobState.CANCELLED
    assert job.allocation == ()
    assert house.states(job).count("cancelled") == 1


def test_cancelling_that_comes_too_late_leaves_the_job_completed(house: House) -> None:
    job = house.submit(plans=PLANS[:1])
    house.go()
    house.executor.end(f"{job.id}:data:1", {"identity": "x"})
    house.store.apply([wish(house.store.job(job.id), "anna", "", house.clock())])
    house.go()
    job = house.store.job(job.id)
    assert job.state is JobState.COMPLETED
    assert house.states(job)[-1] == "completed"


def test_cancelling_between_two_steps_starts_nothing_more(house: House) -> None:
    job = house.submit()
    house.go()
    house.executor.end(f"{job.id}:data:1", {"identity": "x"})
    house.store.apply([wish(house.store.job(job.id), "anna", "", house.clock())])
    house.go()
    assert house.store.job(job.id).state is JobState.CANCELLED
    assert house.executor.starts == [f"{job.id}:data:1"]


def test_what_no_node_can_give_fails_the_job_with_the_reason(house: House) -> None:
    job = house.submit(demand={"prepare": Demand(99, GIB), "execute": Demand()})
    house.go()
    job = house.store.job(job.id)
    assert job.state is JobState.FAILED
    assert job.cause is not None
    assert job.cause.kind is CauseKind.UNSATISFIABLE
    assert "99" in job.cause.message


@pytest.mark.parametrize("retryable", [True, False])
def test_submission_that_is_refused_is_a_failed_attempt(house: House, retryable: bool) -> None:
    house.executor.refuses = [SubmitError("no room in the queue", retryable=retryable)]
    job = house.submit()
    house.go()
    found = house.store.job(job.id)
    assert found.state is (JobState.AWAITING_DATA if retryable else JobState.FAILED)
    assert found.allocation == ()


def killed_after(house: House, acts: Callable[[], object]) -> None:
    """Do something, then let another controller take over with nothing but the store and the executor."""
    acts()
    house.store.end_right("controller", house.controller.holder)
    house.controller = house.another("d")
    house.go()


def test_controller_killed_between_intending_and_submitting_starts_the_attempt_once(house: House) -> None:
    job = house.submit()
    house.executor.submit = lambda _task: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        house.go()
    del house.executor.submit  # type: ignore[method-assign]
    killed_after(house, lambda: None)
    assert house.executor.starts == [f"{job.id}:data:1"]


def test_controller_killed_after_submitting_adopts_the_attempt(house: House) -> None:
    job = house.submit()
    house.go(1)
    killed_after(house, lambda: None)
    assert house.executor.starts == [f"{job.id}:data:1"]
    house.end({"identity": "x"})
    assert house.executor.running == [f"{job.id}:stage:1"]


def test_attempt_to_be_cancelled_that_never_reached_the_executor_is_cancelled_there(house: House) -> None:
    job = house.submit()
    house.executor.submit = lambda _task: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        house.go()
    house.store.apply([wish(house.store.job(job.id), "anna", "", house.clock())])
    del house.executor.submit  # type: ignore[method-assign]
    killed_after(house, lambda: None)
    assert house.store.job(job.id).state is JobState.CANCELLED
    assert house.executor.running == []


def test_attempt_that_ended_while_no_controller_was_there_is_seen(house: House) -> None:
    job = house.submit()
    house.go()
    killed_after(house, lambda: house.executor.end(f"{job.id}:data:1", {"identity": "x"}))
    assert house.executor.running == [f"{job.id}:stage:1"]


def test_controller_without_the_right_changes_nothing(house: House) -> None:
    house.submit()
    other = house.another("d")
    house.go()
    assert not other.round()
    assert not other.is_acting


def test_right_of_a_process_that_is_gone_is_not_waited_for(house: House) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    gone = Process(Process.this_process().host, ended.pid, "1")
    house.store.take_right("controller", gone.text, 60.0)
    house.go()
    assert house.controller.is_acting


def test_right_of_a_process_that_lives_is_waited_for(house: House) -> None:
    house.store.take_right("controller", Process.this_process().text, 60.0)
    house.go()
    assert not house.controller.is_acting


def test_controller_whose_right_went_to_another_is_refused(house: House) -> None:
    house.go()
    house.store.end_right("controller", "c")
    other = house.another("d")
    other.round()
    assert other.is_acting
    house.submit()
    with pytest.raises(StaleChange):
        house.controller.round()
    other.round()
    assert len(house.executor.starts) == 1


def test_same_steps_are_not_computed_again(house: House) -> None:
    first = house.submit()
    house.go()
    house.end({"identity": "x"})
    house.end({"folder": "/a"})
    house.end()
    house.end({"dataset": "run@1"})
    second = house.submit()
    house.go()
    house.end({"identity": "x"})
    job = house.store.job(second.id)
    assert job.state is JobState.COMPLETED
    assert job.results["collect"] == {"dataset": "run@1"}
    assert job.step("collect").reused == f"{first.id}:collect:1"
    assert "staging" not in house.states(job)


@pytest.mark.parametrize("why", ["other data", "results gone", "fresh"])
def test_steps_are_computed_again_where_something_differs(house: House, why: str) -> None:
    house.submit()
    house.go()
    house.end({"identity": "x"})
    house.end()
    house.end()
    house.end({"dataset": "run@1"})
    house.gone |= {"run@1"} if why == "results gone" else set()
    second = house.submit(request={"fresh": True} if why == "fresh" else {})
    house.go()
    house.end({"identity": "y" if why == "other data" else "x"})
    assert house.executor.running == [f"{second.id}:stage:1"]


def test_many_jobs_never_have_more_than_there_is(house: House) -> None:
    jobs = [house.submit(owner=f"u{number % 3}", plans=PLANS[:1]) for number in range(30)]
    house.go()
    while house.executor.running:
        assert all(cpus <= 4 and memory <= 8 * 10**9 for cpus, memory in house.executor.taken().values())
        house.executor.end(house.executor.running[0], {"identity": "x"})
        house.go()
    assert {house.store.job(job.id).state for job in jobs} == {JobState.COMPLETED}
    assert sorted(house.executor.starts) == sorted(f"{job.id}:data:1" for job in jobs)


def test_progress_is_told_once(house: House) -> None:
    from dmod.jobs.executor.port import Progress

    job = house.submit()
    house.go()
    label = f"{job.id}:data:1"
    house.executor._set(label, progress=Progress("subset", 0.5))
    house.controller._reported = -1e9
    house.go()
    house.controller._reported = -1e9
    house.go()
    told = [event for event in house.store.events(0, job=job.id) if event.kind is EventKind.PROGRESS]
    assert [event.data for event in told] == [{"step": "data", "text": "subset", "done": 0.5}]
    assert house.store.reports(job.id)[label]["progress"] == {"text": "subset", "done": 0.5}
    house.end({"identity": "x"})
    assert label not in house.store.reports(job.id)


def test_what_runs_is_not_counted_twice_and_holds_until_its_group_is_over(house: House) -> None:
    job = house.submit()
    house.go()
    house.end({"identity": "x"})
    house.clock.move(100)
    (running,) = running_of(house.controller.jobs.values())
    assert running.id == job.id
    assert running.until == running.started + timedelta(seconds=3 * 3600)
    used = {"anna": 250.0, "ben": 5.0}
    seconds = (house.clock() - running.started).total_seconds()
    assert ended_usage(used, [running], house.clock()) == {"anna": 250.0 - seconds, "ben": 5.0}
    assert ended_usage({}, [running], house.clock()) == {"anna": 0.0}
