"""Measure taking data in and handing them out: `python benchmarks/data.py [--gib 10] [--files 100000]`.

Large files: `dmod data add` and `get` against `cp -r` followed by `sync`, on one file system, in turn. Small
files: `dmod data add` of a folder of many, and again under another name, where nothing is stored. All are
whole processes. Every byte that goes in or out is hashed by dmod (SHA-256), and what `add` has taken is on
the disk when it ends; `cp` does neither, so `sync` is counted with it.
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

from measure import DMOD, machine, measure, table

GIB = 2**30
PIECE = 8 << 20


def make_large(folder: Path, gib: float, files: int = 4) -> Path:
    """Write large files of bytes that do not compress and are not alike."""
    folder.mkdir(parents=True)
    for number in range(files):
        with (folder / f"large-{number}.bin").open("wb") as file:
            for _ in range(max(int(gib * GIB / files / PIECE), 1)):
                file.write(os.urandom(PIECE))
    return folder


def make_small(folder: Path, count: int) -> Path:
    """Write small files of some 2 kB in folders of a thousand."""
    for first in range(0, count, 1000):
        place = folder / f"{first // 1000:04d}"
        place.mkdir(parents=True)
        for number in range(first, min(first + 1000, count)):
            (place / f"cat-{number}.txt").write_bytes(f"catchment={number}\n".encode() * 110)
    return folder


def timed(act: Callable[[], object]) -> float:
    """Return how long an act takes [s], with all earlier writing done before it begins."""
    subprocess.run(["sync"], check=True)
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def copied(source: Path, target: Path) -> None:
    """Copy a folder and wait for the disk."""
    subprocess.run(["cp", "-r", source, target], check=True)
    subprocess.run(["sync"], check=True)


def dmod(home: Path, *arguments: str | Path) -> None:
    """Run a command of the data service."""
    measure([*DMOD, "data", *map(str, arguments), "--home", str(home), "--quiet"], repeat=1)


def large(folder: Path, gib: float, repeat: int) -> list[list[str]]:
    """Return rows on large files."""
    source = make_large(folder / "source", gib)
    times: dict[str, list[float]] = {"cp in": [], "add": [], "cp out": [], "get": []}
    for number in range(repeat):
        home = folder / "home"
        for name in ("copy", "copy-2", "got", "home"):
            shutil.rmtree(folder / name, ignore_errors=True)
        times["cp in"].append(timed(lambda: copied(source, folder / "copy")))
        times["add"].append(
            timed(
                lambda home=home, n=number: dmod(
                    home, "add", f"large-{n}", source, "--format", "GENERIC", "--category", "FORCING"
                )
            )
        )
        times["cp out"].append(timed(lambda: copied(folder / "copy", folder / "copy-2")))
        times["get"].append(
            timed(
                lambda home=home, n=number: (
                    dmod(home, "get", f"large-{n}", folder / "got"),
                    subprocess.run(["sync"], check=True),
                )
            )
        )
    rows = []
    for ours, theirs in (("add", "cp in"), ("get", "cp out")):
        ratios = [a / b for a, b in zip(times[theirs], times[ours], strict=True)]
        rows.append(
            [
                f"{gib:g} GiB, {ours}", f"{median(times[ours]):.1f} s",
                f"{gib * 1024 / median(times[ours]):.0f} MiB/s",
                f"{gib * 1024 / median(times[theirs]):.0f} MiB/s",
                f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
            ]
        )  # fmt: skip
    for name in ("copy", "copy-2", "got", "home", "source"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return rows


def small(folder: Path, count: int) -> list[list[str]]:
    """Return rows on small files."""
    source, home = make_small(folder / "small", count), folder / "home"
    rows = []
    said = ("--format", "GENERIC", "--category", "CONFIG")
    for what, name in (("add", "small"), ("add the same again", "again")):
        seconds = timed(lambda name=name: dmod(home, "add", name, source, *said))
        rows.append(
            [
                f"{count:,} files of 2 kB, {what}",
                f"{seconds:.1f} s",
                f"{count / seconds:,.0f} files/s",
                "",
                "",
            ]
        )
    seconds = timed(lambda: copied(source, folder / "copy"))
    rows[0][3] = f"{count / seconds:,.0f} files/s"
    seconds = timed(lambda: dmod(home, "get", "small", folder / "got"))
    rows.append(
        [f"{count:,} files of 2 kB, get", f"{seconds:.1f} s", f"{count / seconds:,.0f} files/s", "", ""]
    )
    seconds = timed(lambda: dmod(home, "get", "small", folder / "linked", "--link"))
    rows.append(
        [f"{count:,} files, get --link", f"{seconds:.1f} s", f"{count / seconds:,.0f} files/s", "", ""]
    )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gib", type=float, default=10.0)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="1 GiB, 10,000 files, once")
    parser.add_argument("--folder", type=Path, default=None)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.gib, arguments.files, arguments.repeat = 1.0, 10_000, 1
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        print(machine(), flush=True)
        rows = large(folder, arguments.gib, arguments.repeat) + small(folder, arguments.files)
    print(table(["what", "dmod", "dmod", "cp and sync", "dmod's speed over cp's, pair by pair"], rows))


if __name__ == "__main__":
    main()
