"""States of a run in a NetCDF file: saved at its end, or given to start warm.

One group per chain of modules, in it one per module, with the values by catchment and state name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.core.atomic import replacing
from dmod.core.hdf5 import HDF5_LOCK
from dmod.core.time_axis import format_time, parse_time
from dmod.errors import InputError, NotFoundError

Array = NDArray[np.float64]
FORMAT = "dmod states 1"


@dataclass(frozen=True, slots=True)
class ModuleState:
    """States of one module for some catchments.

    Parameters
    ----------
    module, revision : whose states
    names : one per column
    values : shape (catchment, state)
    """

    module: str
    revision: str
    names: tuple[str, ...]
    values: Array


@dataclass(frozen=True, slots=True)
class ChainState:
    """States of all modules of a chain, and the last step's values that a feedback needs."""

    catchments: tuple[str, ...]
    modules: tuple[ModuleState, ...]
    feedback: Array | None = None


@dataclass(frozen=True, slots=True)
class RunState:
    """Everything a run needs to go on.

    Parameters
    ----------
    time : stamp of the first step that was not run
    routing : name → array, by flowpath, as the router gives them; with ``flowpath`` their ids
    """

    time: datetime
    chains: tuple[ChainState, ...]
    routing: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)


def write_states(path: Path, state: RunState) -> None:
    """Write the states; the file appears whole or not at all."""
    import netCDF4

    with replacing(path) as hidden, HDF5_LOCK, netCDF4.Dataset(hidden, "w") as file:
        file.format_name = FORMAT
        file.time = format_time(state.time)
        for index, chain in enumerate(state.chains):
            group = file.createGroup(f"chain{index}")
            _strings(group, "catchment", chain.catchments)
            for position, module in enumerate(chain.modules):
                part = group.createGroup(f"module{position}")
                part.module, part.revision = module.module, module.revision
                _strings(part, "state", module.names)
                part.createVariable("value", "f8", ("catchment", "state"))[:] = module.values
            if chain.feedback is not None:
                _array(group, "feedback", chain.feedback)
        if state.routing:
            group = file.createGroup("routing")
            for name, values in state.routing.items():
                if values.dtype.kind in "OU":
                    _strings(group, name, [str(v) for v in values.tolist()])
                else:
                    _array(group, name, values)


def read_states(path: Path) -> RunState:
    """Read what `write_states` wrote.

    Raises
    ------
    NotFoundError
        there is no such file.
    InputError
        the file holds no states.
    """
    import netCDF4

    if not path.is_file():
        raise NotFoundError(f"there is no state file {path}", hint="a run writes states.nc at its end")
    try:
        with HDF5_LOCK, netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            if getattr(file, "format_name", "") != FORMAT:
                raise InputError(
                    f"{path} holds no states of a run", hint="give the states.nc of an earlier run"
                )
            chains = tuple(
                _read_chain(group) for name, group in file.groups.items() if name.startswith("chain")
            )
            routing = file.groups.get("routing")
            arrays = {} if routing is None else {n: np.asarray(v[:]) for n, v in routing.variables.items()}
            return RunState(parse_time(file.time, what=f"{path}, time"), chains, arrays)
    except OSError as error:
        raise InputError(
            f"{path} is not a NetCDF file", hint="give the states.nc of an earlier run"
        ) from error


def _read_chain(group) -> ChainState:  # type: ignore[no-untyped-def]
    modules = []
    for part in group.groups.values():
        names = tuple(str(n) for n in part["state"][:])
        modules.append(ModuleState(part.module, part.revision, names, np.asarray(part["value"][:])))
    feedback = np.asarray(group["feedback"][:]) if "feedback" in group.variables else None
    return ChainState(tuple(str(c) for c in group["catchment"][:]), tuple(modules), feedback)


def _strings(group, name: str, values: Sequence[str]) -> None:  # type: ignore[no-untyped-def]
    group.createDimension(name, len(values))
    group.createVariable(name, str, (name,))[:] = np.array(values, dtype=object)


def _array(group, name: str, values: NDArray[np.generic]) -> None:  # type: ignore[no-untyped-def]
    sizes = []
    for axis, size in enumerate(values.shape):
        sizes.append(f"{name}_{axis}")
        group.createDimension(sizes[-1], size)
    group.createVariable(name, values.dtype, tuple(sizes))[...] = values


def restore(target_names: Sequence[str], values: Array, saved: ModuleState, rows: Sequence[int]) -> None:
    """Copy saved states into ``values`` (catchment, state) by name.

    Parameters
    ----------
    target_names : names of the columns of ``values``
    rows : row of ``saved`` for each catchment of ``values``

    Raises
    ------
    InputError
        a saved state that is not zero has no place, so that water would be lost.
    """
    place = {name: i for i, name in enumerate(target_names)}
    picked = saved.values[list(rows)]
    for column, name in enumerate(saved.names):
        if name in place:
            values[:, place[name]] = picked[:, column]
        elif np.any(picked[:, column] != 0.0):
            raise InputError(
                f"the saved state {name!r} of module {saved.module} has no place in this run",
                hint="start warm with the configuration (GIUH ordinates, reservoirs) of the saved run",
            )
    kept = set(saved.names)
    for name, column in place.items():
        if name not in kept:
            values[:, column] = 0.0
