"""An evaluation as one HTML file that needs nothing else: styles, script and data are inside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from dmod.core.atomic import replacing
from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.evaluation import sections
from dmod.evaluation.report.evaluation.contents import Comparison
from dmod.evaluation.report.evaluation.page_data import page_data
from dmod.evaluation.report.evaluation.score_cube import score_cube
from dmod.evaluation.report.markup import text
from dmod.evaluation.report.page import ICON, POLICY

SCRIPTS = (
    "data",
    "drawing",
    "axes",
    "saving",
    "state",
    "map",
    "hydrograph",
    "curves",
    "distribution",
    "medians",
    "place",
    "ensemble",
    "table",
    "start",
)


def evaluation_page(
    evaluation: Evaluation,
    *,
    outlines: Sequence[CatchmentRing] | None = None,
    rivers: Sequence[RiverLine] | None = None,
    comparison: Comparison | None = None,
) -> str:
    """Return the page of an evaluation.

    Parameters
    ----------
    outlines, rivers : of the map, behind the places
    comparison : tests of pairs of configurations

    Raises
    ------
    InputError
        the table of scores lacks a column, or there is no score.
    """
    cube = score_cube(evaluation)
    data = page_data(evaluation, cube, outlines or (), rivers or ())
    body = sections.body(evaluation, cube, comparison or ())
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    # "<" cannot close the element that holds the data
    inside = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    assets = files("dmod.evaluation.report.evaluation") / "assets"
    styles = (
        (files("dmod.evaluation.report") / "assets" / "report.css").read_text(encoding="utf-8"),
        (assets / "evaluation.css").read_text(encoding="utf-8"),
    )
    kit = (files("dmod.evaluation.report") / "assets" / "chart_kit.js").read_text(encoding="utf-8")
    script = "".join((assets / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="{ICON}"><title>{text(evaluation.title)} · dmod evaluation</title>'
        f"<style>{''.join(styles)}</style></head><body>{body}"
        f"<footer>Written {made} by dmod. This file is complete: it loads nothing.</footer>"
        '<div class="tip" id="tip" role="status" hidden></div>'
        f'<script type="application/json" id="evaluation-data">{inside}</script>'
        f"<script>{kit}</script>"
        f'<script>(() => {{\n"use strict";\n{script}}})();</script></body></html>\n'
    )


def write_evaluation_page(
    path: str | Path,
    evaluation: Evaluation,
    *,
    outlines: Sequence[CatchmentRing] | None = None,
    rivers: Sequence[RiverLine] | None = None,
    comparison: Comparison | None = None,
) -> Path:
    """Write the page of an evaluation and return its path.

    The file appears complete or not at all; one that was there before is replaced.

    Raises
    ------
    InputError
        see :func:`evaluation_page`.
    StoreError
        the folder does not exist or cannot be written to.
    """
    path = Path(path)
    page = evaluation_page(evaluation, outlines=outlines, rivers=rivers, comparison=comparison)
    with replacing(path) as hidden:
        hidden.write_bytes(page.encode("utf-8", "replace"))  # a name may hold half a surrogate pair
    return path
