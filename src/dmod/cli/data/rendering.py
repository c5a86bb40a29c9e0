"""Datasets as text: what they cover, sizes, tables."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dmod.catalog.dataset import Dataset
    from dmod.catalog.domain import Domain

SHOWN = 5
WIDTH = 76
"""Characters for what an index holds, beside its name on a line of 100."""
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def covered(domain: Domain) -> Iterator[tuple[str, str]]:
    """Yield each index that a domain states, and what it holds of it, on one line."""
    from dmod.catalog.data_format import DomainIndex
    from dmod.catalog.restriction import Continuous, in_order

    for index, held in domain.restrictions.items():
        if isinstance(held, Continuous):
            yield index.value, str(held)
            continue
        ordered = [str(value) for value in in_order(held.values)]
        if index is DomainIndex.VARIABLE and domain.units:
            ordered = [f"{name} [{domain.units[name]}]" if name in domain.units else name for name in ordered]
        yield index.value, "all" if held.is_all else ("all but " if held.excluded else "") + _several(ordered)


def _several(ordered: Sequence[str]) -> str:
    """Return names with their number: all, or the first and the last where they would not fit on a line."""
    count = f"{len(ordered):,}: " if len(ordered) > 1 else ""
    for shown in range(min(SHOWN, len(ordered)), 0, -1):
        more = f" … {ordered[-1]}" if len(ordered) > shown else ""
        text = count + ", ".join(ordered[:shown]) + more
        if len(text) <= WIDTH:
            break
    return text


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 file``, ``2 files``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size_text(size: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in UNITS:
        if size < 1000 or unit == UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("the last unit returns")


def day(time: datetime | None) -> str:
    """Return the day of a time."""
    return "" if time is None else time.strftime("%Y-%m-%d")


def listing_rows(datasets: Sequence[Dataset]) -> list[tuple[str, ...]]:
    """Return a row for each dataset."""
    from dmod.catalog.data_format import DomainIndex

    rows: list[tuple[str, ...]] = []
    for dataset in datasets:
        domain = dataset.domain
        period = domain.time
        whole = f"{_short(period.begin)} … {_short(period.end)}" if period is not None else ""
        places = domain.values(DomainIndex.CATCHMENT_ID) or domain.values(DomainIndex.GAGE_ID)
        rows.append(
            (
                dataset.reference,
                domain.format.name,
                whole,
                f"{len(places):,}" if places else "",
                "linked" if dataset.is_external else size_text(dataset.size),
                day(dataset.created),
                ("read-only " if dataset.read_only else "") + day(dataset.expires),
            )
        )
    return rows


HEADS = ("dataset", "format", "period", "places", "size", "created", "expires")
RIGHT = frozenset({"places", "size"})
SHORTEST = 12
"""Characters that are left of a format."""
SPARE = MappingProxyType({"created": 100, "places": SHORTEST})
"""Columns that can be missed, and the characters that formats are cut to before each goes (100: uncut)."""


def listing_lines(datasets: Sequence[Dataset], width: int | None = None) -> list[str]:
    """Return a table of datasets, columns aligned, empty ones left out.

    Parameters
    ----------
    width : of the terminal [characters]; where it is too narrow, columns of `SPARE` go and formats are cut;
        names never are. None where nobody looks, and everything is printed
    """
    rows = [HEADS, *listing_rows(datasets)]
    kept = [n for n in range(len(HEADS)) if any(row[n] for row in rows[1:])]
    widths = {n: max(len(row[n]) for row in rows) for n in kept}
    if width is not None:
        _fit(widths, width)
    return [
        "  ".join(
            row[n].rjust(space) if HEADS[n] in RIGHT else _cut(row[n], space).ljust(space)
            for n, space in widths.items()
        ).rstrip()
        for row in rows
    ]


def _fit(widths: dict[int, int], width: int) -> None:
    """Make columns narrower, or leave some out, until they fit; as far as that goes."""
    form = HEADS.index("format")
    for spare, least in SPARE.items():
        if _whole(widths) - max(0, widths[form] - least) > width:
            widths.pop(HEADS.index(spare), None)
    widths[form] -= min(max(0, _whole(widths) - width), max(0, widths[form] - SHORTEST))


def _whole(widths: Mapping[int, int]) -> int:
    """Return the characters of a line of columns, two between them."""
    return sum(widths.values()) + 2 * (len(widths) - 1)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def terminal_width() -> int | None:
    """Return the width of the terminal [characters]; None where the output goes elsewhere."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else None


def _short(bound: object) -> str:
    """Return a time without the hour where that is midnight."""
    if not isinstance(bound, datetime):
        return str(bound)
    return bound.strftime("%Y-%m-%d" if (bound.hour, bound.minute) == (0, 0) else "%Y-%m-%d %H:%M")
