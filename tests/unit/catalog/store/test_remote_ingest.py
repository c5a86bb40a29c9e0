"""What is sent to an object store, and what is not."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from dmod.catalog.store.memory import memory_store
from dmod.catalog.store.parts import parts
from dmod.catalog.store.remote import RemoteStore
from dmod.errors import InputError
from dmod.testing.store_suite import bytes_of, content_of

PART = 128 * 1024


@pytest.fixture
def store() -> RemoteStore:
    return memory_store(part_size=PART)


def written(store: RemoteStore) -> dict[str, str]:
    """Return the versions of objects: each write makes a new one."""
    return {item["path"]: item["e_tag"] for item in store.objects.list("")}


def publish(store: RemoteStore, path: Path) -> int:
    """Publish a file and return how many bytes progress told of."""
    moved: list[int] = []
    with store.ingest("upload") as ingest:
        ingest.take([path])
        ingest.publish(moved.append)
    return sum(moved)


def test_only_missing_parts_are_sent(store: RemoteStore, tmp_path: Path) -> None:
    data = bytes_of(5 * PART + 7)
    (tmp_path / "file").write_bytes(data)
    assert publish(store, tmp_path / "file") == len(data)
    complete = written(store)
    lying = parts(content_of(data), PART)
    store.objects.delete([lying[1].key])
    store.objects.put(lying[4].key, b"cut off")
    kept = {part.key for part in lying} - {lying[1].key, lying[4].key}
    assert publish(store, tmp_path / "file") == len(data)
    after = written(store)
    assert set(after) == set(complete)
    assert {key for key in after if after[key] == complete[key]} == kept
    assert publish(store, tmp_path / "file") == len(data)
    assert written(store) == after


@pytest.mark.parametrize("size", [10, PART, 2 * PART + 1])
def test_small_and_large_content_that_is_there_is_not_sent(
    store: RemoteStore, tmp_path: Path, size: int
) -> None:
    (tmp_path / "file").write_bytes(bytes_of(size))
    publish(store, tmp_path / "file")
    before = written(store)
    assert publish(store, tmp_path / "file") == size
    assert written(store) == before


@pytest.mark.parametrize("size", [10, 1000, PART])
def test_small_content_that_is_damaged_is_sent_anew(store: RemoteStore, tmp_path: Path, size: int) -> None:
    data = bytes_of(size)
    (tmp_path / "file").write_bytes(data)
    publish(store, tmp_path / "file")
    (key,) = written(store)
    store.objects.put(key, data[:-1])
    publish(store, tmp_path / "file")
    assert store.objects.get(key) == data


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _replace(path: Path) -> None:
    status = path.stat()
    other = path.with_name("other")
    other.write_bytes(bytes_of(status.st_size, 1))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


def _touch(path: Path) -> None:
    os.utime(path, ns=(0, 0))


@pytest.mark.parametrize("change", [_append, _replace, _touch, Path.unlink], ids=lambda f: f.__name__)
@pytest.mark.parametrize("size", [100, 3 * PART])
def test_file_that_changed_since_it_was_taken_is_refused(
    store: RemoteStore, tmp_path: Path, change: object, size: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes_of(size))
    with store.ingest("upload") as ingest:
        content = ingest.take([path])[0]
        change(path)  # type: ignore[operator]
        with pytest.raises(InputError, match="file"):
            ingest.publish()
    assert store.holds([content]) == set()


def test_bytes_in_memory_are_sent_in_parts(store: RemoteStore) -> None:
    data = bytes_of(3 * PART + 1)
    with store.ingest("upload") as ingest:
        content = ingest.take_bytes(data)
        ingest.publish()
    assert len(written(store)) == 4
    assert b"".join(store.read(content, PART - 5, 2 * PART + 5)) == data[PART - 5 : 2 * PART + 5]


def test_publish_can_be_tried_again_after_it_failed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes_of(100))
    other = tmp_path / "other"
    other.write_bytes(bytes_of(101))
    store = memory_store()
    with store.ingest("upload") as ingest:
        contents = ingest.take([path, other])
        path.rename(tmp_path / "away")
        with pytest.raises(InputError):
            ingest.publish()
        (tmp_path / "away").rename(path)
        ingest.publish()
    assert store.holds(contents) == {content.sha256 for content in contents}


def test_memory_has_no_signed_addresses(store: RemoteStore) -> None:

    with store.ingest("upload") as ingest:
        content = ingest.take_bytes(b"data")
        ingest.publish()
    for sign in (store.sign_get, store.sign_put):
        with pytest.raises(InputError, match="no signed"):
            sign(content, timedelta(minutes=1))
