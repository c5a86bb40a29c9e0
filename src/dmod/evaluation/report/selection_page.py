"""What was selected, as a map to look at before anything runs: one HTML file, or a PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.core.atomic import replacing
from dmod.errors import InputError, MissingExtra
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.map_drawing import Drawing, Line, Place, draw
from dmod.evaluation.report.markup import card, text
from dmod.evaluation.report.page import whole_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".html", ".png")


@dataclass(frozen=True, slots=True)
class SelectionMap:
    """A selected part of a hydrofabric.

    Parameters
    ----------
    title : what was selected
    catchments, rivers : their shapes in degrees; rivers as wide as the area they drain
    places : gauges and outlets
    shade, shade_title : value by catchment (elevation, …), with its unit
    lines : edges of the forcing grid's cells
    facts : name and value, in the order to show
    notes : what the user should know
    """

    title: str
    catchments: Sequence[CatchmentRing]
    rivers: Sequence[RiverLine] = ()
    places: Sequence[Place] = ()
    shade: Mapping[str, float] = field(default_factory=dict)
    shade_title: str = ""
    tips: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[Line] = ()
    facts: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()


def require_map(path: Path) -> None:
    """Make sure that a map can be written in the form that a path's suffix names.

    Raises
    ------
    InputError
        the suffix is none of `SUFFIXES`.
    MissingExtra
        a PNG is wanted and matplotlib is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"a map cannot be written as {path.name}", hint=f"give it the suffix {' or '.join(SUFFIXES)}"
        )
    if suffix == ".png" and find_spec("matplotlib") is None:
        raise MissingExtra(
            "a PNG map needs matplotlib", hint='pip install "dmod[plot]", or write the map as .html'
        )


def write_selection_map(path: str | Path, selection: SelectionMap) -> Path:
    """Write the map as ``.html`` or ``.png``, by the path's suffix.

    Raises
    ------
    InputError, MissingExtra
        see `require_map`.
    StoreError
        the file cannot be written; nothing is left behind.
    """
    path = Path(path)
    require_map(path)
    with replacing(path) as hidden:
        if path.suffix.lower() == ".html":
            hidden.write_text(render_selection(selection), encoding="utf-8")
        else:
            _draw_png(hidden, selection)
    return path


def render_selection(selection: SelectionMap) -> str:
    """Return the page."""
    drawing = Drawing(
        f"Map of {selection.title}: {len({ring.id for ring in selection.catchments})} catchments",
        selection.catchments,
        selection.rivers,
        selection.places,
        selection.shade,
        selection.shade_title,
        selection.tips,
        selection.lines,
    )
    facts = "".join(
        f'<tr><th scope="row">{text(name)}</th><td>{text(value)}</td></tr>' for name, value in selection.facts
    )
    notes = "".join(f"<li>{text(note)}</li>" for note in selection.notes)
    warned = f'<div class="warnings"><strong>Take note</strong><ul>{notes}</ul></div>' if notes else ""
    table = f'<div class="scroll"><table class="facts">{facts}</table></div>'
    body = (
        f'<header><p class="eyebrow">dmod prepare</p><h1>{text(selection.title)}</h1></header>'
        f'<main>{warned}<div class="grid">{card("What was selected", draw(drawing), size="wide")}'
        f"{card('What it takes', table, size='third')}"
        "</div></main><footer>This file is complete: it loads nothing.</footer>"
    )
    return whole_page(f"{selection.title} · dmod prepare", body)


def _draw_png(path: Path, selection: SelectionMap) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 9), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    _draw_areas(figure, axes, selection)
    _draw_lines(axes, selection)
    for place in selection.places:
        axes.plot(place.lon, place.lat, "o", color="#c4560a", markeredgecolor="white", markersize=9, zorder=5)
        axes.annotate(place.name, (place.lon, place.lat), xytext=(8, 4), textcoords="offset points", zorder=6)
    latitudes = np.concatenate([np.asarray(ring.lat) for ring in selection.catchments])
    axes.set_aspect(1 / max(np.cos(np.radians(latitudes.mean())), 0.01))
    axes.set(title=selection.title, xlabel="longitude [°]", ylabel="latitude [°]")
    axes.ticklabel_format(useOffset=False)
    figure.savefig(path, format="png")


def _draw_areas(figure: Any, axes: Axes, selection: SelectionMap) -> None:
    from matplotlib.collections import PolyCollection

    rings = [np.column_stack((ring.lon, ring.lat)) for ring in selection.catchments]
    areas = PolyCollection(rings, edgecolors="white", linewidths=0.4, cmap="YlGnBu")
    if selection.shade:
        areas.set_array(np.array([selection.shade.get(ring.id, np.nan) for ring in selection.catchments]))
        figure.colorbar(areas, ax=axes, label=selection.shade_title, shrink=0.7)
    else:
        areas.set_facecolor("#aed9c3")
    axes.add_collection(areas)
    axes.autoscale_view()


def _draw_lines(axes: Axes, selection: SelectionMap) -> None:
    from matplotlib.collections import LineCollection

    limits = axes.get_xlim(), axes.get_ylim()
    if selection.lines:
        cells = [np.column_stack(line) for line in selection.lines]
        axes.add_collection(LineCollection(cells, colors="#566273", linewidths=0.3, alpha=0.6))
    if selection.rivers:
        largest = max(*(river.width for river in selection.rivers), 1e-12)
        widths = [0.4 + 3.0 * np.sqrt(max(river.width, 0.0) / largest) for river in selection.rivers]
        lines = [np.column_stack((river.lon, river.lat)) for river in selection.rivers]
        axes.add_collection(LineCollection(lines, colors="#0c3f7d", linewidths=widths))
    axes.set(xlim=limits[0], ylim=limits[1])
