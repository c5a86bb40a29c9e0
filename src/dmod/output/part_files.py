"""What one part of a divided run found, in files that the whole run goes on from.

``part.json`` says what is there; beside it are arrays of 8-byte floats, for chain number *i* of the part:

    <i>.rows      positions of its catchments in the run (8-byte integers)
    <i>.depth     runoff [m per step]
    <i>.state-j, <i>.balance-j   of module number j, (catchment, state) and (catchment, term)
    <i>.feedback  values of the last step that a module takes from a later one

and, where there is rain, ``rain``: its share in the basin's mean, as whole numbers of 8 bytes. Runoff is kept
chunk by chunk of time, in each (catchment, time): what is computed at once is written and read at once.
Output variables are not among these: see `dmod.output.part_outputs`.
"""

from __future__ import annotations

import json
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
FORMAT = "dmod part 2"
DEPTH = "depth"
RAIN = "rain"


@dataclass(frozen=True, slots=True)
class PartChain:
    """The catchments of one chain in a part.

    Parameters
    ----------
    number : of the chain in the part
    rows : shape (catchment,), positions in the run, ascending
    modules : name and revision of each
    states : names of the states of each
    """

    number: int
    rows: NDArray[np.int64]
    modules: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, ...], ...]


class RunoffWriter:
    """Writes the runoff of a part, chunk by chunk.

    Parameters
    ----------
    folder : there, and empty

    Raises
    ------
    StoreError
        the disk is full, or the folder cannot be written.
    """

    def __init__(self, folder: Path, chains: Sequence[PartChain]) -> None:
        self._folder = folder
        with storing(folder):
            for chain in chains:
                chain.rows.tofile(folder / f"{chain.number}.rows")
            self._files = [(chain, (folder / f"{chain.number}.{DEPTH}").open("wb")) for chain in chains]

    def write(self, depth: Array) -> None:
        """Take the runoff of all catchments of the run over the next chunk; others' are passed over."""
        with storing(self._folder):
            for chain, file in self._files:
                file.write(np.ascontiguousarray(depth[chain.rows], dtype="<f8").data)

    def close(self) -> None:
        """Let go of the files."""
        with storing(self._folder):
            for _, file in self._files:
                file.close()


def write_array(folder: Path, name: str, values: NDArray[Any]) -> None:
    """Write what is known at the end of a part."""
    with storing(folder):
        np.ascontiguousarray(values).tofile(folder / name)


def write_document(
    folder: Path,
    chains: Sequence[PartChain],
    axis: Mapping[str, Any],
    outputs: Mapping[str, str | int],
    complaints: Sequence[str] = (),
) -> None:
    """Write what says what is there: the last file of a part.

    Parameters
    ----------
    outputs : which outputs were written, and where
    complaints : what a user of the whole run has to know
    """
    document = {
        "format": FORMAT,
        **axis,
        "outputs": dict(outputs),
        "complaints": list(complaints),
        "chains": [
            {
                "catchments": len(chain.rows),
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
    outputs : which outputs it wrote, and where
    complaints : what a user of the whole run has to know
    """

    folder: Path
    axis: Mapping[str, Any]
    chains: tuple[PartChain, ...]
    outputs: Mapping[str, str | int]
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
                _read(folder / f"{number}.rows", np.int64, item["catchments"]),
                tuple((name, revision) for name, revision in item["modules"]),
                tuple(map(tuple, item["states"])),
            )
            for number, item in enumerate(document["chains"])
        )
        found = {key: document[key] for key in ("start", "step", "count", "chunk")}
        return cls(folder, found, chains, document["outputs"], tuple(document.get("complaints", ())))

    def runoff(self, chain: PartChain, first: int, steps: int) -> Array:
        """Return the runoff over one chunk, shape (catchment, time), mapped from the file.

        Raises
        ------
        InputError
            the file is shorter than it should be.
        """
        path = self.folder / f"{chain.number}.{DEPTH}"
        shape = (len(chain.rows), steps)
        try:
            return np.memmap(path, "<f8", "r", 8 * len(chain.rows) * first, shape)
        except ValueError as error:
            raise InputError(f"{path} is shorter than it should be", hint="run the part again") from error

    def array(self, chain: PartChain, name: str, width: int) -> Array:
        """Return what is known of a chain at the end, shape (catchment, width).

        Raises
        ------
        InputError
            the file is not as long as it should be, or not there.
        """
        shape = (len(chain.rows), width)
        return _read(self.folder / f"{chain.number}.{name}", np.float64, shape[0] * width).reshape(shape)

    def rain(self, count: int) -> NDArray[np.int64] | None:
        """Return the share in the basin's rain of each of ``count`` steps; None where there is no rain.

        Raises
        ------
        InputError
            the file is not as long as it should be.
        """
        path = self.folder / RAIN
        return _read(path, np.int64, count) if path.exists() else None


def _read(path: Path, dtype: type[Any], count: int) -> NDArray[Any]:
    try:
        found = np.fromfile(path, dtype)
    except FileNotFoundError:
        raise InputError(f"{path} is not there", hint="run the part again") from None
    if len(found) != count:
        raise InputError(f"{path} holds {len(found)} values, not {count}", hint="run the part again")
    return found
