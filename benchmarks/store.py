"""Measure the object stores alone: `python benchmarks/store.py [--gib 2] [--files 100000] [--mib 256]`.

A folder: what is taken in against `cp` followed by `sync`, what is fetched against `cp`, on one file system
and in turn; many small files likewise. An S3 server of this machine (Ceph, in memory): up and down against
`obstore` itself with its own multi-part upload, in turn. The store hashes every byte (SHA-256) in both
directions, and what was published is on the disk; the comparisons do neither.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from dmod.catalog.store.folder import FolderStore
from dmod.catalog.store.opening import open_store
from dmod.catalog.store.port import Content, ObjectStore
from dmod.testing.ceph import CephServer, missing
from measure import machine, table

MIB = 1 << 20
PIECE = 8 * MIB
SMALL = 2000


def timed(act: Callable[[], object]) -> float:
    """Return how long an act takes [s], with all earlier writing done before it begins."""
    subprocess.run(["sync"], check=True)
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def in_turn(
    acts: dict[str, Callable[[], object]], repeat: int, before: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Return the median time of each act [s]; they alternate, so that a busy moment meets all of them.

    Parameters
    ----------
    before : done before each act, not measured
    """
    times: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(repeat):
        for name, act in acts.items():
            before()
            times[name].append(timed(act))
    return {name: median(found) for name, found in times.items()}


def make_file(path: Path, size: int) -> Path:
    """Write bytes that do not compress."""
    with path.open("wb") as file:
        for start in range(0, size, PIECE):
            file.write(os.urandom(min(PIECE, size - start)))
    return path


def stored(store: ObjectStore, files: list[Path]) -> list[Content]:
    """Take and publish files."""
    with store.ingest("benchmark") as ingest:
        contents = ingest.take(files)
        ingest.publish()
    return contents


def emptied(store: ObjectStore) -> None:
    """Remove all content."""
    store.delete_content([found.sha256 for found in store.list_content()])


def gone(path: Path) -> Path:
    """Return a path that is not there."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    return path


def copied(source: Path, target: Path, *, sync: bool) -> None:
    """Copy a file or folder as one does by hand."""
    subprocess.run(["cp", "-r", source, target], check=True)
    if sync:
        subprocess.run(["sync"], check=True)


def large_in_folder(folder: Path, size: int, repeat: int) -> None:
    """Print how fast a large file is taken in and fetched."""
    source, target = make_file(folder / "large", size), folder / "copy"
    store = FolderStore(folder / "store")
    fetching = FolderStore(folder / "other-store")
    (content,) = stored(fetching, [source])

    def clear() -> None:
        gone(target)
        emptied(store)

    times = in_turn(
        {
            "store: take, publish": lambda: stored(store, [source]),
            "cp, sync": lambda: copied(source, target, sync=True),
            "store: fetch": lambda: fetching.fetch(content, target),
            "cp": lambda: copied(source, target, sync=False),
            "store: fetch, hard link": lambda: fetching.fetch(content, target, link=True),
        },
        repeat,
        clear,
    )
    print(f"\nA file of {size / 2**30:.1f} GiB and a folder\n")
    rows = [(name, f"{seconds:.2f}", f"{size / MIB / seconds:,.0f}") for name, seconds in times.items()]
    print(table(("", "s", "MiB/s"), rows))


def small_in_folder(folder: Path, count: int, repeat: int) -> None:
    """Print how fast many small files are taken in."""
    source = folder / "many"
    source.mkdir()
    files = [source / f"{number:06d}" for number in range(count)]
    for path in files:
        path.write_bytes(os.urandom(SMALL))
    store, again = FolderStore(folder / "small-store"), FolderStore(folder / "filled-store")
    stored(again, files)

    def clear() -> None:
        gone(folder / "copies")
        emptied(store)

    times = in_turn(
        {
            "store: take, publish": lambda: stored(store, files),
            "store: the same again": lambda: stored(again, files),
            "cp -r, sync": lambda: copied(source, folder / "copies", sync=True),
        },
        repeat,
        clear,
    )
    print(f"\n{count:,} files of {SMALL:,} bytes and a folder\n")
    rows = [(name, f"{seconds:.2f}", f"{count / seconds:,.0f}") for name, seconds in times.items()]
    print(table(("", "s", "files/s"), rows))


def large_in_bucket(store: Any, folder: Path, size: int, repeat: int) -> None:
    """Print how fast a large file goes up and down, beside the library alone."""
    import obstore

    source, target = make_file(folder / "upload", size), folder / "download"
    client = store.objects.client
    (content,) = stored(store, [source])
    emptied(store)

    def get() -> None:
        with gone(target).open("wb") as file:
            for piece in obstore.get(client, "bare").stream(min_chunk_size=PIECE):
                file.write(piece)

    acts: dict[str, Callable[[], object]] = {
        "store: up": lambda: stored(store, [source]),
        "store: down": lambda: store.fetch(content, gone(target)),
        "obstore: up": lambda: obstore.put(client, "bare", source),
        "obstore: down": get,
    }
    times: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(repeat):
        for name, act in acts.items():
            times[name].append(timed(act))
        emptied(store)
        obstore.delete(client, "bare")
    print(f"\nA file of {size // MIB} MiB and a bucket\n")
    rows = [
        (name, f"{median(found):.2f}", f"{size / MIB / median(found):,.0f}") for name, found in times.items()
    ]
    print(table(("", "s", "MiB/s"), rows))


def small_in_bucket(store: Any, folder: Path, count: int) -> None:
    """Print how fast small files go up and down."""
    source = folder / "many-up"
    source.mkdir()
    files = [source / str(number) for number in range(count)]
    for path in files:
        path.write_bytes(os.urandom(SMALL))
    up = timed(lambda: stored(store, files))
    again = timed(lambda: stored(store, files))
    emptying = timed(lambda: emptied(store))
    print(f"\n{count:,} files of {SMALL:,} bytes and a bucket: files/s\n")
    rows = [(f"{count / up:,.0f}", f"{count / again:,.0f}", f"{count / emptying:,.0f}")]
    print(table(("up", "again", "removed"), rows))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--gib", type=float, default=2.0, help="size of the large file")
    asked.add_argument("--files", type=int, default=100_000, help="how many small files")
    asked.add_argument("--mib", type=int, default=256, help="size of the file that goes to the bucket")
    asked.add_argument("--folder", type=Path, help="where to work: the file system that is measured")
    asked.add_argument("--quick", action="store_true", help="little of everything, once")
    given = asked.parse_args()
    repeat = 1 if given.quick else 3
    size, count, mib = (
        (MIB << 8, 5000, 128) if given.quick else (int(given.gib * 2**30), given.files, given.mib)
    )
    print(machine())
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        small_in_folder(folder, count, repeat)
        large_in_folder(folder, size, repeat)
        if missing():
            print(f"\nno S3 server: {missing()}")
            return
        with CephServer(folder / "ceph") as server:
            store = open_store(server.make_bucket("benchmark") + "/store", server.options)
            large_in_bucket(store, folder, mib * MIB, repeat)
            small_in_bucket(store, folder, count // 20)


if __name__ == "__main__":
    main()
