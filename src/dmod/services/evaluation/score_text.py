"""An evaluation as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dmod.evaluation.evaluation import Evaluation
from dmod.services.comparison.terminal import number

if TYPE_CHECKING:
    import pandas as pd

MOST_LOCATIONS = 20
MOST_NOTES = 12


def evaluation_text(evaluation: Evaluation, *, most: int = MOST_LOCATIONS) -> str:
    """Return scores by location, or their quartiles where there are more than ``most`` locations."""
    lines = [f"{evaluation.title}: {_count(evaluation)}"]
    whole = evaluation.scores[evaluation.scores["facet"] == ""]
    for name in evaluation.configurations:
        rows = whole[whole["configuration"] == name]
        if len(evaluation.configurations) > 1:
            lines += ["", name]
        few = len(evaluation.places) <= most
        lines += ["", *(_by_location(rows) if few else _by_metric(rows))]
    for grade in evaluation.grades:
        lines += ["", f"grade of {grade.configuration}: {number(grade.grade, 4)} %"]
    if evaluation.notes:
        lines += ["", *(f"note: {note}" for note in evaluation.notes[:MOST_NOTES])]
        if len(evaluation.notes) > MOST_NOTES:
            lines.append(f"and {len(evaluation.notes) - MOST_NOTES} notes more")
    return "\n".join(lines)


def _count(evaluation: Evaluation) -> str:
    several = len(evaluation.configurations)
    runs = f"{several} configurations" if several > 1 else evaluation.configurations[0]
    places = len(evaluation.places)
    return f"{runs} at {places:,} location{'s' if places != 1 else ''}, values in {evaluation.unit}"


def _by_location(rows: pd.DataFrame) -> list[str]:
    named = rows.assign(
        measure=rows["metric"].where(rows["threshold"] == "", rows["metric"] + " @ " + rows["threshold"])
    )
    measures = list(dict.fromkeys(named["measure"]))
    locations = list(dict.fromkeys(named["location"]))
    values = {
        (m, one): v for m, one, v in zip(named["measure"], named["location"], named["value"], strict=True)
    }
    pairs = named.groupby("location")["pairs"].max()
    reasons = {one: why for one, why in zip(named["location"], named["reason"], strict=True) if why}
    head = ["", *locations]
    body = [["pairs", *(f"{pairs[one]:,}" for one in locations)]]
    body += [[m, *(number(float(values[m, one]), 4) for one in locations)] for m in measures]
    if len(locations) > 6:
        head, *body = (list(row) for row in zip(head, *body, strict=True))
    return [*table([head, *body]), *(f"{one}: {why}" for one, why in reasons.items())]


def _by_metric(rows: pd.DataFrame) -> list[str]:
    body = []
    for (metric, threshold), group in rows.groupby(["metric", "threshold"], sort=False):
        values = group["value"].to_numpy()
        known = values[np.isfinite(values)]
        quartiles = np.quantile(known, [0.1, 0.25, 0.5, 0.75, 0.9]) if len(known) else [np.nan] * 5
        name = f"{metric} @ {threshold}" if threshold else str(metric)
        body.append([name, f"{len(known):,}", *(number(float(q), 4) for q in quartiles)])
    return table([["", "locations", "10 %", "25 %", "median", "75 %", "90 %"], *body])


def table(rows: Sequence[Sequence[str]], *, left: int = 1) -> list[str]:
    """Return aligned columns, the first ones to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return list(_aligned(rows, widths, left))


def _aligned(rows: Iterable[Sequence[str]], widths: Sequence[int], left: int) -> Iterator[str]:
    for row in rows:
        cells = [
            text.ljust(width) if index < left else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
