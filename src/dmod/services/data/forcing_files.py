"""Forcing of catchments from one format into another, and of several datasets put together into one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.catalog.box import Box
from dmod.catalog.data_format import DataFormat, DomainIndex
from dmod.catalog.restriction import Continuous, Discrete, Restriction
from dmod.core.problem import name_some
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import CoverageError, InputError
from dmod.forcing.write import Block
from dmod.services.data.detect import Detected, detect
from dmod.services.data.forcing_parts import Part, open_part
from dmod.services.data.forcing_targets import Contents, write_forcing

BLOCK_BYTES = 1 << 26
"""Values that are held in memory at a time; one catchment's at least."""
Series = NDArray[np.float64]
Values = dict[str, Series]


def convert_forcing(
    source: Path,
    target: Path,
    target_format: DataFormat,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    catchments: Sequence[str] | None = None,
) -> Detected:
    """Write forcing of catchments in another format; every value stays what it is, bit by bit.

    Single precision stays so, CSV becomes double precision, and CSV is written with all digits that a double
    has. Where a file lacks a time in between, or a value, NaN is written.

    Parameters
    ----------
    source : folder of CSV, NetCDF file, or Zarr store
    target : file, or folder for CSV and Zarr; must not exist
    start, end : period to take, the end excluded; what all of the source has where not given
    catchments : those to take; all where not given

    Returns
    -------
    what was written

    Raises
    ------
    CoverageError
        the source does not have the period, or a catchment.
    InputError
        the source is no forcing of catchments, or a value cannot be read.
    AlreadyExists
        the target exists.
    StoreError
        the target cannot be written; nothing is left behind.
    """
    found = detect(source)
    box = _asked(found, start, end, catchments)
    return merge_forcing([(source, box)], target, target_format)


def merge_forcing(sources: Sequence[tuple[Path, Box]], target: Path, target_format: DataFormat) -> Detected:
    """Put forcing of several datasets together into one: further catchments, further periods, or both.

    Where two datasets have the same catchment at the same time, they must agree: to the last bit, or to
    single precision where one of them has no more. A value takes the place of a missing one.

    Parameters
    ----------
    sources : dataset, and the restrictions that say what to take of it (CATCHMENT_ID, TIME, VARIABLE; none
        for everything)

    Returns
    -------
    what was written

    Raises
    ------
    CoverageError
        a catchment does not have the whole period.
    InputError
        variables, units or steps differ, two datasets disagree, or one is no forcing of catchments.
    AlreadyExists, StoreError
        as of `convert_forcing`.
    """
    if not sources:
        raise InputError("there is no forcing to put together", hint="give one dataset at least")
    with ExitStack() as stack:
        parts = []
        for path, box in sources:
            part = open_part(detect(path), box)
            stack.callback(part.source.close)
            parts.append(part)
        axis = _common_axis(parts)
        units = _common_units(parts)
        ids = list(dict.fromkeys(name for part in parts for name in part.catchments))
        _require_whole(parts, axis)
        rows = max(1, BLOCK_BYTES // (8 * axis.count * len(units)))
        single = all(part.single for part in parts)
        contents = Contents(ids, axis, units, "float32" if single else "float64", min(rows, len(ids)))
        write_forcing(target, target_format, contents, _blocks(parts, contents))
    return detect(target)


def _asked(
    found: Detected, start: datetime | None, end: datetime | None, catchments: Sequence[str] | None
) -> Box:
    """Return the restrictions of a wish.

    Raises
    ------
    CoverageError
        the dataset does not have them.
    """
    box: dict[DomainIndex, Restriction] = {}
    period = found.domain.time
    if period is not None and (start is not None or end is not None):
        wanted = Continuous(start or period.begin, end or period.end)
        if not period.contains(wanted):
            raise CoverageError(
                f"{found.path} covers {period}, asked for is {wanted}",
                hint="ask for a part of what it covers",
            )
        box[DomainIndex.TIME] = wanted
    if catchments is not None:
        missing = [name for name in catchments if name not in found.domain.values(DomainIndex.CATCHMENT_ID)]
        if missing or not catchments:
            raise CoverageError(
                f"{found.path} has no forcing of {name_some(missing) or 'no catchment at all'}",
                hint="leave them out",
            )
        box[DomainIndex.CATCHMENT_ID] = Discrete(frozenset(catchments))
    return box


def _common_axis(parts: Sequence[Part]) -> TimeAxis:
    """Return the steps from the first to the last of all parts."""
    first = parts[0]
    for part in parts[1:]:
        if part.window.step != first.window.step:
            raise InputError(
                f"{first.where} has steps of {first.window.step} s, {part.where} of {part.window.step} s",
                hint="bring them to one step",
            )
        if (part.window.start - first.window.start).total_seconds() % first.window.step:
            raise InputError(
                f"the times of {part.where} do not fall on those of {first.where}", hint="shift one of them"
            )
    start, end = min(p.window.start for p in parts), max(p.window.end for p in parts)
    return TimeAxis.between(start, end, first.window.step)


def _common_units(parts: Sequence[Part]) -> dict[str, str]:
    """Return the unit of each column; all parts must have the same."""
    first = parts[0]
    for part in parts[1:]:
        if set(part.columns) != set(first.columns):
            differing = sorted(set(part.columns) ^ set(first.columns))
            raise InputError(
                f"{first.where} and {part.where} do not have the same variables: {', '.join(differing)}",
                hint="take only those that both have",
            )
        for name, column in part.columns.items():
            if column.file_unit != first.columns[name].file_unit:
                raise InputError(
                    f"{name} is in {first.columns[name].file_unit} in {first.where}, "
                    f"in {column.file_unit} in {part.where}",
                    hint="bring them to one unit",
                )
    return {name: column.file_unit for name, column in first.columns.items()}


def _require_whole(parts: Sequence[Part], axis: TimeAxis) -> None:
    """Refuse parts that leave a hole: a catchment that lacks a time that another has."""
    owners: dict[str, list[int]] = defaultdict(list)
    for number, part in enumerate(parts):
        for name in part.catchments:
            owners[name].append(number)
    seen: set[tuple[int, ...]] = set()
    for name, numbers in owners.items():
        if tuple(numbers) in seen:
            continue
        seen.add(tuple(numbers))
        there = np.zeros(axis.count, bool)
        for number in numbers:
            window = parts[number].window
            at = axis.index(window.start)
            there[at : at + window.count] = True
        if not there.all():
            hole = axis.time(int(np.argmin(there)))
            raise CoverageError(
                f"put together, the forcing covers {format_time(axis.start)} to {format_time(axis.end)}, "
                f"but {name} has none at {format_time(hole)}",
                hint="add what is missing, or take only what all catchments have",
            )


def _blocks(parts: Sequence[Part], contents: Contents) -> Iterator[Block]:
    """Yield the values of some catchments after others."""
    owned = [frozenset(part.catchments) for part in parts]
    for first in range(0, len(contents.ids), contents.rows):
        ids = contents.ids[first : first + contents.rows]
        block = _Block(ids, contents)
        for part, own in zip(parts, owned, strict=True):
            taken = [name for name in ids if name in own]
            for catchment, found in part.blocks(taken) if taken else ():
                block.put(catchment, found, part)
        yield first, {name: array.astype(contents.dtype, copy=False) for name, array in block.values.items()}


class _Block:
    """Values of some catchments, filled from one part after another."""

    def __init__(self, ids: Sequence[str], contents: Contents) -> None:
        self.values = {name: np.full((len(ids), contents.axis.count), np.nan) for name in contents.columns}
        self._axis = contents.axis
        self._row = {name: at for at, name in enumerate(ids)}
        self._earlier: dict[str, Part] = {}

    def put(self, catchment: str, found: Values, part: Part) -> None:
        """Put a catchment's values at their times; where others stand already, they must agree."""
        begin = self._axis.index(part.window.start)
        earlier = self._earlier.get(catchment)
        for name, series in found.items():
            target = self.values[name][self._row[catchment], begin : begin + part.window.count]
            if earlier is not None:
                at = _disagreement(target, series, single=part.single or earlier.single)
                if at >= 0:
                    raise InputError(
                        f"{name} of {catchment} at {format_time(part.window.time(at))} is "
                        f"{target[at]:.17g} in {earlier.where} and {series[at]:.17g} in {part.where}",
                        hint="take each time and catchment from one of them only",
                    )
            np.copyto(target, series, where=~np.isnan(series))
        self._earlier[catchment] = part


def _disagreement(first: Series, second: Series, *, single: bool) -> int:
    """Return the first place where both have a value and not the same; -1 for none."""
    both = ~(np.isnan(first) | np.isnan(second))
    differ = first.astype(np.float32) != second.astype(np.float32) if single else first != second
    found = np.flatnonzero(both & differ)
    return int(found[0]) if found.size else -1
