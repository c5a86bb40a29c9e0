"""Stores under several processes, and under processes that are killed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from dmod.catalog.store.folder import FolderStore
from dmod.catalog.store.opening import open_store
from dmod.catalog.store.port import Content
from dmod.testing.ceph import CephServer
from dmod.testing.store_suite import bytes_of, content_of

MEMORY = Path("/dev/shm")
"""A file system in memory: what a kill leaves is the same there, and nothing waits for the disk."""

KILLED = """
import json, random, sys
from pathlib import Path
from dmod.catalog.store.folder import FolderStore
from dmod.testing.killing import count_acts, killed_after, killed_at
folder = Path(sys.argv[1])
files = sorted((folder / "files").iterdir())
dice = random.Random(7)

def ingest():
    with FolderStore(folder / "store").ingest("killed") as ingest:
        ingest.take(files)
        ingest.publish()

def look(killed):
    sys.stdout.write(json.dumps(killed) + "\\n")
    sys.stdout.flush()
    sys.stdin.readline()  # until the parent has looked

acts = count_acts(ingest)
look(False)
for point in sorted(dice.sample(range(acts), min(acts, 60))):
    look(killed_at(ingest, point))
for _ in range(20):
    look(killed_after(ingest, dice.random() * 0.05))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    if os.access(MEMORY, os.W_OK):
        with TemporaryDirectory(dir=MEMORY) as name:
            yield Path(name)
    else:
        yield tmp_path


def make_files(folder: Path) -> list[Path]:
    folder.mkdir()
    sizes = [*(100 + number for number in range(40)), 0, 6 << 20, 5 << 20]
    files = [folder / f"{number:02d}" for number in range(len(sizes))]
    for number, path in enumerate(files):
        path.write_bytes(bytes_of(sizes[number], number))
    return files


def test_ingest_killed_at_any_point_leaves_whole_content_or_debris(folder: Path) -> None:
    contents = {content_of(path.read_bytes()) for path in make_files(folder / "files")}
    store = FolderStore(folder / "store")
    states = {"killed": 0, "nothing published": 0, "some": 0, "debris": 0}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            look(store, contents, json.loads(line), states)
            recover(store, contents, folder / "files")
            process.stdin.write("\n")
            process.stdin.flush()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()
    assert states["killed"] >= 40, states
    assert min(states.values()) > 0, states


def look(store: FolderStore, contents: set[Content], killed: bool, states: dict[str, int]) -> None:
    """See that each name means the bytes of its hash, whole, and that nothing else is left but debris."""
    held = store.holds(contents)
    for found in store.list_content():
        data = (store.path / "objects" / found.sha256[:2] / found.sha256[2:]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == found.sha256
        assert found.sha256 in held
    uploads = {upload for upload, _ in store.debris()}
    assert uploads <= {"killed"}
    assert killed or (len(held) == len(contents) and not uploads)
    states["killed"] += killed
    states["nothing published"] += killed and not held
    states["some"] += 0 < len(held) < len(contents)
    states["debris"] += bool(uploads)


def recover(store: FolderStore, contents: set[Content], files: Path) -> None:
    """Clear up, do the same again, and empty the store."""
    store.clear_debris(["killed"])
    assert list(store.debris()) == []
    with store.ingest("after") as ingest:
        ingest.take(sorted(files.iterdir()))
        ingest.publish()
    assert store.holds(contents) == {content.sha256 for content in contents}
    store.delete_content([content.sha256 for content in contents])


TOGETHER = """
import json, sys
from pathlib import Path
from dmod.catalog.store.opening import open_store
address, options, folder, number = json.loads(sys.argv[1])
store = open_store(address, options)
files = sorted(path for path in Path(folder).iterdir() if path.is_file())
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
for turn in range(3):
    with store.ingest(f"upload-{number}") as ingest:
        contents = ingest.take(files)
        own = ingest.take_bytes(f"{number} {turn}".encode())
        ingest.publish()
        assert store.holds([*contents, own]) == {content.sha256 for content in [*contents, own]}
"""


def together(address: str, options: dict[str, str], folder: Path, count: int) -> None:
    """Let processes ingest the same files at once."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", TOGETHER, json.dumps([address, options, str(folder), number])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said


def check(address: str, options: dict[str, str], files: list[Path], count: int) -> None:
    """See that everything is there once, and nothing else."""
    store = open_store(address, options)
    for path in files:
        data = path.read_bytes()
        assert b"".join(store.read(content_of(data))) == data
    expected = {content_of(path.read_bytes()) for path in files}
    expected |= {content_of(f"{number} {turn}".encode()) for number in range(count) for turn in range(3)}
    assert {(found.sha256, found.size) for found in store.list_content()} == {
        (content.sha256, content.size) for content in expected
    }
    assert list(store.debris()) == []


def test_processes_ingest_the_same_into_a_folder_at_once(folder: Path) -> None:
    files = make_files(folder / "files")
    together(str(folder / "store"), {}, folder / "files", 4)
    check(str(folder / "store"), {}, files, 4)


def test_processes_ingest_the_same_into_a_bucket_at_once(s3_server: CephServer, folder: Path) -> None:
    files = make_files(folder / "files")
    address = s3_server.make_bucket(f"together-{uuid4().hex}")
    options = {**s3_server.options, "part_size": str(1 << 20)}
    together(address, options, folder / "files", 3)
    check(address, options, files, 3)
