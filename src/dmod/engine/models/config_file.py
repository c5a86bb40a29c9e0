"""Module configuration files of the form ``key=value[unit]``, one entry a line.

The programs that such files are written for read past a unit and past keys that they do not know;
here a unit that differs is noted, an unknown key is named, and what cannot be read is an error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dmod.core.units import DIMENSIONLESS, canonical
from dmod.engine.models.module import Config, Parameter
from dmod.errors import RealizationError, UnitError

Value = float | str | tuple[float, ...]

_COMMENT_MARKS = ("#", "!", ";", "//")


class Entry(NamedTuple):
    """One line of a configuration file.

    Parameters
    ----------
    line : line number, from 1
    unit : text in brackets after the value; None where there are no brackets
    """

    line: int
    key: str
    text: str
    unit: str | None = None


@dataclass(slots=True)
class _Reading:
    """What has been gathered from a file so far."""

    source: str
    values: dict[str, Value] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def place(self, entry: Entry) -> str:
        """Return where an entry stands and what it says."""
        return f"{self.source}, line {entry.line}: {entry.key} = {entry.text!r}"


def entries(text: str, source: str) -> Iterator[Entry]:
    """Split a file into its entries, in their order; comments and blank lines are left out.

    Raises
    ------
    RealizationError
        a line is not of the form ``key=value``.
    """
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith(_COMMENT_MARKS):
            continue
        key, separator, value = line.partition("=")
        key = key.strip()
        if not separator or not key:
            raise RealizationError(
                f"{source}, line {number}: {line!r} is not an entry",
                hint="write key=value, or start the line with # to make it a comment",
            )
        yield _entry(number, key, value)


def _entry(number: int, key: str, value: str) -> Entry:
    value = value.partition("#")[0].strip()
    value, bracket, unit = value.partition("[")
    if not bracket:
        return Entry(number, key, value)
    return Entry(number, key, value.strip(), unit.partition("]")[0].strip())


def read_key_value(
    text: str,
    source: str,
    parameters: Sequence[Parameter],
    ignored: Mapping[str, str] | None = None,
) -> Config:
    """Read a configuration file by the parameters that its module declares.

    Every parameter that the file leaves out and that has a default takes it; one that has none and
    is not required is absent from the values.

    Parameters
    ----------
    text : content of the file
    source : name of the file, for messages
    parameters : what the module declares; a value is a word where ``choices`` or a word as default is
        declared, a tuple of numbers where ``is_list``, else a number
    ignored : keys that the module's program reads past, with the reason

    Returns
    -------
    config : with unknown keys, and with the ignored ones, among them any unit that differs from the
        declared one (it is not converted), each with the reason

    Raises
    ------
    RealizationError
        all at once: lines that cannot be read, values of a wrong kind, keys that contradict each
        other, and missing keys.
    """
    return read_entries(entries(text, source), source, parameters, ignored)


def read_entries(
    found: Iterable[Entry],
    source: str,
    parameters: Sequence[Parameter],
    ignored: Mapping[str, str] | None = None,
) -> Config:
    """Read the entries of a configuration file; see `read_key_value`."""
    table = _key_table(parameters)
    reading = _Reading(source)
    for entry in found:
        parameter = table.get(entry.key)
        if parameter is not None:
            _take(reading, entry, parameter)
        elif ignored is not None and entry.key in ignored:
            reading.ignored[entry.key] = ignored[entry.key]
        else:
            reading.unknown[entry.key] = None
    for parameter in parameters:
        if parameter.name in reading.entries:
            continue
        if parameter.default is not None:
            reading.values[parameter.name] = parameter.default
        elif parameter.required:
            reading.problems.append(
                f"{source}: key {keys_of(parameter)[0]} is missing ({parameter.description})"
            )
    if reading.problems:
        raise RealizationError(
            "\n".join(reading.problems), hint="correct the file; every entry is written key=value[unit]"
        )
    return Config(reading.values, source, tuple(reading.unknown), reading.ignored)


def check_ranges(config: Config, parameters: Sequence[Parameter]) -> list[str]:
    """Return a sentence for each number outside its physical range, with key, value and range."""
    problems = []
    for parameter in parameters:
        value = config.values.get(parameter.name)
        if value is None or isinstance(value, str):
            continue
        numbers = value if isinstance(value, tuple) else (value,)
        for number in numbers:
            if not parameter.minimum <= number <= parameter.maximum:
                problems.append(
                    f"{config.source}: {keys_of(parameter)[0]} = {number:g}{_unit_text(parameter)} "
                    f"is outside the allowed range {_range_text(parameter)}"
                )
    return problems


def keys_of(parameter: Parameter) -> tuple[str, ...]:
    """Return the spellings of a parameter's key; its name where none are declared."""
    return parameter.keys or (parameter.name,)


def _take(reading: _Reading, entry: Entry, parameter: Parameter) -> None:
    try:
        value = _value(entry.text, parameter)
    except ValueError:
        reading.problems.append(f"{reading.place(entry)} cannot be used; {_expected(parameter)}")
        reading.entries.setdefault(parameter.name, entry)
        return
    earlier = reading.entries.get(parameter.name)
    if earlier is not None and reading.values.get(parameter.name) != value:
        reading.problems.append(
            f"{reading.place(entry)} contradicts line {earlier.line}: {earlier.key} = {earlier.text!r}; "
            "keep one of the two"
        )
        return
    reading.entries[parameter.name] = entry
    reading.values[parameter.name] = value
    if entry.unit is not None and _differs(entry.unit, parameter.unit):
        reading.ignored[f"{entry.key} [{entry.unit}]"] = (
            f"the unit is not converted: the number is taken in {parameter.unit or '1'}"
        )


def _value(text: str, parameter: Parameter) -> Value:
    if parameter.is_list:
        return tuple(_number(part) for part in text.split(","))
    if parameter.choices:
        if text not in parameter.choices:
            raise ValueError(text)
        return text
    return text if isinstance(parameter.default, str) else _number(text)


def _number(text: str) -> float:
    number = float(text)
    if "_" in text or not math.isfinite(number):
        raise ValueError(text)
    return number


def _expected(parameter: Parameter) -> str:
    if parameter.choices:
        return "allowed: " + ", ".join(parameter.choices)
    kind = "numbers separated by commas" if parameter.is_list else "a number"
    return f"it must be {kind}" + (f" in {parameter.unit}" if parameter.unit not in DIMENSIONLESS else "")


def _differs(written: str, declared: str) -> bool:
    if written == declared or written in DIMENSIONLESS:
        return False
    try:
        return canonical(written) != canonical(declared)
    except UnitError:
        return True


def _unit_text(parameter: Parameter) -> str:
    return "" if parameter.unit in DIMENSIONLESS else f" {parameter.unit}"


def _range_text(parameter: Parameter) -> str:
    if math.isinf(parameter.maximum):
        return f"{parameter.minimum:g} or more"
    if math.isinf(parameter.minimum):
        return f"{parameter.maximum:g} or less"
    return f"{parameter.minimum:g} to {parameter.maximum:g}"


_TABLES: dict[int, tuple[Sequence[Parameter], Mapping[str, Parameter]]] = {}


def _key_table(parameters: Sequence[Parameter]) -> Mapping[str, Parameter]:
    """Return key → parameter; kept, because thousands of files share one declaration."""
    kept = _TABLES.get(id(parameters))
    if kept is None or kept[0] is not parameters:
        kept = (parameters, {key: parameter for parameter in parameters for key in keys_of(parameter)})
        _TABLES[id(parameters)] = kept
    return kept[1]
