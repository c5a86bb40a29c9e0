"""Text and numbers as HTML: everything that comes from outside passes through here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape as _escape

import numpy as np

MINUS = "\u2212"
NONE = "\u2013"


def text(value: object) -> str:
    """Return the value escaped for element content and for quoted attributes."""
    return _escape(str(value), quote=True)


def number(value: float, digits: int = 3) -> str:
    """Return a number for people: significant digits, thousands separated, a dash for NaN."""
    if not math.isfinite(value):
        return NONE
    if value == 0.0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -4:
        plain = f"{value:.1e}"
    else:
        places = max(0, digits - 1 - size)
        plain = f"{value:,.{places}f}"
    return plain.replace("-", MINUS)


def signed(value: float, digits: int = 3) -> str:
    """Return a number with its sign."""
    plain = number(value, digits)
    return f"+{plain}" if value > 0.0 else plain


def fixed(value: float, places: int) -> str:
    """Return a number with fixed decimals, a dash for NaN; no negative zero."""
    if not math.isfinite(value):
        return NONE
    plain = f"{value:,.{places}f}"
    if not plain.strip("-0.,"):
        plain = plain.lstrip("-")
    return plain.replace("-", MINUS)


def stamp(time: np.datetime64) -> str:
    """Return a time as ``2015-12-01 06:00``."""
    return str(np.datetime_as_string(time.astype("datetime64[m]"))).replace("T", " ")


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: frozenset[int] = frozenset()
) -> str:
    """Return a table whose cells are HTML already; the first cell of a row is its header."""

    def cell(tag: str, index: int, content: str, scope: str = "") -> str:
        style = ' class="number"' if index in numeric else ""
        return f"<{tag}{scope}{style}>{content}</{tag}>"

    top = "".join(cell("th", i, name, ' scope="col"') for i, name in enumerate(head))
    body = "".join(
        "<tr>"
        + cell("th", 0, row[0], ' scope="row"')
        + "".join(cell("td", i, content) for i, content in enumerate(row) if i)
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def card(title: str, body: str, *, size: str = "", lead: str = "", tools: str = "") -> str:
    """Return a section with its headline; ``body``, ``lead`` and ``tools`` are HTML already."""
    intro = f'<p class="lead">{lead}</p>' if lead else ""
    head = f'<div class="head"><h2>{text(title)}</h2>{tools}</div>'
    return f'<section class="card {size}">{head}{intro}{body}</section>'


def legend(*kinds: str) -> str:
    """Return the legend of the series that a chart shows."""
    names = {"simulated": "simulated", "observed": "observed", "rain": "rain, basin mean"}
    items = "".join(f'<li><span class="key {kind}"></span>{names[kind]}</li>' for kind in kinds)
    return f'<ul class="legend">{items}</ul>'


def chart(id: str, label: str, style: str = "") -> str:
    """Return the place where the script draws a chart."""
    return f'<div class="chart {style}" id="{id}" data-label="{text(label)}"></div>'
