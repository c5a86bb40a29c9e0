# ruff: noqa: D102 - the names of tests say what they test
"""What every job store must do: tests to subclass, shipped for authors of other stores.

Give a fixture that returns an empty store, and where it can be opened twice, say how::

    class TestMyStore(JobStoreSuite):
        @pytest.fixture
        def store(self, tmp_path):
            return MyStore(...)

        def opened_again(self, store): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dmod.errors import AlreadyExists, ConflictError, InputError, JobNotFound, StaleChange
from dmod.jobs.event import EventKind
from dmod.jobs.job import Job
from dmod.jobs.state import JobState, StepState
from dmod.jobs.store.port import Change, JobQuery, JobStore, Submitted
from dmod.testing.job_store_events_suite import JobStoreEventsSuite
from dmod.testing.job_store_list_suite import JobStoreListSuite
from dmod.testing.job_store_present_suite import JobStorePresentSuite
from dmod.testing.job_store_values import (
    AT,
    a_full_job,
    a_job,
    an_event,
    change,
    end,
    keep,
    later,
    with_done,
)
from dmod.testing.store_suite import at_once

SUBMISSIONS = 32


class JobStoreSuite(JobStoreListSuite, JobStoreEventsSuite, JobStorePresentSuite):
    """Tests of a `JobStore`; override the fixture."""

    @pytest.fixture
    def store(self) -> Iterator[JobStore]:
        """Return an empty store."""
        raise NotImplementedError

    # Submitting

    def test_submitted_job_is_found_as_it_was(self, store: JobStore) -> None:
        job = a_full_job("j1")
        assert store.submit(job, [an_event("j1")]) == Submitted(job, is_new=True)
        assert store.job("j1") == job
        assert self.opened_again(store).job("j1") == job

    def test_submission_keeps_its_events(self, store: JobStore) -> None:
        events = [an_event("j1"), an_event("j1", EventKind.NOTE, text="\x00 ☃")]
        store.submit(a_job("j1"), events)
        assert store.events() == tuple(replace(event, sequence=n) for n, event in enumerate(events, 1))

    def test_same_key_again_gets_the_same_job_as_it_is_now(self, store: JobStore) -> None:
        (job,) = keep(store, "j1", idempotency_key="k", digest="d")
        now = change(store, job, state=JobState.RUNNING)
        again = store.submit(a_job("j2", idempotency_key="k", digest="d"), [an_event("j2")])
        assert again == Submitted(now, is_new=False)
        assert [event.job for event in store.events()] == ["j1", "j1"]
        with pytest.raises(JobNotFound):
            store.job("j2")

    def test_same_key_for_another_request_is_refused(self, store: JobStore) -> None:
        keep(store, "j1", idempotency_key="k", digest="d")
        with pytest.raises(ConflictError, match=r"'k'.*j1"):
            store.submit(a_job("j2", idempotency_key="k", digest="other"), [])
        assert store.last_sequence() == 1

    def test_same_key_of_another_owner_is_another_key(self, store: JobStore) -> None:
        keep(store, "j1", idempotency_key="k")
        assert store.submit(a_job("j2", idempotency_key="k", owner="grace"), []).is_new

    def test_no_key_is_not_a_key(self, store: JobStore) -> None:
        keep(store, "j1", "j2", digest="d")
        assert [job.id for job in store.active()] == ["j1", "j2"]

    def test_id_that_is_taken_is_refused(self, store: JobStore) -> None:
        (job,) = keep(store, "j1")
        with pytest.raises(AlreadyExists, match="j1"):
            store.submit(a_job("j1", owner="grace", idempotency_key="k"), [an_event("j1")])
        assert (store.job("j1"), store.last_sequence()) == (job, 1)

    def test_one_key_submitted_by_many_at_once_makes_one_job(self, store: JobStore) -> None:
        stores = [store, self.opened_again(store)]

        def submit(number: int) -> Submitted:
            job = a_job(f"j{number:02}", idempotency_key="k", digest="d")
            return stores[number % 2].submit(job, [an_event(job.id)])

        found = at_once(submit, SUBMISSIONS)
        assert all(isinstance(item, Submitted) for item in found), found
        assert len({item.job.id for item in found}) == 1
        assert [item.is_new for item in found].count(True) == 1
        assert [event.job for event in store.events()] == [found[0].job.id]
        assert len(store.active()) == 1

    def test_what_has_no_form_in_json_is_refused(self, store: JobStore) -> None:
        with pytest.raises(InputError, match="set"):
            store.submit(a_job("j1", request={"ids": {1, 2}}), [])
        assert store.active() == []

    def test_what_was_submitted_stays_as_it_was_then(self, store: JobStore) -> None:
        request = {"ids": [1, 2]}
        keep(store, "j1", request=request)
        request["ids"].append(3)
        assert store.job("j1").request == {"ids": [1, 2]}

    # Reading

    def test_job_that_is_not_there_is_not_found(self, store: JobStore) -> None:
        keep(store, "1m89mn769555wam8", "1m89mn7712345678", "other")
        with pytest.raises(JobNotFound, match="1m89mn7") as caught:
            store.job("1m89mn7")
        assert "1m89mn769555wam8" in str(caught.value.hint)
        assert "other" not in str(caught.value.hint)
        for name in ("", "\x00", "nothing like it", "1m89mn769555wam9 "):
            with pytest.raises(JobNotFound):
                store.job(name)

    def test_many_jobs_are_read_at_once(self, store: JobStore) -> None:
        kept = keep(store, "j3", "j1", "j2")
        assert store.jobs(["j3", "nobody", "j1", "j1"]) == [kept[1], kept[0]]
        assert store.jobs([]) == []

    def test_active_jobs_are_those_not_at_an_end_in_order(self, store: JobStore) -> None:
        kept = keep(store, "j2", "j3", "j1", "j4", "j5", "j6")
        for job, state in zip(
            kept[3:], (JobState.FAILED, JobState.CANCELLED, JobState.TIMED_OUT), strict=True
        ):
            end(store, job, state)
        assert store.active() == [kept[2], kept[0], kept[1]]

    def test_answer_is_the_newest_completed_job_that_ran_itself(self, store: JobStore) -> None:
        jobs = keep(store, "j1", "j2", "j3", "j4", digest="d")
        assert store.answered("d") is None
        end(store, jobs[0])
        second = end(store, jobs[1])
        end(store, replace(jobs[2], answered_by="j2"))
        end(store, jobs[3], JobState.FAILED)
        assert store.answered("d") == second
        assert store.answered("other") is None

    def test_step_that_was_done_is_found_by_its_key(self, store: JobStore) -> None:
        jobs = keep(store, "j1", "j2", "j3")
        assert store.done_step("key") is None
        stored = [change(store, with_done(job, 1, "key", {"of": job.id})) for job in jobs[:2]]
        change(store, jobs[2].with_step(replace(jobs[2].steps[1], key="key", state=StepState.FAILED)))
        assert store.done_step("key") == (stored[1], "run")
        assert store.done_step("") is None

    def test_step_that_is_done_no_more_is_not_found(self, store: JobStore) -> None:
        (job,) = keep(store, "j1")
        done = change(store, with_done(job, 0, "key", {}))
        change(store, done.with_step(replace(done.steps[0], state=StepState.WAITING, result=None)))
        assert store.done_step("key") is None

    # Changing

    def test_changed_job_is_found_as_it_is_with_its_next_revision(self, store: JobStore) -> None:
        full = a_full_job("j1")
        (job,) = keep(
            store,
            "j1",
            kind=full.kind,
            request=full.request,
            digest="digest",
            idempotency_key=full.idempotency_key,
        )
        for revision, wanted in enumerate((full, job, full)):
            found = store.apply([Change(replace(wanted, revision=revision))]).jobs[0]
            assert found == replace(wanted, revision=revision + 1)
            assert store.job("j1") == found

    def test_change_of_what_is_no_longer_so_is_refused(self, store: JobStore) -> None:
        first, second = keep(store, "j1", "j2")
        now = change(store, first, name="new")
        changes = [Change(replace(second, name="x"), (an_event("j2"),)), Change(replace(first, name="old"))]
        with pytest.raises(StaleChange, match=r"j1.*revision 1.*revision 0") as caught:
            store.apply(changes)
        assert caught.value.retryable
        assert store.jobs(["j1", "j2"]) == [now, second]
        assert store.last_sequence() == 3

    def test_change_of_a_job_that_is_not_there_is_refused(self, store: JobStore) -> None:
        (job,) = keep(store, "j1")
        with pytest.raises(JobNotFound, match="j2"):
            store.apply([Change(replace(job, name="x")), Change(a_job("j2"))])
        assert store.job("j1") == job

    def test_several_changes_of_one_job_at_once_are_refused(self, store: JobStore) -> None:
        (job,) = keep(store, "j1")
        with pytest.raises(InputError, match="j1"):
            store.apply([Change(job), Change(job)])
        assert store.job("j1") == job

    @pytest.mark.parametrize(
        "other",
        [
            {"owner": "grace"},
            {"digest": "other"},
            {"created": later(1)},
            {"request": {}},
            {"idempotency_key": "k"},
        ],
    )
    def test_change_of_what_never_changes_is_refused(self, store: JobStore, other: dict[str, object]) -> None:
        (job,) = keep(store, "j1")
        with pytest.raises(ConflictError, match="j1"):
            store.apply([Change(replace(job, **other))])  # type: ignore[arg-type]
        assert store.job("j1") == job

    def test_no_change_is_no_harm(self, store: JobStore) -> None:
        found = store.apply([])
        assert (found.jobs, found.events, store.last_sequence()) == ((), (), 0)

    def test_many_changes_are_made_at_once(self, store: JobStore) -> None:
        jobs = keep(store, *(f"j{number:03}" for number in range(100)))
        changes = [
            Change(with_done(job, 0, f"key {job.id}", {"n": 1}).to(JobState.RUNNING, AT), (an_event(job.id),))
            for job in jobs
        ]
        found = store.apply(changes)
        assert [event.sequence for event in found.events] == list(range(101, 201))
        assert store.jobs([job.id for job in jobs]) == list(found.jobs)
        assert store.count(JobQuery()) == {JobState.RUNNING: 100}

    def test_changes_by_many_at_once_are_made_one_after_the_other(self, store: JobStore) -> None:
        """Everybody counts up what they find; nobody's count is lost."""
        keep(store, "j1", "j2", labels={"n": "0"})
        stores = [store, self.opened_again(store)]
        each = 10

        def count(number: int) -> int:
            mine, made, refused = stores[number % 2], 0, 0
            while made < each:
                # in different orders, so that who holds one waits for who holds the other
                ids = ["j1", "j2"] if number % 2 else ["j2", "j1"]
                jobs = [mine.job(name) for name in ids]
                try:
                    mine.apply([Change(_counted(job), (an_event(job.id),)) for job in jobs])
                    made += 1
                except StaleChange:
                    refused += 1
            return refused

        found = at_once(count, 4)
        assert all(isinstance(item, int) for item in found), found
        for job in store.jobs(["j1", "j2"]):
            assert (job.labels["n"], job.revision) == (str(4 * each), 4 * each)
            assert len(store.events(job=job.id)) == 4 * each + 1


def _counted(job: Job) -> Job:
    return replace(job, labels={"n": str(int(job.labels["n"]) + 1)})
