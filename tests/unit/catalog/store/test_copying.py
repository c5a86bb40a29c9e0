"""Copies made inside the system: the same bytes, hash and progress as copies through this process."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dmod.catalog.store.copying import PIECE, SMALL, TRANSFER, copied, transferred
from dmod.catalog.store.port import Content

SIZES = [0, 1, SMALL, SMALL + 1, TRANSFER, 3 * TRANSFER + 17]


@contextmanager
def opened(source: Path, target: Path) -> Iterator[tuple[int, int]]:
    first = os.open(source, os.O_RDONLY)
    second = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        yield first, second
    finally:
        os.close(first)
        os.close(second)


def made(path: Path, size: int) -> bytes:
    data = os.urandom(size)
    path.write_bytes(data)
    return data


@pytest.mark.parametrize("size", SIZES)
def test_bytes_hash_and_progress_are_those_of_the_source(tmp_path: Path, size: int) -> None:
    data, told = made(tmp_path / "a", size), []
    with opened(tmp_path / "a", tmp_path / "b") as (source, target):
        found = transferred(source, target, told.append)
    assert (tmp_path / "b").read_bytes() == data
    assert found == Content(hashlib.sha256(data).hexdigest(), size)
    assert sum(told) == size


def test_copy_between_file_systems_is_made_all_the_same(tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    target_path = elsewhere / f"dmod-test-{os.getpid()}"
    data = made(tmp_path / "a", SMALL + 5)
    try:
        with opened(tmp_path / "a", target_path) as (source, target):
            assert transferred(source, target).sha256 == hashlib.sha256(data).hexdigest()
        assert target_path.read_bytes() == data
    finally:
        target_path.unlink(missing_ok=True)


@pytest.mark.parametrize("calls", [0, 1, 2])
def test_copy_that_the_system_gives_up_is_made_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    data, told = made(tmp_path / "a", 3 * TRANSFER), []
    real, left = os.copy_file_range, iter(range(calls))

    def failing(*arguments: int) -> int:
        if next(left, None) is None:
            raise OSError(errno.EIO, "the disk is gone")
        return real(*arguments)

    monkeypatch.setattr(os, "copy_file_range", failing)
    with opened(tmp_path / "a", tmp_path / "b") as (source, target):
        found = transferred(source, target, told.append)
    assert (tmp_path / "b").read_bytes() == data
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert sum(told) == len(data)
    assert min(told) > 0


def test_what_is_hashed_is_what_the_target_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made(tmp_path / "a", 2 * TRANSFER)
    real = os.copy_file_range

    def spoiling(source: int, target: int, count: int, at: int, to: int) -> int:
        done = real(source, target, count, at, to)
        os.pwrite(target, bytes([data[to] ^ 1]), to)
        return done

    monkeypatch.setattr(os, "copy_file_range", spoiling)
    with opened(tmp_path / "a", tmp_path / "b") as (source, target):
        found = transferred(source, target)
    assert found.sha256 == hashlib.sha256((tmp_path / "b").read_bytes()).hexdigest()
    assert found.sha256 != hashlib.sha256(data).hexdigest()


def test_source_that_became_shorter_is_seen_by_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path / "a", 2 * TRANSFER)
    real = os.copy_file_range

    def shortening(source: int, target: int, count: int, at: int, to: int) -> int:
        os.truncate(tmp_path / "a", TRANSFER)
        return real(source, target, count, at, to)

    monkeypatch.setattr(os, "copy_file_range", shortening)
    with opened(tmp_path / "a", tmp_path / "b") as (source, target):
        assert transferred(source, target).size == TRANSFER
    assert (tmp_path / "b").stat().st_size == TRANSFER


def test_copy_through_the_process_is_the_same(tmp_path: Path) -> None:
    data = made(tmp_path / "a", SMALL + PIECE + 3)
    with opened(tmp_path / "a", tmp_path / "b") as (source, target):
        assert copied(source, target) == Content(hashlib.sha256(data).hexdigest(), len(data))
    assert (tmp_path / "b").read_bytes() == data
