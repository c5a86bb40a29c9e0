"""Texts that Fortran programs read: namelist groups, and tables of one key a line.

Both readers skip what follows an exclamation mark, so every line says unit and source of its value:
in a namelist it starts a comment (Fortran 2003, section 10.10.2.3), and in a table the list-directed
read is satisfied by the one value before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dmod.errors import InputError
from dmod.formulation.generate.generator import Catchment, Generator

_WIDEST = 60  # comments stand below each other up to this column
_LINE = 320  # the readers' buffers hold 400 characters


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a file.

    Parameters
    ----------
    key : as the reader knows it
    value : word, whole or real number, or a sequence of numbers
    note : what stands behind the exclamation mark
    """

    key: str
    value: Any
    note: str = ""


def known(generator: Generator, catchment: Catchment, keys: Iterable[str]) -> list[Entry]:
    """Return the entries of parameters, each with its meaning, unit and source."""
    entries = []
    for key in keys:
        need = generator.need(key)
        unit = f" [{need.unit}]" if need.unit else ""
        note = f"{need.text}{unit}; {catchment.sources.get(key, 'constant')}"
        entries.append(Entry(key, catchment.values[key], note))
    return entries


def group(name: str, entries: Sequence[Entry]) -> str:
    """Return a namelist group, closed by a slash."""
    width = max(len(entry.key) for entry in entries)
    texts = [f"  {entry.key:<{width}} = {literal(entry.value)}" for entry in entries]
    return "\n".join([f"&{name}", *_commented(texts, entries), "/"]) + "\n"


def table(entries: Sequence[Entry]) -> str:
    """Return lines of a key, one blank and a value.

    The readers take all that precedes the first blank as the key, and count the lines they know: no
    line may hold anything else.
    """
    return "\n".join(_commented([f"{entry.key} {_bare(entry.value)}" for entry in entries], entries)) + "\n"


def literal(value: Any) -> str:
    """Return a value as a namelist has it: words in quotation marks, sequences with commas."""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return ", ".join(_number(item) for item in value) if isinstance(value, Sequence) else _number(value)


def fitting(text: str, length: int, *, what: str) -> str:
    """Return a text that the reader's variable of ``length`` characters holds.

    Raises
    ------
    InputError
        the text is longer, and the reader would cut it.
    """
    if len(text) > length:
        raise InputError(
            f"{what}: {text!r} has {len(text)} characters, and the module's reader keeps {length}",
            hint="shorten the name, or move the package's files to a shorter path",
        )
    return text


def hour_stamp(time: datetime, *, what: str) -> str:
    """Return ``YYYYMMDDHH``, as Snow-17 and SAC-SMA read times.

    Raises
    ------
    InputError
        the time is not on the hour: the reader would move it there.
    """
    if time.minute or time.second or time.microsecond:
        raise InputError(
            f"{what}: {time:%Y-%m-%d %H:%M:%S} is not on the hour, and this module's files hold whole hours",
            hint="start the run on the hour",
        )
    return f"{time:%Y%m%d%H}"


def _bare(value: Any) -> str:
    """Return a value without quotation marks (an identifier holds no blanks)."""
    return value if isinstance(value, str) else _number(value)


def _number(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    text = f"{float(value):.9g}"
    return text if any(mark in text for mark in ".en") else f"{text}.0"


def _commented(texts: Sequence[str], entries: Sequence[Entry]) -> Iterator[str]:
    """Yield the lines with their notes, which stand below each other."""
    width = max(len(text) for text in texts if len(text) <= _WIDEST)
    for text, entry in zip(texts, entries, strict=True):
        note = " ".join(entry.note.split())
        yield f"{text:<{width}}  ! {note}"[:_LINE] if note else text
