"""What has been done of a package that is being made: steps by name, each with a hash of its inputs."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dmod.core.atomic import remove, replacing, storing
from dmod.errors import ConflictError

Facts = Mapping[str, Any]

LEDGER = ".steps.json"
LOCK = ".lock"


def step_key(**inputs: object) -> str:
    """Return the hash of a step's inputs; the same for equal values, whatever their order."""
    text = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Ledger:
    """The steps that are complete in a work folder; survives the process.

    Parameters
    ----------
    folder : where the package is made; it must exist
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LEDGER
        self._steps: dict[str, dict[str, Any]] = _read(self.path)

    def found(self, step: str, key: str) -> Facts | None:
        """Return what a step noted, if it is complete and its inputs were these; else None."""
        entry = self._steps.get(step)
        return entry["facts"] if entry is not None and entry["key"] == key else None

    def finish(self, step: str, key: str, facts: Facts) -> None:
        """Note durably that a step is complete."""
        self._steps[step] = {"key": key, "facts": dict(facts)}
        with replacing(self.path) as hidden:
            hidden.write_text(json.dumps(self._steps, default=str), encoding="utf-8")

    def forget(self, step: str) -> None:
        """Take a step as not done."""
        if self._steps.pop(step, None) is not None:
            with replacing(self.path) as hidden:
                hidden.write_text(json.dumps(self._steps, default=str), encoding="utf-8")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Return what is noted; a damaged ledger is none, so that everything is done anew."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return {}
    sound = isinstance(content, dict) and all(
        isinstance(entry, dict) and {"key", "facts"} <= set(entry) for entry in content.values()
    )
    return content if sound else {}


def work_folder(target: Path) -> Path:
    """Return where a package is made before it appears as ``target``: beside it, hidden."""
    target = target.absolute()
    return target.with_name(f".{target.name}.preparing")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the work folder for this process alone; it is made if it is not there.

    Raises
    ------
    ConflictError
        another process holds it.
    StoreError
        it cannot be made.
    """
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                f"{folder} is in use: another process is preparing this package",
                hint="wait for it, or name another folder",
            ) from error
        yield
    finally:
        os.close(lock)


def clear(folder: Path) -> None:
    """Remove everything in a work folder that is held, but not the lock."""
    for entry in folder.iterdir():
        if entry.name != LOCK:
            remove(entry)
