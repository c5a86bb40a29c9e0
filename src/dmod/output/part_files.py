"""What one part of a divided run found, in files that the whole run goes on from.

``part.json`` says what is there; beside it are arrays of 8-byte floats, for chain number *i* of the run:

    <i>.rows      positions of its catchments in the run (8-byte integers)
    <i>.depth     runoff [m per step]
    <i>.column-j  output variable number j
    <i>.state-j, <i>.balance-j   of module number j, (catchment, state) and (catchment, term)
    <i>.feedback  values of the last step that a module takes from a later one

Series are kept chunk by chunk of time, in each (catchment, time): what is computed at once is written at once
and read at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import storing
from dmod.errors import InputError, NotFoundError

Array = NDArray[np.float64]
DOCUMENT = "part.json"
FORMAT = "dmod part 1"
DEPTH = "depth"


@dataclass(frozen=True, slots=True)
class PartChain:
    """The catchments of one chain in a part.

    Parameters
    ----------
    number : of the chain in the part
    rows : shape (catchment,), positions in the run, ascending
    columns : output variables, in order
    modules : name and revision of each
    states : names of the states of each
    """

    number: int
    rows: NDArray[np.int64]
    columns: tuple[str, ...]
    modules: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, ...], ...]

    @property
    def series(self) -> tuple[str, ...]:
        """Return the names of the files of its series: runoff, then its columns."""
        return (DEPTH, *(f"column-{number}" for number in range(len(self.columns))))


class PartWriter:
    """Writes the series of a part; `write` may be called from any thread.

    Parameters
    ----------
    folder : there, and empty
    count : steps of the run
    catchments : of the run

    Raises
    ------
    StoreError
        the disk is full, or the folder cannot be written.
    """

    def __init__(self, folder: Path, chains: Sequence[PartChain], count: int, catchments: int) -> None:
        self._folder = folder
        self._chains = chains
        self._count = count
        self._of = np.full(catchments, -1, dtype=np.int64)
        self._at = np.zeros(catchments, dtype=np.int64)
        self._files: dict[tuple[int, str], int] = {}
        with storing(folder):
            for chain in chains:
                self._of[chain.rows] = chain.number
                self._at[chain.rows] = np.arange(len(chain.rows))
                chain.rows.tofile(folder / f"{chain.number}.rows")
                for name in chain.series:
                    path = folder / f"{chain.number}.{name}"
                    self._files[chain.number, name] = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)

    def write(self, rows: NDArray[np.int64], first_step: int, arrays: Mapping[str, Array]) -> None:
        """Take the output variables of neighbouring catchments of one chain over the chunk."""
        chain = self._chains[int(self._of[rows[0]])]
        for name, column in zip(chain.series[1:], chain.columns, strict=True):
            self._put(chain, name, int(self._at[rows[0]]), first_step, arrays[column])

    def write_depth(self, first: int, depth: Array) -> None:
        """Take the runoff of all catchments of the run over a chunk; those of other parts are passed over."""
        for chain in self._chains:
            self._put(chain, DEPTH, 0, first, depth[chain.rows])

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()

    def _put(self, chain: PartChain, name: str, row: int, first: int, values: Array) -> None:
        data = memoryview(np.ascontiguousarray(values, dtype="<f8").tobytes())
        place = 8 * (len(chain.rows) * first + row * values.shape[1])
        descriptor = self._files[chain.number, name]
        with storing(self._folder):
            while data:
                written = os.pwrite(descriptor, data, place)
                data, place = data[written:], place + written


def write_array(folder: Path, name: str, values: Array) -> None:
    """Write what is known at the end of a part."""
    with storing(folder):
        np.ascontiguousarray(values, dtype="<f8").tofile(folder / name)


def write_document(
    folder: Path, chains: Sequence[PartChain], axis: Mapping[str, Any], complaints: Sequence[str] = ()
) -> None:
    """Write what says what is there: the last file of a part.

    Parameters
    ----------
    complaints : what a user of the whole run has to know
    """
    document = {
        "format": FORMAT,
        **axis,
        "complaints": list(complaints),
        "chains": [
            {
                "catchments": len(chain.rows),
                "columns": list(chain.columns),
                "modules": [list(module) for module in chain.modules],
                "states": [list(names) for names in chain.states],
            }
            for chain in chains
        ],
    }
    with storing(folder):
        (folder / DOCUMENT).write_text(json.dumps(document, indent=1), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class PartFiles:
    """What a part found.

    Parameters
    ----------
    axis : of the run: ``start``, ``step``, ``count`` and ``chunk``, the steps computed at once
    complaints : what a user of the whole run has to know
    """

    folder: Path
    axis: Mapping[str, Any]
    chains: tuple[PartChain, ...]
    complaints: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> PartFiles:
        """Read what says what is there.

        Raises
        ------
        NotFoundError
            there is no part.
        InputError
            it is not one that this version wrote.
        """
        try:
            document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotFoundError(f"{folder} holds no part of a run", hint="run the part first") from None
        except ValueError as error:
            raise InputError(
                f"{folder / DOCUMENT} cannot be read: {error}", hint="run the part again"
            ) from error
        if document.get("format") != FORMAT:
            raise InputError(f"{folder} is no part in the form {FORMAT!r}", hint="run the part again")
        chains = tuple(
            PartChain(
                number,
                np.fromfile(folder / f"{number}.rows", dtype=np.int64),
                tuple(item["columns"]),
                tuple((name, revision) for name, revision in item["modules"]),
                tuple(map(tuple, item["states"])),
            )
            for number, item in enumerate(document["chains"])
        )
        found = {key: document[key] for key in ("start", "step", "count", "chunk")}
        return cls(folder, found, chains, tuple(document.get("complaints", ())))

    def series(self, chain: PartChain, name: str, first: int, steps: int) -> Array:
        """Return a series over one chunk, shape (catchment, time), mapped from the file.

        Raises
        ------
        InputError
            the file is shorter than it should be.
        """
        path = self.folder / f"{chain.number}.{name}"
        shape = (len(chain.rows), steps)
        try:
            return np.memmap(path, "<f8", "r", 8 * len(chain.rows) * first, shape)
        except ValueError as error:
            raise InputError(f"{path} is shorter than it should be", hint="run the part again") from error

    def array(self, name: str, width: int) -> Array:
        """Return what is known at the end, shape (catchment, width)."""
        values = np.fromfile(self.folder / name, dtype="<f8")
        return values.reshape(-1, width)
