"""Work under way, kept beside its result: pieces that are complete are never computed again.

    .<name>.work/
        request.json     what is being derived: a key, and the same in words
        journal.jsonl    one line for every complete piece
        pieces/*.f32     values (catchment, time), float32, little endian, as they lie in memory

A piece is on the disk before the journal names it. The same request finds it again after an error, a
kill or a power cut; another request is refused, so that nothing is lost that somebody may want.
"""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import remove, replacing, storing, sweep
from dmod.core.holding import clear, held
from dmod.errors import ConflictError, StoreError
from dmod.forcing.gridded.derive.journal import Facts, Journal

Single = NDArray[np.float32]

FORMAT = 1
REQUEST, JOURNAL, PIECES = "request.json", "journal.jsonl", "pieces"
FRESH_HINT = "give the same command as before to go on with it, or discard it with --fresh"


@dataclass(frozen=True, slots=True)
class Request:
    """What decides the values that are derived, each in words that a user knows.

    Parameters
    ----------
    facts : what it is → its value; all of them go into the key
    """

    facts: Mapping[str, str]

    @property
    def key(self) -> str:
        """A hash of the facts."""
        text = json.dumps([FORMAT, dict(self.facts)], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def work_folder(output: Path, base: Path | None = None) -> Path:
    """Return where the work for ``output`` lies, hidden: beside it, or in another folder.

    Parameters
    ----------
    base : folder to make it in; the name then tells outputs of other folders apart
    """
    output = output.absolute()
    if base is None:
        return output.with_name(f".{output.name}.work")
    place = hashlib.blake2b(str(output).encode(), digest_size=4).hexdigest()
    return Path(base).absolute() / f".{output.name}-{place}.work"


@contextmanager
def opened_work(folder: Path, request: Request, shape: Facts, *, fresh: bool = False) -> Iterator[Work]:
    """Hold a work folder for this process alone, with what an earlier one completed in it.

    Parameters
    ----------
    shape : how the work is cut into pieces; where work is found, the way it was cut then is kept
    fresh : discard what is found

    Raises
    ------
    ConflictError
        another process holds it, or it holds work of another request.
    StoreError
        it cannot be written to.
    """
    new = [parent for parent in folder.parents if not parent.exists()]
    with held(folder, "derives this forcing"):
        if fresh:
            clear(folder)
        with storing(folder):
            sweep(folder)
            (folder / PIECES).mkdir(exist_ok=True)
            sweep(folder / PIECES)
        found = _matching(folder, request)
        if found is None:
            content = {
                "format": FORMAT,
                "key": request.key,
                "facts": dict(request.facts),
                "shape": dict(shape),
            }
            with replacing(folder / REQUEST) as hidden:
                hidden.write_text(json.dumps(content, indent=1), encoding="utf-8")
            found = dict(shape)
        work = Work(folder, found)
        try:
            yield work
        finally:
            work.close()
            for parent in () if folder.exists() else new:
                if parent.exists() and not any(parent.iterdir()):
                    parent.rmdir()


def _matching(folder: Path, request: Request) -> dict[str, Any] | None:
    """Return how the work that lies there was cut; None if there is none."""
    path = folder / REQUEST
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        key, facts, shape = content["key"], dict(content["facts"]), dict(content["shape"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConflictError(f"{path} is damaged", hint="discard what lies there with --fresh") from error
    if key == request.key:
        return shape
    names = [name for name in {**facts, **request.facts} if facts.get(name) != request.facts.get(name)]
    told = "; ".join(_difference(name, facts.get(name), request.facts.get(name)) for name in names)
    raise ConflictError(
        f"{folder} holds unfinished work of another request ({told or 'made by another version of dmod'})",
        hint=FRESH_HINT,
    )


def _difference(name: str, there: str | None, asked: str | None) -> str:
    """Return how one fact differs; what is a hash is not shown."""
    is_hash = len(there or "") == len(asked or "") == 32
    return f"other {name}" if is_hash else f"{name} {there}, not {asked}"


class Work:
    """The pieces that are complete; `opened_work` makes it.

    Parameters
    ----------
    shape : how the work is cut into pieces
    """

    def __init__(self, folder: Path, shape: Facts) -> None:
        self.folder, self.shape = folder, dict(shape)
        self._journal = Journal(folder / JOURNAL)
        self._known = {name for name, facts in self._journal.entries.items() if self._is_sound(name, facts)}
        self._storing = threading.Lock()
        self._closed = False

    def __len__(self) -> int:
        return len(self._known)

    def facts(self, name: str) -> Facts | None:
        """Return what was noted of a piece, or None where it is not complete."""
        return self._journal.entries[name] if name in self._known else None

    def store(self, name: str, values: Mapping[str, Single], facts: Facts) -> None:
        """Keep a piece: its values by column, and what is to be remembered of it.

        Raises
        ------
        StoreError
            the disk is full or cannot be written to; the piece is not complete, the others stay.
        """
        with self._storing:
            if self._closed:  # a thread that was still reading when the work was given up
                return
            sums = {column: self._write(name, column, array) for column, array in values.items()}
            self._journal.add(name, {**facts, "files": sums})
            self._known.add(name)

    def _write(self, name: str, column: str, array: Single) -> list[int]:
        """Write a file durably; return its size and checksum."""
        data = np.ascontiguousarray(array, "<f4")
        with replacing(self._path(name, column), needed=data.nbytes) as hidden:
            data.tofile(hidden)
        return [data.nbytes, zlib.crc32(data.data)]

    def read(self, name: str, column: str, steps: int, rows: slice) -> Single:
        """Return some rows of a piece as (catchment, time).

        Raises
        ------
        StoreError
            its file is not there any more.
        """
        path = self._path(name, column)
        count = rows.stop - rows.start
        with storing(path):
            values = np.fromfile(path, "<f4", count * steps, offset=4 * rows.start * steps)
        if values.size != count * steps:
            raise StoreError(f"{path} is shorter than it was written", hint="start over with --fresh")
        return values.reshape(count, steps)

    def close(self) -> None:
        """Store nothing more; without any piece the folder is removed."""
        with self._storing:
            self._closed = True
            if not self._known:
                remove(self.folder)

    def remove(self) -> None:
        """Remove the work folder: the result is in its place."""
        with self._storing:
            self._known.clear()
        self.close()

    def _path(self, name: str, column: str) -> Path:
        return self.folder / PIECES / f"{name}.{column}.f32"

    def _is_sound(self, name: str, facts: Facts) -> bool:
        """Whether the files that the journal names are there as they were written."""
        for column, (size, checksum) in facts["files"].items():
            path = self._path(name, column)
            if not path.is_file() or path.stat().st_size != size:
                return False
            if zlib.crc32(path.read_bytes()) != checksum:
                return False
        return True
