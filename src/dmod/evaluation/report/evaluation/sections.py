"""The parts of the page from top to bottom; each returns HTML, the drawings are the script's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.report.evaluation import cards
from dmod.evaluation.report.evaluation.contents import Comparison, PairedTest
from dmod.evaluation.report.evaluation.measure import Kind, in_symbols
from dmod.evaluation.report.evaluation.page_data import drawn_places
from dmod.evaluation.report.evaluation.score_cube import ScoreCube
from dmod.evaluation.report.evaluation.standing import (
    Standing,
    best_of,
    main_measure,
    paired,
    standing,
)
from dmod.evaluation.report.markup import card, number, signed, stamp, table, text

COLOURS = 6
MOST_CARDS = 8
MOST_SOURCES = 200
MOST_BESIDE = 6  # configurations, for two drawings beside each other


def body(evaluation: Evaluation, cube: ScoreCube, comparison: Comparison) -> str:
    """Return everything between the page's head and its foot."""
    located = any(
        math.isfinite(place.longitude) and math.isfinite(place.latitude) for place in evaluation.places
    )
    parts = (
        _header(evaluation, cube),
        '<noscript><p class="banner">The drawings need JavaScript, the table of medians does not.</p>'
        "</noscript>",
        f"<main>{_first_scores(evaluation, cube)}{_picks(evaluation, cube)}",
        f'<div class="grid">{cards.map_card() if located else ""}{cards.cumulative_card(wide=not located)}',
        cards.place_card(evaluation),
        cards.facets_card(cube, many=len(evaluation.configurations) > MOST_BESIDE),
        cards.performance_card(cube, many=len(evaluation.configurations) > MOST_BESIDE),
        cards.ensemble_cards(evaluation),
        _medians(evaluation, cube),
        cards.heat_card(evaluation),
        _pairs(evaluation, cube, comparison),
        cards.table_card(),
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
    return ", ".join(names) if len(names) <= cards.MANY else f"{len(names):,} configurations"


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


def _first_scores(evaluation: Evaluation, cube: ScoreCube) -> str:
    measure = cube.measures[main_measure(cube)]
    grades = {grade.configuration: grade for grade in evaluation.grades}
    drawn = []
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
        drawn.append(
            f'<div class="score"><div class="name">{swatch(index)}{text(name)}</div>'
            f'<div class="value">{number(found.median)}<small>{text(in_symbols(measure.unit))}</small></div>'
            f'<div class="source">median {text(measure.name)}</div>'
            f'<div class="source">{quartiles}</div>{graded}</div>'
        )
    more = len(evaluation.configurations) - MOST_CARDS
    rest = f'<p class="soft">{more:,} more stand in the table of medians.</p>' if more > 0 else ""
    return f'<div class="scores">{"".join(drawn)}</div>{rest}'


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


def _pairs(evaluation: Evaluation, cube: ScoreCube, comparison: Comparison) -> str:
    if comparison:
        head = ("Metric", "First", "Second", "Difference", "Interval", "p", "Places", "Test")
        rows = [_tested(test) for test in comparison]
        listed = table(head, rows, numeric=frozenset({3, 4, 5, 6}))
        lead = "Median over places of second minus first; p is the probability of as much by chance."
        return card("Against each other", f'<div class="tight tall scroll">{listed}</div>', lead=lead)
    names = evaluation.configurations
    if not 1 < len(names) <= cards.MANY:
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
    columns = ("Configurations", "Nearer to the ideal at", "Median gain", "Places")
    lead = f"{text(cube.measures[index].name)}, at places that both have a value for."
    listed = table(columns, rows_of, numeric=frozenset({1, 2, 3}))
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
