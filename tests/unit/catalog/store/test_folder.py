"""What only a store in a folder does."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dmod.catalog.store import disk
from dmod.catalog.store.copying import PIECE, Unreadable, copied, hashed, open_source
from dmod.catalog.store.folder import FolderStore
from dmod.catalog.store.keys import content_key
from dmod.errors import InputError, IntegrityError, NotFoundError, StoreError
from dmod.testing.store_suite import bytes_of, content_of, flipped, store_bytes


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def lying(store: FolderStore, sha256: str) -> Path:
    return store.path / "objects" / content_key(sha256)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 4 * PIECE, 9 * PIECE + 3])
def test_file_of_any_size_is_taken(store: FolderStore, tmp_path: Path, size: int) -> None:
    data = bytes_of(size)
    (tmp_path / "file").write_bytes(data)
    moved: list[int] = []
    with store.ingest("upload") as ingest:
        content = ingest.take([tmp_path / "file"], moved.append)[0]
        ingest.publish()
    assert content == content_of(data)
    assert sum(moved) == size
    path = lying(store, content.sha256)
    assert path.read_bytes() == data
    assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0
    store.fetch(content, tmp_path / "target", told=moved.append)
    assert sum(moved) == 2 * size
    assert (tmp_path / "target").read_bytes() == data
    assert os.access(tmp_path / "target", os.W_OK)


def test_file_that_grows_while_it_is_read_is_one_of_its_states(store: FolderStore, tmp_path: Path) -> None:
    # files of /proc say that they are empty, and are not
    with store.ingest("upload") as ingest:
        content = ingest.take([Path("/proc/sys/kernel/ostype")])[0]
        ingest.publish()
    assert b"".join(store.read(content)) == Path("/proc/sys/kernel/ostype").read_bytes()
    assert content.size > 0


def test_link_gives_the_store_s_own_file(store: FolderStore, tmp_path: Path) -> None:
    content = store_bytes(store, b"data")
    assert store.fetch(content, tmp_path / "target", link=True) == "link"
    assert (tmp_path / "target").samefile(lying(store, content.sha256))
    store.delete_content([content.sha256])
    assert (tmp_path / "target").read_bytes() == b"data"


@pytest.mark.skipif(
    not os.access("/dev/shm", os.W_OK) or Path("/dev/shm").stat().st_dev == Path("/tmp").stat().st_dev,
    reason="/dev/shm is no file system of its own",
)
def test_link_across_file_systems_is_a_verified_copy(store: FolderStore, tmp_path: Path) -> None:
    content = store_bytes(store, bytes_of(100_000))
    target = Path("/dev/shm") / f"dmod-test-{os.getpid()}"
    try:
        assert store.fetch(content, target, link=True) == "copy"
        assert target.read_bytes() == bytes_of(100_000)
        target.unlink()
        path = lying(store, content.sha256)
        path.chmod(0o644)
        path.write_bytes(flipped(bytes_of(100_000)))
        with pytest.raises(IntegrityError):
            store.fetch(content, target, link=True)
        assert not target.exists()
    finally:
        target.unlink(missing_ok=True)


def test_link_to_content_of_another_size_is_refused(store: FolderStore, tmp_path: Path) -> None:
    content = store_bytes(store, b"data")
    path = lying(store, content.sha256)
    path.chmod(0o644)
    path.write_bytes(b"dat")
    with pytest.raises(IntegrityError, match="3 bytes in place of 4"):
        store.fetch(content, tmp_path / "target", link=True)
    assert not (tmp_path / "target").exists()
    store_bytes(store, b"data")  # what is damaged is replaced
    assert store.fetch(content, tmp_path / "target", link=True) == "link"


def test_content_that_is_removed_while_it_is_placed_is_copied(store: FolderStore, tmp_path: Path) -> None:
    content = store_bytes(store, b"data")
    script = f"""
import sys
from pathlib import Path
from dmod.catalog.store.placing import place
from dmod.catalog.store.port import Content
source = Path({str(lying(store, content.sha256))!r})
def race(event, _):
    if event == "os.link" and source.exists():
        source.unlink()
sys.addaudithook(race)
print(place(source, Content({content.sha256!r}, 4), Path({str(tmp_path / "target")!r}), link=True))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=60)
    assert done.stdout == b"copy\n", done.stderr.decode()
    assert (tmp_path / "target").read_bytes() == b"data"


def test_key_below_a_document_is_refused(store: FolderStore) -> None:
    store.put("a", b"1")
    store.put("b/c", b"2")
    for key in ("a/b", "a/b/c", "b"):
        for if_absent in (False, True):
            with pytest.raises(InputError, match=key):
                store.put(key, b"3", if_absent=if_absent)
    assert store.get("a") == b"1"
    assert list(store.debris()) == []


def test_layout_is_what_is_documented(store: FolderStore) -> None:
    store.put("datasets/a.json", b"1")
    content = store_bytes(store, b"data")
    files = {str(path.relative_to(store.path)) for path in store.path.rglob("*") if path.is_file()}
    assert files == {"documents/datasets/a.json", f"objects/{content.sha256[:2]}/{content.sha256[2:]}"}
    assert {path.name for path in store.path.iterdir()} == {"documents", "objects", "incoming"}


def test_abandoned_ingest_is_debris_until_it_is_cleared(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    abandoned = store.ingest("dead")
    ingest = abandoned.__enter__()
    ingest.take([tmp_path / "file"])
    with store.ingest("dead") as again:  # of the same name: it must not touch what the other has
        again.take_bytes(b"1")
    ((upload, debris),) = store.debris()
    assert upload == "dead"
    assert debris.size == 5
    store.clear_debris(["dead"])
    assert list(store.debris()) == []
    with pytest.raises(StoreError):
        ingest.publish()
    assert list(store.list_content()) == []
    abandoned.__exit__(None, None, None)


def test_document_being_written_is_debris_of_its_own(store: FolderStore) -> None:
    script = f"""
import os, sys
from pathlib import Path
from dmod.catalog.store.folder import FolderStore
sys.addaudithook(lambda event, _: os.kill(os.getpid(), 9) if event == "os.link" else None)
FolderStore(Path({str(store.path)!r})).put("a/b", b"12345", if_absent=True)
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert done.returncode == -9
    assert list(store.list()) == []
    ((upload, debris),) = store.debris()
    assert debris.size == 5
    store.clear_debris([upload])
    assert list(store.debris()) == []
    store.put("a/b", b"1", if_absent=True)


def test_disk_that_takes_no_more_is_retryable(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes_of(3 * PIECE))
    (tmp_path / "small").write_bytes(bytes_of(PIECE - 1))
    content = store_bytes(store, bytes_of(2 * PIECE))
    script = f"""
import resource
from pathlib import Path
from dmod.catalog.store.folder import FolderStore
from dmod.errors import StoreError
folder = Path({str(tmp_path)!r})
store, content = FolderStore(folder / "store"), {(content.sha256, content.size)!r}
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
from dmod.catalog.store.port import Content
def take(source):
    with store.ingest("upload") as ingest:
        ingest.take([source])
        raise SystemExit("it was taken")
for act in (
    lambda: take(folder / "large"),
    lambda: take(folder / "small"),
    lambda: store.put("a", bytes(2000)),
    lambda: store.fetch(Content(*content), folder / "target"),
):
    try:
        act()
    except StoreError as error:
        assert error.retryable, error
        assert "space" in str(error), error
    else:
        raise SystemExit("no error")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert not (tmp_path / "target").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large", "small", "store"]
    assert list(store.debris()) == []
    assert list(store.list()) == []
    assert [found.sha256 for found in store.list_content()] == [content.sha256]


def test_source_that_fails_while_it_is_read_is_named(store: FolderStore, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)  # the system reads no folders
    target = os.open(tmp_path / "copy", os.O_WRONLY | os.O_CREAT)
    with pytest.raises(Unreadable):
        hashed(descriptor)
    with pytest.raises(Unreadable):
        copied(descriptor, target)
    os.close(descriptor)
    os.close(target)
    with store.ingest("upload") as ingest, pytest.raises(InputError, match="/proc/self/mem"):
        ingest.take([Path("/proc/self/mem")])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_source_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "file").chmod(0)
    with pytest.raises(InputError, match="permission"):
        open_source(tmp_path / "file")


def test_two_ingests_of_one_upload_do_not_meet(store: FolderStore) -> None:
    with store.ingest("upload") as one, store.ingest("upload") as other:
        first, second = one.take_bytes(b"one"), other.take_bytes(b"other")
        other.publish()
        one.publish()
    assert store.holds([first, second]) == {first.sha256, second.sha256}
    assert list(store.debris()) == []


def test_file_of_the_store_itself_can_be_taken(store: FolderStore) -> None:
    content = store_bytes(store, bytes_of(2 * PIECE))
    with store.ingest("upload") as ingest:
        assert ingest.take([lying(store, content.sha256)]) == [content]
        ingest.publish()
    assert b"".join(store.read(content)) == bytes_of(2 * PIECE)


def test_content_that_was_removed_while_it_is_read_is_read_or_not_found(store: FolderStore) -> None:
    content = store_bytes(store, bytes_of(10 << 20))
    reading = store.read(content)
    first = next(reading)
    store.delete_content([content.sha256])
    assert first + b"".join(reading) == bytes_of(10 << 20)
    with pytest.raises(NotFoundError):
        store.read(content)


def test_many_files_are_synced_with_their_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / str(number) for number in range(disk.FEW + 1)]
    for path in files[:2]:
        path.write_bytes(b"1")
    disk.sync_files(files[:2], tmp_path)
    disk.sync_files(files, tmp_path)  # most are not there: the file system was synced, not they
    with pytest.raises(FileNotFoundError):
        disk.sync_files(files[2:4], tmp_path)
    with pytest.raises(FileNotFoundError):
        disk.sync_file_system(tmp_path / "absent")
    monkeypatch.setattr(disk, "_system_call", lambda _: None)  # a system without these calls
    disk.sync_file_system(tmp_path / "absent")
    disk.begin_writing(-1, 0, 1)


def test_publish_that_failed_goes_on(store: FolderStore) -> None:
    contents = [content_of(bytes_of(1000, number)) for number in range(60)]
    blocked = store.path / "objects" / contents[30].sha256[:2]
    kept = {c for c in contents if c.sha256[:2] != blocked.name}
    with store.ingest("upload") as ingest:
        for number in range(60):
            ingest.take_bytes(bytes_of(1000, number))
        blocked.rename(store.path / "away")
        with pytest.raises(StoreError):
            ingest.publish()
        first = store.holds(list(kept))
        assert 0 < len(first) < 60
        (store.path / "away").rename(blocked)
        ingest.publish()
    assert store.holds(contents) == {content.sha256 for content in contents}
    assert list(store.debris()) == []
