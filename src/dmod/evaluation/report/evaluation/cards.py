"""The cards that the page's script draws into; each function returns HTML."""

from __future__ import annotations

from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.report.evaluation.score_cube import ScoreCube
from dmod.evaluation.report.evaluation.standing import performance_pairs
from dmod.evaluation.report.markup import MINUS, card, chart, text

STEPS = ((-1, "Worse"), (1, "Better"))
MANY = 4  # configurations from which on the heat map helps


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


def map_card() -> str:
    """Return the map of places."""
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


def cumulative_card(*, wide: bool) -> str:
    """Return the cumulative distribution over places."""
    label = "Share of places at or below each value of the metric, by configuration"
    body = f'{chart("cumulative", label)}<div class="tight tall scroll" id="cumulative-legend"></div>'
    tools = f'<div class="tools">{save_buttons("cumulative")}</div>'
    return card("How often", body, size="" if wide else "third", tools=tools)


def place_card(evaluation: Evaluation) -> str:
    """Return one place: over time, as duration curves, its scores."""
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
    if any(series.bands for series in evaluation.series.values()):
        lead += " Bands hold the central half and nine tenths of an ensemble's members."
    return card("One place", body, tools=tools, lead=lead, size="place-card")


def _part_figure(id: str, title: str, label: str) -> str:
    head = f'<div class="head"><h3>{text(title)}</h3><div class="tools">{save_buttons(id)}</div></div>'
    return f'<div class="part-figure">{head}{chart(id, label)}</div>'


def facets_card(cube: ScoreCube, *, many: bool) -> str:
    """Return the distributions by part of a facet; empty without facets."""
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


def performance_card(cube: ScoreCube, *, many: bool) -> str:
    """Return the performance diagram; empty where no events were looked for."""
    if not performance_pairs(cube):
        return ""
    return _figure(
        "performance",
        "Events caught and missed",
        size="half" if cube.facets and not many else "",
        label="Performance diagram: probability of detection against success ratio",
        lead="Large: median over places by threshold. Small: places. Curves: critical success index.",
    )


def ensemble_cards(evaluation: Evaluation) -> str:
    """Return rank histograms and reliability diagrams; empty without ensembles."""
    if not evaluation.diagrams:
        return ""
    thresholds = list(dict.fromkeys(name for one in evaluation.diagrams for name in one.occurrences))
    ranks = _figure(
        "ranks",
        "Rank histogram",
        size="half" if thresholds else "",
        label="Rank histogram: times by the share of the members below the observation, relative to flat",
        lead="Flat where observations cannot be told from members. A U: too sure; a hill: not sure enough; "
        "a slope: biased.",
    )
    if not thresholds:
        return ranks
    options = "".join(f'<option value="{text(name)}">{text(name)}</option>' for name in thresholds)
    return ranks + _figure(
        "reliability",
        "Reliability diagram",
        size="half",
        label="Reliability diagram: how often a threshold was reached at each probability that was said",
        lead="On the diagonal a threshold is reached as often as the members say. Large: often said.",
        tools=f'<select id="pick-reached" aria-label="Threshold">{options}</select>',
    )


def heat_card(evaluation: Evaluation) -> str:
    """Return the heat map; empty where the table of medians says it all."""
    if len(evaluation.configurations) < MANY:
        return ""
    return _figure(
        "heat",
        "All configurations and metrics",
        label="Heat map of medians by configuration and metric",
        lead="Medians over places in the colours of each metric's own scale.",
    )


def table_card() -> str:
    """Return the table of all places."""
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
