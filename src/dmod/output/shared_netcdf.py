"""A NetCDF file that is laid out once, and into which processes write rows of their own.

Several may write at a time, on several nodes: none touches a byte of another's rows, and none reads the file.
(A node that had read a page of a network's file could write back all of it, with what others wrote since
undone.) What a process writes twice is the same twice.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import remove, storing, sync
from dmod.output.hdf5_storage import storage_offsets
from dmod.output.netcdf_file import stretches

PLACES = "places.json"
TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY})


@dataclass(frozen=True, slots=True)
class SharedNetcdf:
    """A file as it was laid out, in a folder of its own.

    Parameters
    ----------
    token : which one it is: another that is laid out in the same place has another
    size : of the file [bytes]
    dtype : of its variables
    steps : length of a row
    offsets : byte at which each variable begins
    """

    path: Path
    token: str
    size: int
    dtype: str
    steps: int
    offsets: Mapping[str, int]

    @classmethod
    def found(cls, folder: Path) -> SharedNetcdf | None:
        """Return the file in a folder; None where there is none."""
        try:
            said = json.loads((folder / PLACES).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(folder / said.pop("name"), **said)

    @classmethod
    def laid_out(
        cls, folder: Path, write: Callable[[Path], Path], *, names: list[str], dtype: str, steps: int
    ) -> SharedNetcdf:
        """Return the file in a folder, which is laid out if it is not there; all who race agree on one.

        A file that has a second name is the result of a run: it is left to that, and another laid out.

        Parameters
        ----------
        write : lays the file out in a folder, and returns its path
        names : of its variables (row, time)

        Raises
        ------
        StoreError
            it cannot be laid out, or does not fit on the disk.
        """
        with storing(folder):
            found = cls.found(folder)
            if found is not None and found.path.stat().st_nlink == 1:
                return found
            if found is not None:
                aside = _aside(folder)
                folder.rename(aside)
                remove(aside)
        aside = _aside(folder)
        try:
            with storing(folder):
                aside.mkdir(parents=True)
            path = write(aside)
            offsets = storage_offsets(path, names)
            with storing(folder):
                said = {
                    "name": path.name, "token": token_hex(8), "size": path.stat().st_size, "dtype": dtype,
                    "steps": steps, "offsets": offsets,
                }  # fmt: skip
                (aside / PLACES).write_text(json.dumps(said), encoding="utf-8")
                _publish(aside, folder)
        finally:
            remove(aside)
        found = cls.found(folder)
        assert found is not None
        return found

    def rows(self) -> SharedRows:
        """Open it to write rows of one's own.

        Raises
        ------
        StoreError
            it cannot be opened.
        """
        return SharedRows(self)


class SharedRows:
    """Rows of a `SharedNetcdf`, written by one process; `write` may be called from any thread."""

    def __init__(self, shared: SharedNetcdf) -> None:
        self._shared = shared
        self._dtype = np.dtype(shared.dtype).newbyteorder("<")
        with storing(shared.path):
            self._descriptor = os.open(shared.path, os.O_WRONLY)

    def write(self, name: str, rows: NDArray[np.int64], first_step: int, values: NDArray[Any]) -> None:
        """Write ``values`` (row, time) of the given rows from step ``first_step`` on."""
        values = np.ascontiguousarray(values, dtype=self._dtype)
        whole = values.shape[1] == self._shared.steps
        with storing(self._shared.path, needed=values.nbytes):
            for begin, stop in stretches(rows):
                if whole:
                    self._put(name, int(rows[begin]), 0, values[begin:stop])
                    continue
                for place in range(begin, stop):
                    self._put(name, int(rows[place]), first_step, values[place])

    def commit(self) -> None:
        """Wait until all is on the disk, and close the file."""
        with storing(self._shared.path):
            os.fsync(self._descriptor)
            self._close()

    def discard(self) -> None:
        """Close the file if it is open; what was written stays, to be written again."""
        self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _put(self, name: str, row: int, step: int, values: NDArray[Any]) -> None:
        place = self._shared.offsets[name] + (row * self._shared.steps + step) * self._dtype.itemsize
        data = values.reshape(-1).data.cast("B")
        while data:
            written = os.pwrite(self._descriptor, data, place)
            data, place = data[written:], place + written


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{token_hex(8)}")


def _publish(aside: Path, folder: Path) -> None:
    """Give what was laid out its name, if no other was quicker."""
    for path in aside.iterdir():
        sync(path)
        if hasattr(os, "posix_fadvise"):  # what this node has read of the file is forgotten
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)
    try:
        aside.rename(folder)
    except OSError as error:
        if error.errno not in TAKEN:
            raise
    sync(folder.parent)
