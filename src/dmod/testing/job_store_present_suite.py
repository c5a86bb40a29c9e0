# ruff: noqa: D102 - the names of tests say what they test
"""What every job store must know of just now; a part of `dmod.testing.job_store_suite`."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from dmod.errors import ConflictError, StaleChange
from dmod.jobs.demand import Node
from dmod.jobs.state import AttemptState, JobState
from dmod.jobs.store.port import Change, Fence, JobStore
from dmod.testing.job_store_values import change, keep, later, with_attempt
from dmod.testing.store_suite import at_once

LONG, SHORT = 600.0, 0.05


class JobStorePresentSuite:
    """Tests of rights, reports, nodes and what has been given."""

    def opened_again(self, store: JobStore) -> JobStore:
        """Return another store that works on the same data, as another process would have it."""
        return store

    # Rights

    def test_right_is_one_holders_at_a_time(self, store: JobStore) -> None:
        other = self.opened_again(store)
        fence = store.take_right("controller", "first", LONG)
        assert fence is not None
        assert other.take_right("controller", "second", LONG) is None
        assert store.take_right("controller", "first", LONG) == fence
        assert other.take_right("another", "second", LONG) is not None

    def test_right_that_is_over_goes_to_another_under_a_greater_token(self, store: JobStore) -> None:
        first = store.take_right("controller", "first", SHORT)
        time.sleep(2 * SHORT)
        assert store.take_right("controller", "first", SHORT) == first
        time.sleep(2 * SHORT)
        second = store.take_right("controller", "second", LONG)
        assert first is not None
        assert second is not None
        assert second.token > first.token
        assert store.take_right("controller", "first", LONG) is None

    def test_right_given_back_can_be_taken_at_once(self, store: JobStore) -> None:
        first = store.take_right("controller", "first", LONG)
        store.end_right("controller", "second")
        assert store.take_right("controller", "second", LONG) is None
        store.end_right("controller", "first")
        second = store.take_right("controller", "second", LONG)
        assert first is not None
        assert second is not None
        assert second.token > first.token
        store.end_right("never taken", "first")

    def test_right_names_its_holder_until_it_is_given_back(self, store: JobStore) -> None:
        assert store.right_holder("act") == ""
        store.take_right("act", "a", 60.0)
        assert store.right_holder("act") == "a"
        store.end_right("act", "b")
        assert store.right_holder("act") == "a"
        store.end_right("act", "a")
        assert store.right_holder("act") == ""

    def test_right_wanted_by_many_at_once_goes_to_one(self, store: JobStore) -> None:
        stores = [store, self.opened_again(store)]
        found = at_once(lambda n: stores[n % 2].take_right("controller", f"holder {n}", LONG), 16)
        assert [isinstance(item, Fence) for item in found].count(True) == 1
        assert found.count(None) == 15

    def test_change_under_a_right_that_is_lost_is_refused(self, store: JobStore) -> None:
        (job,) = keep(store, "j1")
        old = store.take_right("controller", "first", SHORT)
        job = store.apply([Change(job)], old).jobs[0]
        time.sleep(2 * SHORT)
        # nobody else has it yet
        job = store.apply([Change(job)], old).jobs[0]
        new = store.take_right("controller", "second", LONG)
        with pytest.raises(StaleChange, match="controller"):
            store.apply([Change(replace(job, name="late"))], old)
        assert store.job("j1") == job
        assert store.apply([Change(replace(job, name="x"))], new).jobs[0].name == "x"

    def test_change_under_a_right_that_was_given_back_is_refused(self, store: JobStore) -> None:
        (job,) = keep(store, "j1")
        fence = store.take_right("controller", "first", LONG)
        store.end_right("controller", "first")
        with pytest.raises(StaleChange, match="controller"):
            store.apply([Change(job)], fence)

    def test_change_under_a_right_that_nobody_ever_had_is_refused(self, store: JobStore) -> None:
        (job,) = keep(store, "j1")
        for token in (0, 1):
            with pytest.raises(StaleChange, match="nothing"):
                store.apply([Change(job)], Fence("nothing", token))

    # Reports

    def test_latest_report_of_each_attempt_is_kept_until_it_is_over(self, store: JobStore) -> None:
        store.report({"j1:run:1": {"done": 0.1}, "j1:run:2": {"text": "\x00"}, "j2:run:1": {"done": 0}})
        store.report({"j1:run:1": {"done": 0.2}})
        assert store.reports("j1") == {"j1:run:1": {"done": 0.2}, "j1:run:2": {"text": "\x00"}}
        assert list(store.reports()) == ["j1:run:1", "j1:run:2", "j2:run:1"]
        store.report({"j2:run:2": {}}, ["j2:run:1", "never heard of"])
        assert store.reports("j2") == {"j2:run:2": {}}
        store.report({}, ["j1:run:1", "j1:run:2", "j2:run:2"])
        assert store.reports() == {}
        store.report({})

    # Nodes

    def test_nodes_are_those_that_executors_have_now(self, store: JobStore) -> None:
        local = [Node("b", 4, 2**40), Node("a", 2, 10**9, is_ready=False)]
        store.set_nodes("local", local)
        store.set_nodes("slurm", [Node("c", 8, 1, "slurm")])
        assert store.nodes() == (local[1], local[0], Node("c", 8, 1, "slurm"))
        store.set_nodes("local", [Node("d", 1, 1)])
        assert [node.name for node in self.opened_again(store).nodes()] == ["c", "d"]
        store.set_nodes("slurm", [])
        assert [node.name for node in store.nodes()] == ["d"]

    def test_node_of_two_executors_is_refused(self, store: JobStore) -> None:
        store.set_nodes("local", [Node("a", 4, 1), Node("b", 4, 1)])
        with pytest.raises(ConflictError, match="a cannot be of the executor slurm"):
            store.set_nodes("slurm", [Node("a", 8, 1, "slurm"), Node("c", 8, 1, "slurm")])
        assert [node.name for node in store.nodes()] == ["a", "b"]

    # What has been given

    def test_usage_counts_what_attempts_have_had_and_have(self, store: JobStore) -> None:
        first, second = keep(store, "j1", "j2")
        (other,) = keep(store, "j3", owner="grace")
        job = change(store, with_attempt(first, 0, 1, cpus=2, begun=0, ended=10))
        change(store, with_attempt(with_attempt(job, 0, 2, 2, 20, 25), 1, 1, 1, 30))
        change(store, with_attempt(second, 0, 1, cpus=3, begun=38))
        change(store, with_attempt(other, 0, 1, cpus=4, begun=5, ended=6))
        assert store.usage(later(0), later(40)) == pytest.approx({"ada": 20 + 10 + 10 + 6, "grace": 4})
        assert store.usage(later(8), later(40)) == pytest.approx({"ada": 4 + 10 + 10 + 6})
        assert store.usage(later(8), later(22)) == pytest.approx({"ada": 4 + 4})
        assert store.usage(later(-9), later(0)) == {}

    def test_usage_ends_with_the_attempt_or_at_the_latest_with_the_job(self, store: JobStore) -> None:
        first, second = keep(store, "j1", "j2")
        running = change(store, with_attempt(first, 0, 1, cpus=1, begun=0))
        change(store, with_attempt(running, 0, 1, cpus=1, begun=0, ended=3))
        lost = change(store, with_attempt(second, 0, 1, cpus=1, begun=0))
        assert lost.steps[0].attempts[0].state is AttemptState.STARTED
        change(store, lost, state=JobState.FAILED, ended=later(5))
        assert store.usage(later(0), later(100)) == pytest.approx({"ada": 8})

    def test_usage_of_large_numbers_is_right(self, store: JobStore) -> None:
        jobs = keep(store, *(f"j{number:02}" for number in range(20)))
        for job in jobs:
            change(store, with_attempt(job, 0, 1, cpus=100_000, begun=0, ended=10**8))
        assert store.usage(later(0), later(10**8)) == pytest.approx({"ada": 20 * 10**13})
