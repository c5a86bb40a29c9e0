"""A store in a folder on disks of other kinds: one that shares blocks between files, and a full one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmod.catalog.store.folder import FolderStore
from dmod.errors import StoreError
from dmod.testing.store_suite import bytes_of

SIZE = 320 << 20
FILE = 8 << 20


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of an XFS file system of its own, in a file."""
    maker = shutil.which("mkfs.xfs", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if maker is None:
        if os.environ.get("CI") == "true":
            pytest.fail("not installed: mkfs.xfs (Debian: xfsprogs)")
        pytest.skip("not installed: mkfs.xfs (Debian: xfsprogs)")
    folder = tmp_path_factory.mktemp("disk")
    image, place = folder / "image", folder / "disk"
    with image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run([maker, "-q", "-m", "reflink=1", str(image)], check=True)
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-o", "loop", image, place], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def free(disk: Path) -> int:
    os.sync()
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


def test_files_share_their_blocks_where_the_disk_can(disk: Path) -> None:
    store = FolderStore(disk / "shared")
    source, target = disk / "source", disk / "target"
    source.write_bytes(bytes_of(FILE))
    before = free(disk)
    with store.ingest("upload") as ingest:
        content = ingest.take([source])[0]
        ingest.publish()
    assert store.fetch(content, target) == "reflink"
    assert before - free(disk) < FILE // 4
    assert target.read_bytes() == bytes_of(FILE)
    for path in (source, target):  # writing to one changes no other
        with path.open("r+b") as file:
            file.write(b"changed")
    assert b"".join(store.read(content)) == bytes_of(FILE)


def test_disk_that_is_full_is_told_and_nothing_is_lost(disk: Path, tmp_path: Path) -> None:
    store = FolderStore(disk / "full")
    files = [tmp_path / str(number) for number in range(4)]
    for number, path in enumerate(files):
        path.write_bytes(bytes_of(FILE, number))
    with store.ingest("first") as ingest:
        kept = ingest.take(files[:1])[0]
        ingest.publish()
    filling = disk / "filling"
    with filling.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free(disk) - 2 * FILE)
    try:
        with store.ingest("second") as ingest, pytest.raises(StoreError, match="no space") as caught:
            ingest.take(files[1:])
        assert caught.value.retryable
        assert "--output" not in str(caught.value)
    finally:
        filling.unlink()
    assert list(store.debris()) == []
    assert [found.sha256 for found in store.list_content()] == [kept.sha256]
    with store.ingest("third") as ingest:
        contents = ingest.take(files[1:])
        ingest.publish()
    assert store.holds(contents) == {content.sha256 for content in contents}
    assert b"".join(store.read(kept)) == bytes_of(FILE)
