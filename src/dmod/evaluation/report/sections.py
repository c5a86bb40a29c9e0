"""The sections of the page, from top to bottom; each returns HTML, empty where it has nothing to say."""

from __future__ import annotations

import numpy as np

from dmod.evaluation.align import span
from dmod.evaluation.grading import grade
from dmod.evaluation.metric_registry import METRICS
from dmod.evaluation.report.basin_map import draw_map
from dmod.evaluation.report.contents import ReportInput
from dmod.evaluation.report.markup import (
    card,
    chart,
    fixed,
    legend,
    number,
    signed,
    stamp,
    table,
    text,
)
from dmod.evaluation.report.summary import MONTHS, BasinTerm, PeriodMeans, basin_terms

KEY_SCORES = ("kge", "nse", "percent_bias", "r", "peak_error", "peak_timing_error")
SHORT_TITLES = {"kge": "Kling-Gupta (KGE)", "nse": "Nash-Sutcliffe (NSE)"}
SIGNED = frozenset({"percent_bias", "peak_error", "peak_timing_error", "volume_error"})
WORST = 8


def header(contents: ReportInput) -> str:
    """Return title, what was run, and what the reader must know first."""
    begun = contents.step_starts
    end = begun[-1].astype("datetime64[s]") + np.timedelta64(contents.step, "s")
    entries = [
        ("Gauge", contents.gauge),
        ("Outlet", contents.outlet),
        ("Period (UTC)", f"{stamp(begun[0])} to {stamp(end)}"),
        ("Step", span(contents.step)),
        ("Formulation", contents.formulation),
        ("Catchments", f"{len(contents.balance.ids):,}" if contents.balance is not None else ""),
        (
            "Area",
            f"{number(float(np.sum(contents.balance.area)))} km²" if contents.balance is not None else "",
        ),
        ("dmod", contents.version),
    ]
    meta = "".join(f"<div><dt>{text(k)}</dt><dd>{text(v)}</dd></div>" for k, v in entries if v)
    banner = ""
    if contents.synthetic:
        banner = (
            '<p class="banner"><strong>Synthetic example.</strong> Basin, weather and observation were '
            "made by code. The scores say nothing about a real river.</p>"
        )
    kind = "Evaluated streamflow" if contents.scores is not None else "Simulated streamflow"
    return (
        f'<header><p class="eyebrow">{kind}</p><h1>{text(contents.title)}</h1>'
        f'<dl class="meta">{meta}</dl>{banner}{_warnings(contents)}</header>'
    )


def _warnings(contents: ReportInput) -> str:
    if not contents.warnings:
        return ""
    items = "".join(f"<li>{text(warning)}</li>" for warning in contents.warnings)
    return f'<div class="warnings" role="note"><strong>Please note</strong><ul>{items}</ul></div>'


def scores(contents: ReportInput) -> str:
    """Return the key scores as cards with a verdict, or the flow in numbers where nothing was observed."""
    if contents.scores is None:
        cards = [_card(*entry) for entry in _flow_facts(contents)]
    else:
        cards = [_score_card(name, contents.scores.values[name]) for name in KEY_SCORES]
    return f'<div class="scores">{"".join(cards)}</div>'


def _card(name: str, value: str, unit: str, verdict: str = "", source: str = "") -> str:
    small = f"<small>{text(unit)}</small>" if unit else ""
    note = f'<div class="source">{text(source)}</div>' if source else ""
    return (
        f'<div class="score"><div class="name">{text(name)}</div>'
        f'<div class="value">{text(value)}{small}</div>{verdict}{note}</div>'
    )


def _score_card(name: str, value: float) -> str:
    metric = METRICS[name]
    unit = "" if metric.unit == "-" else metric.unit
    shown = score_text(name, value)
    judged = grade(name, value)
    words = judged.text or _plain_words(name, value)
    verdict = f'<div class="grade l{judged.level}">{text(words)}</div>'
    return _card(SHORT_TITLES.get(name, metric.title), shown, unit, verdict, judged.source)


def _plain_words(name: str, value: float) -> str:
    if name == "peak_timing_error":
        return "on time" if value == 0.0 else "peak too late" if value > 0.0 else "peak too early"
    if name == "peak_error":
        return "peak too high" if value > 0.0 else "peak too low" if value < 0.0 else "peak met"
    return f"ideal {METRICS[name].ideal:g}"


def score_text(name: str, value: float) -> str:
    """Return a score as the page writes it."""
    if METRICS[name].unit == "-":
        return fixed(value, 2)
    if METRICS[name].unit in {"%", "h"}:
        shown = fixed(value, 1)
        return f"+{shown}" if value > 0.0 and name in SIGNED else shown
    return signed(value) if name in SIGNED else number(value)


def _flow_facts(contents: ReportInput) -> list[tuple[str, str, str]]:
    flow = contents.simulated
    highest = int(np.argmax(flow))
    facts = [
        ("Mean flow", number(float(flow.mean())), "m³/s"),
        ("Highest flow", number(float(flow[highest])), "m³/s"),
        ("Highest on", *_day(contents.times[highest])),
        ("Lowest flow", number(float(flow.min())), "m³/s"),
    ]
    if contents.balance is not None:
        terms = {term.style: term.depth for term in basin_terms(contents.balance)}
        facts.append(("Precipitation", number(terms["p"]), "mm"))
        facts.append(("Runoff", number(terms["runoff"]), "mm"))
    return facts


def _day(time: np.datetime64) -> tuple[str, str]:
    year, month, day = stamp(time)[:10].split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]}", year


def hydrograph(contents: ReportInput) -> str:
    """Return the hydrograph with its tools."""
    shown = contents.observed is not None
    kinds = ["simulated", *(["observed"] if shown else []), *(["rain"] if contents.rain is not None else [])]
    tools = "".join(
        f'<button type="button" data-act="{act}"{extra}>{name}</button>'
        for act, name, extra in (
            ("flood", "Highest flood", ""),
            ("log", "Log scale", ' aria-pressed="false"'),
            ("in", "+", ' aria-label="Zoom in"'),
            ("out", "−", ' aria-label="Zoom out"'),
            ("all", "Whole period", ""),
        )
    )
    label = f"Hydrograph at {contents.outlet}: flow in cubic metres per second over time"
    body = (
        legend(*kinds)
        + chart("hydrograph", label)
        + chart("navigator", "Overview of the whole period", "navigator")
        + '<p class="soft">Drag to zoom, double-click for the whole period; drag the strip to move.</p>'
        + "<noscript><p>The charts are drawn by this page's script, which is switched off.</p></noscript>"
    )
    return card("Hydrograph", body, tools=f'<div class="tools">{tools}</div>')


def basin(contents: ReportInput) -> str:
    """Return map and water balance side by side."""
    drawing, terms = draw_map(contents), _balance(contents)
    both = bool(drawing and terms)
    parts = []
    if drawing:
        parts.append(card("Basin", drawing, size="half" if both else ""))
    if terms:
        parts.append(card("Water balance", terms, size="half" if both else ""))
    return "".join(parts)


def _balance(contents: ReportInput) -> str:
    balance = contents.balance
    if balance is None or len(balance.ids) == 0:
        return ""
    terms = basin_terms(balance)
    rain = terms[0].depth
    largest = max(*(abs(term.depth) for term in terms), 1e-12)
    bars = "".join(_bar(term, rain, largest) for term in terms)
    order = np.argsort(-np.abs(np.asarray(balance.residual)), kind="stable")[:WORST]
    rows = [
        (
            text(balance.ids[i]),
            number(float(balance.area[i])),
            number(float(balance.precipitation[i])),
            number(float(balance.evapotranspiration[i])),
            number(float(balance.runoff[i])),
            number(float(balance.storage_change[i])),
            number(float(balance.residual[i]), 2),
        )
        for i in order
    ]
    head = ("Catchment", "km²", "P", "ET", "Runoff", "ΔS", "Residual [mm]")
    return (
        '<p class="lead">Depth over the basin in the whole period, and as a share of precipitation.</p>'
        f'<div class="balance">{bars}</div><h3>Catchments with the largest residual</h3>'
        + f'<div class="tight">{table(head, rows, numeric=frozenset(range(1, 7)))}</div>'
    )


def _bar(term: BasinTerm, rain: float, largest: float) -> str:
    width = 100.0 * abs(term.depth) / largest
    share = f"{fixed(100.0 * term.depth / rain, 1)} %" if rain else ""
    depth = "0" if abs(term.depth) < 1e-9 * largest else number(term.depth)
    return (
        f'<span class="term">{text(term.title)}</span>'
        f'<div class="track"><i class="{term.style}" style="width:{width:.2f}%"></i></div>'
        f'<b>{depth} mm</b><span class="share">{share}</span>'
    )


def distribution(contents: ReportInput) -> str:
    """Return flow-duration curve and scatter."""
    if contents.pairs is None:
        body = chart("duration", "Flow-duration curve")
        return card("Flow-duration curve", body)
    lead = f"Over the {len(contents.pairs):,} pairs of {span(contents.pairs.step)}."
    curve = legend("simulated", "observed") + chart("duration", "Flow-duration curve, simulated and observed")
    dots = chart("scatter", "Simulated flow against observed flow with the line of equality")
    return card("Flow-duration curve", curve, size="half", lead=lead) + card(
        "Simulated against observed", dots, size="half", lead="Below the line: too little water simulated."
    )


def by_period(contents: ReportInput, means: PeriodMeans) -> str:
    """Return mean flow by month or year, as chart and table."""
    kinds = ("simulated", "observed") if means.observed is not None else ("simulated",)
    title = "By year" if means.yearly else "By month"
    head = ["Year" if means.yearly else "Month"]
    columns: list[list[str]] = [[text(label) for label in means.labels]]
    if means.rain is not None:
        head.append("Rain [mm]")
        columns.append([number(v) for v in means.rain.tolist()])
    head += ["Simulated [m³/s]", "Highest simulated [m³/s]"]
    columns += [[number(v) for v in values.tolist()] for values in (means.simulated, means.highest)]
    if means.observed is not None and means.paired is not None and means.coverage is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            bias = np.where(means.observed == 0.0, np.nan, 100.0 * (means.paired / means.observed - 1.0))
        head += ["Observed [m³/s]", "Bias [%]", "Observed share [%]"]
        columns.append([number(v) for v in means.observed.tolist()])
        columns.append([("+" if v > 0 else "") + fixed(v, 1) for v in bias.tolist()])
        columns.append([fixed(100.0 * v, 0) for v in means.coverage.tolist()])
    rows = list(zip(*columns, strict=True))
    numbers = table(head, rows, numeric=frozenset(range(1, len(head))))
    if len(means.labels) == 1:
        return card(title, numbers)
    drawing = legend(*kinds) + chart("periods", f"Mean flow {title.lower()}")
    return card(title, f"{drawing}<details><summary>Show the numbers</summary>{numbers}</details>")


def metrics(contents: ReportInput) -> str:
    """Return every score with its definition."""
    found = contents.scores
    if found is None:
        return ""
    rows = []
    for name, value in found.values.items():
        metric = METRICS[name]
        unit = "" if metric.unit == "-" else f" {text(metric.unit)}"
        reason = found.reasons.get(name)
        why = f'<br><span class="soft">not defined: {text(reason)}</span>' if reason else ""
        rows.append(
            (
                text(metric.title),
                f"{score_text(name, value)}{unit}",
                f"{metric.ideal:g}",
                f"{text(metric.meaning)}{why}",
                f"<code>{text(metric.definition)}</code><br>"
                f'<span class="soft">{text(metric.reference)}</span>',
            )
        )
    notes = "".join(f"<li>{text(note)}</li>" for note in found.notes)
    lead = (
        f"{found.count:,} pairs from {stamp(found.start)} to {stamp(found.end)} UTC. s is simulated "
        "and o observed flow, m the mean and sd the standard deviation over the pairs."
    )
    listed = f'<ul class="plain soft">{notes}</ul>' if notes else ""
    head = ("Metric", "Score", "Ideal", "What it says", "Definition")
    listing = f'<div class="definitions">{table(head, rows, numeric=frozenset({1, 2}))}</div>'
    return card("All scores", listing + listed, lead=lead)


def inputs(contents: ReportInput) -> str:
    """Return files with digests, modules, options and what was filled."""
    parts = []
    if contents.files:
        rows = [
            (
                text(file.role),
                f'<span class="path">{text(file.path)}</span>',
                "" if file.size is None else f"{file.size:,}",
                f"<code>{text(file.digest)}</code>",
            )
            for file in contents.files
        ]
        parts.append(table(("Role", "File", "Bytes", "Digest"), rows, numeric=frozenset({2})))
    for title, head, pairs in (
        ("Modules", ("Module", "Revision"), contents.modules),
        ("Options", ("Option", "Value"), contents.options),
        ("Run", ("", ""), contents.facts),
    ):
        if pairs:
            rows_of_two = [(text(name), text(value)) for name, value in pairs]
            parts.append(f"<h3>{title}</h3>{table(head, rows_of_two)}")
    said = list(contents.filled)
    if contents.observed is not None:
        said += [f"observed flow: {note}" for note in contents.observed.notes]
    if said:
        items = "".join(f"<li>{text(item)}</li>" for item in said)
        parts.append(f'<h3>Filled and converted</h3><ul class="plain">{items}</ul>')
    return card("Inputs", "".join(parts)) if parts else ""
