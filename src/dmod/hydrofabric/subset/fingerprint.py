"""Hashes that tell whether a fabric is the one an index was built from."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from dmod.errors import HydrofabricError

SAMPLES = 64
_BLOCK = 4096
_CHUNK = 1 << 22
_HEADER = 100
_WRITE_AHEAD = 2
"""The header's write version of a database in write-ahead mode."""


def fingerprint(path: Path) -> str:
    """Return a hash over a file's size, its database header and blocks spread evenly over it.

    It takes milliseconds at any size. A database that is changed by SQLite gets another change counter in
    its header, so that a change between the blocks is noticed too. In write-ahead mode it need not: then
    what waits in the ``-wal`` file counts, and the time of the last change.

    Raises
    ------
    HydrofabricError
        the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        status = path.stat()
        with path.open("rb") as file:
            header = file.read(_HEADER)
            digest.update(status.st_size.to_bytes(8, "little"))
            for block in range(SAMPLES):
                file.seek(block * max(status.st_size - _BLOCK, 0) // (SAMPLES - 1))
                digest.update(file.read(_BLOCK))
        if len(header) == _HEADER and header[18] == _WRITE_AHEAD:
            digest.update(status.st_mtime_ns.to_bytes(16, "little"))
            _add_log(digest, path.with_name(path.name + "-wal"))
    except OSError as error:
        raise HydrofabricError(f"{path} cannot be read: {error}", hint="check its permissions") from error
    return digest.hexdigest()


def content_hash(path: Path, stopped: threading.Event | None = None) -> str:
    """Return a hash over every byte of a file; about a second per gigabyte.

    Parameters
    ----------
    stopped : set by another thread that no longer wants to know; the hash is then of what was read

    Raises
    ------
    HydrofabricError
        the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=32)
    try:
        with path.open("rb") as file:
            while (chunk := file.read(_CHUNK)) and not (stopped and stopped.is_set()):
                digest.update(chunk)
    except OSError as error:
        raise HydrofabricError(f"{path} cannot be read: {error}", hint="check its permissions") from error
    return digest.hexdigest()


def _add_log(digest: hashlib.blake2b, log: Path) -> None:
    if not log.exists():
        return
    size = log.stat().st_size
    with log.open("rb") as file:
        digest.update(size.to_bytes(8, "little") + file.read(32))
        file.seek(max(size - _BLOCK, 0))
        digest.update(file.read(_BLOCK))
