"""Tables of text, columns aligned, those that are empty left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

SHORTEST = 8
"""Characters that are left of a column that is cut."""


def table_lines(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Collection[str] = (),
    cut: str = "",
    width: int | None = None,
) -> list[str]:
    """Return a table.

    Parameters
    ----------
    right : heads of columns that stand to the right
    cut : head of the column that is cut where the table is too wide
    width : of the terminal [characters]; None where nobody looks, and everything is printed
    """
    plain = [[" ".join(cell.split()) for cell in row] for row in rows]
    kept = [n for n in range(len(heads)) if any(row[n] for row in plain)]
    widths = {n: max(len(row[n]) for row in [heads, *plain]) for n in kept}
    column = heads.index(cut) if cut else -1
    if width is not None and column in widths:
        excess = sum(widths.values()) + 2 * (len(widths) - 1) - width
        widths[column] = max(min(SHORTEST, widths[column]), widths[column] - max(0, excess))
    return [
        "  ".join(
            row[n].rjust(space) if heads[n] in right else _cut(row[n], space).ljust(space)
            for n, space in widths.items()
        ).rstrip()
        for row in [list(heads), *plain]
    ]


def moment(time: datetime | None) -> str:
    """Return a time to the minute, UTC."""
    return "" if time is None else time.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
