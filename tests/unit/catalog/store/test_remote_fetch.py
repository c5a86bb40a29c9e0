"""Downloads: pieces at once, resumed, verified."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from dmod.catalog.store.memory import memory_store
from dmod.catalog.store.objects import Objects
from dmod.catalog.store.parts import parts
from dmod.catalog.store.port import Content
from dmod.catalog.store.remote import RemoteStore
from dmod.catalog.store.remote_fetch import PIECE, partial_path
from dmod.errors import AlreadyExists, IntegrityError, StoreError
from dmod.testing.store_suite import bytes_of, content_of, flipped, store_bytes

DATA = bytes_of(5 * PIECE + 100)
CONTENT = content_of(DATA)
PART = PIECE + 12345  # parts and pieces do not end together


class Breaking(Objects):
    """Objects of a server that answers so many requests for pieces, then none."""

    def __init__(self, client: Any, address: str, answers: int) -> None:
        super().__init__(client, address)
        self.answers = answers
        self.asked: list[tuple[str, int, int]] = []
        self.lock = threading.Lock()

    def get_range(self, key: str, start: int, end: int) -> Any:
        with self.lock:
            self.asked.append((key, start, end))
            if len(self.asked) > self.answers:
                raise StoreError("the connection was cut", retryable=True)
        return super().get_range(key, start, end)


@pytest.fixture(scope="module")
def client() -> Any:
    store = memory_store(part_size=PART)
    assert store_bytes(store, DATA) == CONTENT
    return store.objects.client


def breaking(client: Any, answers: int) -> tuple[RemoteStore, Breaking]:
    store = RemoteStore(client, "memory://", part_size=PART)
    store.objects = Breaking(client, "memory://", answers)
    return store, store.objects


@pytest.mark.parametrize("answers", [0, 1, 4, 8])
def test_download_that_was_cut_off_goes_on(client: Any, tmp_path: Path, answers: int) -> None:
    store, objects = breaking(client, answers)
    target = tmp_path / "target"
    with pytest.raises(StoreError, match="cut"):
        store.fetch(CONTENT, target)
    assert not target.exists()
    assert partial_path(CONTENT, target).exists()
    store, again = breaking(client, 1000)
    moved: list[int] = []
    store.fetch(CONTENT, target, told=moved.append)
    assert target.read_bytes() == DATA
    assert sum(moved) == len(DATA)
    assert [entry.name for entry in tmp_path.iterdir()] == ["target"]
    whole, _ = breaking(client, 1000)
    everything = breaking(client, 1000)[1]
    whole.objects = everything
    whole.fetch(CONTENT, tmp_path / "other")
    got = set(objects.asked[:answers])
    assert set(again.asked) | got == set(everything.asked)
    if answers > 1:
        assert len(again.asked) < len(everything.asked)


def test_partial_file_that_was_spoiled_is_not_believed(client: Any, tmp_path: Path) -> None:
    store, _ = breaking(client, 6)
    target = tmp_path / "target"
    with pytest.raises(StoreError):
        store.fetch(CONTENT, target)
    partial = partial_path(CONTENT, target)
    data = partial.read_bytes()
    partial.write_bytes(b"\x00" * CONTENT.size + data[CONTENT.size :])
    store, _ = breaking(client, 1000)
    store.fetch(CONTENT, target)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("left", [b"", b"rubbish", b"\x01" * 100])
def test_partial_file_of_another_length_is_begun_anew(client: Any, tmp_path: Path, left: bytes) -> None:
    store, _ = breaking(client, 1000)
    target = tmp_path / "target"
    partial_path(CONTENT, target).write_bytes(left)
    store.fetch(CONTENT, target)
    assert target.read_bytes() == DATA


def test_damaged_content_leaves_nothing_to_resume(tmp_path: Path) -> None:
    store = memory_store(part_size=PART)
    store_bytes(store, DATA)
    key = parts(CONTENT, PART)[2].key
    good = store.objects.get(key)
    store.objects.put(key, flipped(good))
    with pytest.raises(IntegrityError, match=CONTENT.sha256):
        store.fetch(CONTENT, tmp_path / "target")
    assert list(tmp_path.iterdir()) == []
    store.objects.put(key, good)
    store.fetch(CONTENT, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == DATA


def test_content_that_vanishes_meanwhile_is_told(client: Any, tmp_path: Path) -> None:
    store = memory_store(part_size=PART)
    small = store_bytes(store, b"small")
    store.delete_content([small.sha256])
    with pytest.raises(LookupError, match=small.sha256):
        store.fetch(small, tmp_path / "target")
    assert list(tmp_path.iterdir()) == []


def test_target_that_appears_meanwhile_is_kept(client: Any, tmp_path: Path) -> None:
    store, objects = breaking(client, 1000)
    target = tmp_path / "target"

    def appear(_: int) -> None:
        if not target.exists():
            target.write_bytes(b"mine")

    with pytest.raises(AlreadyExists):
        store.fetch(CONTENT, target, told=appear)
    assert target.read_bytes() == b"mine"
    assert objects.asked


def test_small_content_in_parts_is_fetched(tmp_path: Path) -> None:
    store = memory_store(part_size=1 << 16)
    data = bytes_of(200_000)
    content = store_bytes(store, data)
    store.fetch(content, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == data
    assert content == Content(content.sha256, 200_000)
