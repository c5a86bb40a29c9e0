"""The parts of the page from top to bottom; each returns HTML, the drawings are the script's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.report.evaluation.contents import Comparison, PairedTest
from dmod.evaluation.report.evaluation.measure import Kind, in_symbols
from dmod.evaluation.report.evaluation.page_data import drawn_places
from dmod.evaluation.report.evaluation.score_cube import ScoreCube
from dmod.evaluation.report.evaluation.standing import (
    Standing,
    best_of,
    main_measure,
    paired,
    performance_pairs,
    standing,
)
from dmod.evaluation.report.markup import MINUS, card, chart, number, signed, stamp, table, text

COLOURS = 6
MOST_CARDS = 8
MOST_SOURCES = 200
STEPS = ((-1, "Worse"), (1, "Better"))
MOST_BESIDE = 6  # configurations, for two drawings beside each other
MANY = 4  # configurations from which on the heat map helps


def body(evaluation: Evaluation, cube: ScoreCube, comparison: Comparison) -> str:
    """Return everything between the page's head and its foot."""
    located = any(
        math.isfinite(place.longitude) and math.isfinite(place.latitude) for place in evaluation.places
    )
    parts = (
        _header(evaluation, cube),
        '<noscript><p class="banner">The drawings need JavaScript, the table of medians does not.</p>'
        "</noscript>",
        f"<main>{_cards(evaluation, cube)}{_picks(evaluation, cube)}",
        f'<div class="grid">{_map() if located else ""}{_cumulative(wide=not located)}',
        _place(evaluation),
        _facets(cube, many=len(evaluation.configurations) > MOST_BESIDE),
        _performance(cube, many=len(evaluation.configurations) > MOST_BESIDE),
        _medians(evaluation, cube),
        _heat(evaluation),
        _pairs(evaluation, cube, comparison),
        _table(),
        f"{_sources(evaluation)}</div></main>",
    )
    return "".join(parts)


def _header(evaluation: Evaluation, cube: ScoreCube) -> str:
    entries = [("Places", f"{len(evaluation.places):,}")]
    if period := _period(evaluation):
        entries.append(("Period (UTC)", period))
    entries += [
        ("Compared", _names(evaluation.configurations)),
        ("Metrics", f"{len({measure.metric for measure in cube.measures})}"),
        ("Unit", in_symbols(evaluation.unit)),
    ]
    if cube.facets:
        entries.append(("Told apart by", ", ".join(facet.replace("_", " ") for facet in cube.facets)))
    meta = "".join(f"<div><dt>{text(k)}</dt><dd>{text(v)}</dd></div>" for k, v in entries)
    _, left = drawn_places(evaluation)
    notes = [*evaluation.notes, *cube.notes]
    if left:
        notes.append(f"The series of {left:,} places are too long for this page and are not drawn.")
    items = "".join(f"<li>{text(note)}</li>" for note in notes)
    warned = (
        f'<details class="warnings" {"open" if len(notes) < 6 else ""}><summary>Take note'
        f'<span class="count">{len(notes)}</span></summary><ul>{items}</ul></details>'
        if notes
        else ""
    )
    return (
        f'<header><p class="eyebrow">Evaluation</p><h1>{text(evaluation.title)}</h1>'
        f'<dl class="meta">{meta}</dl>{warned}</header>'
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MANY else f"{len(names):,} configurations"


def _period(evaluation: Evaluation) -> str:
    stamped = [series for series in evaluation.series.values() if len(series.times)]
    if not stamped:
        return ""
    first = min(series.times[0] for series in stamped)
    last = max(series.times[-1] for series in stamped)
    return f"{stamp(first)} to {stamp(last)}"


def swatch(index: int) -> str:
    """Return a mark in the colour of a configuration."""
    return f'<span class="swatch c{index % COLOURS}"></span>'


def _cards(evaluation: Evaluation, cube: ScoreCube) -> str:
    measure = cube.measures[main_measure(cube)]
    grades = {grade.configuration: grade for grade in evaluation.grades}
    cards = []
    for index, name in enumerate(evaluation.configurations[:MOST_CARDS]):
        found = standing(cube.whole[main_measure(cube), index])
        graded = ""
        if name in grades and math.isfinite(grades[name].grade):
            grade = grades[name].grade
            graded = (
                f'<div class="graded"><meter min="0" max="100" value="{grade:.1f}" '
                f'aria-label="grade {grade:.1f} percent"></meter><span>grade {grade:.1f} %</span></div>'
            )
        quartiles = (
            f"half of {found.count:,} places between {number(found.lower)} and {number(found.upper)}"
            if found.count
            else "no place has a value"
        )
        cards.append(
            f'<div class="score"><div class="name">{swatch(index)}{text(name)}</div>'
            f'<div class="value">{number(found.median)}<small>{text(in_symbols(measure.unit))}</small></div>'
            f'<div class="source">median {text(measure.name)}</div>'
            f'<div class="source">{quartiles}</div>{graded}</div>'
        )
    more = len(evaluation.configurations) - MOST_CARDS
    rest = f'<p class="soft">{more:,} more stand in the table of medians.</p>' if more > 0 else ""
    return f'<div class="scores">{"".join(cards)}</div>{rest}'


def _picks(evaluation: Evaluation, cube: ScoreCube) -> str:
    """Return what is chosen for the whole page; it stays in sight."""
    measures = "".join(_option(i, measure.name) for i, measure in enumerate(cube.measures))
    names = "".join(_option(i, name) for i, name in enumerate(evaluation.configurations))
    picks = [
        _pick("measure", "Metric", measures),
        _pick("configuration", "Configuration", names),
    ]
    if len(evaluation.configurations) > 1:
        picks.append(_pick("minus", "compared with", f'<option value="-1">nothing else</option>{names}'))
    if len(cube.parts) > 1:
        options = '<option value="0">all times</option>' + "".join(
            f'<optgroup label="{text(facet.replace("_", " "))}">'
            + "".join(_option(i, cube.parts[i].name) for i in cube.parts_of(facet))
            + "</optgroup>"
            for facet in cube.facets
        )
        picks.append(_pick("part", "Times", options))
    return f'<div class="bar" role="group" aria-label="What is shown">{"".join(picks)}</div>'


def _option(value: object, words: str) -> str:
    return f'<option value="{text(value)}">{text(words)}</option>'


def _pick(id: str, label: str, options: str) -> str:
    return f'<label class="pick"><span>{text(label)}</span><select id="pick-{id}">{options}</select></label>'


def save_buttons(id: str) -> str:
    """Return the buttons that save a drawing."""
    return "".join(
        f'<button type="button" class="save" data-save="{id}" data-form="{form}" '
        f'aria-label="Save this figure as {form.upper()}">{form.upper()}</button>'
        for form in ("svg", "png")
    )


def _figure(id: str, title: str, *, label: str, size: str = "", lead: str = "", tools: str = "") -> str:
    tools = f'<div class="tools">{tools}{save_buttons(id)}</div>'
    return card(title, chart(id, label), size=size, lead=lead, tools=tools)


def _map() -> str:
    tools = (
        '<button type="button" data-map="in" aria-label="Zoom in">+</button>'
        f'<button type="button" data-map="out" aria-label="Zoom out">{MINUS}</button>'
        '<button type="button" data-map="all">All</button>'
    )
    body = (
        '<div class="places" id="map"><canvas tabindex="0" role="img" '
        'aria-label="Map of all places, coloured by the chosen metric. '
        'Arrow keys move it, plus and minus zoom; the table below has every value."></canvas></div>'
        '<div class="key-row" id="map-legend"></div><p class="soft" id="map-note"></p>'
    )
    head = f'<div class="tools">{tools}{save_buttons("map")}</div>'
    return f"{card('Where', body, size='wide map-card', tools=head)}"


def _cumulative(*, wide: bool) -> str:
    label = "Share of places at or below each value of the metric, by configuration"
    body = f'{chart("cumulative", label)}<div class="tight tall scroll" id="cumulative-legend"></div>'
    tools = f'<div class="tools">{save_buttons("cumulative")}</div>'
    return card("How often", body, size="" if wide else "third", tools=tools)


def _place(evaluation: Evaluation) -> str:
    search = (
        '<div class="find"><input id="find" type="search" role="combobox" autocomplete="off" '
        'aria-expanded="false" aria-controls="found" aria-autocomplete="list" '
        'aria-label="Find a place by name or id" placeholder="Find a place">'
        '<ul id="found" role="listbox" aria-label="Places found" hidden></ul></div>'
    )
    steps = "".join(f'<button type="button" data-step="{by}">{word}</button>' for by, word in STEPS)
    views = (
        '<button type="button" id="flow-log" aria-pressed="false">Log scale</button>'
        '<button type="button" id="flow-in" aria-label="Zoom in">+</button>'
        f'<button type="button" id="flow-out" aria-label="Zoom out">{MINUS}</button>'
        '<button type="button" id="flow-all">Whole period</button>'
    )
    parts = (
        _part_figure("against", "One against the other", "Simulated against observed values"),
        _part_figure("exceedance", "Duration curve", "Values by the share of time they are exceeded"),
    )
    body = (
        '<div class="where"><h3 id="place-name" aria-live="polite"></h3>'
        '<p class="soft" id="place-facts"></p></div><div id="flow-drawn"><div class="head">'
        '<div class="legend" id="flow-legend" role="group" aria-label="Series shown"></div>'
        f'<div class="tools flow-tools">{views}{save_buttons("flow")}</div></div>'
        f"{chart('flow', 'Observed and simulated values over time')}"
        f"{chart('overview', 'Overview of the whole period', 'navigator')}</div>"
        f'<p class="soft" id="flow-none" hidden></p><div class="three">{"".join(parts)}'
        '<div class="part-figure"><h3>Scores of this place</h3>'
        '<div class="scroll tight tall" id="place-scores" tabindex="0" role="region" '
        'aria-label="Scores of this place"></div></div></div>'
    )
    tools = f'<div class="tools">{search}{steps}</div>'
    lead = f"{len(evaluation.series):,} of {len(evaluation.places):,} places can be drawn over time."
    return card("One place", body, tools=tools, lead=lead, size="place-card")


def _part_figure(id: str, title: str, label: str) -> str:
    head = f'<div class="head"><h3>{text(title)}</h3><div class="tools">{save_buttons(id)}</div></div>'
    return f'<div class="part-figure">{head}{chart(id, label)}</div>'


def _facets(cube: ScoreCube, *, many: bool) -> str:
    if not cube.facets:
        return ""
    options = "".join(
        f'<option value="{text(facet)}">{text(facet.replace("_", " "))}</option>' for facet in cube.facets
    )
    pick = f'<select id="pick-facet" aria-label="Told apart by">{options}</select>'
    return _figure(
        "boxes",
        "When",
        size="half" if performance_pairs(cube) and not many else "",
        label="Distribution over places, by part of the facet and configuration",
        lead="Box: half of all places, with the median; whiskers: nine in ten.",
        tools=pick,
    )


def _performance(cube: ScoreCube, *, many: bool) -> str:
    if not performance_pairs(cube):
        return ""
    return _figure(
        "performance",
        "Events caught and missed",
        size="half" if cube.facets and not many else "",
        label="Performance diagram: probability of detection against success ratio",
        lead="Large: median over places by threshold. Small: places. Curves: critical success index.",
    )


def _cell(found: Standing, *, best: bool) -> str:
    if not found.count:
        return '<span class="soft">–</span>'
    middle = f"<strong>{number(found.median)}</strong>" if best else number(found.median)
    return f'{middle} <span class="soft">{number(found.lower)} to {number(found.upper)}</span>'


def _medians(evaluation: Evaluation, cube: ScoreCube) -> str:
    rows = []
    lost = 0
    for index, measure in enumerate(cube.measures):
        found = [standing(values) for values in cube.whole[index]]
        if not any(one.count for one in found):
            lost += 1
            continue
        best = best_of(measure, np.array([one.median for one in found]))
        unit = in_symbols(measure.unit)
        name = f'<span title="{text(measure.meaning)}">{text(measure.name)}</span>'
        cells = [_cell(one, best=k == best) for k, one in enumerate(found)]
        rows.append([f"{name} <span class='soft'>{text(unit)}</span>", _aim(cube, index), *cells])
    names = [f"{swatch(k)}{text(name)}" for k, name in enumerate(evaluation.configurations)]
    numeric = frozenset(range(1, 2 + len(names)))
    lead = "Median over all places, with its quartiles; the best of each row is bold."
    listed = f'<div class="medians tight">{table(["Metric", "Ideal", *names], rows, numeric=numeric)}</div>'
    left = f'<p class="soft">Without a value at any place, and left out: {lost:,}.</p>' if lost else ""
    return card("Medians", listed + left, lead=lead)


def _aim(cube: ScoreCube, index: int) -> str:
    measure = cube.measures[index]
    return "" if measure.kind is Kind.PLAIN else number(measure.ideal)


def _heat(evaluation: Evaluation) -> str:
    if len(evaluation.configurations) < MANY:
        return ""
    return _figure(
        "heat",
        "All configurations and metrics",
        label="Heat map of medians by configuration and metric",
        lead="Medians over places in the colours of each metric's own scale.",
    )


def _pairs(evaluation: Evaluation, cube: ScoreCube, comparison: Comparison) -> str:
    if comparison:
        head = ("Metric", "First", "Second", "Difference", "Interval", "p", "Places", "Test")
        rows = [_tested(test) for test in comparison]
        listed = table(head, rows, numeric=frozenset({3, 4, 5, 6}))
        lead = "Median over places of second minus first; p is the probability of as much by chance."
        return card("Against each other", f'<div class="tight tall scroll">{listed}</div>', lead=lead)
    names = evaluation.configurations
    if not 1 < len(names) <= MANY:
        return ""
    index = main_measure(cube)
    rows_of = []
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            one = paired(cube.measures[index], cube.whole[index], first, second)
            rows_of.append(
                (
                    f"{swatch(second)}{text(names[second])} against {swatch(first)}{text(names[first])}",
                    "–" if not one.count else f"{100.0 * one.better:.0f} %",
                    signed(one.gain),
                    f"{one.count:,}",
                )
            )
    head = ("Configurations", "Nearer to the ideal at", "Median gain", "Places")
    lead = f"{text(cube.measures[index].name)}, at places that both have a value for."
    listed = table(head, rows_of, numeric=frozenset({1, 2, 3}))
    return card("Against each other", f'<div class="tight">{listed}</div>', lead=lead)


def _tested(test: PairedTest) -> tuple[str, ...]:
    name = f"{test.metric} · {test.threshold}" if test.threshold else test.metric
    interval = f"{number(test.low)} to {number(test.high)}" if math.isfinite(test.low) else ""
    chance = "< 0.001" if test.p_value < 0.001 else number(test.p_value, 2)
    return (
        text(name),
        text(test.first),
        text(test.second),
        signed(test.difference),
        text(interval),
        text(chance),
        f"{test.places:,}",
        text(test.test),
    )


def _table() -> str:
    tools = (
        '<div class="tools"><input id="filter" type="search" aria-label="Filter places by text" '
        'placeholder="Filter">'
        '<select id="columns" aria-label="Columns"><option value="configurations">by configuration</option>'
        '<option value="measures">all metrics</option></select>'
        '<button type="button" id="export">CSV</button></div>'
    )
    body = (
        '<div class="scroll" id="rows" tabindex="0" role="region" aria-label="All places"></div>'
        '<div class="pages"><button type="button" id="page-back">Back</button>'
        '<span id="page-at" aria-live="polite"></span><button type="button" id="page-on">On</button></div>'
    )
    return card("All places", body, tools=tools)


def _sources(evaluation: Evaluation) -> str:
    if not evaluation.sources:
        return ""
    shown = [*evaluation.sources.items()][:MOST_SOURCES]
    rows = [
        (f'<span class="path">{text(address)}</span>', f"<code>{text(digest)}</code>")
        for address, digest in shown
    ]
    more = len(evaluation.sources) - len(shown)
    rest = f'<p class="soft">and {more:,} more</p>' if more else ""
    listed = f'<div class="tight">{table(("Source", "SHA-256"), rows)}</div>{rest}'
    return card("Sources", f"<details><summary>{len(evaluation.sources):,} read</summary>{listed}</details>")
