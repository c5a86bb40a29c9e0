"""The folder a run writes into: checked before, filled aside, and complete or untouched at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dmod.core.atomic import FULL, HIDDEN_SUFFIX, remove, storing, sweep
from dmod.errors import AlreadyExists, InputError, StoreError

RESULTS = (
    "catchments.nc",
    "nexuses.nc",
    "streamflow.nc",
    "hydrograph.csv",
    "states.nc",
    "balance.csv",
    "report.html",
    "metadata",
)
TEXT_RESULTS = ("cat-*.csv", "nex-*_output.csv", "tnx-*_output.csv", "cnx-*_output.csv", "inx-*_output.csv")


def earlier_results(folder: Path) -> list[Path]:
    """Return what an earlier run left in ``folder``, the run's own names only."""
    named = [folder / name for name in RESULTS]
    found = [path for path in named if path.exists()]
    for pattern in TEXT_RESULTS:
        found += sorted(folder.glob(pattern))
    return found


def require_free(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that cannot take results.

    Raises
    ------
    InputError
        it is a file.
    AlreadyExists
        it holds results of an earlier run, and they were not to be replaced.
    StoreError
        it cannot be looked into.
    """
    with storing(folder):
        if folder.exists() and not folder.is_dir():
            raise InputError(f"--output {folder} is a file", hint="give a folder")
        found = [] if overwrite else earlier_results(folder)
    if found:
        raise AlreadyExists(
            f"{folder} holds results of an earlier run ({found[0].name}"
            + (f" and {len(found) - 1} more)" if len(found) > 1 else ")"),
            hint="give another folder with --output, or replace them with --overwrite",
        )


@contextmanager
def staged(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield a folder to write into; its content appears in ``folder`` if the block ends well.

    Whatever ends the block otherwise, an error or an interrupt, nothing of it is left and what was
    in ``folder`` before is untouched. What a killed process left aside is swept away.

    Raises
    ------
    StoreError
        the folder cannot be written to.
    """
    require_free(folder, overwrite=overwrite)
    made = not folder.exists()
    aside = folder / f".run.{os.getpid()}{HIDDEN_SUFFIX}"
    done = False
    try:
        with storing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            aside.mkdir()
        with _told_of(folder, aside):
            yield aside
        with storing(folder):
            _publish(aside, folder)
        done = True
    finally:
        remove(aside)
        if made and not done and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def _told_of(folder: Path, aside: Path) -> Iterator[None]:
    """Tell of failed writes as the user knows the place; other errors pass."""
    try:
        try:
            yield
        except OSError as error:
            if error.errno not in FULL and not str(error.filename).startswith(str(aside)):
                raise
            with storing(folder):
                raise
    except StoreError as error:
        message = error.message.replace(str(aside), str(folder))
        raise StoreError(message, hint=error.hint, retryable=error.retryable) from error


def _publish(aside: Path, folder: Path) -> None:
    """Put the new results in place of the earlier ones; if that fails, the earlier ones are put back."""
    earlier = folder / f".earlier.{os.getpid()}{HIDDEN_SUFFIX}"
    new = sorted(aside.iterdir())
    done = False
    try:
        earlier.mkdir()
        for path in earlier_results(folder):
            path.replace(earlier / path.name)
        for path in new:
            path.replace(folder / path.name)
        done = True
    finally:
        if not done:
            for path in new:
                if not (aside / path.name).exists():
                    remove(folder / path.name)
            for path in list(earlier.iterdir()) if earlier.is_dir() else ():
                path.replace(folder / path.name)
        remove(earlier)
