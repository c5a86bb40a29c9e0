"""Wheels and projects on this machine that an environment installs: known by what they hold."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from dmod.core.atomic import storing
from dmod.errors import ConflictError, InputError, NotFoundError

ARCHIVES = (".whl", ".tar.gz", ".zip")
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
LEFT_OUT = frozenset(
    {
        ".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", ".eggs", "__pycache__", "node_modules",
        ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints",
    }
)  # fmt: skip
"""Folders of a project that are no part of what is installed."""
LEFT_OUT_ON_TOP = frozenset({"build", "dist"})
LIMIT = 10**9


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A wheel, an archive of sources, or the folder of a project.

    Parameters
    ----------
    path : where it is, absolute
    digest : SHA-256 of its content
    is_project : whether it is a folder
    extras : of its optional dependencies
    """

    path: Path
    digest: str
    is_project: bool
    extras: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return it as a requirement."""
        return str(self.path) + self.suffix

    @property
    def suffix(self) -> str:
        """Return its extras as a requirement has them."""
        return f"[{','.join(self.extras)}]" if self.extras else ""

    @property
    def is_source(self) -> bool:
        """Whether code of its own runs when it is installed."""
        return self.path.suffix != ".whl"

    def copy(self, target: Path) -> None:
        """Copy it to a path that is not there yet.

        Raises
        ------
        ConflictError
            it is not what it was when it was named; retryable.
        StoreError
            the disk is full.
        """
        if self.is_project:
            for path, name in _files(self.path):
                with storing(target / name):
                    (target / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(path, target / name)
        else:
            with storing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.path, target)
        if _digest(target) != self.digest:
            raise ConflictError(
                f"environment: {self.path} has changed since it was named",
                hint="ask again when nobody writes to it",
                retryable=True,
            )


def read_source(path: Path, extras: tuple[str, ...] = ()) -> LocalSource:
    """Return what a path names, with the hash of its content.

    Raises
    ------
    NotFoundError
        it is not there.
    InputError
        it is neither a wheel, nor an archive of sources, nor the folder of a project, or cannot be read.
    """
    if not path.exists():
        raise NotFoundError(
            f"environment: {path} is not there",
            hint="name a wheel or the folder of a project; relative paths start where the request is",
        )
    if path.is_dir():
        if not any((path / name).is_file() for name in PROJECT_FILES):
            raise InputError(
                f"environment: {path} is a folder without {' or '.join(PROJECT_FILES)}, so no project",
                hint="name the folder that has them; an environment that exists is named by path:",
            )
    elif not path.is_file() or not path.name.endswith(ARCHIVES):
        raise InputError(
            f"environment: {path} cannot be installed",
            hint="a wheel (.whl), an archive of sources (.tar.gz, .zip) or the folder of a project can",
        )
    elif path.suffix == ".whl":
        try:
            parse_wheel_filename(path.name)
        except InvalidWheelFilename as error:
            raise InputError(
                f"environment: {path} is not named as wheels are",
                hint="name-version-python-abi-platform.whl: leave the name as its builder gave it",
            ) from error
    try:
        return LocalSource(path, _digest(path), path.is_dir(), extras)
    except OSError as error:
        raise InputError(f"environment: {path} cannot be read: {error}") from error


def _digest(path: Path) -> str:
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for place, name in _files(path):
        with place.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        is_program = os.access(place, os.X_OK)
        digest.update(f"{name}\0{int(is_program)}\0{content}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of a project with their names in it, in one order on every machine."""
    size, found = 0, []
    for above, folders, files in os.walk(folder):
        on_top = Path(above) == folder
        folders[:] = [
            name
            for name in folders
            if name not in LEFT_OUT
            and not name.endswith(".egg-info")
            and not (on_top and name in LEFT_OUT_ON_TOP)
            and not (Path(above) / name).is_symlink()
        ]
        for name in files:
            path = Path(above) / name
            if name.endswith((".pyc", ".pyo")) or not path.is_file():  # no dangling links, pipes, devices
                continue
            size += path.stat().st_size
            found.append((path.relative_to(folder).as_posix(), path))
        if size > LIMIT:
            raise InputError(
                f"environment: the project {folder} has more than {LIMIT / 1e9:.0f} GB in it",
                hint="build its wheel and name that, or keep data apart from it",
            )
    yield from ((path, name) for name, path in sorted(found))
