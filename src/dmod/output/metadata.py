"""What a result rests on: ``metadata/run.json`` with versions, command, times, host and input hashes."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from dmod.core.atomic import replacing
from dmod.core.problem import Problem
from dmod.core.time_axis import format_time
from dmod.errors import InputError

PACKAGES = ("dmod", "numpy", "numba", "netCDF4")
RUN_FILE = "run.json"
PIECE = 4 * 2**20


@dataclass(frozen=True, slots=True)
class HashedFile:
    """One input file and what it held.

    Parameters
    ----------
    path : as it was given to the run
    size : bytes
    sha256 : SHA-256 of its content, hexadecimal
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is known about one run.

    Parameters
    ----------
    started, ended : aware, UTC
    notes : anything that the result carries: filled gaps, warnings, choices
    """

    command: tuple[str, ...]
    started: datetime
    ended: datetime
    inputs: tuple[HashedFile, ...]
    notes: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """Return the record as it is written."""
        return {
            "versions": versions(),
            "command": list(self.command),
            "started": format_time(self.started),
            "ended": format_time(self.ended),
            "elapsed_seconds": round((self.ended - self.started).total_seconds(), 3),
            "host": host(),
            "inputs": [asdict(file) for file in self.inputs],
            **self.notes,
        }


def versions() -> dict[str, str]:
    """Return the versions of Python and the packages that numbers depend on."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}


def host() -> dict[str, str | int]:
    """Return what the run ran on, as far as times depend on it; no names."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {"system": platform.system(), "machine": platform.machine(), "cores": cores}


def hash_file(path: Path) -> HashedFile:
    """Return a file's SHA-256.

    Raises
    ------
    InputError
        it cannot be read.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb", buffering=0) as file:
            piece = bytearray(min(PIECE, os.fstat(file.fileno()).st_size + 1))
            while count := file.readinto(piece):
                digest.update(memoryview(piece)[:count])
                size += count
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    return HashedFile(str(path), size, digest.hexdigest())


def hash_files(paths: Iterable[Path], *, workers: int | None = None) -> tuple[HashedFile, ...]:
    """Return the hashes of files, in their order; hashing runs in threads without the interpreter's lock."""
    with ThreadPoolExecutor(workers or os.cpu_count(), thread_name_prefix="hash") as pool:
        return tuple(pool.map(hash_file, map(Path, paths)))


def write_run_record(
    folder: Path,
    inputs: Sequence[HashedFile],
    *,
    started: datetime,
    command: Sequence[str] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> Path:
    """Write ``run.json`` into ``folder``; it is there whole, or not at all.

    Raises
    ------
    StoreError
        the folder cannot be written to.
    """
    record = RunRecord(
        tuple(sys.argv if command is None else command),
        started,
        datetime.now(UTC),
        tuple(inputs),
        notes or {},
    )
    target = Path(folder) / RUN_FILE
    with replacing(target) as hidden:
        hidden.write_text(
            json.dumps(record.document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return target


def find_changed_inputs(record: Path) -> list[Problem]:
    """Return which input files of a recorded run are gone or hold something else now.

    Raises
    ------
    InputError
        the record cannot be read.
    """
    try:
        noted = [HashedFile(**file) for file in json.loads(Path(record).read_text("utf-8"))["inputs"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{record} is not the record of a run: {error}") from error
    problems = []
    present = [file for file in noted if Path(file.path).is_file()]
    now = hash_files(Path(file.path) for file in present)
    for file in noted:
        if file not in present:
            problems.append(Problem("error", "input-gone", f"{file.path} is not there any more", str(record)))
    for old, new in zip(present, now, strict=True):
        if old != new:
            text = f"{old.path} has changed since the run"
            problems.append(Problem("error", "input-changed", text, str(record)))
    return problems
