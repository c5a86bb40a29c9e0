"""The sections of the comparison's page, from top to bottom; each returns HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dmod.core.time_axis import format_time
from dmod.evaluation.report.markup import card, chart, number, signed, table, text
from dmod.services.comparison.comparison import (
    Comparison,
    PlaceDeviation,
    RunDeviation,
    VariableDeviation,
    median,
)
from dmod.services.comparison.layer import SINGULAR
from dmod.services.comparison.page_data import first_variable
from dmod.services.comparison.terminal import sum_difference, verdict

TOP = 10
MOST_UNLIKE = 40
COLOURS = 6
NUMERIC = frozenset({2, 3, 6, 7, 8, 9, 10})
MEASURES = (
    ("relative", "Difference of the sums"),
    ("bias", "Mean difference"),
    ("largest", "Largest difference"),
)


def header(comparison: Comparison, notes: Sequence[str]) -> str:
    """Return title, what was compared, and what the reader must know first."""
    reference = comparison.reference
    others = ", ".join(run.name for run in comparison.runs[1:])
    entries = [
        ("Reference", reference.name),
        ("Period (UTC)", reference.stamps.text),
        ("Places", ", ".join(f"{count:,} {kind}" for kind, count in reference.sizes.items())),
        (
            "Tolerance",
            f"{comparison.tolerance.absolute:g} absolute, {comparison.tolerance.relative:g} relative",
        ),
    ]
    meta = "".join(f"<div><dt>{text(k)}</dt><dd>{text(v)}</dd></div>" for k, v in entries)
    gaps = [
        f"{deviation.name}: {gap.sentence}"
        for deviation in comparison.deviations
        for gap in deviation.gaps
        if gap.counts
    ]
    items = "".join(f"<li>{text(note)}</li>" for note in (*gaps, *notes))
    warned = ""
    if items:
        warned = f'<div class="warnings" role="note"><strong>Not compared</strong><ul>{items}</ul></div>'
    title = f"<h1>{text(others)} against {text(reference.name)}</h1>"
    return (
        f'<header><p class="eyebrow">Comparison of runs</p>{title}'
        f'<dl class="meta">{meta}</dl>{warned}</header>'
    )


def verdicts(comparison: Comparison) -> str:
    """Return a card per run that says how far it lies from the reference."""
    cards = []
    for index, deviation in enumerate(comparison.deviations, 1):
        apart = sum(variable.differing > 0 for variable in deviation.variables)
        word = "identical" if deviation.identical else "different" if apart else "same"
        level = "l1" if apart else "l4"
        main = first_variable(deviation.variables)
        facts = (
            f"{main.variable}: largest {number(float(np.nanmax(main.values.largest, initial=0.0)))} "
            f"{main.unit}, median NSE {number(median(main.values.nse), 4)}"
        )
        cards.append(
            f'<div class="score"><div class="name">{swatch(index)}{text(deviation.name)}</div>'
            f'<div class="value word">{word}</div><div class="grade {level}">{text(verdict(deviation))}</div>'
            f'<div class="source">{text(facts)}</div></div>'
        )
    return f'<div class="scores">{"".join(cards)}</div>'


def swatch(index: int) -> str:
    """Return a mark in the colour of a run."""
    return f'<span class="swatch r{index % COLOURS}"></span>'


def made(comparison: Comparison) -> str:
    """Return what made the runs, and in what that was different."""
    rows = [
        (
            f"{swatch(index)}{text(run.name)}",
            text(run.note.engine or "not recorded"),
            text(" + ".join(run.note.modules) or "not recorded"),
            text(run.stamps.text),
            text(", ".join(f"{count:,} {kind}" for kind, count in run.sizes.items())),
            "" if run.note.seconds is None else number(run.note.seconds),
        )
        for index, run in enumerate(comparison.runs)
    ]
    head = ("Run", "Engine", "Modules", "Period (UTC)", "Places", "Wall time [s]")
    parts = [table(head, rows, numeric=frozenset({5}))]
    for index, deviation in enumerate(comparison.deviations, 1):
        if deviation.unlike:
            parts.append(_unlike(comparison, deviation, index))
    notes = [
        f"{deviation.name}: {gap.sentence}"
        for deviation in comparison.deviations
        for gap in deviation.gaps
        if not gap.counts
    ]
    if notes:
        parts.append(f'<ul class="plain soft">{"".join(f"<li>{text(note)}</li>" for note in notes)}</ul>')
    return card("Runs", "".join(parts))


def _unlike(comparison: Comparison, deviation: RunDeviation, index: int) -> str:
    rows = [
        (
            text(item.what),
            f"<code>{text(item.reference or '–')}</code>",
            f"<code>{text(item.other or '–')}</code>",
            text(item.detail),
        )
        for item in deviation.unlike[:MOST_UNLIKE]
    ]
    more = len(deviation.unlike) - MOST_UNLIKE
    rest = f'<p class="soft">and {more} differences more</p>' if more > 0 else ""
    head = ("What", text(comparison.reference.name), text(deviation.name), "")
    title = f"<h3>{swatch(index)}{text(deviation.name)} was made differently</h3>"
    return f'{title}<div class="tight">{table(head, rows)}</div>{rest}'


def basin(drawing: str) -> str:
    """Return the map with its choices; empty without a drawing."""
    if not drawing:
        return ""
    measures = "".join(f'<option value="{value}">{text(name)}</option>' for value, name in MEASURES)
    picks = "".join(
        f'<select id="map-{name}" aria-label="{label}">{options}</select>'
        for name, label, options in (
            ("run", "Run", ""),
            ("variable", "Variable", ""),
            ("measure", "What is shown", measures),
        )
    )
    body = f'<div id="map-frame" class="diverging">{drawing}<div class="ramp" id="map-ramp"></div></div>'
    lead = "Brown catchments have less than the reference, blue ones more."
    return card("Where", body, size="half", lead=lead, tools=f'<div class="picks">{picks}</div>')


def worst(comparison: Comparison, *, half: bool) -> str:
    """Return the places that lie farthest apart, in the variable that is looked at first."""
    parts = []
    for index, deviation in enumerate(comparison.deviations, 1):
        found = first_variable(deviation.variables)
        rows = [
            (
                text(place.id),
                number(place.largest),
                _when(place),
                signed(place.bias),
                _percent(place.relative),
                number(place.nse, 4),
                f"{place.missing:,}" if place.missing else "",
            )
            for place in found.worst(TOP)
            if not place.identical
        ]
        unit = f" [{found.unit}]" if found.unit else ""
        title = f"<h3>{swatch(index)}{text(deviation.name)}: {text(found.variable)}{text(unit)}</h3>"
        head = (SINGULAR[found.layer].capitalize(), "Largest", "When (UTC)", "Bias", "Sum", "NSE", "Missing")
        shown = len(head) if found.values.missing.any() else len(head) - 1
        listed = table(head[:shown], [row[:shown] for row in rows], numeric=frozenset({1, 3, 4, 5, 6}))
        rows_or_none = (
            f'<div class="tight">{listed}</div>' if rows else '<p class="soft">identical everywhere</p>'
        )
        parts.append(title + rows_or_none)
    return card("Farthest apart", "".join(parts), size="half" if half else "")


def series(comparison: Comparison, points: Sequence[dict[str, Any]]) -> str:
    """Return the series of a chosen place over time, as duration curves, and against the reference."""
    if not points:
        return ""
    options = "".join(
        f'<option value="{index}">{text(" · ".join((p["id"], p["variable"], p["why"])))}</option>'
        for index, p in enumerate(points)
    )
    tools = (
        f'<div class="picks"><select id="place" aria-label="Place and variable">{options}</select>'
        '<button type="button" id="log" aria-pressed="false">Log scale</button>'
        '<button type="button" id="whole">Whole period</button></div>'
    )
    keys = "".join(
        f'<li><span class="key run {"reference" if index == 0 else ""} r{index % COLOURS}"></span>'
        f"{text(run.name)}</li>"
        for index, run in enumerate(comparison.runs)
    )
    legend = f'<ul class="legend">{keys}</ul>'
    label = "Series of all runs over time, and below them each minus the reference"
    body = (
        legend
        + chart("series", label)
        + '<p class="soft">Drag to zoom, double-click for the whole period.</p>'
        + "<noscript><p>The charts are drawn by this page's script, which is switched off.</p></noscript>"
    )
    curves = legend + chart("durations", "Duration curves of all runs")
    dots = chart("dots", "Other runs against the reference, with the line of equality")
    return (
        card("Side by side", body, tools=tools)
        + card("Duration curve", curves, size="half", lead="Of the place chosen above.")
        + card("Against the reference", dots, size="half", lead="Below the line: less than the reference.")
    )


def variables(comparison: Comparison) -> str:
    """Return every variable of every run."""
    parts = []
    for index, deviation in enumerate(comparison.deviations, 1):
        rows = [_variable(found) for found in deviation.variables]
        head = (
            "Variable", "Places", "Differ", "Largest", "At", "When (UTC)", "Highest RMSE", "Sum",
            "Median NSE", "Lowest NSE", "Missing",
        )  # fmt: skip
        title = f"<h3>{swatch(index)}{text(deviation.name)}</h3>"
        parts.append(f'{title}<div class="tight variables">{table(head, rows, numeric=NUMERIC)}</div>')
    lead = (
        "Worst first, by the RMSE as a share of the reference's standard deviation. Bias, RMSE and NSE take "
        "the reference in the place of the observation."
    )
    return card("All variables", "".join(parts), lead=lead)


def _variable(found: VariableDeviation) -> tuple[str, ...]:
    values = found.values
    worst_place = found.place(int(found.order()[0]))
    known = values.nse[np.isfinite(values.nse)]
    style = "apart" if found.differing else "same"
    missing = int(values.missing.sum())
    return (
        text(f"{found.variable} [{found.unit}]" if found.unit else found.variable),
        found.layer,
        f'<span class="{style}">{found.differing:,}</span> of {len(found.ids):,}',
        number(worst_place.largest),
        text(worst_place.id) if not worst_place.identical else "",
        _when(worst_place),
        number(float(np.max(np.nan_to_num(values.rmse), initial=0.0))),
        _percent(sum_difference(found)),
        number(median(values.nse), 4),
        number(float(known.min()) if len(known) else float("nan"), 4),
        f"{missing:,}" if missing else "",
    )


def balance(comparison: Comparison) -> str:
    """Return the terms of the water balance of all runs that have one."""
    parts = []
    for index, deviation in enumerate(comparison.deviations, 1):
        if not deviation.balance:
            continue
        rows = [
            (
                text(term.term.replace("_", " ")),
                number(term.reference),
                number(term.other),
                signed(term.other - term.reference),
                number(term.largest),
                text(term.at) if term.largest > 0.0 else "",
            )
            for term in deviation.balance
        ]
        head = (
            "Term [mm]",
            text(comparison.reference.name),
            text(deviation.name),
            "Difference",
            "Largest",
            "At",
        )
        title = f"<h3>{swatch(index)}{text(deviation.name)}</h3>"
        parts.append(f'{title}<div class="tight">{table(head, rows, numeric=frozenset({1, 2, 3, 4}))}</div>')
    lead = "Depths over the run's whole period, means over the catchments that both have."
    return card("Water balance", "".join(parts), lead=lead) if parts else ""


def _when(place: PlaceDeviation) -> str:
    return "" if place.when is None else f'<span class="when">{format_time(place.when)[:16]}</span>'


def _percent(share: float) -> str:
    return f"{signed(100.0 * share)} %" if np.isfinite(share) else number(share)
