"""Outputs of catchments that parts of a run write in their last form, and that the run takes over.

CSV files lie in the part's folder. NetCDF is one file for all parts, ``catchments-<digest>/catchments.nc``
beside their folders: the first that comes lays it out, and each writes the rows of its catchments. What a run
takes over gets a second name and keeps its first, so that a run that is killed can be done again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from dmod.core.atomic import storing
from dmod.errors import InputError
from dmod.output.catchment_outputs import NETCDF, CatchmentOutputs
from dmod.output.csv_output import CatchmentCsv
from dmod.output.layout import stored_variables
from dmod.output.netcdf_output import CatchmentNetcdf
from dmod.output.part_files import PartFiles
from dmod.output.shared_netcdf import SharedNetcdf
from dmod.output.sink import Sink

TABLES = "tables"
"""Folder of CSV files in a part's folder."""


class PartOutputs:
    """The outputs that a part writes.

    Parameters
    ----------
    outputs : of the whole run
    folder : of the part, there already; what parts share lies beside it

    Raises
    ------
    StoreError
        the disk is full, or cannot be written to.
    """

    def __init__(self, outputs: CatchmentOutputs, folder: Path) -> None:
        self._outputs = outputs
        self._folder = folder
        self._token = ""
        self.sink: CatchmentCsv | CatchmentNetcdf
        if outputs.csv:
            with storing(folder):
                (folder / TABLES).mkdir()
            self.sink = outputs.open(folder / TABLES)
            return
        shared = SharedNetcdf.laid_out(
            _shared_folder(outputs, folder),
            lambda aside: _laid_out(outputs, aside),
            names=list(stored_variables(outputs.layouts)),
            dtype=outputs.dtype,
            steps=outputs.axis.count,
        )
        self._token = shared.token
        self.sink = CatchmentNetcdf(shared.rows(), outputs.ids, outputs.layouts)

    def record(self) -> dict[str, str | int]:
        """Return what the run has to know of what was written, once the sink is closed."""
        size = 0
        if self._outputs.csv:
            with storing(self._folder):
                size = sum(path.stat().st_size for path in (self._folder / TABLES).iterdir())
        outputs = self._outputs
        return {"form": outputs.form, "digest": outputs.digest, "token": self._token, "size": size}


def require_delivered(outputs: CatchmentOutputs, parts: Sequence[PartFiles]) -> None:
    """Refuse parts that wrote other outputs than the run is to have, or not all of them.

    Raises
    ------
    InputError
        the first such part.
    """
    for part in parts:
        said = part.outputs
        if said["digest"] != outputs.digest:
            other = said["form"] if said["form"] != outputs.form else "other variables"
            raise InputError(
                f"{part.folder} wrote other outputs than the run is to have: {other}, not {outputs.form}",
                hint="run all parts with the options of the whole",
            )
        if outputs.csv:
            _require_tables(outputs, part, int(said["size"]))
        else:
            _require_shared(_shared_folder(outputs, parts[0].folder), part, str(said["token"]))


def take_over(outputs: CatchmentOutputs, parts: Sequence[PartFiles], folder: Path) -> Sink:
    """Return what puts the outputs of all parts into a folder when it is closed, and not if it is aborted."""
    found: Iterable[Path]
    if outputs.csv:
        found = (path for part in parts for path in _tables(outputs, part))
    else:
        found = [_shared_folder(outputs, parts[0].folder) / NETCDF]
    return Sink(_Taken(found, folder))


class _Taken:
    """Files that get a second name in a folder."""

    def __init__(self, paths: Iterable[Path], folder: Path) -> None:
        self._paths = paths
        self._folder = folder

    def commit(self) -> None:
        """Put them there."""
        with storing(self._folder):
            for path in self._paths:
                target = self._folder / path.name
                try:
                    target.hardlink_to(path)
                except OSError:  # another file system, or one without second names
                    shutil.copyfile(path, target)

    def discard(self) -> None:
        """Leave them as they are: the folder is not this one's to clear."""


def _shared_folder(outputs: CatchmentOutputs, part: Path) -> Path:
    return part.parent / f"catchments-{outputs.digest}"


def _laid_out(outputs: CatchmentOutputs, folder: Path) -> Path:
    outputs.open(folder).close()
    return folder / NETCDF


def _tables(outputs: CatchmentOutputs, part: PartFiles) -> list[Path]:
    rows = [row for chain in part.chains for row in chain.rows]
    return [part.folder / TABLES / f"{outputs.ids[row]}.csv" for row in rows]


def _require_tables(outputs: CatchmentOutputs, part: PartFiles, size: int) -> None:
    try:
        found = sum(path.stat().st_size for path in _tables(outputs, part))
    except FileNotFoundError as error:
        raise InputError(f"{error.filename} is not there", hint="run the part again") from error
    if found != size:
        raise InputError(
            f"{part.folder / TABLES} holds {found} bytes, {size} were written", hint="run the part again"
        )


def _require_shared(folder: Path, part: PartFiles, token: str) -> None:
    shared = SharedNetcdf.found(folder)
    if shared is None or shared.token != token:
        raise InputError(
            f"{part.folder} did not write into {folder / NETCDF}",
            hint="run all parts anew, in folders beside one another",
        )
    size = shared.path.stat().st_size if shared.path.exists() else 0
    if size != shared.size:
        raise InputError(
            f"{shared.path} has {size} bytes, {shared.size} were laid out", hint="run all parts anew"
        )
