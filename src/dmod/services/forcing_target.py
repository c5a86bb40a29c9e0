"""Where a forcing goes: whether it may, and whether it fits."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from dmod.core.atomic import require_space
from dmod.errors import AlreadyExists, InputError
from dmod.forcing.gridded.derive.output import output_bytes
from dmod.forcing.gridded.derive.pieces import Cut
from dmod.forcing.gridded.derive.work import Work
from dmod.services.forcing_weighed import WeighedSource


@dataclass(frozen=True, slots=True)
class Target:
    """Where the result goes.

    Parameters
    ----------
    work : folder of what is under way
    fresh : discard what an earlier process left there
    """

    output: Path
    work: Path
    fresh: bool


def require_output(path: Path, *, csv: bool, overwrite: bool) -> None:
    """Refuse an output that cannot be written, or that would replace something else.

    Raises
    ------
    InputError
        it is a folder where a file is due, or the other way round, or no ``.nc`` file.
    AlreadyExists
        it is there and was not to be replaced, or it is a folder that holds something else.
    """
    if not csv:
        if path.is_dir():
            raise InputError(
                f"{path} is a folder", hint=f"name the file: {path / 'forcings.nc'}; or add --csv"
            )
        if path.suffix.lower() not in (".nc", ".nc4"):
            raise InputError(
                f"{path} is no name of a NetCDF file", hint=f"name it {path.name}.nc, or add --csv"
            )
        if path.exists() and not overwrite:
            raise AlreadyExists(f"{path} exists", hint="give another name, or replace it with --overwrite")
        return
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file", hint="CSV forcing is a folder with a file per catchment")
    entries = sorted(path.iterdir()) if path.exists() else []
    for entry in entries:
        if entry.suffix != ".csv" and not entry.name.startswith(f"{path.name}_report."):
            raise AlreadyExists(
                f"{path} holds {entry.name}, which is no forcing of a catchment", hint="give another folder"
            )
    if entries and not overwrite:
        more = f" and {len(entries) - 1} more" if len(entries) > 1 else ""
        raise AlreadyExists(
            f"{path} holds {entries[0].name}{more}",
            hint="give another folder, or replace the forcing in it with --overwrite",
        )


def require_disk(found: WeighedSource, target: Target, cut: Cut, work: Work) -> None:
    """Refuse before anything is read if what is left to write does not fit."""
    values = sum(
        piece.steps * cut.rows[piece.tile].size * len(piece.columns)
        for piece in cut.pieces
        if work.facts(piece.name) is None
    )
    size = output_bytes(
        len(found.polygons), cut.axis.count, len(found.request.variables), csv=found.request.csv
    )
    parent = _nearest(target.output)
    same = parent.stat().st_dev == target.work.stat().st_dev
    require_space(target.work, 4 * values + (size if same else 0))
    require_space(target.output, size)


def _nearest(path: Path) -> Path:
    """Return the folder that is there and that a path lies in."""
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    return folder


def free_bytes(path: Path) -> int:
    """Return the space where a path would be."""
    return shutil.disk_usage(_nearest(path)).free
