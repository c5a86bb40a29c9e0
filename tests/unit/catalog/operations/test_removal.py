"""Removing and collecting: nothing that anybody needs goes, all that nobody needs does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dmod.catalog.catalog import Catalog
from dmod.catalog.collecting import sole_collector
from dmod.catalog.dataset import Dataset, Lineage
from dmod.catalog.holder import Holder
from dmod.catalog.index.port import LEASE, Hold, Listing, Upload
from dmod.catalog.placement import place
from dmod.catalog.record import record_key
from dmod.catalog.removal import collect, remove
from dmod.catalog.verification import rebuild, verify
from dmod.errors import ConflictError, DatasetNotFound, NotFoundError, NotPermitted

Add = Callable[..., Dataset]
NONE = timedelta(0)


def stored(catalog: Catalog) -> set[str]:
    return {content.sha256 for content in catalog.store.list_content()}


def test_removed_dataset_is_not_found_and_its_content_goes(catalog: Catalog, add: Add, clock: Any) -> None:
    dataset = add("here", {"a": "one"})
    remove(catalog, dataset)
    with pytest.raises(DatasetNotFound):
        catalog.index.get("here")
    with pytest.raises(NotFoundError):
        catalog.store.get(record_key("here", 1))
    clock.pass_(days=2)
    found = collect(catalog)
    assert found.contents == 2
    assert stored(catalog) == set()


def test_content_stays_until_the_grace_period_is_over(catalog: Catalog, add: Add, clock: Any) -> None:
    remove(catalog, add("here", {"a": "one"}))
    clock.pass_(hours=23)
    assert collect(catalog).contents == 0
    assert len(stored(catalog)) == 2
    clock.pass_(hours=2)
    assert collect(catalog).contents == 2


def test_content_that_another_dataset_needs_stays(catalog: Catalog, add: Add, clock: Any) -> None:
    add("other", {"x": "shared"})
    remove(catalog, add("here", {"a": "shared", "b": "own"}))
    clock.pass_(days=2)
    assert collect(catalog).contents == 2  # "own" and the manifest
    assert not verify(catalog, [catalog.index.get("other")]).faults


def test_content_claimed_again_is_kept_although_it_was_garbage(
    catalog: Catalog, add: Add, clock: Any
) -> None:
    remove(catalog, add("here", {"a": "one"}))
    clock.pass_(days=2)
    add("again", {"a": "one"})
    collect(catalog)
    assert not verify(catalog, [catalog.index.get("again")]).faults


def test_dry_run_says_what_would_go_and_removes_nothing(catalog: Catalog, add: Add, clock: Any) -> None:
    remove(catalog, add("here", {"a": "one"}))
    add("brief", {"a": "two"}, expires=clock.now + timedelta(hours=1))
    clock.pass_(days=2)
    before = stored(catalog)
    found = collect(catalog, dry_run=True)
    assert (found.dry_run, found.contents, found.expired) == (True, 2, ("brief@1",))
    assert stored(catalog) == before
    assert catalog.index.get("brief").version == 1


def test_reader_keeps_content_until_it_lets_go(
    catalog: Catalog, add: Add, clock: Any, tmp_path: Path
) -> None:
    dataset = add("here", {"a": "one"})
    with catalog.held(dataset, "a test"):
        remove(catalog, dataset)
        clock.pass_(minutes=5)
        found = collect(catalog, grace=NONE)
        assert (found.waiting, found.contents) == (("here@1",), 0)
        place(catalog, dataset, tmp_path / "got")
    assert collect(catalog, grace=NONE).contents == 2
    assert (tmp_path / "got" / "a").read_text() == "one"


def test_hold_of_a_process_that_died_does_not_count(catalog: Catalog, add: Add, clock: Any) -> None:
    dataset = add("here", {"a": "one"})
    gone = replace(Holder.this_process(), pid=2**22 + 12345)
    catalog.index.hold(Hold("h", dataset.uuid, "get", gone, clock.now + LEASE))
    remove(catalog, dataset)
    clock.pass_(minutes=1)
    assert collect(catalog, grace=NONE).contents == 2


def test_hold_of_a_job_outlives_its_process_and_ends_with_its_lease(
    catalog: Catalog, add: Add, clock: Any
) -> None:
    dataset = add("here", {"a": "one"})
    gone = replace(Holder.this_process(), pid=2**22 + 12345)
    until = clock.now + timedelta(hours=2)
    catalog.index.hold(Hold("job", dataset.uuid, "job 7", gone, until, lasting=True))
    remove(catalog, dataset)
    clock.pass_(hours=1)
    assert collect(catalog, grace=NONE).waiting == ("here@1",)
    clock.pass_(hours=1)
    assert collect(catalog, grace=NONE).contents == 2


def test_upload_under_way_keeps_what_it_claimed_however_long_it_takes(
    catalog: Catalog, add: Add, clock: Any
) -> None:
    garbage = add("here", {"a": "one"})
    contents = catalog.manifest(garbage).contents
    remove(catalog, garbage)
    upload = Upload("slow", 0, "slow-uuid", Holder.this_process(), clock.now, clock.now + timedelta(days=9))
    catalog.index.reserve(replace(garbage, name="slow"), upload, another=False)
    clock.pass_(minutes=1)
    catalog.index.claim(contents, clock.now)
    clock.pass_(days=5)
    collect(catalog)
    assert {content.sha256 for content in contents} <= stored(catalog)


def test_upload_of_a_process_that_died_is_given_up(catalog: Catalog, add: Add, clock: Any) -> None:
    dataset = add("here", {"a": "one"})
    gone = replace(Holder.this_process(), pid=2**22 + 12345)
    upload = Upload("dead", 0, "dead-uuid", gone, clock.now, clock.now + LEASE)
    catalog.index.reserve(replace(dataset, name="dead"), upload, another=False)
    assert collect(catalog).abandoned == ("dead@1",)
    assert not catalog.index.uploads()


def test_expired_dataset_is_not_listed_and_goes(catalog: Catalog, add: Add, clock: Any) -> None:
    add("brief", {"a": "one"}, expires=clock.now + timedelta(hours=1))
    add("kept", {"a": "two"}, expires=clock.now + timedelta(hours=1), read_only=True)
    clock.pass_(hours=1)
    assert [d.name for d in catalog.index.list(Listing(), clock.now)] == []
    assert collect(catalog).expired == ("brief@1",)
    with pytest.raises(DatasetNotFound):
        catalog.index.get("brief")
    assert catalog.index.get("kept").read_only
    clock.pass_(days=2)
    assert collect(catalog).contents == 2


def test_dataset_that_others_came_from_is_removed_only_by_force(catalog: Catalog, add: Add) -> None:
    parent = add("parent", {"a": "one"})
    add("child", {"b": "two"}, lineage=Lineage("join", (parent.as_input("parts"),)))
    with pytest.raises(ConflictError, match="child@1"):
        remove(catalog, parent)
    remove(catalog, parent, even_if_needed=True)
    assert catalog.index.get("child").lineage.inputs[0].digest == parent.digest


def test_read_only_dataset_is_not_removed_by_force(catalog: Catalog, add: Add) -> None:
    with pytest.raises(NotPermitted, match="read-only"):
        remove(catalog, add("here", {"a": "one"}, read_only=True), even_if_needed=True)


def test_version_number_of_a_removed_dataset_is_not_given_again(catalog: Catalog, add: Add) -> None:
    remove(catalog, add("here", {"a": "one"}))
    collect(catalog, grace=NONE)
    assert add("here", {"a": "two"}).version == 2


def test_content_that_no_index_knows_goes_after_the_grace_period(
    catalog: Catalog, clock: Any, tmp_path: Path
) -> None:
    with catalog.store.ingest("nobody") as ingest:
        ingest.take_bytes(b"lost")
        ingest.publish()
    assert len(stored(catalog)) == 1
    clock.now = next(iter(catalog.store.list_content())).modified
    clock.pass_(hours=12)
    assert collect(catalog).contents == 0
    clock.pass_(days=1)
    assert collect(catalog).contents == 1


def test_two_collections_at_once_are_refused(catalog: Catalog) -> None:
    other = replace(Holder.this_process(), host="elsewhere")
    assert catalog.index.take_lease("collect-garbage", other, catalog.clock() + LEASE, catalog.clock())
    with pytest.raises(ConflictError, match="another process"):
        collect(catalog)
    with pytest.raises(ConflictError), sole_collector(catalog):
        pass


def test_two_threads_of_one_process_do_not_collect_at_once(catalog: Catalog) -> None:
    with sole_collector(catalog), pytest.raises(ConflictError), sole_collector(catalog):
        pass


def test_collection_that_died_is_finished_by_who_wants_the_content(
    catalog: Catalog, add: Add, clock: Any
) -> None:
    remove(catalog, add("here", {"a": "one"}))
    clock.pass_(days=2)
    gone = replace(Holder.this_process(), pid=2**22 + 12345)
    assert catalog.index.take_lease("collect-garbage", gone, clock.now + LEASE, clock.now)
    assert len(catalog.index.condemn(clock.now)) == 2
    dataset = add("again", {"a": "one"})
    assert not verify(catalog, [dataset]).faults
    assert not catalog.index.condemned()


def test_index_written_anew_knows_every_dataset(catalog: Catalog, add: Add, tmp_path: Path) -> None:
    from dmod.catalog.index.opening import open_index

    parent = add("parent", {"a": "one"}, description="words")
    add("parent", {"a": "two"}, another=True)
    add("child", {"b": "two"}, lineage=Lineage("join", (parent.as_input("parts"),), key="k"))
    anew = Catalog(catalog.store, open_index(str(tmp_path / "anew.sqlite")), clock=catalog.clock)
    found = rebuild(anew)
    assert sorted(found.datasets) == ["child@1", "parent@1", "parent@2"]
    assert not found.faults
    every = Listing(latest=False)
    assert anew.index.list(every, catalog.clock()) == catalog.index.list(every, catalog.clock())
    assert [d.name for d in anew.index.children(parent.uuid)] == ["child"]
    assert collect(anew, grace=NONE).contents == 0
    anew.index.close()
