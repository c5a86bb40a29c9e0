"""Place a file of this machine's disk in another: by a second name, by sharing its blocks, or by a copy."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from dmod.catalog.store.content import damaged
from dmod.catalog.store.copying import Unreadable, hashed, shared, transferred
from dmod.catalog.store.disk import readable, written
from dmod.catalog.store.port import Content, Placing, Told
from dmod.core.atomic import hidden_path, remove
from dmod.errors import AlreadyExists, StoreError

_NO_LINKS = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})


def place(
    source: Path, content: Content, target: Path, *, link: bool = False, told: Told | None = None
) -> Placing:
    """Place a file in another that is not there yet, whole or not at all.

    Parameters
    ----------
    link : a hard link where the file system can, which is not verified

    Raises
    ------
    AlreadyExists
        the target is there.
    FileNotFoundError
        the source is not there.
    IntegrityError
        the source holds other bytes; nothing is left at the target.
    StoreError
        the target cannot be written.
    """
    require_absent(target)
    with readable(source):
        file = source.open("rb", buffering=0)
    with file:
        size = os.fstat(file.fileno()).st_size
        if size != content.size:
            raise damaged(content, source, target, f"holds {size:,} bytes in place of {content.size:,}")
        with written(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        if link and _linked(source, target):
            if told is not None:
                told(content.size)
            return "link"
        return _copied(file.fileno(), source, content, target, told)


def require_absent(target: Path) -> None:
    """Refuse a target that is there."""
    if os.path.lexists(target):
        raise AlreadyExists(f"{target} is there already", hint="remove it, or name another file")


def settle(hidden: Path, target: Path) -> None:
    """Give a complete file its name, which nobody else may have taken meanwhile."""
    with written(target):
        try:
            os.link(hidden, target)
        except FileExistsError:
            require_absent(target)
            raise
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            require_absent(target)  # a file system without links: the last look is the best that can be had
            hidden.replace(target)


def _linked(source: Path, target: Path) -> bool:
    with written(target):
        try:
            os.link(source, target)
        except FileExistsError:
            require_absent(target)
            raise
        except OSError as error:
            if error.errno not in _NO_LINKS | {errno.ENOENT}:
                raise
            return False  # where what is open lost its name meanwhile, its bytes are still there
    return True


def _copied(source: int, path: Path, content: Content, target: Path, told: Told | None) -> Placing:
    hidden = hidden_path(target)
    hidden = hidden.with_name(f".{os.urandom(4).hex()}{hidden.name}")  # several threads, one target
    try:
        with written(target, needed=content.size):
            descriptor = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            placing, found = _filled(source, descriptor, path, target, told)
        finally:
            os.close(descriptor)
        if found != content:
            raise damaged(content, path, target, f"has the hash {found.sha256}")
        settle(hidden, target)
    finally:
        remove(hidden)
    return placing


def _filled(
    source: int, descriptor: int, path: Path, target: Path, told: Told | None
) -> tuple[Placing, Content]:
    try:
        with written(target):
            if shared(source, descriptor):
                return "reflink", hashed(descriptor, told)
            return "copy", transferred(source, descriptor, told)
    except Unreadable as error:
        raise StoreError(f"{path} cannot be read: {error.__cause__}") from error.__cause__
