"""The values that a generator's parameters get: from attributes, from what stands in for them, or fixed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.formulation.generate.attribute_table import AttributeTable, is_null
from dmod.formulation.generate.attributes import Attribute, find_attribute
from dmod.formulation.generate.fallbacks import DEFAULT, Fallbacks, possible, stand_ins
from dmod.formulation.generate.generator import Catchment, Column, Generator, Need

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fault:
    """An attribute that cannot be used for a parameter.

    Parameters
    ----------
    code : ``attribute-absent``, ``attribute-missing``, ``attribute-impossible``, ``attribute-repeated``
    why : what is wrong, the same for all of ``rows``
    rows : catchments, by number
    """

    generator: str
    need: Need
    attribute: Attribute
    column: str
    code: str
    why: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Replacement:
    """What was taken in place of attributes.

    Parameters
    ----------
    parameter : of the module ``generator``
    method : the fallback
    values : what was taken, one for each of ``catchments``
    """

    generator: str
    parameter: str
    attribute: str
    method: str
    catchments: tuple[str, ...]
    values: tuple[Any, ...]


@dataclass(slots=True)
class _Column:
    """One parameter of all catchments while its values are being found."""

    need: Need
    attribute: Attribute
    given: Column
    raw: Column
    column: str
    values: Column
    bad: Mask
    faults: list[Fault] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)
    replaced: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Every parameter of one generator for the catchments that it configures.

    Parameters
    ----------
    rows : the catchments, by number
    faults : attributes that could not be used and for which nothing stands in
    replacements : what stands in, by parameter and method
    """

    generator: Generator
    ids: tuple[str, ...]
    rows: tuple[int, ...]
    faults: tuple[Fault, ...]
    replacements: tuple[Replacement, ...]
    _columns: tuple[_Column, ...]

    @property
    def sources(self) -> dict[str, str]:
        """Parameter → where its value comes from, apart from what stands in for attributes."""
        sources = {need.parameter: f"constant; {need.reference}" for need in self.generator.needs}
        return sources | {column.need.parameter: _source(column) for column in self._columns}

    def catchments(self) -> Iterator[Catchment]:
        """Yield each catchment with its values and where they come from."""
        fixed = {need.parameter: need.value for need in self.generator.needs if not need.attribute}
        sources = self.sources
        names = [column.need.parameter for column in self._columns]
        lists = [column.values.tolist() for column in self._columns]
        for row in self.rows:
            own = {c.need.parameter: c.notes[row] for c in self._columns if row in c.notes}
            values = fixed | {name: values[row] for name, values in zip(names, lists, strict=True)}
            yield Catchment(self.ids[row], values, sources | own if own else sources)


def find_values(
    generator: Generator, table: AttributeTable, fallbacks: Fallbacks, rows: Sequence[int] | None = None
) -> Values:
    """Find the values of a generator's parameters.

    Parameters
    ----------
    rows : the catchments to configure, by number; all where None
    """
    chosen = np.ones(len(table), dtype=bool)
    if rows is not None:
        chosen[:] = False
        chosen[list(rows)] = True
    columns = {need.parameter: _read(generator, need, table) for need in generator.needs if need.attribute}
    for column in columns.values():
        _compare(generator, column, columns)
    for column in columns.values():
        _replace(column, fallbacks.chain(column.need), chosen, table)
    for column in columns.values():
        _compare(generator, column, columns)
    kept = tuple(columns.values())
    return Values(
        generator,
        table.ids,
        tuple(np.flatnonzero(chosen).tolist()),
        tuple(f for column in kept for f in _left(column, chosen, fallbacks.chain(column.need))),
        tuple(r for column in kept for r in _replacements(generator.name, column, table.ids)),
        kept,
    )


def _read(generator: Generator, need: Need, table: AttributeTable) -> _Column:
    attribute = find_attribute(need.attribute)
    found = table.find(attribute)
    values = _converted(need, found.values)
    column = _Column(need, attribute, found.values, found.raw, found.column, values, _unusable(need, values))
    nulls = np.array([is_null(value) for value in found.raw.tolist()], dtype=bool)
    impossible = ~nulls & (_outside(attribute, found.values) | column.bad)
    repeated = table.contradictory & _from_table(attribute)
    column.bad = nulls | impossible | repeated
    unit = f" {attribute.unit}" if attribute.unit else ""
    for code, why, mask in (
        ("attribute-repeated", "stands in several rows that differ", repeated),
        ("attribute-missing", "has no row in the table", nulls & ~repeated & table.without_row),
        ("attribute-missing", "has no value", nulls & ~repeated & ~table.without_row),
        ("attribute-impossible", f"is impossible (allowed: {attribute.range}{unit})", impossible & ~repeated),
    ):
        if found.column or code == "attribute-repeated":
            _add(generator, column, code, why, mask)
    if not found.column:
        _add(generator, column, "attribute-absent", "is no column of the fabric", nulls & ~repeated)
    return column


def _from_table(attribute: Attribute) -> bool:
    return attribute.table == "divide-attributes"


def _converted(need: Need, values: Column) -> Column:
    if need.convert is None:
        return values.copy()
    with np.errstate(all="ignore"):
        return need.convert(values)


def _outside(attribute: Attribute, values: Column) -> Mask:
    """Return which values lie outside the plausible range; missing ones do."""
    if attribute.kind == "distribution":
        return np.array([value is None for value in values.tolist()], dtype=bool)
    low = values > attribute.low if attribute.above else values >= attribute.low
    fits = low & (values <= attribute.high)
    return ~(fits & (values == np.round(values)) if attribute.kind == "class" else fits)


def _unusable(need: Need, values: Column) -> Mask:
    """Return which parameters the module would not take."""
    if values.dtype == object:
        return np.array([value is None for value in values.tolist()], dtype=bool)
    return ~((values >= need.low) & (values <= need.high))


def _add(generator: Generator, column: _Column, code: str, why: str, mask: Mask) -> None:
    rows = tuple(np.flatnonzero(mask).tolist())
    if rows:
        column.faults.append(
            Fault(generator.name, column.need, column.attribute, column.column, code, why, rows)
        )


def _compare(generator: Generator, column: _Column, columns: dict[str, _Column]) -> None:
    """Take values as impossible that are not below those of the parameter which they must be below."""
    other = columns.get(column.need.below)
    if other is None:
        return
    high = ~column.bad & ~other.bad & ~(column.values < other.values)
    if high.any():
        column.bad |= high
        for row in np.flatnonzero(high).tolist():
            column.notes.pop(row, None)
            column.replaced.pop(row, None)
        name = other.column or other.need.parameter
        _add(generator, column, "attribute-impossible", f"is not below {name}", high)


def _replace(column: _Column, chain: Sequence[str], chosen: Mask, table: AttributeTable) -> None:
    sound = ~column.bad
    why = {row: fault.why for fault in column.faults for row in fault.rows}
    for method in chain:
        wanted = column.bad & chosen
        if not wanted.any():
            return
        if method not in possible(column.need):
            continue
        if method == DEFAULT:
            values = np.empty(column.values.shape, dtype=column.values.dtype)
            values[:] = [column.need.value] * values.size if values.dtype == object else column.need.value
            takes = wanted
        else:
            given = stand_ins(method, column.attribute, column.given, sound, table)
            values = _converted(column.need, given)
            takes = wanted & ~_outside(column.attribute, given) & ~_unusable(column.need, values)
        column.values[takes] = values[takes]
        column.bad[takes] = False
        for row in np.flatnonzero(takes).tolist():
            column.notes[row] = f"fallback {method}, as {_said(column, row)} {why[row]}"
            column.replaced[row] = method


def _said(column: _Column, row: int) -> str:
    """Return one catchment's attribute by name, with its value."""
    name = column.column or column.attribute.columns[0]
    raw = column.raw[row]
    value = "" if is_null(raw) or not column.column else f" = {str(raw)[:40]}"
    return f"{name}{value}"


def _source(column: _Column) -> str:
    per = f" / {column.attribute.per:g}" if column.attribute.per != 1.0 else ""
    conversion = column.need.conversion
    joint = "" if not conversion else " " if conversion.startswith("/") else ", "
    return f"{column.column}{per}{joint}{conversion}"


def _left(column: _Column, chosen: Mask, tried: Sequence[str]) -> Iterator[Fault]:
    """Yield the faults of the catchments for which nothing was found to stand in."""
    futile = f", and {' and '.join(tried)} gave nothing sound" if tried else ""
    told = np.zeros(chosen.size, dtype=bool)
    for fault in reversed(column.faults):
        rows = tuple(row for row in fault.rows if column.bad[row] and chosen[row] and not told[row])
        told[list(rows)] = True
        if rows:
            yield replace(fault, why=fault.why + futile, rows=rows)


def _replacements(generator: str, column: _Column, ids: Sequence[str]) -> Iterator[Replacement]:
    for method in dict.fromkeys(column.replaced.values()):
        rows = [row for row, own in sorted(column.replaced.items()) if own == method]
        yield Replacement(
            generator,
            column.need.parameter,
            column.attribute.name,
            method,
            tuple(ids[row] for row in rows),
            tuple(column.values[row] for row in rows),
        )
