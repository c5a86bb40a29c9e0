"""A comparison of scores as text for the terminal, and as rows of a table."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from dmod.core.atomic import replacing
from dmod.services.comparison.terminal import number
from dmod.services.evaluation.score_comparison import QUANTILES, AspectComparison, ScoreComparison
from dmod.services.evaluation.score_text import table

HEAD = ("metric", "threshold", "facet", "part", "run", "locations", "known", "mean")


def score_comparison_text(comparison: ScoreComparison) -> str:
    """Return medians, quartiles and tests of all runs, metric by metric."""
    lines: list[str] = []
    for found in comparison.aspects:
        if lines:
            lines.append("")
        lines.append(f"{found.aspect.title} at {_places(found)}{_ideal(found)}")
        lines += [f"  {line}" for line in table([["", *_titles(found)], *_runs(found)])]
        lines += [f"  {line}" for line in _tests(found)]
    lines += ["", *(f"note: {note}" for note in comparison.notes)] if comparison.notes else []
    return "\n".join(lines)


def write_comparison_table(path: Path, comparison: ScoreComparison) -> None:
    """Write a row for each metric, part and run as CSV.

    Raises
    ------
    StoreError
        the file cannot be written.
    """
    with replacing(path) as hidden, hidden.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*HEAD, *(f"q{100 * q:g}" for q in QUANTILES), "best_share", *PAIRED))
        for found in comparison.aspects:
            writer.writerows(_rows(found, comparison.runs[0]))


PAIRED = ("median_difference", "low", "high", "share_better", "p", "p_adjusted")
"""Against the first run; empty for itself."""


def _places(found: AspectComparison) -> str:
    count = len(found.locations)
    return f"{count:,} location{'s' if count != 1 else ''}"


def _ideal(found: AspectComparison) -> str:
    return "" if math.isnan(found.aspect.ideal) else f", ideal {found.aspect.ideal:g}"


def _titles(found: AspectComparison) -> list[str]:
    best = [] if math.isnan(found.aspect.ideal) else ["best"]
    return [*(f"{100 * q:g} %" if q != 0.5 else "median" for q in QUANTILES), *best]


def _runs(found: AspectComparison) -> Iterator[list[str]]:
    for run in found.values:
        best = found.best_share(run)
        share = [] if math.isnan(found.aspect.ideal) else [f"{100 * best:.0f} %"]
        yield [run, *(number(value, 4) for value in found.quantiles(run).values()), *share]


def _tests(found: AspectComparison) -> Iterator[str]:
    for test in found.tests:
        apart = test.difference
        better = "" if math.isnan(apart.better) else f", better at {100 * apart.better:.0f} %"
        verdict = f": {test.verdict} is better" if test.verdict else ": no difference beyond chance"
        if math.isnan(found.aspect.ideal):
            verdict = ""
        interval = f"[{number(apart.low)}, {number(apart.high)}]"
        yield (
            f"{test.second} - {test.first}: median {number(apart.median)} {interval}{better}, "
            f"p {number(test.p_adjusted, 2)}{verdict}"
        )


def _rows(found: AspectComparison, reference: str) -> Iterator[list[str]]:
    tests = {test.second: test for test in found.tests if test.first == reference}
    aspect = found.aspect
    for run, values in found.values.items():
        test = tests.get(run)
        paired = [""] * len(PAIRED)
        if test is not None:
            d = test.difference
            paired = [_cell(v) for v in (d.median, d.low, d.high, d.better, d.p, test.p_adjusted)]
        yield [
            *(aspect.metric, aspect.threshold, aspect.facet, aspect.part, run),
            *(str(len(values)), str(found.known[run]), _cell(float(values.mean()))),
            *(_cell(value) for value in found.quantiles(run).values()),
            _cell(found.best_share(run)),
            *paired,
        ]


def _cell(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""
