"""Which variables of which datasets are the columns of forcing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.forcing.gridded.axes import Axes, axes_of, refuse_curvilinear
from dmod.forcing.gridded.cf import seconds_since_1970
from dmod.forcing.gridded.cf_names import (
    COLUMNS,
    DEWPOINT,
    HUMIDITY,
    KNOWN_NAMES,
    PRESSURE,
    RELATIVE,
    STANDARD_NAMES,
    TEMPERATURE,
)
from dmod.forcing.gridded.dataset import RawDataset, RawVariable
from dmod.forcing.gridded.reading_options import ReadingOptions

Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """One column's variable in one dataset."""

    dataset: RawDataset
    variable: RawVariable
    axes: Axes
    times: Seconds
    bounds: Seconds | None


def parts_of(datasets: Sequence[RawDataset], options: ReadingOptions) -> dict[str, list[Part]]:
    """Return by column the parts in the order of their times."""
    found: dict[str, list[Part]] = {}
    for column, name in options.names.items():
        if not any(name in dataset.variables for dataset in datasets):
            raise InputError(
                f"{datasets[0].where}: there is no variable {name!r} for {column}",
                hint=_there_is(datasets[0]),
            )
    for dataset in datasets:
        clocks: dict[str, tuple[Seconds, Seconds | None]] = {}
        for column, variable in _named(dataset, options).items():
            axes = axes_of(dataset, variable)
            if axes is None:
                continue
            if axes.time not in clocks:
                clocks[axes.time] = _times(dataset, axes.time)
            times, bounds = clocks[axes.time]
            found.setdefault(column, []).append(Part(dataset, variable, axes, times, bounds))
    for parts in found.values():
        parts.sort(key=lambda part: int(part.times[0]))
    return found


def _named(dataset: RawDataset, options: ReadingOptions) -> dict[str, RawVariable]:
    """Return by column the variable that it is: as the user says, by its usual or its standard name.

    Raises
    ------
    InputError
        several could be meant.
    """
    named: dict[str, list[str]] = {}
    for name, variable in dataset.variables.items():
        standard = str(variable.attributes.get("standard_name", ""))
        column = KNOWN_NAMES.get(name) or STANDARD_NAMES.get(standard)
        if column and len(variable.shape) >= 3:
            named.setdefault(column, []).append(name)
    for column, name in options.names.items():
        named.pop(column, None)
        if name in dataset.variables:
            named[column] = [name]
    chosen = {}
    for column, names in named.items():
        known = [name for name in names if name in KNOWN_NAMES]
        if len(names) > 1 and len(known) != 1:
            raise InputError(
                f"{dataset.where}: {', '.join(names)} could all be {column}",
                hint=f"say which with the option {column}={names[0]}",
            )
        chosen[column] = dataset.variables[known[0] if len(names) > 1 else names[0]]
    return chosen


def _there_is(dataset: RawDataset) -> str:
    names = sorted(name for name, variable in dataset.variables.items() if len(variable.shape) >= 2)
    return f"it has {', '.join(names) or 'no variables over a grid'}"


def _times(dataset: RawDataset, name: str) -> tuple[Seconds, Seconds | None]:
    variable = dataset.variables[name]
    where = f"{dataset.where}: {name}"
    times = seconds_since_1970(dataset.read(name), variable.attributes, where)
    if not times.size:
        raise InputError(f"{where} has no values", hint="the store holds no data")
    named = str(variable.attributes.get("bounds", ""))
    if named not in dataset.variables or dataset.variables[named].shape != (times.size, 2):
        return times, None
    attributes = dict(variable.attributes) | dict(dataset.variables[named].attributes)
    return times, seconds_since_1970(dataset.read(named), attributes, f"{dataset.where}: {named}")


def made_of(parts: Mapping[str, list[Part]]) -> dict[str, tuple[str, ...]]:
    """Return by column the parts it is made of: itself, or for humidity what it can be computed from."""
    made: dict[str, tuple[str, ...]] = {column: (column,) for column in parts if column in COLUMNS}
    for inputs in ((RELATIVE, TEMPERATURE, PRESSURE), (DEWPOINT, PRESSURE)):
        if HUMIDITY not in parts and all(column in parts for column in inputs):
            made[HUMIDITY] = inputs
    return made


def refuse_missing(
    made: Mapping[str, tuple[str, ...]], wanted: Sequence[str], datasets: Sequence[RawDataset], where: str
) -> None:
    """Refuse columns that must be there and are not, saying what there is.

    Raises
    ------
    InputError
        there are such, or none at all.
    """
    missing = [column for column in wanted if column not in made]
    if wanted and not missing:
        return
    for dataset in datasets:
        refuse_curvilinear(dataset)
    has = "; ".join(dict.fromkeys(_there_is(dataset) for dataset in datasets[:3]))
    what = f"no variable for {', '.join(missing)}" if missing else "no variable that is known as forcing"
    raise InputError(
        f"{where}: there is {what}",
        hint=f"{has}; name it with an option, such as {(missing or COLUMNS)[0]}=NAME",
    )
