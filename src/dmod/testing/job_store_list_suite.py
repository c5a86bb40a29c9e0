# ruff: noqa: D102 - the names of tests say what they test
"""What every job store must list and count; a part of `dmod.testing.job_store_suite`."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest

from dmod.jobs.job import JobKind
from dmod.jobs.state import JobState
from dmod.jobs.store.memory import MemoryJobStore
from dmod.jobs.store.port import JobQuery, JobStore
from dmod.testing.job_store_values import a_full_job, a_job, change, end, keep, later, listed

ALL = ("j5", "j4", "j3", "j2", "j1")


class JobStoreListSuite:
    """Tests of lists."""

    def opened_again(self, store: JobStore) -> JobStore:
        """Return another store that works on the same data, as another process would have it."""
        return store

    def test_list_has_no_requests_and_neither_inputs_nor_results(self, store: JobStore) -> None:
        job = a_full_job("j1")
        store.submit(job, [])
        steps = tuple(replace(step, plan=replace(step.plan, inputs={}), result=None) for step in job.steps)
        assert store.list(JobQuery()).jobs == (replace(job, request={}, steps=steps),)

    def test_list_comes_in_pages_newest_first(self, store: JobStore) -> None:
        keep(store, *ALL)
        first = store.list(JobQuery(limit=2))
        assert ([job.id for job in first.jobs], first.next) == (["j5", "j4"], "j4")
        second = store.list(JobQuery(limit=2, after=first.next))
        assert ([job.id for job in second.jobs], second.next) == (["j3", "j2"], "j2")
        keep(store, "j6")
        last = store.list(JobQuery(limit=2, after=second.next))
        assert ([job.id for job in last.jobs], last.next) == (["j1"], "")
        assert store.list(JobQuery(limit=5, after="j6")).next == ""

    def test_list_can_begin_with_the_oldest(self, store: JobStore) -> None:
        keep(store, *ALL)
        first = store.list(JobQuery(limit=3, newest_first=False))
        assert ([job.id for job in first.jobs], first.next) == (["j1", "j2", "j3"], "j3")
        assert listed(store, newest_first=False, after="j3", limit=3) == ["j4", "j5"]

    def test_empty_store_has_an_empty_list(self, store: JobStore) -> None:
        assert (store.list(JobQuery()).jobs, store.list(JobQuery()).next) == ((), "")
        assert store.count(JobQuery()) == {}

    def test_list_by_owner_and_by_who_may_see(self, store: JobStore) -> None:
        keep(store, "j1", "j2")
        keep(store, "j3", owner="grace", shared_with=("ada", "alan"))
        assert listed(store, owner="ada") == ["j2", "j1"]
        assert listed(store, visible_to="ada") == ["j3", "j2", "j1"]
        assert listed(store, visible_to="ada", owner="grace") == ["j3"]
        assert listed(store, visible_to="alan") == ["j3"]
        assert listed(store, visible_to="nobody") == []

    def test_job_that_is_shared_no_more_is_not_seen(self, store: JobStore) -> None:
        (job,) = keep(store, "j1", shared_with=("alan",))
        shared = change(store, job, shared_with=("grace",))
        assert (listed(store, visible_to="alan"), listed(store, visible_to="grace")) == ([], ["j1"])
        change(store, shared, shared_with=())
        assert (listed(store, visible_to="grace"), listed(store, visible_to="ada")) == ([], ["j1"])

    def test_list_by_states_follows_changes(self, store: JobStore) -> None:
        jobs = keep(store, *reversed(ALL))
        end(store, jobs[0])
        end(store, jobs[1], JobState.FAILED)
        change(store, jobs[2], state=JobState.RUNNING)
        over = frozenset({JobState.COMPLETED, JobState.FAILED})
        assert listed(store, states=over) == ["j2", "j1"]
        assert listed(store, states=over, visible_to="ada") == ["j2", "j1"]
        assert listed(store, states=over, owner="ada", limit=1) == ["j2"]
        assert listed(store, states=frozenset({JobState.CREATED}), visible_to="ada") == ["j5", "j4"]

    def test_list_by_kinds(self, store: JobStore) -> None:
        for kind in JobKind:
            store.submit(a_job(f"j-{kind.value}", kind=kind), [])
        assert listed(store, kinds=frozenset({JobKind.RUN, JobKind.PROBE})) == ["j-run", "j-probe"]

    def test_list_by_labels_needs_all_of_them(self, store: JobStore) -> None:
        keep(store, "j1", labels={"basin": "logan", "season": "wet"})
        (job,) = keep(store, "j2", labels={"basin": "logan"})
        keep(store, "j3", labels={"season": "logan"})
        assert listed(store, labels=(("basin", "logan"),)) == ["j2", "j1"]
        assert listed(store, labels=(("basin", "logan"), ("season", "wet"))) == ["j1"]
        assert listed(store, labels=(("basin", "lo"),)) == []
        change(store, job, labels={"basin": "provo"})
        assert listed(store, labels=(("basin", "logan"),)) == ["j1"]
        assert listed(store, labels=(("basin", "provo"),)) == ["j2"]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("logan", ["j2", "j1"]),
            ("LOGAN r", ["j1"]),
            ("100%", ["j3"]),
            ("0_0", []),
            ("j3", ["j3"]),
            ("\\", []),
            ("STRASSE", ["j4"]),
            ("\x00", ["j4", "j3", "j2", "j1"]),
        ],
    )
    def test_list_by_text_looks_into_id_and_name(self, store: JobStore, text: str, found: list[str]) -> None:
        for number, name in enumerate(("Logan River", "the logan", "100 % or 100%", "Große Straße"), 1):
            keep(store, f"j{number}", name=name)
        assert listed(store, text=text) == found

    def test_renamed_job_is_found_by_its_new_name(self, store: JobStore) -> None:
        (job,) = keep(store, "j1", name="old")
        change(store, job, name="new")
        assert (listed(store, text="old"), listed(store, text="new")) == ([], ["j1"])

    def test_list_by_creation_is_half_open(self, store: JobStore) -> None:
        for number in range(4):
            keep(store, f"j{number}", created=later(number))
        assert listed(store, created_after=later(1), created_before=later(3)) == ["j2", "j1"]
        assert listed(store, created_before=later(1)) == ["j0"]
        assert listed(store, created_after=later(3)) == ["j3"]

    @pytest.mark.parametrize(
        "query",
        [
            {"owner": "\x00"},
            {"visible_to": "a\x00"},
            {"labels": (("a", "\x00"),)},
            {"labels": (("\x00", ""),)},
        ],
    )
    def test_what_no_job_can_have_is_not_found(self, store: JobStore, query: dict[str, Any]) -> None:
        keep(store, "j1")
        assert listed(store, **query) == []
        assert store.count(JobQuery(**query)) == {}

    def test_count_tells_states_whatever_the_page(self, store: JobStore) -> None:
        jobs = keep(store, *ALL, labels={"a": "b"})
        end(store, jobs[0])
        keep(store, "j6", owner="grace", shared_with=("ada",))
        assert store.count(JobQuery(limit=1, after="j2")) == {JobState.CREATED: 5, JobState.COMPLETED: 1}
        assert store.count(JobQuery(visible_to="ada")) == {JobState.CREATED: 5, JobState.COMPLETED: 1}
        assert store.count(JobQuery(owner="ada")) == {JobState.CREATED: 4, JobState.COMPLETED: 1}
        assert store.count(JobQuery(labels=(("a", "b"),), states=frozenset({JobState.COMPLETED}))) == {
            JobState.COMPLETED: 1
        }

    def test_every_query_finds_what_the_twin_in_memory_finds(self, store: JobStore) -> None:
        """Combinations of what can be asked for, over jobs of all sorts."""
        twin, dice = MemoryJobStore(), Random(7)
        for number in range(60):
            job = a_job(
                f"j{number:02}",
                owner=dice.choice(("ada", "grace")),
                kind=dice.choice(tuple(JobKind)),
                state=dice.choice((JobState.RUNNING, JobState.COMPLETED, JobState.FAILED)),
                labels={"basin": dice.choice(("logan", "provo")), "n": str(number % 3)},
                shared_with=("ada",) if dice.random() < 0.3 else (),
                name=dice.choice(("wet year", "dry year")),
                created=later(number),
            )
            for one in (store, twin):
                one.submit(job, [])
        options: dict[str, tuple[Any, ...]] = {
            "owner": ("", "ada"),
            "visible_to": ("", "ada"),
            "states": (frozenset(), frozenset({JobState.RUNNING, JobState.FAILED})),
            "kinds": (frozenset(), frozenset({JobKind.RUN, JobKind.PROBE})),
            "labels": ((), (("basin", "logan"),), (("n", "1"), ("basin", "provo"))),
            "text": ("", "WET"),
            "created_after": (None, later(10)),
        }
        for values in dice.sample(list(product(*options.values())), 48):
            query = JobQuery(
                **dict(zip(options, values, strict=True)),
                limit=5,
                after=dice.choice(("", "j40", "j05")),
                newest_first=dice.random() < 0.7,
            )
            assert store.list(query) == twin.list(query), query
            assert store.count(query) == twin.count(query), query
