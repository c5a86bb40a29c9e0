"""Thresholds, read as a specification says: for all times, or for each day of the year."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.specification.location import COLUMN, FILENAME
from dmod.evaluation.specification.threshold import ThresholdDefinition, Thresholds
from dmod.evaluation.threshold import Threshold
from dmod.services.evaluation.backends import Content, Reach
from dmod.services.evaluation.selected_source import location_in, unit_text
from dmod.services.evaluation.selecting import find, read_json
from dmod.services.evaluation.source_options import SourceOptions, scale_of
from dmod.services.evaluation.tables import read_table

if TYPE_CHECKING:
    import pandas as pd

DAYS = 366
_BEFORE = (0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335)
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# how tables with one threshold a row name what they hold
_VALUE, _NAME, _UNIT, _LOCATION = "value", "name", "unit", "location"


@dataclass(slots=True)
class _Gathered:
    """What was found of one threshold."""

    definition: ThresholdDefinition
    constant: dict[str, float] = field(default_factory=dict)
    daily: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, location: str, value: float, place: str) -> None:
        if math.isnan(value):
            return
        known = self.constant.setdefault(location, value)
        if not math.isclose(known, value, rel_tol=1e-9):
            raise InputError(
                f"{place}: {self.definition.name!r} has the values {known:g} and {value:g} at {location}",
                hint="choose one by origin, or say by application_rules when each holds",
            )

    def add_day(self, location: str, day: int, value: float) -> None:
        days = self.daily.setdefault(location, np.full(DAYS, np.nan))
        if not math.isnan(value):
            days[day] = value


def read_thresholds(groups: Sequence[Thresholds], reach: Reach, unit: str) -> tuple[Threshold, ...]:
    """Return all thresholds in a unit, in the order of the specification.

    Raises
    ------
    InputError
        one cannot be read, or its locations cannot be told; a definition leads to nothing.
    """
    found = []
    for index, group in enumerate(groups):
        place = f"thresholds[{index}]"
        gathered = [_Gathered(definition) for definition in group.definitions]
        for content in reach.contents(group.backend, f"{place}.backend"):
            if group.backend.format == "json":
                _from_json(group, content, gathered, unit, place)
            else:
                _from_table(group, content, gathered, unit, place)
        for number, item in enumerate(gathered):
            if not item.constant and not item.daily:
                raise InputError(
                    f"{place}.definitions[{number}].field: nothing is at {'/'.join(item.definition.field)!r}",
                    hint="check field and origin; a threshold needs a value at one location at least",
                )
            found.append(Threshold(item.definition.name, item.constant, item.daily, item.definition.weight))
    return tuple(found)


def _from_json(
    group: Thresholds, content: Content, gathered: Sequence[_Gathered], unit: str, place: str
) -> None:
    if group.application_rules is not None:
        raise InputError(
            f"{place}.application_rules: days of the year are read from tables", hint="give CSV or RDB"
        )
    document = read_json(content, f"{place}.backend")
    elements = find(document, group.origin, f"{place}.origin")
    if not elements:
        raise InputError(f"{place}.origin: nothing is at {'.'.join(group.origin)!r}")
    for element in elements:
        location = _location(group, content, element.value, place)
        if location is None or (group.locations.ids and location not in group.locations.ids):
            continue
        for number, item in enumerate(gathered):
            at = f"{place}.definitions[{number}]"
            values = find(element.value, item.definition.field, f"{at}.field")
            numbers = [_number(match.value, f"{at}.field") for match in values]
            if all(math.isnan(value) for value in numbers):
                continue  # before its unit: what has no value need not have one
            scale = _scale(item.definition, element.value, unit, at)
            for value in numbers:
                item.add(location, value * scale, at)


def _location(group: Thresholds, content: Content, element: Any, place: str) -> str | None:
    locations = group.locations
    if locations.from_field == FILENAME:
        return location_in(content.name, locations.expression)
    if locations.path:
        found = find(element, locations.path, f"{place}.locations.pattern")
        return str(found[0].value) if found and found[0].value is not None else None
    if len(locations.ids) == 1:
        return locations.ids[0]
    raise InputError(
        f"{place}.locations: nothing says whose thresholds these are",
        hint="give from_field: value and the path as pattern, from_field: filename, or one of ids",
    )


def _scale(definition: ThresholdDefinition, element: Any, unit: str, place: str) -> float:
    stated = definition.unit.value
    if stated is None:
        path = definition.unit.path or (definition.unit.field or "",)
        found = find(element, path, f"{place}.unit")
        if not found or not isinstance(found[0].value, str):
            raise InputError(f"{place}.unit: no unit is at {'/'.join(path)!r}", hint="state it by value")
        stated = found[0].value
    return scale_of(unit_text(stated), SourceOptions(unit=unit), f"{place}.unit")


def _number(value: Any, place: str) -> float:
    if value is None or value == "":
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{place}: {str(value)[:40]!r} is no number", hint="check the path") from error


def _from_table(
    group: Thresholds, content: Content, gathered: Sequence[_Gathered], unit: str, place: str
) -> None:
    frame = read_table(content, group.backend, None, place)
    locations = _table_locations(group, frame, content, place)
    days = _days(group, frame, place)
    chosen = group.locations.ids
    for number, item in enumerate(gathered):
        at = f"{place}.definitions[{number}]"
        rows, values, units = _column(item.definition, frame, at)
        scales = {
            text: scale_of(unit_text(text), SourceOptions(unit=unit), f"{at}.unit") for text in set(units)
        }
        for row, text, stated in zip(rows, values, units, strict=True):
            location = locations[row]
            if chosen and location not in chosen:
                continue
            value = _number(None if text != text else text, f"{at}.field") * scales[stated]  # noqa: PLR0124
            if days is None:
                item.add(location, value, at)
            else:
                item.add_day(location, days[row], value)


def _column(
    definition: ThresholdDefinition, frame: pd.DataFrame, place: str
) -> tuple[Sequence[int], Sequence[Any], Sequence[str]]:
    """Return rows, values and units of a threshold that is a column, or has rows of its own."""
    name = definition.field[-1]
    if name in frame.columns:
        rows = list(range(len(frame)))
    elif {_VALUE, _NAME} <= set(frame.columns):
        called = {name.casefold(), definition.name.casefold()}
        rows = [row for row, text in enumerate(frame[_NAME].astype(str)) if text.casefold() in called]
        name = _VALUE
    else:
        raise InputError(
            f"{place}.field: there is no column {name!r}", hint=f"there are {', '.join(frame.columns[:30])}"
        )
    if definition.unit.value is not None:
        units = [definition.unit.value] * len(rows)
    else:
        column = definition.unit.field or "/".join(definition.unit.path or ())
        if column not in frame.columns:
            raise InputError(f"{place}.unit: there is no column {column!r}", hint="state it by value")
        units = [str(frame[column].iloc[row]) for row in rows]
    values = frame[name].tolist()
    return rows, [values[row] for row in rows], units


def _table_locations(group: Thresholds, frame: pd.DataFrame, content: Content, place: str) -> list[str]:
    locations = group.locations
    if locations.from_field == FILENAME:
        return [location_in(content.name, locations.expression)] * len(frame)
    name = locations.path[-1] if locations.path else _LOCATION
    if name in frame.columns:
        return [str(text) for text in frame[name]]
    if locations.from_field in {None, COLUMN} and len(locations.ids) == 1 and not locations.path:
        return [locations.ids[0]] * len(frame)
    raise InputError(
        f"{place}.locations.pattern: there is no column {name!r}",
        hint=f"there are {', '.join(frame.columns[:30])}",
    )


def _days(group: Thresholds, frame: pd.DataFrame, place: str) -> list[int] | None:
    """Return the day of each row, 0 for 1 January to 365; None where thresholds hold always."""
    if group.application_rules is None:
        return None
    rule = group.application_rules.threshold_field
    at = f"{place}.application_rules.threshold_field.path"
    missing = [name for name in rule.parts if name not in frame.columns]
    if missing:
        raise InputError(
            f"{at}: there is no column {missing[0]!r}", hint=f"there are {', '.join(frame.columns[:30])}"
        )
    columns = [frame[name].astype(str).tolist() for name in rule.parts]
    return [_day(cells, at) for cells in zip(*columns, strict=True)]


def _day(cells: Sequence[str], place: str) -> int:
    """Return the day of the year out of month and day, ``MM-DD``, a date, or its number in a leap year."""
    text = "-".join(cells) if len(cells) > 1 else cells[0].strip()
    numbers = text[:10].replace("/", "-").split("-")
    try:
        whole = [int(float(number)) for number in numbers]
    except ValueError:
        whole = []
    if len(whole) == 1 and 1 <= whole[0] <= DAYS:
        return whole[0] - 1
    if len(whole) in {2, 3}:
        month, day = whole[-2:]
        if 1 <= month <= len(_LENGTHS) and 1 <= day <= _LENGTHS[month - 1]:
            return _BEFORE[month - 1] + day - 1
    raise InputError(f"{place}: {text!r} is no day of the year", hint="give columns of month and day")
