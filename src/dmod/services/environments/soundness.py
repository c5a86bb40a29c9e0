"""Whether an environment is still what was built."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def fingerprint(folder: Path) -> tuple[str, int]:
    """Return a hash of a folder's files by name, size and time of change, and their bytes.

    Compiled byte code is left out: interpreters write it as they run.
    """
    digest, size = hashlib.sha256(), 0
    for path in sorted(_files(folder)):
        status = path.lstat()
        what = str(path.readlink()) if path.is_symlink() else f"{status.st_size} {status.st_mtime_ns}"
        digest.update(f"{path.relative_to(folder)}\0{what}\n".encode("utf-8", "surrogateescape"))
        size += status.st_size
    return digest.hexdigest(), size


def protect(folder: Path, *, writable: bool = False) -> None:
    """Make files and folders read-only for their owner too, or writable again."""
    for above, _, files in os.walk(folder, topdown=True):
        for path in (Path(above), *(Path(above) / name for name in files)):
            if not path.is_symlink():
                with suppress(OSError):  # another's file: it is not for us to change
                    mode = stat.S_IMODE(path.stat().st_mode)
                    path.chmod(mode | stat.S_IWUSR if writable else mode & ~0o222)


def _files(folder: Path) -> Iterator[Path]:
    for above, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (Path(above) / name for name in files)
        yield from (Path(above) / name for name in folders if (Path(above) / name).is_symlink())
