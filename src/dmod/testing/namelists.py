"""A reader of Fortran's namelists and of tables of one key a line, for tests of what is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from dmod.core.time_axis import TimeAxis
from dmod.formulation.generate.generator import Catchment, Generator, Settings

Value = str | int | float | tuple[int | float, ...]

_TOKEN = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|![^\n]*|[^\s,=/&!"\']+|[=/&,]')

MOUNTAIN: Mapping[str, float] = {
    "area": 11.2,
    "latitude": 41.75,
    "longitude": -111.6,
    "elevation": 2261.6,
    "slope": 87.25,
    "aspect": 181.5,
    "soil_type": 4.0,
    "vegetation_type": 14.0,
    "impervious": 0.3,
}
"""Attributes of a steep divide with conifers on silt loam."""


def spring(start: datetime = datetime(2019, 3, 1, tzinfo=UTC), **options: str) -> Settings:
    """Return the settings of three days by the hour."""
    return Settings(TimeAxis(start, 3600, 72), options=options)


def configured(generator: Generator, identifier: str = "cat-7", **attributes: float) -> Catchment:
    """Return a catchment with a generator's values, from attributes in place of the mountain's."""
    known = {**MOUNTAIN, **attributes}
    values: dict[str, Any] = {}
    for need in generator.needs:
        column = np.array([known[need.attribute]]) if need.attribute else None
        if column is None:
            values[need.parameter] = need.value
        else:
            values[need.parameter] = float((need.convert(column) if need.convert else column)[0])
    sources = {need.parameter: f"source of {need.parameter}" for need in generator.needs}
    return Catchment(identifier, values, sources)


def written(generator: Generator, catchment: Catchment, settings: Settings | None = None) -> dict[str, str]:
    """Return the texts of a catchment's files by path."""
    return {str(path): text for path, text in generator.files(catchment, settings or spring())}


def read_namelist(text: str) -> dict[str, dict[str, Value]]:
    """Return the values of a namelist file by group and key, in order; comments do not count.

    Raises
    ------
    ValueError
        the text is no sequence of groups ``&name key = value … /``.
    """
    groups: dict[str, dict[str, Value]] = {}
    tokens = [token for token in _TOKEN.findall(text) if not token.startswith("!") and token != ","]
    while tokens:
        if tokens.pop(0) != "&":
            raise ValueError("text outside of a group")
        name, end = tokens.pop(0), tokens.index("/")
        groups[name] = _group(tokens[:end])
        del tokens[: end + 1]
    return groups


def read_table(text: str) -> dict[str, Value]:
    """Return the values by key, as a list-directed read of one value behind the first blank finds them.

    Raises
    ------
    ValueError
        a line holds no value, or a key stands twice.
    """
    found: dict[str, Value] = {}
    for line in text.splitlines():
        key, blank, rest = line.partition(" ")
        if not blank or key in found:
            raise ValueError(f"line {line!r}")
        found[key] = _value([rest.split()[0]])
    return found


def _group(tokens: list[str]) -> dict[str, Value]:
    starts = [at - 1 for at, token in enumerate(tokens) if token == "="]
    ends = [*starts[1:], len(tokens)]
    return {tokens[start]: _value(tokens[start + 2 : end]) for start, end in zip(starts, ends, strict=True)}


def _value(tokens: list[str]) -> Value:
    if len(tokens) > 1:
        return tuple(_number(token) for token in tokens)
    token = tokens[0]
    if token[0] in "\"'":
        return token[1:-1].replace(token[0] * 2, token[0])
    try:
        return _number(token)
    except ValueError:
        return token


def _number(token: str) -> int | float:
    return int(token) if re.fullmatch(r"[+-]?\d+", token) else float(token)
