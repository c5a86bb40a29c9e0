"""Files that take their places in a run package all together, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from dmod.core.atomic import hidden_path, remove, storing, sweep
from dmod.errors import AlreadyExists
from dmod.formulation.generate.generator import CONFIG_FOLDER

SHOWN = 5


def unit_of(path: PurePosixPath) -> PurePosixPath:
    """Return what is replaced as a whole when a file is: its folder of module files, or the file itself."""
    depth = len(CONFIG_FOLDER.parts) + 1
    if len(path.parts) > depth and path.is_relative_to(CONFIG_FOLDER):
        return PurePosixPath(*path.parts[:depth])
    return path


def refuse_existing(package: Path, units: Iterable[PurePosixPath]) -> None:
    """Make sure that nothing stands in the way.

    Raises
    ------
    AlreadyExists
        a file or folder that is to be made is there.
    """
    found = sorted(str(unit) for unit in units if (package / unit).exists())
    if found:
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise AlreadyExists(
            f"{package} has {', '.join(found[:SHOWN])}{more} already",
            hint="replace them with --overwrite, or name another folder",
        )


@contextmanager
def staged(package: Path) -> Iterator[Path]:
    """Yield a hidden folder to write to; if the block ends well, what it holds moves into the package.

    What is in the package under the same names is replaced; on failure the package is as it was.

    Raises
    ------
    StoreError
        the disk is full or cannot be written to.
    """
    package = package.absolute()
    aside = hidden_path(package)
    try:
        with storing(package):
            sweep(package.parent)
            aside.mkdir(parents=True)
            yield aside
            if package.exists():
                _publish(aside, package)
            else:
                aside.replace(package)
    finally:
        remove(aside)


def _publish(aside: Path, package: Path) -> None:
    """Move every unit to its place, the documents last; undo all of it if one cannot be moved."""
    files = (path.relative_to(aside) for path in aside.rglob("*") if path.is_file())
    units = {unit_of(PurePosixPath(file.as_posix())) for file in files}
    replaced = hidden_path(package / "replaced")
    with ExitStack() as undo:
        undo.callback(remove, replaced)
        for number, unit in enumerate(sorted(units, key=lambda unit: (unit.suffix == ".json", unit))):
            target, old = package / unit, replaced / str(number)
            if target.exists():
                replaced.mkdir(exist_ok=True)
                target.replace(old)
                undo.callback(old.replace, target)
            target.parent.mkdir(parents=True, exist_ok=True)
            (aside / unit).replace(target)
            undo.callback(remove, target)
        undo.pop_all()
    for folder in (path for path in aside.iterdir() if path.is_dir()):
        (package / folder.name).mkdir(exist_ok=True)
    remove(replaced)
