"""Datasets as text: what they cover, sizes, tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.restriction import Continuous, in_order

if TYPE_CHECKING:
    from dmod.catalog.dataset import Dataset
    from dmod.catalog.domain import Domain

SHOWN = 5
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def covered(domain: Domain) -> Iterator[tuple[str, str]]:
    """Yield each index that a domain states, and what it holds of it."""
    for index, held in domain.restrictions.items():
        if isinstance(held, Continuous):
            yield index.value, str(held)
            continue
        ordered = [str(value) for value in in_order(held.values)]
        if index is DomainIndex.VARIABLE and domain.units:
            ordered = [f"{name} [{domain.units[name]}]" if name in domain.units else name for name in ordered]
        count = f"{len(ordered):,}: " if len(ordered) > 1 else ""
        more = f" … {ordered[-1]}" if len(ordered) > SHOWN else ""
        text = ", ".join(ordered[:SHOWN]) + more
        yield index.value, "all" if held.is_all else f"{'all but ' if held.excluded else ''}{count}{text}"


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


def listing_lines(datasets: Sequence[Dataset]) -> list[str]:
    """Return a table of datasets, columns aligned, empty ones left out."""
    rows = [HEADS, *listing_rows(datasets)]
    kept = [n for n in range(len(HEADS)) if any(row[n] for row in rows[1:])]
    widths = {n: max(len(row[n]) for row in rows) for n in kept}
    return [
        "  ".join(
            row[n].rjust(widths[n]) if HEADS[n] in RIGHT else row[n].ljust(widths[n]) for n in kept
        ).rstrip()
        for row in rows
    ]


def _short(bound: object) -> str:
    """Return a time without the hour where that is midnight."""
    if not isinstance(bound, datetime):
        return str(bound)
    return bound.strftime("%Y-%m-%d" if (bound.hour, bound.minute) == (0, 0) else "%Y-%m-%d %H:%M")
