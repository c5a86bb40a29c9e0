"""What lies in a folder beside the files that were recognised: notes on papers, a refusal of other data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from dmod.errors import InputError
from dmod.services.data.detect.sight import Kind, kind_of, listing
from dmod.services.data.detect.words import counted, some

_DATA = frozenset({Kind.SQLITE, Kind.NETCDF, Kind.ZIP, Kind.TAR})
_LOOKED_AT = 50


def notes_on_others(
    folder: Path,
    taken: Collection[Path],
    what: str,
    *,
    goes_along: Callable[[Path], bool] = lambda _: False,
) -> list[str]:
    """Return a note on the other files of a folder.

    Parameters
    ----------
    taken : relative paths of the files that were recognised
    what : they are
    goes_along : whether data of another kind belong to such files nevertheless

    Raises
    ------
    InputError
        data of another kind are among the others: one dataset is of one kind.
    """
    here = listing(folder)
    others = [name for name in here.files if name not in taken]
    data = [name for name in others[:_LOOKED_AT] if kind_of(folder / name) in _DATA]
    data += [store for store in here.stores if store not in taken]
    foreign = [name for name in data if not goes_along(folder / name)]
    if foreign:
        raise InputError(
            f"{folder} holds {what} ({counted(len(taken), 'file')}) and other data: {_named(foreign)}",
            hint="one dataset is of one kind: put them into folders of their own",
        )
    return [f"{counted(len(others), 'other file')} beside: {_named(others)}"] if others else []


def _named(names: Sequence[Path]) -> str:
    return some([str(name) for name in names])
