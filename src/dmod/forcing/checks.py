"""Everything that is wrong with a run's forcing, found before the run and reported at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import Problem
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import InputError, UnitError
from dmod.forcing.column import Column, diagnose, find_column, unit_problem
from dmod.forcing.source import ForcingSource, RawBlock, Wanted, period_problem
from dmod.forcing.times import axis_of, irregularity, text_of

FILL_HINT = "complete the forcing, or choose how to fill it with --fill (linear, previous, …)"


def find_forcing_problems(
    source: ForcingSource,
    catchments: Sequence[str],
    axis: TimeAxis,
    wanted: Sequence[Wanted],
    *,
    values: bool = True,
) -> list[Problem]:
    """Return what is wrong with the forcing of some catchments over a period.

    Parameters
    ----------
    wanted : ``(name, unit)`` of every variable that the run reads; a unit of "" is not checked
    values : look at every value, not only at names, units and the period
    """
    there = set(source.catchments)
    present = [name for name in catchments if name in there]
    problems = [
        *_catchment_problems(source, catchments, present),
        *_column_problems(source, wanted),
    ]
    if not values:
        return problems + _period_problems(source, axis)
    columns = [source.columns[name] for name, _ in wanted if source.provides(name)]
    names = list(dict.fromkeys(column.name for column in columns))
    if not names or not present:
        return problems + _period_problems(source, axis)
    survey = _Survey(axis)
    problems += _scan(source, present, names, survey)
    return problems + list(survey.problems())


def _scan(
    source: ForcingSource, catchments: Sequence[str], names: Sequence[str], survey: _Survey
) -> Iterator[Problem]:
    """Let the survey look at every value; go on behind a file that cannot be read."""
    left = catchments
    while left:
        done = 0
        try:
            for block in source.scan(left, names):
                survey.add(block, names)
                done += len(block.catchments)
            return
        except InputError as error:
            # where each catchment has a file of its own, blocks come in their order, one at a time
            ids = left[done:] if len(source.files) == 1 else left[done : done + 1]
            hint = error.hint or ""
            yield Problem("error", "forcing-unreadable", error.message, source.where, tuple(ids), hint)
            left = left[done + len(ids) :]


def _catchment_problems(
    source: ForcingSource, catchments: Sequence[str], present: Sequence[str]
) -> Iterator[Problem]:
    here = set(present)
    missing = tuple(name for name in catchments if name not in here)
    if missing:
        yield Problem(
            "error",
            "forcing-missing-catchment",
            f"{len(missing)} of {len(catchments)} catchments have no forcing",
            source.where,
            missing,
            "add them to the forcing, or leave them out of the run",
        )
    run = set(catchments)
    surplus = tuple(name for name in source.catchments if name not in run)
    if surplus:
        yield Problem(
            "warning",
            "forcing-surplus-catchment",
            f"{len(surplus)} catchments have forcing but are not part of the run",
            source.where,
            surplus,
            "nothing has to be done; a wrong hydrofabric shows like this, too",
        )


def _column_problems(source: ForcingSource, wanted: Sequence[Wanted]) -> Iterator[Problem]:
    for name, unit in wanted:
        try:
            column = find_column(source.columns, name, source.where)
        except InputError as error:
            yield Problem(
                "error",
                "forcing-missing-variable",
                f"there is no {name}",
                source.where,
                hint=error.hint or "",
            )
            continue
        try:
            column.conversion_to(unit, source.period.step)
        except UnitError as error:
            yield Problem(
                "error",
                "forcing-unit",
                f"{column.name}: {error.message}",
                source.where,
                hint=error.hint or "",
            )
    for column in dict.fromkeys(source.columns.values()):
        wrong = unit_problem(column)
        if wrong:
            hint = f"{column.name} is {column.variable.long_name}" if column.variable else ""
            yield Problem("error", "forcing-unit", f"{column.name}: {wrong}", source.where, hint=hint)
    asked = {find.name for name, _ in wanted if (find := source.columns.get(name)) is not None}
    unknown = [c for c in dict.fromkeys(source.columns.values()) if not c.variable and c.name not in asked]
    if unknown:
        yield Problem(
            "warning",
            "forcing-unknown-column",
            f"columns that nothing reads: {', '.join(column.name for column in unknown)}",
            source.where,
            hint="map a module's variable to such a column with variables_names_map, or leave it",
        )


def _period_problems(source: ForcingSource, axis: TimeAxis) -> list[Problem]:
    found = period_problem(source.period, axis)
    return [Problem("error", "forcing-period", found[0], source.where, hint=found[1])] if found else []


@dataclass(slots=True)
class _Finding:
    """One kind of problem, gathered over catchments."""

    first: str
    where: str
    hint: str
    count: int = 0
    ids: list[str] = field(default_factory=list)
    lowest: float = np.inf
    highest: float = -np.inf


class _Survey:
    """Looks at blocks of values and gathers what is wrong, one finding per kind and column."""

    def __init__(self, axis: TimeAxis) -> None:
        self.axis = axis
        self.required = axis.epoch_seconds()
        self.findings: dict[tuple[str, str], _Finding] = {}
        self.columns: dict[str, Column] = {}

    def _finding(self, code: str, column: str, first: str, where: str, hint: str) -> _Finding:
        return self.findings.setdefault((code, column), _Finding(first, where, hint))

    def add(self, block: RawBlock, names: Sequence[str]) -> None:
        """Look at a block."""
        self._times(block)
        inside = (block.times >= self.required[0]) & (block.times <= self.required[-1])
        part = slice(None) if inside.all() else inside
        times = block.times[part]
        for name in names:
            if name not in block.values:
                finding = self._finding("forcing-missing-variable", name, "", block.where, "add the column")
                finding.ids.extend(block.catchments)
                continue
            self._values(block, name, times, block.values[name][:, part])

    def _times(self, block: RawBlock) -> None:
        axis = axis_of(block.times, block.where)
        wrong = irregularity(block.times, self.axis.step)
        if axis.step == self.axis.step and wrong is not None:
            self._note_times(f"forcing-{wrong[0]}", wrong[1], FILL_HINT, block)
        found = period_problem(axis, self.axis)
        if found is not None:
            self._note_times("forcing-period", found[0], found[1], block)

    def _note_times(self, code: str, text: str, hint: str, block: RawBlock) -> None:
        finding = self._finding(code, text, text, block.where, hint)
        finding.ids.extend(block.catchments)

    def _values(
        self, block: RawBlock, name: str, times: NDArray[np.int64], values: NDArray[np.floating]
    ) -> None:
        column = self.columns[name] = block.columns[name]
        lowest, highest = column.limits()
        good = (values >= lowest) & (values <= highest)
        if good.all():
            return
        missing = np.isnan(values)
        if missing.any():
            finding = self._finding("forcing-missing-value", name, "", block.where, FILL_HINT)
            self._count(finding, block, times, missing, values, column)
        outside = ~good & ~missing
        if outside.any():
            finding = self._finding("forcing-out-of-range", name, "", block.where, "")
            self._count(finding, block, times, outside, values, column)
            finding.lowest = min(finding.lowest, float(values[outside].min()))
            finding.highest = max(finding.highest, float(values[outside].max()))

    def _count(
        self,
        finding: _Finding,
        block: RawBlock,
        times: NDArray[np.int64],
        bad: NDArray[np.bool_],
        values: NDArray[np.floating],
        column: Column,
    ) -> None:
        rows = np.flatnonzero(bad.any(axis=1))
        finding.ids.extend(block.catchments[row] for row in rows)
        finding.count += int(bad.sum())
        if not finding.first:
            row = rows[0]
            step = int(np.argmax(bad[row]))
            value = float(values[row, step])
            shown = "" if np.isnan(value) else f"{value:g} {column.file_unit} "
            finding.first = f"{shown}in {block.catchments[row]} at {text_of(times[step])}"

    def problems(self) -> Iterator[Problem]:
        """Yield what was found."""
        for (code, name), finding in self.findings.items():
            hint = finding.hint
            message = finding.first
            if code == "forcing-missing-variable":
                message = f"there is no column {name}"
            elif code == "forcing-missing-value":
                message = f"{name}: {finding.count} values are missing, the first {finding.first}"
            elif code == "forcing-out-of-range":
                column = self.columns[name]
                lowest, highest = column.limits()
                message = (
                    f"{name}: {finding.count} values are outside {lowest:g} to {highest:g} "
                    f"{column.file_unit}, the first {finding.first}"
                )
                hint = diagnose(column, finding.lowest, finding.highest)
            yield Problem("error", code, message, finding.where, tuple(finding.ids), hint)


def describe_coverage(source: ForcingSource) -> str:
    """Return one line about what a source holds, for people."""
    period = source.period
    names = [column.name for column in dict.fromkeys(source.columns.values())]
    return (
        f"{len(source.catchments)} catchments, {format_time(period.start)} to {format_time(period.end)} "
        f"every {period.step} s, {', '.join(names)}"
    )
