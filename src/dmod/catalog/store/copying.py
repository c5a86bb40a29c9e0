"""Copy a file and find its hash on the way: one thread moves bytes, another hashes them."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from stat import S_ISREG

from dmod.catalog.store.disk import begin_writing
from dmod.catalog.store.port import Content, Told
from dmod.errors import InputError

PIECE = 1 << 20  # bytes that are moved at a time: few enough to be in the processor's cache when hashed
SMALL = 4 * PIECE  # up to here a file is not worth a second thread
WRITE_OUT = 16 * PIECE
TRANSFER = 4 * PIECE  # few enough to be in memory yet when it is hashed
_FICLONE = 0x40049409  # ioctl: share the blocks of another file
_AHEAD = 4  # pieces that wait for the hash


class Unreadable(Exception):  # noqa: N818 - it is the source that is
    """The source of a copy cannot be read; its cause is the system's error."""


def open_source(path: Path) -> int:
    """Open a regular file to read; neither links nor pipes are opened.

    Raises
    ------
    InputError
        it is not there, cannot be read, or is no regular file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = "it is a link" if path.is_symlink() else (error.strerror or str(error)).lower()
        raise InputError(f"{path} cannot be read: {reason}") from error
    if not S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(f"{path} is no regular file", hint="give files; a folder's files one by one")
    return descriptor


def hashed(descriptor: int, told: Told | None = None) -> Content:
    """Read a file from where it stands to its end."""
    digest = hashlib.sha256()
    piece = memoryview(bytearray(PIECE))
    size = 0
    while count := _filled(descriptor, piece):
        digest.update(piece[:count])
        size += count
        if told is not None:
            told(count)
    return Content(digest.hexdigest(), size)


def shared(source: int, target: int) -> bool:
    """Let an empty file share the blocks of another (reflink); False where the file system cannot."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:  # it knows no such thing, or these are two file systems
        return False
    return True


def copied(source: int, target: int, told: Told | None = None, *, durable: bool = False) -> Content:
    """Copy from where the source stands to its end, and return what was copied.

    Parameters
    ----------
    durable : the copy will be synced: let the disk begin at once
    """
    if os.fstat(source).st_size <= SMALL:
        return _copied_plainly(source, target, told)
    digest = hashlib.sha256()
    buffers = [memoryview(bytearray(PIECE)) for _ in range(_AHEAD)]
    waiting: deque[Future[None]] = deque()
    size = turn = begun = 0
    with ThreadPoolExecutor(1, thread_name_prefix="hash") as hasher:
        while True:
            if len(waiting) == _AHEAD:
                waiting.popleft().result()  # the buffer's turn to be filled again
            buffer = buffers[turn % _AHEAD]
            count = _filled(source, buffer)
            if not count:
                break
            piece = buffer[:count]
            waiting.append(hasher.submit(digest.update, piece))
            write_all(target, piece)
            size, turn = size + count, turn + 1
            if durable and size - begun >= WRITE_OUT:
                begin_writing(target, begun, size - begun)
                begun = size
            if told is not None:
                told(count)
    return Content(digest.hexdigest(), size)


def transferred(source: int, target: int, told: Told | None = None) -> Content:
    """Copy a whole file into an empty one inside the system, and return what the target then holds.

    The bytes need not pass through this process to be written; what is hashed is read back from the target,
    behind the copy. Where the system cannot do that, or fails, it is done as `copied` does, which tells why.

    Parameters
    ----------
    target : open to be read as well
    """
    size = os.fstat(source).st_size
    if size <= SMALL:
        return copied(source, target, told)
    follower = _Follower(target, told)
    with ThreadPoolExecutor(1, thread_name_prefix="hash") as hasher:
        waiting: deque[Future[None]] = deque()
        done = 0
        try:
            while done < size and (count := os.copy_file_range(source, target, TRANSFER, done, done)):
                waiting.append(hasher.submit(follower.read, done, count))
                done += count
                if len(waiting) > _AHEAD:
                    waiting.popleft().result()
            for future in waiting:
                future.result()
        except OSError:
            done = -1
        finally:
            for future in waiting:
                future.cancel()
    if done == size:
        return Content(follower.digest.hexdigest(), size)
    os.ftruncate(target, 0)
    return copied(source, target, follower.untold())


class _Follower:
    """Hashes what has been written to a file, piece after piece."""

    def __init__(self, descriptor: int, told: Told | None) -> None:
        self.digest = hashlib.sha256()
        self._descriptor = descriptor
        self._piece = memoryview(bytearray(PIECE))
        self._told = told
        self._said = 0

    def read(self, offset: int, count: int) -> None:
        """Read the next bytes."""
        end = offset + count
        while offset < end:
            found = os.preadv(self._descriptor, [self._piece[: min(PIECE, end - offset)]], offset)
            if not found:
                raise OSError(errno.EIO, "what was written is not there")
            self.digest.update(self._piece[:found])
            offset += found
            self._said += found
            if self._told is not None:
                self._told(found)

    def untold(self) -> Told | None:
        """Return what is to be told when it is begun again: only what was not told yet."""
        told, said = self._told, self._said
        if told is None:
            return None

        def rest(count: int) -> None:
            nonlocal said
            known = min(said, count)
            said -= known
            if count > known:
                told(count - known)

        return rest


def write_all(descriptor: int, piece: memoryview | bytes) -> None:
    """Write all bytes: the system may take fewer at a time."""
    done = os.write(descriptor, piece)
    while done < len(piece):
        done += os.write(descriptor, memoryview(piece)[done:])


def _filled(descriptor: int, piece: memoryview) -> int:
    try:
        return os.readv(descriptor, [piece])
    except OSError as error:
        raise Unreadable from error


def _copied_plainly(source: int, target: int, told: Told | None) -> Content:
    digest = hashlib.sha256()
    piece = memoryview(bytearray(PIECE))
    size = 0
    while count := _filled(source, piece):
        digest.update(piece[:count])
        write_all(target, piece[:count])
        size += count
        if told is not None:
            told(count)
    return Content(digest.hexdigest(), size)
