"""Files that appear whole or not at all: written beside under a hidden name, synced, then renamed."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dmod.errors import StoreError

HIDDEN_SUFFIX = ".partial"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
IN_THE_WAY = frozenset({errno.EEXIST, errno.ENOTDIR})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def hidden_path(path: Path) -> Path:
    """Return where ``path`` is written before it is complete: same folder, hidden, one per process."""
    return path.with_name(f".{path.name}.{os.getpid()}{HIDDEN_SUFFIX}")


def sweep(folder: Path) -> list[Path]:
    """Remove what processes that no longer run left unfinished in ``folder``; return what it was."""
    found = [path for path in folder.glob(f".*{HIDDEN_SUFFIX}") if not _is_alive(path)]
    for path in found:
        remove(path)
    return found


def _is_alive(hidden: Path) -> bool:
    pid = hidden.name.removesuffix(HIDDEN_SUFFIX).rpartition(".")[2]
    if not pid.isdigit():
        return True  # not named by `hidden_path`: not ours to remove
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    elif path.exists() or path.is_symlink():  # a read-only disk refuses even to remove nothing
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()


def move(source: Path, target: Path, *, durable: bool = True) -> None:
    """Put a complete file in its place, replacing what was there.

    Parameters
    ----------
    durable : wait for the disk before and after, so that a power cut leaves the old or the new
    """
    if durable:
        sync(source)
    source.replace(target)
    if durable:
        sync(target.parent)


@contextmanager
def replacing(path: Path, *, needed: int = 0, durable: bool = True) -> Iterator[Path]:
    """Yield a hidden path to write to; it becomes ``path`` if the block ends well, and vanishes if not.

    Parameters
    ----------
    needed : bytes that will be written, as far as known, for the message when the disk is full

    Raises
    ------
    StoreError
        the disk is full or cannot be written to; ``path`` is as it was.
    """
    hidden = hidden_path(path)
    try:
        with storing(path, needed=needed):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield hidden
            move(hidden, path, durable=durable)
    finally:
        remove(hidden)


@contextmanager
def storing(path: Path, *, needed: int = 0) -> Iterator[None]:
    """Turn what the system or the NetCDF library says about a failed write into a `StoreError`.

    Raises
    ------
    StoreError
        retryable where the disk was full.
    """
    try:
        yield
    except OSError as error:
        raise _store_error(path, needed, error) from error
    except RuntimeError as error:  # the NetCDF library's only error; its text says little
        raise _store_error(path, needed, error) from error


def require_space(path: Path, needed: int) -> None:
    """Refuse before anything is written if ``needed`` bytes do not fit where ``path`` will be.

    Raises
    ------
    StoreError
        less is free.
    """
    free = _free_bytes(path)
    if free is not None and free < needed:
        raise _full(path, needed, free)


def _store_error(path: Path, needed: int, error: OSError | RuntimeError) -> StoreError:
    free = _free_bytes(path)
    number = error.errno if isinstance(error, OSError) else None
    short_of_space = free is not None and free < max(needed, 1 << 20)
    if number in FULL or (number is None and short_of_space):
        return _full(path, needed, free)
    if number in FORBIDDEN:
        return StoreError(
            f"{path} cannot be written: {os.strerror(number or 0).lower()}",
            hint="choose a folder that you may write to, or change its permissions",
        )
    if number in IN_THE_WAY:
        return StoreError(
            f"{path} cannot be written: a file stands where a folder is due",
            hint="choose another folder, or move that file away",
        )
    if number == errno.EISDIR or (number == errno.ENOTEMPTY and path.is_dir()):
        return StoreError(
            f"{path} cannot be written: a folder is there", hint="name a file, or another place"
        )
    # the words of the system alone: its own text names the hidden file
    return StoreError(f"{path} cannot be written: {os.strerror(number).lower() if number else error}")


def _full(path: Path, needed: int, free: int | None) -> StoreError:
    wants = f"needs {_megabytes(needed)}, " if needed else ""
    has = "unknown" if free is None else _megabytes(free)
    return StoreError(
        f"no space left to write {path}: {wants}free {has}",
        hint="free some space or choose another folder; nothing was left half-written",
        retryable=True,
    )


def _free_bytes(path: Path) -> int | None:
    folder = path if path.is_dir() else path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        status = os.statvfs(folder)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
