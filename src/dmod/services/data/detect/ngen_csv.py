"""Output of the framework, and of dmod in its form, as CSV: per catchment and nexus, or all in one file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DataFormat, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.errors import InputError
from dmod.services.data.detect.array_shape import Layout, layout_of
from dmod.services.data.detect.companions import notes_on_others
from dmod.services.data.detect.csv_ends import Ends, Span, read_ends, span_of, stamps_of
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.forcing_csv import identifier_in
from dmod.services.data.detect.sight import Kind, kind_of, listing
from dmod.services.data.detect.spans import shared_period
from dmod.services.data.detect.words import counted, period_text, some, step_text

STEP_AND_TIME = ("Time Step", "Time")
GROUPED = ("catchment_id", *STEP_AND_TIME)
NEXUS_ROW = re.compile(r"\d+,\s*\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d,\s*[^,\s]+\s*")
_SUFFIX = ".csv"
_LOOKED_AT = 3
_OUTPUTS = frozenset({Layout.ROUTED, Layout.NEXUSES, Layout.CATCHMENTS})


@dataclass(frozen=True, slots=True)
class OutputTable:
    """What one file of output covers.

    Parameters
    ----------
    catchments : those that it holds; none of a nexus's file
    nexus : whose flow it is; "" of catchments
    columns : of the catchments
    """

    name: str
    span: Span
    catchments: tuple[str, ...] = ()
    nexus: str = ""
    columns: tuple[str, ...] = ()


def recognises(path: Path) -> bool:
    """Whether it is such a file, or a folder with such files."""
    if not path.is_dir():
        return kind_of(path) is Kind.TEXT and is_output(read_ends(path))
    return any(kind_of(file) is Kind.TEXT and is_output(read_ends(file)) for file in _candidates(path))


def read(path: Path) -> Detected:
    """Read catchments, variables and period from the ends of the files."""
    names = [name for name in listing(path).files if name.suffix.lower() == _SUFFIX] if path.is_dir() else []
    tables, bad = [], []
    for file in [path / name for name in names] or [path]:
        try:
            ends = read_ends(file)
            tables.append(_grouped(file) if _titles(ends)[:3] == GROUPED else output_table(file.name, ends))
        except InputError as error:
            bad.append(error.message)
    if not tables:
        raise InputError(bad[0])
    notes = [f"{counted(len(bad), 'file')} left out: {bad[0]}"] if bad else []
    if names:
        notes += notes_on_others(
            path, set(names), "output as CSV", goes_along=lambda file: layout_of(file) in _OUTPUTS
        )
    count = len(listing(path).files) if path.is_dir() else 1
    return described(path, tables, FORMATS["NGEN_CSV_OUTPUT"], notes, count)


DETECTOR = Detector("output of the framework as CSV", recognises, read)


def _candidates(folder: Path) -> list[Path]:
    """Return some of the files that are named after catchments, and some after nexuses."""
    names = [name for name in listing(folder).files if name.suffix.lower() == _SUFFIX]
    return [folder / name for name in (*names[:_LOOKED_AT], *names[-_LOOKED_AT:])]


def is_output(ends: Ends) -> bool:
    """Whether lines are those of a file of output."""
    titles = _titles(ends)
    if titles[:2] == STEP_AND_TIME or titles[:3] == GROUPED:
        return True
    return bool(ends.head) and NEXUS_ROW.fullmatch(ends.head[0]) is not None


def output_table(name: str, ends: Ends) -> OutputTable:
    """Return what the ends of a catchment's or a nexus's file tell.

    Raises
    ------
    InputError
        it is no such file, holds no row, or is cut short.
    """
    identifier = identifier_in(Path(name).name)
    if not is_output(ends):
        raise InputError(f"{name} is no file of output", hint="leave such files out of the folder")
    is_nexus = NEXUS_ROW.fullmatch(ends.head[0]) is not None
    span = span_of(*stamps_of(ends, 1, name, header=not is_nexus), name)
    if is_nexus:
        return OutputTable(name, span, nexus=identifier or name)
    return OutputTable(name, span, (identifier,) if identifier else (), columns=_titles(ends)[2:])


def _titles(ends: Ends) -> tuple[str, ...]:
    return tuple(title.strip() for title in ends.head[0].split(",")) if ends.head else ()


def _grouped(path: Path) -> OutputTable:
    """Read a file of all catchments: step by step each of them has a row."""
    ends = read_ends(path)
    stamps_of(ends, 2, path.name, header=True)
    titles, begin = _titles(ends), ends.head[1].split(",")[2]
    ids: dict[str, None] = {}
    second = begin
    with path.open(encoding="utf-8") as file:
        next(file)
        for line in file:
            identifier, _, second, *_ = [*line.split(",", 3), "", ""]
            if second != begin:
                break
            ids[identifier] = None
    last = ends.tail[-1].split(",")[2]
    start, end = (span_of([stamp], [stamp], path.name).first for stamp in (begin, last))
    step = span_of([begin, second], [last], path.name).step if second != begin else 0
    return OutputTable(path.name, Span(start, end, step, step), tuple(ids), columns=titles[3:])


@dataclass(slots=True)
class _Sum:
    """What the tables hold together."""

    catchments: dict[str, None] = field(default_factory=dict)
    nexuses: set[str] = field(default_factory=set)
    columns: Counter[str] = field(default_factory=Counter)
    with_columns: int = 0


def described(
    path: Path, tables: Sequence[OutputTable], layout: DataFormat, notes: Sequence[str], files: int
) -> Detected:
    """Return what files of output cover together."""
    held = _Sum()
    for table in tables:
        held.catchments.update(dict.fromkeys(table.catchments))
        held.nexuses |= {table.nexus} - {""}
        held.columns.update(table.columns)
        held.with_columns += bool(table.columns)
    period, step, odd = shared_period({table.name: table.span for table in tables}, path.name or str(path))
    shared = [name for name, count in held.columns.items() if count == held.with_columns]
    some_only = [name for name, count in held.columns.items() if count < held.with_columns]
    if some_only:
        odd = (*odd, f"not all catchments have the variables {some(some_only)}")
    words = [counted(len(held.catchments), "catchment")] if held.catchments else []
    words += [counted(len(held.nexuses), "nexus", "nexuses")] if held.nexuses else []
    variables = [counted(len(shared), "variable")] if shared else []
    return Detected(
        path,
        Category.OUTPUT,
        Domain(
            layout,
            {
                DomainIndex.TIME: period,
                **discrete(DomainIndex.CATCHMENT_ID, held.catchments),
                **discrete(DomainIndex.VARIABLE, shared),
            },
        ),
        ", ".join(
            [f"output of {' and '.join(words) or 'a run'}", *variables, period_text(period), step_text(step)]
        ),
        step,
        (*odd, *notes),
        files,
    )
