# ruff: noqa: D102 - the names of tests say what they test
"""Content and rights: a part of what every index must do, see `dmod.testing.index_suite`."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from random import Random

from dmod.catalog.data_format import FORMATS
from dmod.catalog.domain import Domain
from dmod.catalog.holder import Holder
from dmod.catalog.index.port import LEASE, Index
from dmod.catalog.manifest import EMPTY
from dmod.testing.datasets import AT, ELSEWHERE, add, content_of, dataset_of, manifest_of, upload_of
from dmod.testing.store_suite import at_once

HOUR = timedelta(hours=1)
WORKERS = 16


def ended_process() -> Holder:
    """Return a process of this machine that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    return replace(Holder.this_process(), pid=process.pid, started="1")


class IndexContentSuite:
    """Tests of content and of rights."""

    def opened_again(self, index: Index) -> Index:
        """Return another index that works on the same data, as another process would have it."""
        return index

    # Content

    def test_claimed_content_is_condemned_only_later(self, index: Index) -> None:
        wanted = [content_of(b"1"), content_of(b"22")]
        assert index.claim(wanted, AT) == set()
        assert index.condemnable(AT) == index.condemn(AT) == []
        later = AT + timedelta(microseconds=1)
        assert set(index.condemnable(later)) == set(wanted)
        assert index.condemned() == []
        assert set(index.condemn(later)) == set(index.condemned()) == set(wanted)

    def test_claim_is_put_forward_and_never_back(self, index: Index) -> None:
        one = content_of(b"1")
        index.claim([one], AT)
        index.claim([one, one], AT + 2 * HOUR)
        index.claim([one], AT + HOUR)
        assert index.condemn(AT + 2 * HOUR) == []

    def test_condemned_content_can_be_claimed_once_it_is_forgotten(self, index: Index) -> None:
        one, two = content_of(b"1"), content_of(b"2")
        index.claim([one], AT)
        index.condemn(AT + HOUR)
        assert index.claim([one, two], AT + 2 * HOUR) == {one.sha256}
        assert index.claim([one], AT + 3 * HOUR) == {one.sha256}
        assert index.condemnable(AT) == index.condemn(AT) == index.condemned() == [one]
        index.forget([one.sha256, two.sha256, "0" * 64])
        assert index.condemned() == []
        assert index.claim([one], AT + 4 * HOUR) == set()
        # what was not condemned is not forgotten
        assert set(index.condemn(AT + 9 * HOUR)) == {one, two}

    def test_content_of_a_version_is_needed_until_it_is_dropped(self, index: Index) -> None:
        files = {"a": b"1", "b": b"2"}
        needed = manifest_of(files).contents | {manifest_of(files).content}
        dataset = add(index, "logan", files)
        assert index.condemn(AT + HOUR) == []
        index.remove(dataset.uuid)
        assert index.condemn(AT + HOUR) == []
        index.drop(dataset.uuid)
        assert set(index.condemn(AT + HOUR)) == needed

    def test_content_of_several_versions_is_needed_until_all_are_dropped(self, index: Index) -> None:
        same, other = {"a": b"1", "b": b"2"}, {"x": b"1"}
        datasets = [add(index, "one", same), add(index, "two", same), add(index, "three", other)]
        left = []
        for dataset in datasets:
            index.remove(dataset.uuid)
            index.drop(dataset.uuid)
            left.append({content.sha256 for content in index.condemnable(AT + HOUR)})
        two = {content_of(b"2").sha256, datasets[0].digest}
        assert left == [set(), two, two | {content_of(b"1").sha256, datasets[2].digest}]

    def test_dataset_without_files_needs_nothing(self, index: Index) -> None:
        add(index, "empty", domain=Domain(FORMATS["EMPTY"]))
        assert index.claim([EMPTY.content], AT) == set()
        assert index.condemn(AT + HOUR) == [EMPTY.content]

    def test_content_that_a_version_needs_is_not_condemned_any_more(self, index: Index) -> None:
        """An index that is written anew, or a recovery, may commit what a collection has condemned."""
        files = {"a": b"1", "b": b"2"}
        index.claim(manifest_of(files).contents, AT)
        index.condemn(AT + HOUR)
        add(index, "logan", files)
        assert index.condemned() == index.condemn(AT + HOUR) == []
        assert index.claim(manifest_of(files).contents, AT) == set()

    def test_committing_notes_content_that_nobody_claimed(self, index: Index) -> None:
        files = {"a": b"1", "b": b"22"}
        dataset = add(index, "logan", files)
        content = [content_of(b"1"), content_of(b"22"), dataset.manifest_content]
        assert index.adopt([(item, AT) for item in content]) == 0

    def test_adopting_notes_what_is_not_known(self, index: Index) -> None:
        one, two, three = (content_of(data) for data in (b"1", b"22", b"333"))
        index.claim([one], AT + HOUR)
        assert index.adopt([(one, AT), (two, AT), (three, AT + HOUR), (two, AT)]) == 2
        assert index.adopt([(two, AT + 9 * HOUR)]) == 0
        assert index.adopt([]) == 0
        assert index.condemn(AT + HOUR) == [two]

    def test_many_files_are_claimed_committed_and_condemned(self, index: Index) -> None:
        files = {f"{number:05d}": b"%d" % number for number in range(12_000)}
        manifest = manifest_of(files)
        assert index.claim(manifest.contents, AT) == set()
        dataset = add(index, "many", files)
        assert len(index.with_content([c.sha256 for c in manifest.contents])) == len(files)
        index.remove(dataset.uuid)
        index.drop(dataset.uuid)
        assert len(index.condemn(AT + HOUR)) == len(files) + 1
        assert len(index.claim(manifest.contents, AT + HOUR)) == len(files)
        index.forget([c.sha256 for c in index.condemned()])
        assert index.adopt([(content, AT) for content in manifest.contents]) == len(files)

    def test_content_that_was_claimed_is_never_deleted_before_it_is_given_up(self, index: Index) -> None:
        """Uploads and removals beside a collection of garbage, over a few contents that all of them use."""
        trial = _CollectionTrial([index, self.opened_again(index)])
        assert at_once(trial.work, 4) == [None] * 4
        assert trial.broken == []

    # Rights

    def test_right_is_one_process_s_at_a_time(self, index: Index) -> None:
        other = replace(ELSEWHERE, pid=2)
        assert index.take_lease("collect", ELSEWHERE, AT + LEASE, AT)
        assert not index.take_lease("collect", other, AT + LEASE, AT)
        assert index.take_lease("verify", other, AT + LEASE, AT)
        assert index.take_lease("collect", ELSEWHERE, AT + 2 * LEASE, AT)
        assert not index.take_lease("collect", other, AT + 3 * LEASE, AT + LEASE)
        index.end_lease("collect", other)
        assert not index.take_lease("collect", other, AT + 3 * LEASE, AT + LEASE)
        index.end_lease("collect", ELSEWHERE)
        index.end_lease("collect", ELSEWHERE)
        assert index.take_lease("collect", other, AT + 3 * LEASE, AT + LEASE)

    def test_right_whose_time_is_over_is_taken_over(self, index: Index) -> None:
        assert index.take_lease("collect", ELSEWHERE, AT + LEASE, AT)
        other = replace(ELSEWHERE, pid=2)
        assert index.take_lease("collect", other, AT + 3 * LEASE, AT + LEASE)
        assert not index.take_lease("collect", ELSEWHERE, AT + 3 * LEASE, AT + LEASE)

    def test_right_of_a_process_that_has_ended_is_taken_over(self, index: Index) -> None:
        assert index.take_lease("collect", ended_process(), AT + LEASE, AT)
        assert index.take_lease("collect", ELSEWHERE, AT + LEASE, AT)

    def test_right_taken_by_many_at_once_is_one_s(self, index: Index) -> None:
        indexes = [index, self.opened_again(index)]
        for turn in range(5):
            taken = at_once(
                lambda number, turn=turn: indexes[number % 2].take_lease(  # type: ignore[misc]
                    f"{turn}", replace(ELSEWHERE, pid=number), AT + LEASE, AT
                ),
                WORKERS,
            )
            assert sorted(taken) == [False] * (WORKERS - 1) + [True]


class _CollectionTrial:
    """Three uploaders and a collector over two openings of one index."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self.indexes = indexes
        self.clock, self.lock = count(), threading.Lock()
        self.relied: list[str] = []
        self.broken: list[str] = []
        self.busy = [True] * 3

    def work(self, number: int) -> None:
        """Upload, or as the last one collect."""
        if number == 3:
            self.collect()
            return
        try:
            for turn in range(12):
                self.upload(number, turn, Random(100 * number + turn))
        finally:
            self.busy[number] = False

    def upload(self, number: int, turn: int, dice: Random) -> None:
        """Reserve, claim, commit and remove; what is claimed is relied on until it is removed."""
        mine = self.indexes[number % 2]
        manifest = manifest_of({f"{n}": b"%d" % n for n in dice.sample(range(6), 3)})
        draft = dataset_of(f"d{number}-{turn}")
        started = AT + next(self.clock) * HOUR
        mine.reserve(draft, upload_of(draft, started=started, lease=AT + LEASE), another=False)
        contents = manifest.contents | {manifest.content}
        while mine.claim(contents, AT + next(self.clock) * HOUR):
            pass
        hashes = [content.sha256 for content in contents]
        with self.lock:
            self.relied.extend(hashes)
        dataset = replace(
            draft, digest=manifest.digest, manifest_size=manifest.content.size, files=len(manifest)
        )
        mine.commit(dataset, manifest)
        mine.remove(dataset.uuid)
        with self.lock:
            for sha256 in hashes:
                self.relied.remove(sha256)
        mine.drop(dataset.uuid)

    def collect(self) -> None:
        """Condemn and forget for as long as anybody uploads."""
        mine = self.indexes[1]
        while any(self.busy):
            now = AT + next(self.clock) * HOUR
            condemned = mine.condemn(min([now, *(upload.started for upload in mine.uploads())]))
            with self.lock:
                self.broken.extend(c.sha256 for c in condemned if c.sha256 in self.relied)
            mine.forget([content.sha256 for content in condemned])
