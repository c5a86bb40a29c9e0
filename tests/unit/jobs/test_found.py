"""What the steps of a job have found together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dmod.jobs.job import Job, JobKind, Step, StepPlan
from dmod.jobs.state import JobState

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
PACKAGE = {"dataset": "basin@1"}


def step(name: str, result: Mapping[str, Any] | None, *after: str) -> Step:
    plan = StepPlan(name, name, JobState.RUNNING, after=after, finds_identity=name == "data")
    return Step(plan, 0, result=result)


def job(kind: JobKind, *steps: Step) -> Job:
    return Job("a", kind, "anna", {}, "", AT, steps=steps)


def test_what_is_made_ready_for_other_steps_is_no_result():
    steps = (step("data", PACKAGE), step("run", {"summary": {"peak": 1.0}, "dataset": None}, "data"))
    assert job(JobKind.RUN, *steps).found == {"summary": {"peak": 1.0}}
    collected = step("collect", {"dataset": "run-1@1"}, "run")
    assert job(JobKind.RUN, *steps, collected).found == {"summary": {"peak": 1.0}, "dataset": "run-1@1"}


def test_what_is_made_ready_and_nothing_else_is_the_result():
    assert job(JobKind.PREPARATION, step("data", PACKAGE)).found == PACKAGE
    assert job(JobKind.PREPARATION, step("data", None)).found == {}
