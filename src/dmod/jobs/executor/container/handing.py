"""Who workers are, and how they come to own what they write where the server is root.

A worker need not be root, so it is not: a server that is root has its workers run under a number that nobody
has, and gives them what they are to write. Only what root itself owns changes hands; links are not followed.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dmod.errors import SubmitError

NOBODY = "65532:65532"
"""User and group of workers of a server that is root, where its settings name no others."""
ROOT = 0
INDEX = "index.sqlite"
OWN = ("jobs", "executor")
"""What names begin with, in a server's folder, of what is given attempt by attempt."""
SETTLED = 2.0
"""After a change of a folder, until its time tells a further one from it [s]."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def user_of(said: str) -> str:
    """Return user and group of workers: what settings say, else the server's own, but never root's."""
    own = os.geteuid()
    return said or (NOBODY if own == ROOT else f"{own}:{os.getegid()}")


class Handing:
    """Gives workers what they are to write; does nothing where the server is not root, or they are.

    Parameters
    ----------
    user : numbers of user and group of workers, as ``uid:gid``
    paths : folders that workers see
    home : folder of the server, whose catalog is given too if workers see it
    """

    def __init__(self, user: str, paths: Sequence[str], home: Path | None = None) -> None:
        number, _, group = user.partition(":")
        self._is_wanted = os.geteuid() == ROOT and number.isdigit() and int(number) != ROOT
        self._user = int(number) if self._is_wanted else ROOT
        self._group = int(group) if group.isdigit() else self._user
        self._paths = tuple(Path(path) for path in paths)
        self._home = home if home is not None and self._is_seen(home) else None
        self._known: dict[str, tuple[int, list[str]]] = {}

    def give(self, *folders: str) -> None:
        """Give folders of an attempt with all that is in them, and what root made in the catalog since.

        Raises
        ------
        SubmitError
            a file system does not let root do so.
        """
        if not self._is_wanted:
            return
        try:
            for folder in folders:
                for above in reversed(Path(folder).parents):
                    if self._is_seen(above):
                        self._open_way(above)
                with suppress(FileNotFoundError):  # its worker says so
                    self._give(folder)
            if self._home is not None:
                self._give_catalog(self._home)
        except OSError as error:
            raise SubmitError(
                f"workers are user {self._user}, and cannot be given their folder: {error}",
                hint="run the server as the user that workers are, and own its folder",
            ) from error

    def _is_seen(self, folder: Path) -> bool:
        return any(folder.is_relative_to(path) for path in self._paths)

    def _open_way(self, folder: Path) -> None:
        """Let workers pass through a folder of root's; they need not see what else is in it."""
        found = folder.stat()
        if found.st_uid == ROOT and not found.st_mode & stat.S_IXOTH:
            os.chown(folder, -1, self._group)
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXGRP)

    def _give_catalog(self, home: Path) -> None:
        """Give what root keeps of the catalog in files; token and settings stay with root."""
        self._open_way(home)
        has_index = (home / INDEX).exists()
        if has_index and home.stat().st_uid == ROOT:
            os.chown(home, self._user, self._group)  # SQLite makes files beside that of the index
        with os.scandir(home) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                if is_folder and not entry.name.startswith(OWN):
                    self._give(entry.path)
                elif not is_folder and entry.name.startswith(INDEX):
                    self._give_file(entry)

    def _give(self, path: str) -> None:
        descriptor = os.open(path, _FOLDER)
        try:
            self._give_opened(descriptor, path)
        finally:
            os.close(descriptor)

    def _give_opened(self, descriptor: int, path: str) -> None:
        """Give a folder and what is below; where nothing came or went since, only folders are looked at."""
        found = os.fstat(descriptor)
        if found.st_uid == ROOT:
            os.fchown(descriptor, self._user, self._group)
        changed, names = self._known.get(path, (-1, []))
        if changed != found.st_mtime_ns:
            names = self._give_files(descriptor)
            if time.time() - found.st_mtime > SETTLED:
                self._known[path] = (found.st_mtime_ns, names)
        for name in names:
            with suppress(FileNotFoundError, NotADirectoryError):
                below = os.open(name, _FOLDER, dir_fd=descriptor)
                try:
                    self._give_opened(below, f"{path}/{name}")
                finally:
                    os.close(below)

    def _give_files(self, descriptor: int) -> list[str]:
        """Give the files of a folder; return the names of folders in it."""
        names = []
        with os.scandir(descriptor) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    names.append(entry.name)
                else:
                    self._give_file(entry, descriptor)
        return names

    def _give_file(self, entry: os.DirEntry[str], descriptor: int | None = None) -> None:
        with suppress(FileNotFoundError):
            if entry.stat(follow_symlinks=False).st_uid == ROOT:
                name = entry.name if descriptor is not None else entry.path
                os.chown(name, self._user, self._group, dir_fd=descriptor, follow_symlinks=False)
