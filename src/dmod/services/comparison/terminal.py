"""A comparison as text for the terminal: what was made differently, what is not shared, worst first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from dmod.core.time_axis import format_time
from dmod.services.comparison.comparison import (
    Comparison,
    PlaceDeviation,
    RunDeviation,
    VariableDeviation,
    median,
)
from dmod.services.comparison.layer import SINGULAR

MOST_UNLIKE = 12
NONE = "-"


def comparison_text(comparison: Comparison, *, top: int = 10, variables: Sequence[str] | None = None) -> str:
    """Return the comparison as lines of text.

    Parameters
    ----------
    top : places shown of a variable; 0 shows none
    variables : whose places are shown; that which lies farthest apart if not given
    """
    lines = _runs(comparison)
    for deviation in comparison.deviations:
        lines += ["", f"{deviation.name} against {comparison.reference.name}: {verdict(deviation)}"]
        lines += _made(deviation)
        lines += [f"  not shared: {gap.sentence}" for gap in deviation.gaps if gap.counts]
        lines += [f"  note: {gap.sentence}" for gap in deviation.gaps if not gap.counts]
        lines += ["", *_indent(_variables(deviation))]
        lines += _places(deviation, top, variables)
        lines += _balance(deviation)
    return "\n".join(lines)


def verdict(deviation: RunDeviation) -> str:
    """Return in a few words how far a run lies from the reference."""
    several = len(deviation.variables)
    if deviation.identical:
        return f"identical, bit for bit, in {_all(several)}"
    apart = sum(variable.differing > 0 for variable in deviation.variables)
    if apart == 0:
        return f"the same within the tolerance in {_all(several)}"
    return f"different in {apart} of {several} variables that both have" if several > 1 else "different"


def _all(several: int) -> str:
    return f"all {several} variables that both have" if several > 1 else "the one variable that was compared"


def _runs(comparison: Comparison) -> list[str]:
    rows = []
    for index, run in enumerate(comparison.runs):
        made = " + ".join(run.note.modules) if run.note.recorded else "no record"
        places = ", ".join(f"{count:,} {kind}" for kind, count in run.sizes.items())
        rows.append(
            (
                run.name,
                "reference" if index == 0 else "",
                run.note.engine or NONE,
                made or NONE,
                run.stamps.text,
                places,
            )
        )
    return _table(("run", "", "engine", "modules", "period (UTC)", "places"), rows, left=6)


def _made(deviation: RunDeviation) -> list[str]:
    lines = []
    for item in deviation.unlike[:MOST_UNLIKE]:
        detail = f" ({item.detail})" if item.detail else ""
        both = f": {item.reference or 'nothing'} | {item.other or 'nothing'}"
        lines.append(f"  made differently: {item.what}{both if item.reference or item.other else ''}{detail}")
    if len(deviation.unlike) > MOST_UNLIKE:
        lines.append(f"  and {len(deviation.unlike) - MOST_UNLIKE} differences more, see --json")
    return lines


def _variables(deviation: RunDeviation) -> list[str]:
    rows = []
    for found in deviation.variables:
        worst = found.place(int(found.order()[0]))
        rows.append(
            (
                f"{found.variable} [{found.unit or '?'}]",
                found.layer,
                f"{found.differing:,}/{len(found.ids):,}",
                number(worst.largest),
                worst.id if worst.when or worst.missing else NONE,
                NONE if worst.when is None else format_time(worst.when)[:16],
                number(float(np.max(np.nan_to_num(found.values.rmse)))),
                percent(sum_difference(found)),
                number(median(found.values.nse), 5),
                f"{int(found.values.missing.sum()):,}" if found.values.missing.any() else NONE,
            )
        )
    head = (
        "variable", "places", "differ", "largest", "at", "when", "max RMSE", "sum", "median NSE", "missing",
    )  # fmt: skip
    return _table(head, rows, left=2)


def sum_difference(found: VariableDeviation) -> float:
    """Return the relative difference of the sums over all places; NaN for a reference of 0."""
    total = float(np.nansum(found.values.reference_sum))
    other = float(np.nansum(found.values.other_sum))
    if total == other:
        return 0.0
    return (other - total) / abs(total) if total else math.nan


def _places(deviation: RunDeviation, top: int, wanted: Sequence[str] | None) -> list[str]:
    chosen = [v for v in deviation.variables if wanted is not None and v.variable in wanted]
    if wanted is None:
        chosen = [v for v in deviation.variables[:1] if v.differing]
    lines: list[str] = []
    for found in chosen if top else ():
        apart = [place for place in found.worst(top) if not place.identical]
        if apart:
            title = f"worst {found.layer} in {found.variable} [{found.unit or '?'}]"
            lines += ["", *_indent([title, *_table(place_head(found), map(_place, apart), left=1)])]
    return lines


def place_head(found: VariableDeviation) -> tuple[str, ...]:
    """Return the titles of the columns of places."""
    return (
        SINGULAR[found.layer], "largest", "when", "bias", "RMSE", "sum", "r", "NSE", "beyond", "missing",
    )  # fmt: skip


def _place(place: PlaceDeviation) -> tuple[str, ...]:
    return (
        place.id,
        number(place.largest),
        NONE if place.when is None else format_time(place.when)[:16],
        number(place.bias),
        number(place.rmse),
        percent(place.relative),
        number(place.correlation, 5),
        number(place.nse, 5),
        f"{place.beyond:,}",
        f"{place.missing:,}" if place.missing else NONE,
    )


def _balance(deviation: RunDeviation) -> list[str]:
    terms = [term for term in deviation.balance if abs(term.largest) > 0.0]
    if not terms:
        return []
    rows = [
        (t.term, number(t.reference), number(t.other), number(t.other - t.reference), number(t.largest), t.at)
        for t in terms
    ]
    head = ("water balance [mm]", "reference", "other", "difference", "largest", "at")
    return ["", *_indent(_table(head, rows, left=1))]


def number(value: float, digits: int = 3) -> str:
    """Return a number in a few digits, a dash where it is not defined."""
    return f"{value:.{digits}g}" if math.isfinite(value) else NONE


def percent(share: float) -> str:
    """Return a share as signed per cent."""
    if not math.isfinite(share):
        return NONE
    return "0 %" if share == 0.0 else f"{100.0 * share:+.3g} %"


def _indent(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> list[str]:
    """Return aligned columns; the first ``left`` to the left, the rest to the right."""
    cells = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return [
        "  ".join(
            text.ljust(width) if i < left else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
