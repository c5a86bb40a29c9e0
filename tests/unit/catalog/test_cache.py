"""The cache of content: under its limit, least recently used first, never what a job holds, never half."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from dmod.catalog.cache import ContentCache
from dmod.catalog.store import placing
from dmod.catalog.store.folder import FolderStore
from dmod.catalog.store.memory import memory_store
from dmod.catalog.store.port import Content, Placing, Told
from dmod.errors import AlreadyExists, IntegrityError, NotFoundError, StoreError
from dmod.testing.store_suite import at_once, bytes_of, store_bytes

HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def contents(store: FolderStore) -> list[Content]:
    """Six contents of 100 bytes."""
    with store.ingest("made") as ingest:
        found = [ingest.take_bytes(bytes([65 + number]) * 100) for number in range(6)]
        ingest.publish()
    return found


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(1000))


def take(
    cache: ContentCache, store: FolderStore, content: Content, folder: Path, name: str, **how: bool
) -> Path:
    target = folder / name
    cache.fetch(store, content, target, **how)
    return target


def test_content_is_placed_and_kept(store: FolderStore, contents: list[Content], tmp_path: Path) -> None:
    cache = ContentCache(tmp_path / "cache", 1000)
    assert take(cache, store, contents[0], tmp_path, "a").read_bytes() == b"A" * 100
    assert cache.holds(contents[0].sha256)
    store.delete_content([contents[0].sha256])
    assert take(cache, store, contents[0], tmp_path, "b").read_bytes() == b"A" * 100


def test_linked_content_is_the_cache_s_own_file(
    store: FolderStore, contents: list[Content], tmp_path: Path
) -> None:
    cache = ContentCache(tmp_path / "cache", 1000)
    target = take(cache, store, contents[0], tmp_path, "a", link=True)
    assert target.stat().st_nlink == 2
    assert target.stat().st_mode & 0o222 == 0


def test_least_recently_used_goes_first(store: FolderStore, contents: list[Content], tmp_path: Path) -> None:
    cache = ContentCache(tmp_path / "cache", 300)
    for number in (0, 1, 2, 0, 3):
        cache.fetch(store, contents[number], tmp_path / f"{number}-{os.urandom(3).hex()}")
    assert [cache.holds(content.sha256) for content in contents] == [True, False, True, True, False, False]
    assert cache.size() == 300


def test_what_a_job_holds_is_never_removed(
    store: FolderStore, contents: list[Content], tmp_path: Path
) -> None:
    cache = ContentCache(tmp_path / "cache", 300)
    cache.hold("job-1", [content.sha256 for content in contents[:3]], HOUR)
    for number in range(3):
        take(cache, store, contents[number], tmp_path, f"a{number}")
    other = ContentCache(tmp_path / "cache", 300)  # as another process has it
    assert take(other, store, contents[3], tmp_path, "b").is_file()  # passed through
    assert all(other.holds(content.sha256) for content in contents[:3])
    assert not other.holds(contents[3].sha256)
    other.release("job-1")
    take(other, store, contents[3], tmp_path, "c")
    assert other.holds(contents[3].sha256)


def test_hold_that_is_over_does_not_count(
    store: FolderStore, contents: list[Content], tmp_path: Path
) -> None:
    cache = ContentCache(tmp_path / "cache", 100)
    cache.hold("job-1", [contents[0].sha256], timedelta(seconds=-1))
    take(cache, store, contents[0], tmp_path, "a")
    take(cache, store, contents[1], tmp_path, "b")
    assert not cache.holds(contents[0].sha256)


def test_content_above_the_limit_is_passed_through(
    store: FolderStore, contents: list[Content], tmp_path: Path
) -> None:
    cache = ContentCache(tmp_path / "cache", 99)
    assert take(cache, store, contents[0], tmp_path, "a").is_file()
    assert cache.size() == 0


def test_content_damaged_in_the_cache_is_fetched_again(
    store: FolderStore, contents: list[Content], tmp_path: Path
) -> None:
    cache = ContentCache(tmp_path / "cache", 1000)
    take(cache, store, contents[0], tmp_path, "a")
    (kept,) = (path for path in (tmp_path / "cache" / "objects").rglob("*") if path.is_file())
    kept.chmod(0o644)
    kept.write_bytes(b"B" * 100)
    assert take(cache, store, contents[0], tmp_path, "b").read_bytes() == b"A" * 100


def test_content_that_the_store_lost_or_spoiled_is_not_kept(
    store: FolderStore, contents: list[Content], tmp_path: Path
) -> None:
    cache = ContentCache(tmp_path / "cache", 1000)
    stored = store.path / "objects" / contents[0].sha256[:2] / contents[0].sha256[2:]
    stored.chmod(0o644)
    stored.write_bytes(b"B" * 100)
    with pytest.raises(IntegrityError):
        take(cache, store, contents[0], tmp_path, "a")
    store.delete_content([contents[1].sha256])
    with pytest.raises(NotFoundError):
        take(cache, store, contents[1], tmp_path, "b")
    assert cache.size() == 0
    assert not cache.holds(contents[0].sha256)


def test_use_counts_however_many_there_are(store: FolderStore, tmp_path: Path) -> None:
    with store.ingest("made") as ingest:
        many = [ingest.take_bytes(b"%04d" % number) for number in range(1200)]
        ingest.publish()
    cache = ContentCache(tmp_path / "cache", 4 * 1200)
    for content in many:
        cache.fetch(store, content, tmp_path / f"a{content.sha256}", link=True)
    for content in many[:1150]:  # the last fifty are now those that were not used for longest
        cache.fetch(store, content, tmp_path / f"b{content.sha256}", link=True)
    with store.ingest("made") as ingest:
        large = ingest.take_bytes(bytes(4 * 60))
        ingest.publish()
    cache.fetch(store, large, tmp_path / "large")
    gone = {content for content in many if not cache.holds(content.sha256)}
    assert gone == {*many[1150:], *many[:10]}
    assert cache.size() == 4 * 1200


def test_use_leaves_the_time_of_writing(store: FolderStore, contents: list[Content], tmp_path: Path) -> None:
    cache = ContentCache(tmp_path / "cache", 1000)
    target = take(cache, store, contents[0], tmp_path, "a", link=True)
    before = target.stat().st_mtime_ns
    take(cache, store, contents[0], tmp_path, "b", link=True)
    assert target.stat().st_mtime_ns == before


def test_notes_that_were_lost_are_made_from_the_files(
    store: FolderStore, contents: list[Content], tmp_path: Path
) -> None:
    cache = ContentCache(tmp_path / "cache", 300)
    for number in range(3):
        take(cache, store, contents[number], tmp_path, f"a{number}")
    (tmp_path / "cache" / "notes.sqlite").unlink()
    cache = ContentCache(tmp_path / "cache", 300)
    assert cache.size() == 300
    take(cache, store, contents[3], tmp_path, "b")
    assert cache.size() == 300
    assert not cache.holds(contents[0].sha256)


def test_notes_that_are_spoiled_are_told(store: FolderStore, contents: list[Content], tmp_path: Path) -> None:
    cache = ContentCache(tmp_path / "cache", 300)
    (tmp_path / "cache" / "notes.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="cannot be used") as caught:
        take(cache, store, contents[0], tmp_path, "a")
    assert "remove the folder" in str(caught.value)


def test_part_of_a_download_counts_until_its_room_is_needed(tmp_path: Path) -> None:
    size = 20 << 20
    remote = memory_store()
    content = store_bytes(remote, bytes_of(size))
    other = store_bytes(remote, bytes_of(size, 1))

    def cut(_: int) -> None:
        raise StoreError("the connection was cut", retryable=True)

    cache = ContentCache(tmp_path / "cache", size)
    with pytest.raises(StoreError, match="cut"):
        cache.fetch(remote, content, tmp_path / "a", told=cut)
    (partial,) = (path for path in (tmp_path / "cache" / "objects").rglob(".*"))
    assert cache.size() == size
    assert not cache.holds(content.sha256)
    with sqlite3.connect(tmp_path / "cache" / "notes.sqlite") as notes:
        notes.execute("UPDATE content SET busy = 1")  # hours later
    notes.close()
    cache.fetch(remote, other, tmp_path / "b")
    assert not partial.exists()
    assert cache.size() == size
    assert cache.holds(other.sha256)
    cache.fetch(remote, content, tmp_path / "c")
    assert (tmp_path / "c").read_bytes() == bytes_of(size)
    assert list((tmp_path / "cache" / "objects").rglob(".*")) == []


def test_room_of_a_fetch_under_way_is_not_given_away(tmp_path: Path) -> None:
    remote = memory_store()
    first, second = store_bytes(remote, bytes_of(10 << 20)), store_bytes(remote, bytes_of(11 << 20))
    cache = ContentCache(tmp_path / "cache", 12 << 20)
    passed = []

    def meanwhile(_: int) -> None:
        if not passed:
            passed.append(cache.fetch(remote, second, tmp_path / "second"))
            assert not cache.holds(second.sha256)

    cache.fetch(remote, first, tmp_path / "first", told=meanwhile)
    assert passed == ["copy"]
    assert cache.holds(first.sha256)
    assert cache.size() == 10 << 20


class LingeringStore(FolderStore):
    """A store whose fetch does something else between placing a file and returning, as a thread may."""

    then: Callable[[], object] = staticmethod(lambda: None)

    def fetch(
        self, content: Content, target: Path, *, link: bool = False, told: Told | None = None
    ) -> Placing:
        placing = super().fetch(content, target, link=link, told=told)
        then, self.then = self.then, lambda: None
        then()
        return placing


def test_content_whose_room_was_needed_as_soon_as_it_came_does_not_count(
    contents: list[Content], tmp_path: Path
) -> None:
    store = LingeringStore(tmp_path / "store")
    cache = ContentCache(tmp_path / "cache", 100)
    store.then = lambda: cache.fetch(store, contents[1], tmp_path / "other")
    cache.fetch(store, contents[0], tmp_path / "first")
    assert (tmp_path / "first").read_bytes() == b"A" * 100
    there = sum(path.stat().st_size for path in (tmp_path / "cache" / "objects").glob("??/*"))
    assert cache.size() == there == 100


def test_limit_holds_when_room_was_given_up_meanwhile(contents: list[Content], tmp_path: Path) -> None:
    store = LingeringStore(tmp_path / "store")
    cache = ContentCache(tmp_path / "cache", 200)
    cache.fetch(store, contents[2], tmp_path / "c")

    def meanwhile() -> None:
        with closing(sqlite3.connect(tmp_path / "cache" / "notes.sqlite", isolation_level=None)) as notes:
            notes.execute("DELETE FROM content WHERE sha256 = ?", (contents[0].sha256,))
        cache.fetch(store, contents[1], tmp_path / "b")

    store.then = meanwhile
    cache.fetch(store, contents[0], tmp_path / "a")
    assert cache.size() == 200
    assert [cache.holds(content.sha256) for content in contents[:3]] == [True, True, False]


def test_threads_that_want_the_same_are_all_served(tmp_path: Path) -> None:
    remote = memory_store()
    contents = [store_bytes(remote, bytes_of(size)) for size in (0, 1000, 9 << 20)]
    cache = ContentCache(tmp_path / "cache", 1 << 30)
    for content in contents:

        def fetch(number: int, content: Content = content) -> str:
            return cache.fetch(remote, content, tmp_path / f"{content.size}-{number}", link=True)

        assert at_once(fetch, 8) == ["link"] * 8
    assert cache.size() == sum(content.size for content in contents)


def test_target_that_is_there_is_refused(store: FolderStore, contents: list[Content], tmp_path: Path) -> None:
    cache = ContentCache(tmp_path / "cache", 1000)
    (tmp_path / "a").write_bytes(b"mine")
    for link in (False, True):
        with pytest.raises(AlreadyExists):
            take(cache, store, contents[0], tmp_path, "a", link=link)
    assert (tmp_path / "a").read_bytes() == b"mine"


def test_what_another_process_takes_while_it_comes_is_fetched_again(
    store: FolderStore, contents: list[Content], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, taken = placing.settle, []

    def robbed(hidden: Path, target: Path) -> None:
        if not taken:
            taken.append(hidden)
            hidden.unlink()
        settle(hidden, target)

    monkeypatch.setattr(placing, "settle", robbed)
    cache = ContentCache(tmp_path / "cache", 1000)
    take(cache, store, contents[0], tmp_path, "a", link=False)
    assert taken
    assert cache.holds(contents[0].sha256)
    assert cache.size() == contents[0].size


def test_two_processes_fill_one_cache(store: FolderStore, contents: list[Content], tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from dmod.catalog.cache import ContentCache
from dmod.catalog.store import placing
from dmod.catalog.store.folder import FolderStore
from dmod.catalog.store.memory import memory_store
from dmod.catalog.store.port import Content
folder, own = Path(sys.argv[1]), sys.argv[2]
cache, store = ContentCache(folder / "cache", 350), FolderStore(folder / "store")
for turn in range(30):
    for number, sha256 in enumerate(sys.argv[3:]):
        target = folder / f"{own}-{turn}-{number}"
        cache.fetch(store, Content(sha256, 100), target, link=bool(turn % 2))
        assert target.read_bytes() == bytes([65 + number]) * 100
        target.unlink()
"""
    hashes = [content.sha256 for content in contents]
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), own, *hashes], stderr=subprocess.PIPE)
        for own in ("one", "two")
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
    cache = ContentCache(tmp_path / "cache", 350)
    assert cache.size() <= 350
    assert sum(cache.holds(sha256) for sha256 in hashes) == 3


def test_fetch_that_was_killed_leaves_nothing_half(
    store: FolderStore, contents: list[Content], tmp_path: Path
) -> None:
    script = """
import sys
from pathlib import Path
from dmod.catalog.cache import ContentCache
from dmod.catalog.store import placing
from dmod.catalog.store.folder import FolderStore
from dmod.catalog.store.memory import memory_store
from dmod.catalog.store.port import Content
from dmod.testing.killing import count_acts, killed_at
folder = Path(sys.argv[1])
store, content = FolderStore(folder / "store"), Content(sys.argv[2], 100)
def act(name):
    ContentCache(folder / name, 150).fetch(store, content, folder / f"{name}-out")
for point in range(count_acts(lambda: act("whole"))):
    name = f"cache-{point}"
    killed_at(lambda: act(name), point)
    (folder / f"{name}-out").unlink(missing_ok=True)
    cache = ContentCache(folder / name, 150)
    cache.fetch(store, content, folder / f"{name}-out")
    assert (folder / f"{name}-out").read_bytes() == b"A" * 100
    assert cache.size() == 100
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), contents[0].sha256],
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
