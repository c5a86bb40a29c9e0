"""The map of the basin: catchments shaded by runoff, rivers, outlet."""

from __future__ import annotations

import numpy as np

from dmod.evaluation.report.contents import ReportInput
from dmod.evaluation.report.map_drawing import Drawing, Place, draw
from dmod.evaluation.report.markup import number


def draw_map(contents: ReportInput) -> str:
    """Return the map with its legend; empty where the report has no geometry."""
    shade, tips = _runoff(contents)
    drawing = Drawing(
        f"Map of {contents.title}: {len(shade) or len(contents.catchments)} catchments",
        contents.catchments,
        contents.rivers,
        _outlet(contents),
        shade,
        "Runoff [mm]",
        tips,
    )
    return draw(drawing)


def _runoff(contents: ReportInput) -> tuple[dict[str, float], dict[str, str]]:
    """Return runoff [mm] by catchment, and what the pointer says."""
    balance = contents.balance
    if balance is None or len(balance.ids) == 0:
        return {}, {}
    runoff = np.asarray(balance.runoff, dtype=np.float64)
    tips = {
        name: f"{name}\n{number(area)} km²\nrunoff {number(depth)} mm of {number(rain)} mm rain"
        for name, area, depth, rain in zip(
            balance.ids, balance.area, runoff, balance.precipitation, strict=True
        )
    }
    return dict(zip(balance.ids, runoff.tolist(), strict=True)), tips


def _outlet(contents: ReportInput) -> tuple[Place, ...]:
    if contents.outlet_location is None:
        return ()
    lon, lat = contents.outlet_location
    return (Place(f"gauge {contents.gauge}" if contents.gauge else contents.outlet, lon, lat),)
