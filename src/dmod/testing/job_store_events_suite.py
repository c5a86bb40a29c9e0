# ruff: noqa: D102 - the names of tests say what they test
"""What every job store must keep of events; a part of `dmod.testing.job_store_suite`."""

from __future__ import annotations

import threading
from dataclasses import replace

from dmod.errors import JobNotFound
from dmod.jobs.event import Event, EventKind
from dmod.jobs.store.port import Change, JobStore
from dmod.testing.job_store_values import a_job, an_event, change, end, keep, later
from dmod.testing.store_suite import at_once

WRITERS = 6
EACH = 15


class JobStoreEventsSuite:
    """Tests of events."""

    def opened_again(self, store: JobStore) -> JobStore:
        """Return another store that works on the same data, as another process would have it."""
        return store

    def test_events_come_in_the_order_in_which_they_were_kept(self, store: JobStore) -> None:
        keep(store, "j1", "j2")
        noted = store.note([an_event("j2", EventKind.PROGRESS, done=0.5), an_event("j1", EventKind.NOTE)])
        assert [event.sequence for event in noted] == [3, 4]
        assert store.events(2) == noted
        assert [event.job for event in store.events()] == ["j1", "j2", "j2", "j1"]
        assert [event.sequence for event in store.events(job="j1")] == [1, 4]
        assert [event.sequence for event in store.events(1, limit=2)] == [2, 3]
        assert store.last_sequence() == 4
        assert store.events(4) == ()

    def test_event_is_found_as_it_was(self, store: JobStore) -> None:
        data = {"deep": [{"er": None}], "text": "\x00 ☃ \ud800", "n": 0.1}
        event = Event("j1", later(0.000001), EventKind.NOTE, "a\x00da", "why \ud800", data)
        assert store.note([event]) == (replace(event, sequence=1),)
        assert store.events() == (replace(event, sequence=1),)

    def test_noting_nothing_is_no_harm(self, store: JobStore) -> None:
        assert (store.note([]), store.last_sequence()) == ((), 0)

    def test_changed_jobs_are_told_with_their_revisions(self, store: JobStore) -> None:
        first, second, _ = keep(store, "j1", "j2", "j3")
        assert store.changed(0) == {"j1": 0, "j2": 0, "j3": 0}
        begin = store.last_sequence()
        assert store.changed(begin) == {}
        now = change(store, first, name="x")
        change(store, now, name="y")
        store.note([an_event("j3", EventKind.PROGRESS), an_event("j3", EventKind.NOTE)])
        store.apply([Change(replace(second, name="x"), (an_event("j2", EventKind.NOTE),))])
        assert store.changed(begin) == {"j1": 2, "j2": 1}
        assert store.changed(store.last_sequence() - 1) == {"j2": 1}

    def test_change_without_an_event_is_told_but_shown_to_nobody(self, store: JobStore) -> None:
        first, second = keep(store, "j1", "j2")
        store.apply([Change(replace(first, shared_with=("grace",))), Change(second, (an_event("j2"),))])
        assert store.changed(2) == {"j1": 1, "j2": 1}
        assert [event.job for event in store.events(2)] == ["j2"]
        begin = store.last_sequence()
        (noted,) = store.note([an_event("j1", EventKind.NOTE)])
        assert noted.sequence == begin + 1

    def test_follower_misses_nothing_of_what_many_write_at_once(self, store: JobStore) -> None:
        """Who goes on from the last event that was seen sees all, each once and in order."""
        keep(store, *(f"j{number}" for number in range(WRITERS)))
        begin, done = store.last_sequence(), threading.Event()
        stores = [store, self.opened_again(store)]
        seen: list[Event] = []

        def follow() -> None:
            following, is_last = self.opened_again(store), False
            while not is_last:
                is_last = done.is_set()
                seen.extend(following.events(seen[-1].sequence if seen else begin))

        def write(number: int) -> None:
            mine = stores[number % 2]
            job = mine.job(f"j{number}")
            for turn in range(EACH):
                events = tuple(an_event(job.id, n=n, turn=turn) for n in range(1 + (number + turn) % 4))
                if turn % 2:
                    mine.note(events)
                else:
                    job = mine.apply([Change(job, events)]).jobs[0]

        follower = threading.Thread(target=follow)
        follower.start()
        try:
            failed = [error for error in at_once(write, WRITERS) if error is not None]
        finally:
            done.set()
            follower.join()
        assert failed == []
        assert tuple(seen) == store.events(begin)
        numbers = [event.sequence for event in seen]
        assert numbers == list(range(begin + 1, begin + 1 + len(numbers)))
        assert len(numbers) == sum(1 + (n + turn) % 4 for n in range(WRITERS) for turn in range(EACH))

    def test_events_of_what_was_refused_are_not_kept(self, store: JobStore) -> None:
        (job,) = keep(store, "j1")
        try:
            store.apply([Change(job, (an_event("j1"),)), Change(a_job("j2"))])
        except JobNotFound:
            assert len(store.events()) == 1
            assert store.note([an_event("j1")])[0].sequence == 2
        else:
            raise AssertionError("a job that is not there was changed")

    def test_pruning_forgets_progress_and_reports_of_what_ended_before(self, store: JobStore) -> None:
        jobs = keep(store, "j1", "j2", "j3")
        for job in jobs:
            store.note([an_event(job.id, EventKind.PROGRESS, done=n / 9) for n in range(9)])
            store.note([an_event(job.id, EventKind.NOTE)])
            store.report({f"{job.id}:run:1": {"state": "running"}})
        old, _ = end(store, jobs[0], seconds=10), end(store, jobs[1], seconds=20)
        before = {job.id: store.events(job=job.id) for job in jobs}
        assert store.prune(later(20)) == 10
        kept = tuple(event for event in before["j1"] if event.kind is not EventKind.PROGRESS)
        assert len(kept) == 3
        assert store.events(job="j1") == kept
        assert [store.events(job=name) for name in ("j2", "j3")] == [before["j2"], before["j3"]]
        assert sorted(store.reports()) == ["j2:run:1", "j3:run:1"]
        assert store.job("j1") == old
        assert store.prune(later(20)) == 0
        assert store.last_sequence() == store.note([an_event("j1")])[0].sequence - 1
