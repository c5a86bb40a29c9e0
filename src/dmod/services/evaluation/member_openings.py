"""One address that holds all members of an ensemble: a table, NetCDF, or a folder of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from dmod.errors import DmodError, InputError
from dmod.evaluation.location_series import SeriesSource
from dmod.services.evaluation.array_source import member_names
from dmod.services.evaluation.opening import JOB, Opening, open_locally
from dmod.services.evaluation.sources import NETCDF, is_run
from dmod.services.evaluation.table_files import is_table
from dmod.services.evaluation.teehr import members_of_table

MembersOpener = Callable[[Opening], Mapping[str, SeriesSource]]
"""Opens all members that an address holds, by name."""


def open_members_locally(opening: Opening) -> Mapping[str, SeriesSource]:
    """Open all members that a file or a folder of this machine holds.

    Raises
    ------
    InputError
        it holds none, or is a job, which is asked elsewhere; the place is named.
    NotFoundError
        there is nothing.
    """
    if opening.address.startswith(JOB):
        open_locally(opening)
    return {name: open_locally(one) for name, one in divided(opening, Path(opening.address)).items()}


def divided(opening: Opening, path: Path) -> dict[str, Opening]:
    """Return how each member is opened of all that lies at a path, by its name.

    Raises
    ------
    InputError
        it holds no members, or cannot be read; the message says what is looked for.
    """
    path = path.expanduser()
    if not path.exists():
        raise InputError(f"{opening.place}: there is nothing at {path}", hint="check the address")
    try:
        found = dict(_openings(opening, path))
    except DmodError as error:
        raise type(error)(f"{opening.place}: {error.message}", hint=error.hint) from error
    if not found:
        raise InputError(
            f"{opening.place}: {opening.address} holds no members of an ensemble",
            hint="it can be the job of an ensemble, a table with a column member, NetCDF with a dimension "
            "member, ensemble, realization or number, or a folder of runs or of NetCDF; else list the "
            "members: [a.nc, b.nc]",
        )
    return found


def _openings(opening: Opening, path: Path) -> Iterator[tuple[str, Opening]]:
    if path.is_dir():
        runs = [item for item in sorted(path.iterdir()) if is_run(item)]
        files = [item for item in sorted(path.iterdir()) if item.suffix.lower() in NETCDF]
        if is_run(path):
            return
        if runs or len(files) > 1:
            for item in runs or files:
                yield item.stem if item.is_file() else item.name, replace(opening, address=str(item))
            return
        path = files[0] if files else path
    names: tuple[str, ...] = ()
    if path.suffix.lower() in NETCDF:
        names = member_names(path)
    elif is_table(path):
        names = members_of_table(path, opening.options)
    for name in names:
        yield name, replace(opening, address=str(path), options=replace(opening.options, member=name))
