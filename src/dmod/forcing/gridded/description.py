"""From the arrays of one or several datasets to a source: which variable is what, when, in which unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.units import Conversion, canonical, conversion
from dmod.errors import CoverageError, InputError, UnitError
from dmod.forcing.gridded.axes import Axes, Placed, axes_of, grid_of, refuse_curvilinear
from dmod.forcing.gridded.cf import packing, seconds_since_1970
from dmod.forcing.gridded.cf_names import (
    AMOUNTS,
    COLUMNS,
    DEWPOINT,
    HUMIDITY,
    KNOWN_NAMES,
    PRESSURE,
    RELATIVE,
    STANDARD_NAMES,
    TEMPERATURE,
    UNITS,
)
from dmod.forcing.gridded.dataset import RawDataset, RawVariable
from dmod.forcing.gridded.intervals import Intervals, intervals
from dmod.forcing.gridded.joined import JoinedSource
from dmod.forcing.gridded.reading_options import ReadingOptions
from dmod.forcing.gridded.series import (
    ComputedSeries,
    Piece,
    Series,
    StoredSeries,
    humidity_from_dewpoint,
    humidity_from_relative,
)
from dmod.forcing.gridded.source import GridVariable, Wind

_PLAIN_UNITS = {"%": "percent", "g/g": "1", "g g-1": "1", "kg/kg": "1", "(0 - 1)": "1", "J/m2": "J m-2"}


@dataclass(frozen=True, slots=True)
class Part:
    """One column's variable in one dataset."""

    dataset: RawDataset
    variable: RawVariable
    axes: Axes
    times: NDArray[np.int64]
    bounds: NDArray[np.int64] | None


def describe(
    datasets: Sequence[RawDataset],
    *,
    where: str,
    layout: str,
    options: ReadingOptions,
    columns: Sequence[str] | None = None,
    closers: Sequence[Callable[[], None]] = (),
) -> JoinedSource:
    """Return a source of what the datasets hold, pieces of the same variable joined in time.

    Parameters
    ----------
    columns : those that must be there; None for those that are

    Raises
    ------
    InputError
        a column that must be there is not, or what is there cannot be understood.
    """
    parts = _parts(datasets, options)
    made = _made_of(parts)
    wanted = columns or [column for column in COLUMNS if column in made]
    _refuse_missing(made, wanted, datasets, where)
    needed = {part for column in wanted for part in made[column]}
    placed = _one_grid([part for column in sorted(needed) for part in parts[column]], options, where)
    projected = not _along_meridians(placed.grid.crs)
    joined = {column: _join(column, parts[column], options) for column in needed}
    series: dict[str, Series] = {column: joined[column][0] for column in wanted if column in joined}
    if HUMIDITY in wanted and HUMIDITY not in joined:
        series[HUMIDITY] = _computed_humidity(made[HUMIDITY], joined)
    variables = {
        column: _shown(column, parts, joined, made, options, projected=projected) for column in wanted
    }
    first = next(part for part in parts[sorted(needed)[0]])
    return JoinedSource(
        where,
        layout,
        placed.grid,
        variables,
        series,
        chunk=first.dataset.cube(first.variable.name, first.axes.order).chunk,
        described=[options.text.encode(), *_described(parts, needed)],
        first_column=placed.first_column,
        missing_chunks=[dataset.missing_chunks for dataset in datasets],
        closers=closers,
    )


def _parts(datasets: Sequence[RawDataset], options: ReadingOptions) -> dict[str, list[Part]]:
    """Return by column the parts in the order of their times."""
    found: dict[str, list[Part]] = {}
    for column, name in options.names.items():
        if not any(name in dataset.variables for dataset in datasets):
            raise InputError(
                f"{datasets[0].where}: there is no variable {name!r} for {column}",
                hint=_there_is(datasets[0]),
            )
    for dataset in datasets:
        for column, variable in _named(dataset, options).items():
            axes = axes_of(dataset, variable)
            if axes is None:
                continue
            times, bounds = _times(dataset, axes.time)
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


def _times(dataset: RawDataset, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
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


def _made_of(parts: Mapping[str, list[Part]]) -> dict[str, tuple[str, ...]]:
    """Return by column the parts it is made of: itself, or for humidity what it can be computed from."""
    made: dict[str, tuple[str, ...]] = {column: (column,) for column in parts if column in COLUMNS}
    for inputs in ((RELATIVE, TEMPERATURE, PRESSURE), (DEWPOINT, PRESSURE)):
        if HUMIDITY not in parts and all(column in parts for column in inputs):
            made[HUMIDITY] = inputs
    return made


def _computed_humidity(
    inputs: tuple[str, ...], joined: Mapping[str, tuple[StoredSeries, Intervals]]
) -> Series:
    formula = humidity_from_dewpoint if inputs[0] == DEWPOINT else humidity_from_relative
    return ComputedSeries([joined[column][0] for column in inputs], formula)


def _refuse_missing(
    made: Mapping[str, tuple[str, ...]], wanted: Sequence[str], datasets: Sequence[RawDataset], where: str
) -> None:
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


def _one_grid(parts: Iterable[Part], options: ReadingOptions, where: str) -> Placed:
    """Return the grid that all parts share."""
    first: tuple[Placed, Part] | None = None
    for part in parts:
        placed = grid_of(part.dataset, part.variable, part.axes, options.crs)
        if first is None:
            first = placed, part
        elif placed != first[0]:
            raise InputError(
                f"{where}: {part.variable.name} of {part.dataset.where} lies on another grid than"
                f" {first[1].variable.name} of {first[1].dataset.where}",
                hint="all variables and all files of a store must share one grid",
            )
    assert first is not None
    return first[0]


def _join(column: str, parts: Sequence[Part], options: ReadingOptions) -> tuple[StoredSeries, Intervals]:
    """Return the series that the parts make together, and the intervals of its values."""
    first = parts[0].variable
    where = f"{parts[0].dataset.where}: {first.name}"
    changes = {
        change_of(column, str(part.variable.attributes.get("units", "")).strip(), where) for part in parts
    }
    if len(changes) > 1:
        raise InputError(
            f"{where}: its unit changes from one piece to the next", hint="bring them to one unit"
        )
    change, amount = changes.pop()
    times = np.concatenate([part.times for part in parts])
    bounds = None
    if all(part.bounds is not None for part in parts):
        bounds = np.concatenate([part.bounds for part in parts if part.bounds is not None])
    found = intervals(
        times,
        bounds,
        amount=amount,
        mean=column in options.means,
        methods=str(first.attributes.get("cell_methods", "")),
        options=options,
        where=where,
    )
    if amount:
        change = Conversion(change.scale / found.step, 0.0)
    pieces = [_piece(part) for part in parts]
    if found.keep is not None and not found.keep.size:
        raise CoverageError(f"{where}: no amount can be told from what it had added up to before")
    series = StoredSeries(pieces, found.starts, change, before=found.before, keep=found.keep, where=where)
    return series, found


def _piece(part: Part) -> Piece:
    variable = part.variable
    packed = packing(variable.attributes, variable.dtype, f"{part.dataset.where}: {variable.name}")
    return Piece(part.dataset.cube(variable.name, part.axes.order), packed, part.times.size)


def change_of(column: str, unit: str, where: str) -> tuple[Conversion, bool]:
    """Return the conversion to a column's unit, or an amount's to millimetres or J m-2; whether it is one.

    Raises
    ------
    UnitError
        the unit is not stated, or measures something else.
    """
    target = UNITS[column]
    if not unit and target != "1" and canonical(target) != "1":
        raise UnitError(f"{where} states no unit", hint=f"add the attribute units, such as {target!r}")
    plain = _PLAIN_UNITS.get(unit, unit).replace("**", "^")
    plain = canonical(plain) if plain not in {"percent"} else plain
    water = plain.replace("kg m-2", "mm", 1) if column == "precip_rate" else plain
    for goal, amount in ((target, False), (AMOUNTS.get(column, ""), True)):
        if not goal:
            continue
        try:
            return conversion(water, goal), amount
        except UnitError:
            continue
    raise UnitError(
        f"{where} is in {unit!r}, which cannot be brought to {target!r}",
        hint=f"correct its units; {column} is in {target!r}"
        + (f", or an amount in {AMOUNTS[column]!r}" if column in AMOUNTS else ""),
    )


def _shown(
    column: str,
    parts: Mapping[str, list[Part]],
    joined: Mapping[str, tuple[StoredSeries, Intervals]],
    made: Mapping[str, tuple[str, ...]],
    options: ReadingOptions,
    *,
    projected: bool,
) -> GridVariable:
    inputs = made[column]
    variable = parts[inputs[0]][0].variable
    name = "+".join(parts[part][0].variable.name for part in inputs)
    long_name = str(variable.attributes.get("long_name", variable.attributes.get("standard_name", "")))
    wind = _wind(column, variable, options, projected=projected)
    return GridVariable(column, name, UNITS[column], long_name, joined[inputs[0]][1].stamp, wind)


def _wind(column: str, variable: RawVariable, options: ReadingOptions, *, projected: bool) -> Wind:
    """Return the axis of the grid that a component points along, "" if it points to east or north."""
    axis: Wind = {"UGRD_10maboveground": "x", "VGRD_10maboveground": "y"}.get(column, "")  # type: ignore[assignment]
    if not axis or not projected or options.wind == "earth":
        return ""
    standard = str(variable.attributes.get("standard_name", ""))
    return axis if options.wind == "grid" or standard in {"x_wind", "y_wind"} else ""


def _along_meridians(system: str) -> bool:
    from pyproj import CRS

    known = CRS.from_user_input(system)
    return bool(known.is_geographic) and not known.is_derived


def _described(parts: Mapping[str, list[Part]], needed: Iterable[str]) -> list[bytes]:
    datasets = {part.dataset.where: part.dataset for column in needed for part in parts[column]}
    times = [part.times.tobytes() for column in sorted(needed) for part in parts[column]]
    return [dataset.description for _, dataset in sorted(datasets.items())] + times
