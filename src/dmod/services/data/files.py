"""The files that a user names, as a dataset is to hold them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from dmod.errors import InputError, NotFoundError

File = tuple[str, Path]


def files_of(paths: Sequence[Path]) -> list[File]:
    """Return path inside the dataset and place on this machine of all files that are named.

    A folder by itself stands for what it holds; of several paths each stands under its own name. Links are
    read through where they lead to a file inside the folder that was named.

    Raises
    ------
    NotFoundError
        a path is not there.
    InputError
        a link leads elsewhere, something is no file (a pipe, a device), or two files have one name.
    """
    found: list[File] = []
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"{path} is not there", hint="name a file or a folder")
        if path.is_dir():
            prefix = "" if len(paths) == 1 else f"{path.absolute().name}/"
            root = path.resolve()
            found += ((prefix + name, place) for name, place in _walk(root, "", root))
        else:
            found.append((path.absolute().name, _regular(path.resolve(), path)))
    names = [name for name, _ in found]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            f"two of the files would be called {twice}", hint="put them into folders and name these"
        )
    return found


def _walk(folder: Path, prefix: str, root: Path) -> Iterator[File]:
    """Yield the files below a folder; what is listed tells files from folders without asking for each."""
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {(error.strerror or '').lower()}") from error
    for entry in entries:
        name = prefix + entry.name
        if entry.is_symlink():
            yield name, _linked(Path(entry.path), root)
        elif entry.is_dir():
            yield from _walk(Path(entry.path), f"{name}/", root)
        elif entry.is_file():
            yield name, Path(entry.path)
        else:
            raise InputError(f"{entry.path} is no file", hint="datasets hold files only: leave it out")


def _linked(link: Path, root: Path) -> Path:
    """Return the file inside ``root`` that a link leads to."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # a loop of links is either, by version of Python
        raise InputError(f"{link} is a link that leads nowhere", hint="leave it out") from error
    if not target.is_relative_to(root):
        raise InputError(
            f"{link} is a link that leads out of the folder, to {target}",
            hint="put the file itself into the folder, or name it by itself",
        )
    return _regular(target, link)


def _regular(path: Path, named: Path) -> Path:
    if not stat.S_ISREG(path.stat().st_mode):
        raise InputError(f"{named} is no regular file", hint="datasets hold files only: leave it out")
    return path
