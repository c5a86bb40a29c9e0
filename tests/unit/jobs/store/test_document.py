"""Jobs as rows and documents, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType, SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.errors import InputError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.demand import Demand, Paradigm, Share
from dmod.jobs.event import Event, EventKind
from dmod.jobs.job import Attempt, Job, JobKind, Step, StepPlan, Wish
from dmod.jobs.state import AttemptState, JobState, StepState
from dmod.jobs.store.copying import copied, copied_document, without_large
from dmod.jobs.store.document import event_of, event_text, text_of
from dmod.jobs.store.rows import (
    CHANGING,
    changing_row,
    face_of,
    job_of,
    job_row,
    label_rows,
    origin_of,
    step_row,
    summary_text,
    viewer_rows,
)
from dmod.testing.job_store_values import a_full_job, a_job, later, with_attempt, with_done

AT = datetime(2030, 1, 1, tzinfo=UTC)
NAMES = st.text(max_size=8)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))
NUMBERS = st.integers(0, 2**62)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)
CAUSES = st.builds(
    Cause,
    st.sampled_from(CauseKind),
    st.text(min_size=1, max_size=8),
    NAMES,
    st.booleans(),
    st.none() | st.integers(-255, 255),
    NAMES,
    NAMES,
)
ALLOCATIONS = st.lists(st.builds(Share, NAMES, NUMBERS, NUMBERS), max_size=2).map(tuple)
ATTEMPTS = st.builds(
    Attempt,
    st.integers(1, 9),
    st.sampled_from(AttemptState),
    NAMES,
    TIMES,
    NAMES,
    ALLOCATIONS,
    st.none() | TIMES,
    st.none() | TIMES,
    st.none() | CAUSES,
)
PLANS = st.builds(
    StepPlan,
    NAMES,
    NAMES,
    st.sampled_from(JobState),
    DOCUMENTS,
    st.lists(NAMES, max_size=2).map(tuple),
    NAMES,
    st.booleans(),
    st.booleans(),
)
STEPS = st.builds(
    Step,
    PLANS,
    st.just(0),
    st.sampled_from(StepState),
    NAMES,
    st.none() | DOCUMENTS,
    NAMES,
    st.lists(ATTEMPTS, max_size=2).map(tuple),
    st.none() | TIMES,
)
DEMANDS = st.builds(Demand, NUMBERS, NUMBERS, st.floats(0, 1e9), st.sampled_from(Paradigm), NAMES)
JOBS = st.builds(
    Job,
    NAMES,
    st.sampled_from(JobKind),
    NAMES,
    DOCUMENTS,
    NAMES,
    TIMES,
    NAMES,
    st.dictionaries(NAMES, NAMES, max_size=2),
    st.integers(0, 100),
    NAMES,
    st.sampled_from(JobState),
    NUMBERS,
    st.none() | TIMES,
    st.none() | TIMES,
    st.none() | TIMES,
    st.dictionaries(NAMES, DEMANDS, max_size=2),
    ALLOCATIONS,
    st.lists(STEPS, max_size=3).map(
        lambda steps: tuple(replace(step, number=number) for number, step in enumerate(steps))
    ),
    st.none() | CAUSES,
    NAMES,
    st.none() | st.builds(Wish, NAMES, NAMES, TIMES),
    st.lists(NAMES, max_size=2).map(tuple),
    st.booleans(),
)


@given(JOBS)
@settings(max_examples=100)
def test_job_that_was_written_is_read_as_it_was(job):
    assert copied(job) == job


@given(JOBS)
@settings(max_examples=50)
def test_job_in_a_list_lacks_only_what_is_large(job):
    columns = SimpleNamespace(**job_row(job, text_of(job.request)))
    assert job_of(columns, summary_text(job)) == without_large(job)


@given(st.builds(Event, NAMES, TIMES, st.sampled_from(EventKind), NAMES, NAMES, DOCUMENTS, NUMBERS))
def test_event_that_was_written_is_read_as_it_was(event):
    at = (event.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert event_of(event.sequence, event.job, at, event.kind.value, event_text(event)) == event


def test_full_job_is_read_as_it_was():
    assert copied(a_full_job("j1")) == a_full_job("j1")


def test_text_is_plain_whatever_is_in_it():
    text = text_of({"a": "\x00 ☃ \ud800"})
    assert text.isascii()
    assert "\x00" not in text
    assert json.loads(text) == {"a": "\x00 ☃ \ud800"}


def test_mappings_of_all_sorts_are_kept():
    assert copied_document(MappingProxyType({"a": MappingProxyType({"b": (1, 2)})})) == {"a": {"b": [1, 2]}}


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), AT])
def test_what_has_no_form_in_json_is_refused(value):
    with pytest.raises(InputError, match=type(value).__name__):
        text_of({"a": [value]})


def test_circle_is_refused():
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(InputError):
        text_of(circle)


def test_mark_of_a_step_is_another_when_its_row_or_those_of_its_attempts_are():
    job = a_job("j1")
    variants = [
        job,
        with_done(job, 0, "key", {}),
        with_done(job, 0, "other", {}),
        with_done(job, 0, "other", {"a": 1}),
        with_attempt(job, 0, 1, cpus=1, begun=0),
        with_attempt(job, 0, 1, cpus=2, begun=0),
        with_attempt(job, 0, 1, cpus=2, begun=1),
        with_attempt(job, 0, 1, cpus=2, begun=1, ended=2),
        job.with_step(replace(job.steps[0], plan=replace(job.steps[0].plan, inputs={}))),
    ]
    marks = [step_row(one, one.steps[0])["mark"] for one in variants]
    assert len(set(marks)) == len(variants)
    same = job.with_step(replace(job.steps[0], not_before=later(1), reused="x"))
    assert step_row(same, same.steps[0])["mark"] == marks[0]


def test_face_is_another_when_labels_viewers_or_words_are():
    job = a_job("j1", labels={"a": "b"}, shared_with=("x",))
    others = (
        {"name": "n"},
        {"labels": {"a": "c"}},
        {"labels": {}},
        {"shared_with": ()},
        {"shared_with": ("x", "y")},
    )
    faces = {face_of(job), *(face_of(replace(job, **other)) for other in others)}
    assert len(faces) == len(others) + 1
    assert face_of(replace(job, priority=1, state=JobState.FAILED)) == face_of(job)


def test_origin_is_another_when_what_was_submitted_is():
    job = a_job("j1")
    others = (
        {"owner": "x"},
        {"kind": JobKind.PROBE},
        {"digest": "x"},
        {"created": later(1)},
        {"idempotency_key": "x"},
    )
    origins = {
        origin_of(job, "{}"),
        origin_of(job, "[]"),
        *(origin_of(replace(job, **o), "{}") for o in others),
    }
    assert len(origins) == len(others) + 2
    assert origin_of(replace(job, name="x"), "{}") == origin_of(job, "{}")


def test_columns_that_can_change_are_those_that_a_change_writes():
    assert set(changing_row(a_job("j1"))) == set(CHANGING)


def test_who_may_see_a_job_is_said_once_and_labels_each():
    job = a_job("j1", shared_with=("grace", "ada", "grace"), labels={"a": "1", "b": "2"})
    assert [row["viewer"] for row in viewer_rows(job)] == ["ada", "grace"]
    assert [(row["name"], row["value"]) for row in label_rows(job)] == [("a", "1"), ("b", "2")]
