"""The comparison as one HTML page that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.core.atomic import replacing
from dmod.errors import DmodError, InputError
from dmod.evaluation.report.map_drawing import Drawing, draw
from dmod.evaluation.report.markup import text
from dmod.evaluation.report.page import whole_page
from dmod.services.basin_shapes import catchment_rings, river_lines, shapes_to_draw
from dmod.services.comparison import sections
from dmod.services.comparison.comparison import Comparison
from dmod.services.comparison.page_data import page_data
from dmod.services.comparison.run_folder import open_run

if TYPE_CHECKING:
    from dmod.hydrofabric import Hydrofabric

SUFFIX = ".html"


def write_comparison_report(
    path: str | Path, comparison: Comparison, *, at: str | None = None, hydrofabric: Path | None = None
) -> Path:
    """Write the page and return its path; it appears whole or not at all.

    Parameters
    ----------
    at : catchment, nexus or river whose series are shown before others
    hydrofabric : for the map; that of the runs' records if not given. Without any there is no map

    Raises
    ------
    InputError
        the path does not end in .html, or results have gone or changed since they were compared.
    NotFoundError
        there is no such place, or no such hydrofabric.
    StoreError
        the file cannot be written.
    """
    path = Path(path)
    require_page(path)
    drawing, notes = _drawing(comparison, hydrofabric)
    with ExitStack() as stack:
        folders = []
        for run in comparison.runs:
            folder = open_run(run.path, run.name, run.aliases)
            stack.callback(folder.close)
            folders.append(folder)
        data = page_data(comparison, folders, at)
    page = render(comparison, data, drawing, notes)
    with replacing(path) as hidden:
        hidden.write_text(page, encoding="utf-8")
    return path


def require_page(path: Path) -> None:
    """Refuse a path that cannot be that of a page.

    Raises
    ------
    InputError
        it does not end in .html, or is a folder.
    """
    if path.suffix.lower() != SUFFIX:
        raise InputError(f"--report {path.name} is no HTML file", hint="give it the suffix .html")
    if path.is_dir():
        raise InputError(f"--report {path} is a folder", hint="name a file in it")


def render(comparison: Comparison, data: dict[str, Any], drawing: str, notes: Sequence[str]) -> str:
    """Return the page."""
    assets = files("dmod.services.comparison") / "assets"
    plain = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    shown = drawing if data["map"] else ""
    body = "".join(
        (
            f"<style>{(assets / 'compare.css').read_text(encoding='utf-8')}</style>",
            sections.header(comparison, notes),
            "<main>",
            sections.verdicts(comparison),
            '<div class="grid">',
            sections.series(comparison, data["points"]),
            sections.basin(shown),
            sections.worst(comparison, half=bool(shown)),
            sections.variables(comparison),
            sections.balance(comparison),
            sections.made(comparison),
            f"</div></main><footer>Written {made} by dmod {text(version('dmod'))}. ",
            "This file is complete: it loads nothing.</footer>",
            f'<script type="application/json" id="compare-data">{plain}</script>',
            f"<script>{(assets / 'compare.js').read_text(encoding='utf-8')}</script>",
        )
    )
    return whole_page(f"{comparison.reference.name} compared · dmod", body)


def _drawing(comparison: Comparison, given: Path | None) -> tuple[str, list[str]]:
    """Return the map of the catchments, and why there is none."""
    if given is not None:
        return _draw(_read(given)), []
    for run in comparison.runs:
        for item in run.note.inputs_of("hydrofabric"):
            if item.path.is_file():
                try:
                    return _draw(_read(item.path)), []
                except DmodError as error:
                    return "", [f"no map: {error.message}"]
    return "", ["no map: the hydrofabric of the runs is not there; give it with --hydrofabric"]


def _read(path: Path) -> Hydrofabric:
    from dmod.hydrofabric import read_hydrofabric

    return read_hydrofabric(path, validate=False)


def _draw(fabric: Hydrofabric) -> str:
    geometry = shapes_to_draw(fabric)
    label = f"Map of {len(fabric.catchments)} catchments by how far they lie from the reference"
    return draw(Drawing(label, catchment_rings(geometry), river_lines(fabric, geometry)))
