"""What was read, by hash: a file that several sources read, as members of an ensemble do, is hashed once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path


def file_hashes(files: Iterable[Path]) -> dict[str, str]:
    """Return file → SHA-256; hashing runs in threads without the interpreter's lock.

    A file that is as large, as old and in the same place on the disk as when it was hashed is not read again.

    Raises
    ------
    InputError
        one cannot be read.
    """
    paths = list(files)
    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="hash") as pool:
        return dict(zip(map(str, paths), pool.map(_sha256, paths), strict=True))


def _sha256(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return _hashed(path)  # which says why it cannot be read
    return _known(path, found.st_ino, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=4096)
def _known(path: Path, _place: int, _size: int, _changed: int) -> str:
    return _hashed(path)


def _hashed(path: Path) -> str:
    from dmod.output.metadata import hash_file

    return hash_file(path).sha256
