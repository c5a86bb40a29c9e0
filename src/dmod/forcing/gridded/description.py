"""From the arrays of one or several datasets to a source: which variable is what, when, in which unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from dmod.core.units import Conversion
from dmod.errors import CoverageError, InputError
from dmod.forcing.gridded.axes import Placed, grid_of, stated
from dmod.forcing.gridded.cf import packing
from dmod.forcing.gridded.cf_names import COLUMNS, DEWPOINT, HUMIDITY, UNITS
from dmod.forcing.gridded.column_units import change_of
from dmod.forcing.gridded.dataset import RawDataset, RawVariable
from dmod.forcing.gridded.intervals import Intervals, intervals
from dmod.forcing.gridded.joined import JoinedSource
from dmod.forcing.gridded.matching import Part, made_of, parts_of, refuse_missing
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
    parts = parts_of(datasets, options)
    made = made_of(parts)
    wanted = columns or [column for column in COLUMNS if column in made]
    refuse_missing(made, wanted, datasets, where)
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


def _computed_humidity(
    inputs: tuple[str, ...], joined: Mapping[str, tuple[StoredSeries, Intervals]]
) -> Series:
    formula = humidity_from_dewpoint if inputs[0] == DEWPOINT else humidity_from_relative
    return ComputedSeries([joined[column][0] for column in inputs], formula)


def _one_grid(parts: Sequence[Part], options: ReadingOptions, where: str) -> Placed:
    """Return the grid that all parts share; coordinates are read once a dataset."""
    found: dict[tuple[str, ...], tuple[Placed, Part]] = {}
    for part in parts:
        key = (
            part.dataset.where,
            part.axes.row,
            part.axes.column,
            *map(str, stated(part.dataset, part.variable)),
        )
        if key not in found:
            found[key] = grid_of(part.dataset, part.variable, part.axes, options.crs), part
    (placed, first), *others = found.values()
    for other, part in others:
        if other != placed:
            raise InputError(
                f"{where}: {part.variable.name} of {part.dataset.where} lies on another grid than"
                f" {first.variable.name} of {first.dataset.where}",
                hint="all variables and all files of a store must share one grid",
            )
    return placed


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
