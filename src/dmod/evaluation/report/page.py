"""The report as one HTML file that needs nothing else: styles, script and data are inside."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from dmod.core.atomic import hidden_path, remove, storing
from dmod.evaluation.report import sections
from dmod.evaluation.report.contents import ReportInput
from dmod.evaluation.report.markup import text
from dmod.evaluation.report.series import chart_data
from dmod.evaluation.report.summary import period_means

# Nothing may be loaded from anywhere, whatever slips into the page.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
# An empty icon: a browser that looks for one would ask the network.
ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"


def write_report(path: str | Path, contents: ReportInput) -> Path:
    """Write the report and return its path.

    The file appears complete or not at all; one that was there before is replaced.

    Raises
    ------
    StoreError
        the folder does not exist or cannot be written to.
    """
    path = Path(path)
    page = render_report(contents)
    hidden = hidden_path(path)
    try:
        with storing(path):
            hidden.write_text(page, encoding="utf-8")
            hidden.replace(path)
    finally:
        remove(hidden)
    return path


def render_report(contents: ReportInput) -> str:
    """Return the page."""
    means = period_means(contents)
    # "<" cannot close the element that holds the data
    data = json.dumps(chart_data(contents, means), allow_nan=False, separators=(",", ":")).replace(
        "<", "\\u003c"
    )
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    body = "".join(
        (
            sections.header(contents),
            "<main>",
            sections.scores(contents),
            f'<div class="grid">{sections.hydrograph(contents)}{sections.basin(contents)}',
            sections.distribution(contents),
            sections.by_period(contents, means),
            sections.metrics(contents),
            f"{sections.inputs(contents)}</div></main>",
            f"<footer>Written {made} by dmod {text(contents.version)}. ",
            "This file is complete: it loads nothing.</footer>",
        )
    )
    return whole_page(f"{contents.title} · dmod report", body, data)


def whole_page(title: str, body: str, data: str = "{}") -> str:
    """Return a page that is complete in itself.

    Parameters
    ----------
    body : HTML
    data : JSON for the script
    """
    assets = files("dmod.evaluation.report") / "assets"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="{ICON}">'
        f"<title>{text(title)}</title>"
        f"<style>{(assets / 'report.css').read_text(encoding='utf-8')}</style></head><body>{body}"
        '<div class="tip" id="tip" role="status" hidden></div>'
        f'<script type="application/json" id="data">{data}</script>'
        f"<script>{(assets / 'chart_kit.js').read_text(encoding='utf-8')}</script>"
        f"<script>{(assets / 'report.js').read_text(encoding='utf-8')}</script></body></html>\n"
    )
