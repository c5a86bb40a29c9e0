# ruff: noqa: D102 - the names of tests say what they test
"""What every object store must do: tests to subclass, shipped for authors of other stores.

Give a fixture that returns an empty store, and say how to damage what it holds::

    class TestMyStore(StoreSuite):
        @pytest.fixture
        def store(self, tmp_path):
            return MyStore(...)

        def damage(self, store, content): ...
        def break_off(self, store, content): ...
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dmod.catalog.store.port import Content, ObjectStore
from dmod.errors import AlreadyExists, DmodError, InputError, IntegrityError, NotFoundError

WRITERS = 16
BAD_KEYS = (
    "",
    "/",
    "/etc/passwd",
    "..",
    ".",
    "../outside",
    "a/../../outside",
    "a/./b",
    "a//b",
    "a/",
    "a\\b",
    "a\x00b",
    "a\nb",
    "a b",
    "a%2e%2e",
    "é",
    "x" * 300,
    "/".join(["x" * 100] * 20),
)


def bytes_of(size: int, seed: int = 0) -> bytes:
    """Return made-up bytes, the same for the same arguments, that do not repeat."""
    return hashlib.shake_256(f"{size} {seed}".encode()).digest(size)


def content_of(data: bytes) -> Content:
    """Return the content that bytes are."""
    return Content(hashlib.sha256(data).hexdigest(), len(data))


def store_bytes(store: ObjectStore, data: bytes, upload: str = "upload") -> Content:
    """Publish bytes."""
    with store.ingest(upload) as ingest:
        content = ingest.take_bytes(data)
        ingest.publish()
    return content


def at_once(function: Callable[[int], Any], count: int) -> list[Any]:
    """Call a function from threads that begin together, with 0 to count - 1; return results or errors."""
    barrier = threading.Barrier(count)

    def call(number: int) -> Any:
        barrier.wait()
        try:
            return function(number)
        except DmodError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


class StoreSuite:
    """Tests of an `ObjectStore`; override the fixture and the two hooks."""

    large = 5 * 64 * 1024 + 123
    """Bytes of content that the store keeps in several parts, if it ever does."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        """Return an empty store."""
        raise NotImplementedError

    def damage(self, store: ObjectStore, content: Content) -> None:
        """Change a byte of stored content behind the store's back."""
        raise NotImplementedError

    def break_off(self, store: ObjectStore, content: Content) -> None:
        """Make stored content incomplete, as if its upload had been cut off."""
        raise NotImplementedError

    def leave(self, store: ObjectStore, upload: str) -> None:
        """Leave what an upload leaves whose process is killed after it took a file; nothing by default."""

    # Documents

    def test_document_is_returned_as_it_was_put(self, store: ObjectStore) -> None:
        store.put("datasets/logan/1.json", b"first")
        store.put("empty", b"")
        store.put("datasets/logan/1.json", b"second")
        assert store.get("datasets/logan/1.json") == b"second"
        assert store.get("empty") == b""

    def test_document_that_is_absent_is_not_found(self, store: ObjectStore) -> None:
        store.put("there/1.json", b"1")
        for key in ("absent", "there", "there/2.json", "there/1.json/below"):
            with pytest.raises(NotFoundError):
                store.get(key)

    def test_documents_are_listed_in_order_with_their_size(self, store: ObjectStore) -> None:
        begin = datetime.now(UTC) - timedelta(minutes=5)
        keys = ["a", "b/1", "b/10", "b/2", "b-c", "b.d", "b0", "b/e/f", "B", "_", "c@d"]
        for key in keys:
            store.put(key, key.encode())
        store_bytes(store, b"content is no document")
        found = list(store.list())
        assert [document.key for document in found] == sorted(keys)
        assert [document.size for document in found] == [len(key) for key in sorted(keys)]
        assert all(begin < document.modified < datetime.now(UTC) + timedelta(minutes=5) for document in found)

    @pytest.mark.parametrize("prefix", ["b", "b/", "b/1", "b/e", "b/e/", "b/e/f", "d", "b/1/"])
    def test_documents_are_listed_by_how_their_keys_start(self, store: ObjectStore, prefix: str) -> None:
        keys = ["a", "b/1", "b/10", "b/2", "b-c", "b0", "b/e/f", "c"]
        for key in keys:
            store.put(key, b"")
        assert [d.key for d in store.list(prefix)] == sorted(key for key in keys if key.startswith(prefix))

    def test_document_that_is_deleted_is_gone(self, store: ObjectStore) -> None:
        for key in ("a/1", "a/2", "b/c/3"):
            store.put(key, b"x")
        store.delete(["a/1", "b/c/3", "never/there"])
        store.delete([])
        store.delete(["a/1"])
        assert [document.key for document in store.list()] == ["a/2"]
        store.put("b/c/3", b"again", if_absent=True)
        assert store.get("b/c/3") == b"again"

    def test_put_if_absent_of_many_writers_has_one_winner(self, store: ObjectStore) -> None:
        results = at_once(lambda number: store.put("one", b"%d" % number, if_absent=True), WRITERS)
        winners = [number for number, result in enumerate(results) if result is None]
        assert len(winners) == 1
        assert {type(result) for result in results if result is not None} == {AlreadyExists}
        assert store.get("one") == b"%d" % winners[0]

    def test_put_of_many_writers_leaves_one_of_them_whole(self, store: ObjectStore) -> None:
        data = [bytes_of(100_000, number) for number in range(WRITERS)]
        assert at_once(lambda number: store.put("one", data[number]), WRITERS) == [None] * WRITERS
        assert store.get("one") in data

    def test_put_and_delete_in_one_folder_do_not_hinder_each_other(self, store: ObjectStore) -> None:
        def put_and_delete(number: int) -> None:
            for turn in range(10):
                store.put(f"folder/deep/{number}-{turn}", b"x", if_absent=True)
                store.delete([f"folder/deep/{number}-{turn}"])

        assert at_once(put_and_delete, 4) == [None] * 4
        assert list(store.list()) == []

    @pytest.mark.parametrize("key", BAD_KEYS, ids=ascii)
    def test_key_that_leads_out_or_is_none_is_refused(self, store: ObjectStore, key: str) -> None:
        for act in (lambda: store.put(key, b""), lambda: store.get(key), lambda: store.delete([key])):
            with pytest.raises(InputError):
                act()

    @pytest.mark.parametrize("prefix", ["/", "..", "../", "a/../b", "a//", "a\\b"])
    def test_prefix_that_leads_out_is_refused(self, store: ObjectStore, prefix: str) -> None:
        with pytest.raises(InputError):
            list(store.list(prefix))

    # Content: in and out

    @pytest.mark.parametrize("size", [0, 1, 4095, 65536, None], ids=str)
    def test_content_comes_back_as_it_was_taken(
        self, store: ObjectStore, tmp_path: Path, size: int | None
    ) -> None:
        data = bytes_of(self.large if size is None else size)
        source, target = tmp_path / "source", tmp_path / "folder" / "target"
        source.write_bytes(data)
        with store.ingest("upload") as ingest:
            assert ingest.take([source]) == [content_of(data)]
            ingest.publish()
        content = content_of(data)
        assert store.holds([content]) == {content.sha256}
        assert store.fetch(content, target) in {"copy", "reflink"}
        assert target.read_bytes() == data
        assert b"".join(store.read(content)) == data
        assert [entry.name for entry in target.parent.iterdir()] == ["target"]

    def test_files_are_taken_in_their_order(self, store: ObjectStore, tmp_path: Path) -> None:
        sources = [tmp_path / str(number) for number in range(150)]
        for number, source in enumerate(sources):
            source.write_bytes(bytes_of(number * 100, number // 2))
        sources[70].write_bytes(bytes_of(self.large))
        expected = [content_of(source.read_bytes()) for source in sources]
        moved: list[int] = []
        with store.ingest("upload") as ingest:
            assert ingest.take(iter(sources), moved.append) == expected
            assert sum(moved) == sum(content.size for content in expected)
            ingest.publish()
        assert store.holds(expected) == {content.sha256 for content in expected}
        assert [found.sha256 for found in store.list_content()] == sorted({c.sha256 for c in expected})

    def test_content_is_absent_before_it_is_published(self, store: ObjectStore) -> None:
        with store.ingest("upload") as ingest:
            content = ingest.take_bytes(b"data")
            assert store.holds([content]) == set()
            with pytest.raises(NotFoundError):
                list(store.read(content))
            assert list(store.list_content()) == []
            ingest.publish()
            assert store.holds([content]) == {content.sha256}
            more = ingest.take_bytes(b"more")
            assert store.holds([content, more]) == {content.sha256}
            ingest.publish()
            ingest.publish()
            assert store.holds([content, more]) == {content.sha256, more.sha256}

    def test_content_that_was_not_published_is_gone(self, store: ObjectStore) -> None:
        with suppress(KeyError), store.ingest("upload") as ingest:
            ingest.take_bytes(b"data")
            raise KeyError
        with store.ingest("other") as ingest:
            ingest.take_bytes(b"data")
        assert list(store.list_content()) == []
        assert list(store.debris()) == []

    def test_content_is_stored_once(self, store: ObjectStore, tmp_path: Path) -> None:
        data = bytes_of(self.large)
        source = tmp_path / "source"
        source.write_bytes(data)
        content = store_bytes(store, data)
        before = list(store.list_content())
        with store.ingest("second") as ingest:
            assert ingest.take([source, source]) == [content, content]
            ingest.take_bytes(data)
            ingest.publish()
        assert list(store.list_content()) == before
        assert [found.size for found in before] == [len(data)]

    def test_content_taken_again_outlives_its_removal_before_it_is_published(
        self, store: ObjectStore
    ) -> None:
        content = store_bytes(store, b"data")
        with store.ingest("second") as ingest:
            ingest.take_bytes(b"data")
            store.delete_content([content.sha256])
            assert store.holds([content]) == set()
            ingest.publish()
        assert b"".join(store.read(content)) == b"data"

    def test_ingests_of_one_content_at_once_all_succeed(self, store: ObjectStore, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(bytes_of(self.large))

        def ingest_it(number: int) -> Content:
            with store.ingest(f"upload-{number % 3}") as ingest:
                content = ingest.take([source])[0]
                ingest.publish()
            return content

        content = content_of(source.read_bytes())
        assert at_once(ingest_it, 8) == [content] * 8
        assert b"".join(store.read(content)) == source.read_bytes()
        assert list(store.debris()) == []

    @pytest.mark.parametrize("kind", ["absent", "folder", "link", "pipe"])
    def test_source_that_is_no_file_is_refused(self, store: ObjectStore, tmp_path: Path, kind: str) -> None:
        good, bad = tmp_path / "good", tmp_path / "bad"
        good.write_bytes(b"good")
        if kind == "folder":
            bad.mkdir()
        elif kind == "link":
            bad.symlink_to(good)
        elif kind == "pipe":
            os.mkfifo(bad)
        with store.ingest("upload") as ingest, pytest.raises(InputError, match="bad"):
            ingest.take([good, bad, good])
        assert list(store.debris()) == []

    @pytest.mark.parametrize("upload", ["", ".", "..", "a/b", "../a", "a\x00", ".hidden"], ids=ascii)
    def test_upload_that_is_no_name_is_refused(self, store: ObjectStore, upload: str) -> None:
        with pytest.raises(InputError), store.ingest(upload):
            pass

    # Content: asked for

    @pytest.mark.parametrize(
        ("start", "end"),
        [(0, None), (0, 0), (5, 5), (0, 1), (65530, 65545), (70000, 270001), (131072, 131073), (1, None)],
    )
    def test_range_is_read_across_parts(self, store: ObjectStore, start: int, end: int | None) -> None:
        data = bytes_of(self.large)
        content = store_bytes(store, data)
        assert b"".join(store.read(content, start, end)) == data[start:end]
        last = len(data)
        assert b"".join(store.read(content, last - 3, last)) == data[-3:]

    @pytest.mark.parametrize(("start", "end"), [(-1, None), (0, 5), (3, 2), (5, None), (0, -1)])
    def test_range_beyond_content_is_refused(self, store: ObjectStore, start: int, end: int | None) -> None:
        content = store_bytes(store, b"data")
        with pytest.raises(InputError):
            list(store.read(content, start, end))

    def test_content_that_is_absent_is_not_found(self, store: ObjectStore, tmp_path: Path) -> None:
        content = content_of(b"never stored")
        assert store.holds([content]) == set()
        assert store.holds([]) == set()
        for act in (lambda: list(store.read(content)), lambda: store.fetch(content, tmp_path / "target")):
            with pytest.raises(NotFoundError, match=content.sha256):
                act()
        with pytest.raises(NotFoundError):
            store.fetch(content, tmp_path / "target", link=True)
        assert list(tmp_path.glob("**/*target*")) == []

    @pytest.mark.parametrize("sha256", ["", "../" * 20, "A" * 64, "0" * 63, "0" * 65, "g" * 64])
    def test_hash_that_is_none_is_refused(self, store: ObjectStore, tmp_path: Path, sha256: str) -> None:
        content = Content(sha256, 1)
        for act in (
            lambda: store.holds([content]),
            lambda: list(store.read(content)),
            lambda: store.fetch(content, tmp_path / "target"),
            lambda: store.delete_content([sha256]),
        ):
            with pytest.raises(InputError):
                act()

    @pytest.mark.parametrize("link", [False, True])
    @pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
    def test_fetch_refuses_a_target_that_is_there(
        self, store: ObjectStore, tmp_path: Path, link: bool, kind: str
    ) -> None:
        content = store_bytes(store, b"data")
        target = tmp_path / "target"
        if kind == "file":
            target.write_bytes(b"mine")
        elif kind == "folder":
            target.mkdir()
        else:
            target.symlink_to(tmp_path / "nowhere")
        with pytest.raises(AlreadyExists, match="target"):
            store.fetch(content, target, link=link)
        assert kind != "file" or target.read_bytes() == b"mine"
        assert not (tmp_path / "nowhere").exists()

    def test_fetches_of_one_target_at_once_have_one_winner(self, store: ObjectStore, tmp_path: Path) -> None:
        data = bytes_of(9 << 20)
        content, target = store_bytes(store, data), tmp_path / "folder" / "target"
        results = at_once(lambda _: store.fetch(content, target), 6)
        assert sum(isinstance(result, str) for result in results) == 1
        assert {type(result) for result in results if not isinstance(result, str)} == {AlreadyExists}
        assert target.read_bytes() == data
        assert [entry.name for entry in target.parent.iterdir()] == ["target"]

    def test_fetch_tells_how_much_was_moved(self, store: ObjectStore, tmp_path: Path) -> None:
        data = bytes_of(self.large)
        content = store_bytes(store, data)
        for link in (False, True):
            moved: list[int] = []
            store.fetch(content, tmp_path / f"target-{link}", link=link, told=moved.append)
            assert sum(moved) == len(data)

    @pytest.mark.parametrize("size", [1000, None, 10 << 20], ids=str)
    def test_fetch_of_damaged_content_fails_and_leaves_nothing(
        self, store: ObjectStore, tmp_path: Path, size: int | None
    ) -> None:
        content = store_bytes(store, bytes_of(self.large if size is None else size))
        self.damage(store, content)
        target = tmp_path / "folder" / "target"
        with pytest.raises(IntegrityError, match=content.sha256) as caught:
            store.fetch(content, target)
        assert str(target) in str(caught.value)
        assert list(target.parent.iterdir()) == []

    def test_content_that_is_not_complete_is_not_held_but_listed(
        self, store: ObjectStore, tmp_path: Path
    ) -> None:
        data = bytes_of(self.large)
        content = store_bytes(store, data)
        self.break_off(store, content)
        assert store.holds([content]) == set()
        with pytest.raises(NotFoundError):
            list(store.read(content))
        with pytest.raises((NotFoundError, IntegrityError)):
            store.fetch(content, tmp_path / "target")
        assert not (tmp_path / "target").exists()
        (found,) = store.list_content()
        assert found.sha256 == content.sha256
        assert 0 < found.size < content.size
        store_bytes(store, data)
        assert store.holds([content]) == {content.sha256}
        assert b"".join(store.read(content)) == data

    def test_content_is_listed_with_its_size_and_time(self, store: ObjectStore) -> None:
        data = [bytes_of(size, size) for size in (0, 10, 70_000, self.large)]
        contents = [store_bytes(store, one) for one in data]
        store.put("a/document", b"is no content")
        found = list(store.list_content())
        assert [(one.sha256, one.size) for one in found] == sorted((c.sha256, c.size) for c in contents)
        now = datetime.now(UTC)
        assert all(abs(one.modified - now) < timedelta(minutes=5) for one in found)

    def test_content_that_is_deleted_is_gone(self, store: ObjectStore) -> None:
        contents = [store_bytes(store, bytes_of(size)) for size in (0, 10, 70_000, self.large)]
        store.delete_content([content_of(b"never there").sha256])
        store.delete_content([])
        store.delete_content([content.sha256 for content in contents[1:]])
        assert store.holds(contents) == {contents[0].sha256}
        assert [one.sha256 for one in store.list_content()] == [contents[0].sha256]
        store_bytes(store, bytes_of(self.large))
        assert store.holds(contents) == {contents[0].sha256, contents[3].sha256}

    # What is left behind

    def test_debris_is_found_and_cleared(self, store: ObjectStore) -> None:
        content = store_bytes(store, b"published")
        self.leave(store, "dead-1")
        self.leave(store, "dead-2")
        before = {upload for upload, _ in store.debris()}
        for upload, debris in store.debris():
            assert debris.size > 0, upload
            assert abs(debris.modified - datetime.now(UTC)) < timedelta(minutes=5)
            assert debris.place
        assert before in (set(), {"dead-1", "dead-2"})
        store.clear_debris(["dead-1", "never-there"])
        assert {upload for upload, _ in store.debris()} == before - {"dead-1"}
        store.clear_debris(["dead-2"])
        assert list(store.debris()) == []
        assert store.holds([content]) == {content.sha256}


def flipped(data: bytes) -> bytes:
    """Return bytes of which one, in the middle, is another."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
