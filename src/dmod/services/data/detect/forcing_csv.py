"""Forcing as CSV: a file per catchment, or one; heads and tails of the files are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.errors import InputError
from dmod.forcing.column import Column, parse_column
from dmod.forcing.csv_table import TIME_TITLES
from dmod.services.data.detect.companions import notes_on_others
from dmod.services.data.detect.csv_ends import Span, read_ends, span_of, stamps_of
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.sight import Kind, kind_of, listing
from dmod.services.data.detect.spans import shared_period
from dmod.services.data.detect.words import counted, period_text, some, step_text

# an identifier ends where its number does: cat-1 is not in cat-11.csv
_ID = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]+-[0-9]+)(?![0-9])")
_LOOKED_AT = 3
"""Files of a folder that are looked at before it is said to be forcing."""


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    columns: tuple[Column, ...]
    span: Span


def identifier_in(name: str) -> str:
    """Return the first identifier in a file's name, ``cat-27``; "" for none."""
    match = _ID.search(name)
    return match[1] if match else ""


def recognises(path: Path) -> bool:
    """Whether it is a CSV file with times and well-known columns of forcing, or a folder of such files."""
    if path.is_dir():
        tables = [path / name for name in listing(path).files if name.suffix.lower() == ".csv"]
        return any(_is_forcing(file) for file in tables[:_LOOKED_AT])
    return kind_of(path) is Kind.TEXT and _is_forcing(path)


def read(path: Path) -> Detected:
    """Read columns, period and catchments."""
    tables, notes, count = _tables(path)
    files, bad = _read_all(tables)
    if not files:
        raise InputError(bad[0])
    period, step, uneven = shared_period({file.name: file.span for file in files}, path.name or str(path))
    columns, odd = _shared_columns(files)
    ids, unnamed = _catchments(files)
    if bad:
        notes = [f"{counted(len(bad), 'file')} left out that cannot be read: {bad[0]}", *notes]
    held = {
        DomainIndex.TIME: period,
        **discrete(DomainIndex.CATCHMENT_ID, ids),
        **discrete(DomainIndex.VARIABLE, [column.name for column in columns]),
    }
    whose = f"forcing of {counted(len(ids), 'catchment')}" if ids else "forcing that names no catchment"
    return Detected(
        path,
        Category.FORCING,
        Domain(FORMATS["AORC_CSV"], held, units={c.name: c.file_unit for c in columns if c.file_unit}),
        f"{whose}, {counted(len(columns), 'variable')}, {period_text(period)}, {step_text(step)}",
        step,
        (*uneven, *odd, *unnamed, *notes),
        count,
    )


DETECTOR = Detector("forcing as CSV", recognises, read)


def _tables(path: Path) -> tuple[list[Path], list[str], int]:
    """Return the tables of a folder, or the one file; a note on other files; how many files there are."""
    if not path.is_dir():
        return [path], [], 1
    names = [name for name in listing(path).files if name.suffix.lower() == ".csv"]
    notes = notes_on_others(path, set(names), "forcing as CSV")
    return [path / name for name in names], notes, len(listing(path).files)


def _is_forcing(path: Path) -> bool:
    if kind_of(path) is not Kind.TEXT:
        return False
    head = read_ends(path).head
    titles = _titles(head[0]) if head else ()
    known = any(parse_column(title).variable is not None for title in titles)
    return known and any(title in TIME_TITLES for title in titles)


def _titles(header: str) -> tuple[str, ...]:
    return tuple(title.strip() for title in header.split(","))


def _read_all(paths: Sequence[Path]) -> tuple[list[_File], list[str]]:
    """Return what the files hold, and why some cannot be read."""
    files, bad = [], []
    for path in paths:
        try:
            files.append(_read_file(path))
        except InputError as error:
            bad.append(error.message)
    return files, bad


def _read_file(path: Path) -> _File:
    ends = read_ends(path)
    titles = _titles(ends.head[0]) if ends.head else ()
    at = next((i for i, title in enumerate(titles) if title in TIME_TITLES), None)
    if titles and at is None:
        raise InputError(f"{path.name} has no column named time", hint="name the columns in the first line")
    first, last = stamps_of(ends, at or 0, path.name, header=True)
    columns = tuple(parse_column(title) for i, title in enumerate(titles) if i != at)
    return _File(path.name, columns, span_of(first, last, path.name))


def _shared_columns(files: Sequence[_File]) -> tuple[list[Column], list[str]]:
    """Return the columns that all files have, and notes on others."""
    count = Counter(column.name for file in files for column in file.columns)
    shared = [column for column in files[0].columns if count[column.name] == len(files)]
    some_only = [name for name, number in count.items() if number < len(files)]
    notes = [f"not all files have the columns {some(some_only)}"] if some_only else []
    units = {(column.name, column.file_unit) for file in files for column in file.columns}
    if len(units) > len(count):
        several = Counter(name for name, _ in units)
        mixed = [name for name in count if several[name] > 1]
        notes.append(f"files differ in the unit of {some(mixed)}")
        shared = [column if column.name not in mixed else Column(column.name) for column in shared]
    return shared, notes


def _catchments(files: Sequence[_File]) -> tuple[list[str], list[str]]:
    """Return the catchments that the files' names tell, and notes."""
    found = [identifier_in(file.name) for file in files]
    ids = list(dict.fromkeys(filter(None, found)))
    if len(files) == 1:
        return ids, [] if ids else ["the file's name tells no catchment"]
    notes = []
    if "" in found:
        notes.append(f"the names of {counted(found.count(''), 'file')} tell no catchment")
    double = len(files) - found.count("") - len(ids)
    if double:
        notes.append(f"{counted(double, 'file')} are of a catchment that another file is of too")
    return ids, notes
