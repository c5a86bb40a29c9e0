"""Whether an environment is still what was built."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path


def fingerprint(folder: Path) -> tuple[str, int]:
    """Return a hash of a folder's files by name, size and time of change, and their bytes.

    Compiled byte code is left out: interpreters write it as they run.
    """
    size, traces, waiting = 0, [], [(str(folder), "")]
    while waiting:
        above, name = waiting.pop()
        with os.scandir(
            above
        ) as entries:  # of thousands of files: paths as text, one call of the system each
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        waiting.append((entry.path, f"{name}{entry.name}/"))
                    continue
                status = entry.stat(follow_symlinks=False)
                is_link = stat.S_ISLNK(status.st_mode)
                what = (
                    str(Path(entry.path).readlink()) if is_link else f"{status.st_size} {status.st_mtime_ns}"
                )
                traces.append(f"{name}{entry.name}\0{what}\n")
                size += status.st_size
    text = "".join(sorted(traces))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest(), size


def protect(folder: Path, *, writable: bool = False) -> None:
    """Make files and folders read-only for their owner too, or writable again."""
    for above, _, files in os.walk(folder, topdown=True):
        for path in (Path(above), *(Path(above) / name for name in files)):
            if not path.is_symlink():
                with suppress(OSError):  # another's file: it is not for us to change
                    mode = stat.S_IMODE(path.stat().st_mode)
                    path.chmod(mode | stat.S_IWUSR if writable else mode & ~0o222)
