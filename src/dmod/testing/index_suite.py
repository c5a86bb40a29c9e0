# ruff: noqa: D102 - the names of tests say what they test
"""What every index must do: tests to subclass, shipped for authors of other indexes.

Give a fixture that returns an empty index, and where it can be opened twice, say how::

    class TestMyIndex(IndexSuite):
        @pytest.fixture
        def index(self, tmp_path):
            return MyIndex(...)

        def opened_again(self, index): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from dmod.catalog.dataset import Dataset, Lineage
from dmod.catalog.holder import Holder
from dmod.catalog.index.port import LEASE, Hold, Index, Listing
from dmod.catalog.manifest import EMPTY
from dmod.catalog.record import record_of
from dmod.errors import AlreadyExists, DatasetNotFound, NotPermitted
from dmod.testing.datasets import (
    AT,
    ELSEWHERE,
    add,
    content_of,
    dataset_of,
    derived_from,
    everything,
    manifest_of,
    references,
    reserve,
    upload_of,
)
from dmod.testing.index_content_suite import IndexContentSuite
from dmod.testing.index_fulfil_suite import IndexFulfilSuite
from dmod.testing.index_match_suite import IndexMatchSuite
from dmod.testing.index_reading_suite import IndexReadingSuite
from dmod.testing.store_suite import at_once

WORKERS = 16
HOUR = timedelta(hours=1)


class IndexSuite(IndexReadingSuite, IndexContentSuite, IndexMatchSuite, IndexFulfilSuite):
    """Tests of an `Index`; override the fixture."""

    @pytest.fixture
    def index(self) -> Iterator[Index]:
        """Return an empty index."""
        raise NotImplementedError

    def opened_again(self, index: Index) -> Index:
        """Return another index that works on the same data, as another process would have it."""
        return index

    # Reserving

    def test_reservation_of_a_new_name_gets_version_one(self, index: Index) -> None:
        draft = dataset_of("logan", 7, description="of the river")
        upload = upload_of(draft, started=AT, lease=AT + LEASE)
        assert index.reserve(draft, upload, another=False) == replace(draft, version=1)
        assert index.uploads() == [replace(upload, version=1)]
        assert index.uploads()[0].is_live(AT)

    def test_reservation_of_a_name_that_exists_is_refused(self, index: Index) -> None:
        add(index, "logan")
        with pytest.raises(AlreadyExists, match=r"logan.*1.*2024-03-01"):
            reserve(index, "logan")
        assert index.uploads() == []

    def test_reservation_of_a_name_that_is_pending_is_refused(self, index: Index) -> None:
        reserve(index, "logan")
        with pytest.raises(AlreadyExists, match=r"logan.*1.*2024-03-01"):
            reserve(index, "logan")
        assert len(index.uploads()) == 1

    def test_further_versions_count_on(self, index: Index) -> None:
        first = add(index, "logan")
        pending = reserve(index, "logan", another=True)
        last = add(index, "logan", another=True)
        assert [first.version, pending.version, last.version] == [1, 2, 3]
        assert index.get("logan") == last

    def test_further_version_of_a_read_only_one_is_refused(self, index: Index) -> None:
        add(index, "logan", read_only=True)
        with pytest.raises(NotPermitted, match="logan@1"):
            reserve(index, "logan", another=True)
        with pytest.raises(AlreadyExists):
            reserve(index, "logan")

    def test_further_version_is_refused_by_the_latest_version_only(self, index: Index) -> None:
        first = add(index, "logan")
        add(index, "logan", another=True)
        reserve(index, "logan", another=True, read_only=True)  # it may never come
        index.edit(replace(first, read_only=True))
        assert reserve(index, "logan", another=True).version == 4

    def test_name_reserved_by_many_at_once_has_one_winner(self, index: Index) -> None:
        indexes = [index, self.opened_again(index)]
        results = at_once(lambda number: reserve(indexes[number % 2], "one"), WORKERS)
        winners = [result for result in results if isinstance(result, Dataset)]
        assert [winner.version for winner in winners] == [1]
        assert sum(isinstance(result, AlreadyExists) for result in results) == WORKERS - 1
        assert [upload.uuid for upload in index.uploads()] == [winners[0].uuid]

    def test_versions_reserved_by_many_at_once_are_all_different(self, index: Index) -> None:
        indexes = [index, self.opened_again(index)]
        results = at_once(lambda number: reserve(indexes[number % 2], "one", another=True), WORKERS)
        assert sorted(result.version for result in results) == list(range(1, WORKERS + 1))
        assert len(index.uploads()) == WORKERS

    def test_abandoned_reservation_frees_the_name_but_not_its_number(self, index: Index) -> None:
        first = reserve(index, "logan")
        index.abandon(first.uuid)
        index.abandon(first.uuid)
        assert index.uploads() == []
        assert reserve(index, "logan").version == 2

    def test_abandoning_leaves_what_is_committed(self, index: Index) -> None:
        dataset = add(index, "logan")
        index.abandon(dataset.uuid)
        assert index.get("logan") == dataset

    def test_reservation_of_the_same_uuid_replaces_what_was_pending(self, index: Index) -> None:
        draft = dataset_of("logan")
        index.reserve(draft, upload_of(draft), another=False)
        again = index.reserve(draft, upload_of(draft), another=True)
        assert [(upload.uuid, upload.version) for upload in index.uploads()] == [(draft.uuid, again.version)]

    def test_reservation_of_a_uuid_that_exists_is_refused(self, index: Index) -> None:
        dataset = add(index, "logan")
        twin = replace(dataset, name="twin")
        with pytest.raises(AlreadyExists, match="logan@1"):
            index.reserve(twin, upload_of(twin), another=False)
        assert index.get("logan") == dataset
        assert index.uploads() == []

    def test_renewal_puts_off_the_end_of_the_lease(self, index: Index) -> None:
        draft = reserve(index, "logan")
        assert index.renew(draft.uuid, AT + 5 * LEASE)
        assert index.uploads()[0].lease == AT + 5 * LEASE
        index.commit(draft, EMPTY)
        assert not index.renew(draft.uuid, AT + 9 * LEASE)
        assert not index.renew("never heard of", AT)

    def test_what_is_pending_is_found_by_nobody(self, index: Index) -> None:
        draft = reserve(index, "logan", lineage=Lineage("made", key="k"))
        with pytest.raises(DatasetNotFound, match="logan"):
            index.get("logan")
        with pytest.raises(DatasetNotFound):
            index.hold(Hold("h", draft.uuid, "get", ELSEWHERE, AT + LEASE))
        for act in (index.remove, lambda _uuid: index.edit(draft)):
            with pytest.raises(DatasetNotFound):
                act(draft.uuid)
        index.drop(draft.uuid)
        assert index.with_uuid(draft.uuid) is None
        assert index.list(Listing(latest=False, expired=True), AT) == []
        assert list(index.names()) == []
        assert index.count() == 0
        assert index.derived("k", AT) is None
        assert index.removed() == []
        assert len(index.uploads()) == 1

    # Committing

    def test_committed_version_is_returned_as_it_was_given(self, index: Index) -> None:
        given = add(index, "logan", {"a/b": b"1", "c": b"22"}, **everything())
        for found in (index.get("logan"), index.with_uuid(given.uuid), self.opened_again(index).get("logan")):
            assert found is not None
            assert record_of(found) == record_of(given)
        assert index.uploads() == []

    def test_committing_again_changes_nothing(self, index: Index) -> None:
        files = {"a": b"1", "b": b"2"}
        dataset = add(index, "logan", files)
        index.commit(dataset, manifest_of(files))
        assert index.list(Listing(latest=False), AT) == [dataset]
        assert index.count() == 1

    def test_committing_again_replaces_what_was_known(self, index: Index) -> None:
        old = add(index, "logan", {"a": b"1", "b": b"2"}, lineage=derived_from("mother"))
        files = {"a": b"1", "c": b"3"}
        manifest = manifest_of(files)
        new = replace(old, digest=manifest.digest, lineage=derived_from("father"), owner="somebody else")
        index.commit(new, manifest)
        assert index.get("logan") == new
        assert (index.children("mother"), index.children("father")) == ([], [new])
        assert index.with_digest(old.digest) == []
        unneeded = {c.sha256 for c in index.condemn(AT + HOUR)}
        assert unneeded == {content_of(b"2").sha256, old.digest}

    def test_version_is_committed_without_a_reservation(self, index: Index) -> None:
        for version in (4, 2):
            index.commit(dataset_of("logan", version), EMPTY)
        assert index.get("logan").version == 4
        assert references(index.list(Listing(latest=False), AT)) == ["logan@2", "logan@4"]
        assert reserve(index, "logan", another=True).version == 5

    def test_version_of_another_uuid_is_not_replaced(self, index: Index) -> None:
        dataset = add(index, "logan")
        pending = reserve(index, "logan", another=True)
        for version in (dataset.version, pending.version):
            with pytest.raises(AlreadyExists, match=f"logan@{version}"):
                index.commit(dataset_of("logan", version), EMPTY)
        assert index.get("logan") == dataset
        assert len(index.uploads()) == 1

    def test_uuid_does_not_move_to_another_version(self, index: Index) -> None:
        dataset = add(index, "logan")
        for twin in (replace(dataset, name="twin"), replace(dataset, version=3)):
            with pytest.raises(AlreadyExists, match="logan@1"):
                index.commit(twin, EMPTY)
        assert index.list(Listing(latest=False), AT) == [dataset]

    # Holding and removing

    def test_holds_are_kept_until_they_are_released(self, index: Index) -> None:
        one, two = add(index, "one"), add(index, "two")
        first = Hold("1", one.uuid, "get", Holder.this_process(), AT + LEASE)
        second = Hold("2", two.uuid, "job 17", ELSEWHERE, AT + 9 * LEASE, lasting=True)
        for hold in (first, second):
            index.hold(hold)
        longer = replace(first, lease=AT + 2 * LEASE)
        index.hold(longer)
        assert index.holds(one.uuid) == [longer]
        assert sorted(index.holds(), key=lambda hold: hold.id) == [longer, second]
        index.release("1")
        index.release("1")
        assert index.holds() == [second]

    def test_hold_of_what_is_no_more_is_refused(self, index: Index) -> None:
        removed = add(index, "removed")
        index.remove(removed.uuid)
        for uuid in (removed.uuid, "never heard of"):
            with pytest.raises(DatasetNotFound):
                index.hold(Hold("h", uuid, "get", ELSEWHERE, AT + LEASE))
        assert index.holds() == []

    def test_version_removed_meanwhile_is_held_further_by_who_reads_it(self, index: Index) -> None:
        dataset = add(index, "logan")
        hold = Hold("h", dataset.uuid, "get", ELSEWHERE, AT + LEASE)
        index.hold(hold)
        index.remove(dataset.uuid)
        longer, inner = replace(hold, lease=AT + 2 * LEASE), replace(hold, id="i")
        index.hold(longer)
        index.hold(inner)
        assert sorted(index.holds(dataset.uuid), key=lambda one: one.id) == [longer, inner]
        index.release("h")
        index.release("i")
        with pytest.raises(DatasetNotFound):
            index.hold(longer)

    def test_dropping_ends_the_holds_that_are_left(self, index: Index) -> None:
        dataset = add(index, "logan")
        hold = Hold("h", dataset.uuid, "get", ELSEWHERE, AT + LEASE)
        index.hold(hold)
        index.remove(dataset.uuid)
        index.drop(dataset.uuid)
        assert index.holds() == []
        with pytest.raises(DatasetNotFound):
            index.hold(hold)

    def test_removed_version_is_found_by_nobody(self, index: Index) -> None:
        first = add(index, "logan", {"a": b"1"}, lineage=Lineage("made", key="k"))
        second = add(index, "logan", another=True)
        index.remove(second.uuid)
        assert index.get("logan") == first
        index.remove(first.uuid)
        with pytest.raises(DatasetNotFound):
            index.get("logan")
        assert index.with_uuid(first.uuid) is None
        assert index.derived("k", AT) is None
        assert (list(index.names()), index.count()) == ([], 0)
        assert sorted(references(index.removed())) == ["logan@1", "logan@2"]
        assert {record_of(d)["uuid"] for d in index.removed()} == {first.uuid, second.uuid}
        with pytest.raises(DatasetNotFound):
            index.remove(first.uuid)

    def test_number_of_a_removed_version_is_not_used_again(self, index: Index) -> None:
        dataset = add(index, "logan")
        index.remove(dataset.uuid)
        assert reserve(index, "logan").version == 2
        index.abandon(index.uploads()[0].uuid)
        index.drop(dataset.uuid)
        assert index.removed() == []
        assert reserve(index, "logan").version == 3

    def test_commit_of_what_was_removed_does_not_bring_it_back(self, index: Index) -> None:
        dataset = add(index, "logan")
        index.remove(dataset.uuid)
        index.commit(dataset, EMPTY)
        assert (index.count(), references(index.removed())) == (0, ["logan@1"])

    def test_dropping_leaves_what_is_not_removed(self, index: Index) -> None:
        dataset = add(index, "logan")
        index.drop(dataset.uuid)
        index.drop("never heard of")
        assert index.get("logan") == dataset

    def test_read_only_version_is_not_removed(self, index: Index) -> None:
        dataset = add(index, "logan", read_only=True)
        with pytest.raises(NotPermitted, match="logan@1"):
            index.remove(dataset.uuid)
        assert index.get("logan") == dataset

    def test_hold_and_removal_at_once_leave_no_hold_of_what_is_dropped(self, index: Index) -> None:
        """Who got a hold keeps it until the version is dropped, and it is not dropped while it is held."""
        indexes = [index, self.opened_again(index)]
        for turn in range(20):
            dataset = add(index, f"d{turn}")
            held: list[int] = []

            def hold(number: int, dataset: Dataset = dataset, held: list[int] = held) -> None:
                indexes[0].hold(Hold(f"{dataset.name}-{number}", dataset.uuid, "get", ELSEWHERE, AT + LEASE))
                held.append(number)

            def remove(dataset: Dataset = dataset) -> bool:
                indexes[1].remove(dataset.uuid)
                if indexes[1].holds(dataset.uuid):
                    return False
                indexes[1].drop(dataset.uuid)
                return True

            *_, dropped = at_once(lambda number: remove() if number == 3 else hold(number), 4)
            assert dropped is not bool(held)
