"""The map of the basin as SVG: catchments shaded by runoff, rivers, outlet, scale bar, north."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.report.contents import CatchmentRing, ReportInput, RiverLine
from dmod.evaluation.report.markup import number, text

Floats = NDArray[np.float64]
WIDTH = 640.0
MARGIN = 18.0
FOOT = 44.0
TALLEST, FLATTEST = 600.0, 240.0
CLASSES = 6
KM_PER_DEGREE = 111.195  # on the mean sphere
FINEST = 0.5  # points closer than this on the drawing are one


@dataclass(frozen=True, slots=True)
class Projection:
    """Equirectangular about the basin's middle latitude, onto the drawing.

    Parameters
    ----------
    west, north : of the drawn extent [degrees]
    squeeze : cosine of the middle latitude
    scale : [drawing units per degree of latitude]
    left, top : of the drawn extent on the drawing
    height : of the drawing
    """

    west: float
    north: float
    squeeze: float
    scale: float
    left: float
    top: float
    height: float

    def __call__(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return positions on the drawing."""
        x = self.left + (np.asarray(lon) - self.west) * self.squeeze * self.scale
        return x, self.top + (self.north - np.asarray(lat)) * self.scale


def fit(lon: Floats, lat: Floats) -> Projection:
    """Return the projection that shows all points."""
    west, east, south, north = lon.min(), lon.max(), lat.min(), lat.max()
    squeeze = max(math.cos(math.radians((south + north) / 2.0)), 0.01)
    across, down = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
    scale = min((WIDTH - 2 * MARGIN) / across, (TALLEST - 2 * MARGIN) / down)
    height = max(down * scale + 2 * MARGIN, FLATTEST)
    left, top = (WIDTH - across * scale) / 2.0, (height - down * scale) / 2.0
    return Projection(
        float(west), float(north), squeeze, float(scale), float(left), float(top), height + FOOT
    )


def draw_map(contents: ReportInput) -> str:
    """Return the map with its legend; empty where the report has no geometry."""
    shapes: list[CatchmentRing | RiverLine] = [*contents.catchments, *contents.rivers]
    if not shapes:
        return ""
    lon = np.concatenate([np.asarray(shape.lon, dtype=np.float64) for shape in shapes])
    lat = np.concatenate([np.asarray(shape.lat, dtype=np.float64) for shape in shapes])
    project = fit(lon, lat)
    breaks, classes, tips = _shades(contents)
    parts = [_catchments(contents, project, classes, tips), _rivers(contents, project)]
    if contents.outlet_location is not None:
        parts.append(_outlet(contents, project))
    parts += [_scale_bar(project), _north_arrow()]
    label = f"Map of {contents.title}: {len(classes) or len(contents.catchments)} catchments"
    drawing = (
        f'<svg viewBox="0 0 {WIDTH:.0f} {project.height:.0f}" role="img" aria-label="{text(label)}">'
        f"{''.join(parts)}</svg>"
    )
    return f'<div class="map">{drawing}</div>{_ramp(breaks, bool(contents.rivers))}'


def _path(project: Projection, lon: Floats, lat: Floats, *, closed: bool) -> str:
    x, y = project(lon, lat)
    kept = [0]
    for i in range(1, len(x)):
        if abs(x[i] - x[kept[-1]]) + abs(y[i] - y[kept[-1]]) >= FINEST or i == len(x) - 1:
            kept.append(i)
    points = "L".join(f"{x[i]:.1f} {y[i]:.1f}" for i in kept)
    return f"M{points}{'Z' if closed else ''}"


def _shades(contents: ReportInput) -> tuple[Floats, dict[str, int], dict[str, str]]:
    """Return class limits of runoff [mm], the class by catchment, and what the pointer says."""
    balance = contents.balance
    if balance is None or len(balance.ids) == 0:
        return np.empty(0), {}, {}
    runoff = np.asarray(balance.runoff, dtype=np.float64)
    breaks = _pretty_breaks(runoff[np.isfinite(runoff)])
    index = np.clip(np.searchsorted(breaks, runoff, side="right") - 1, 0, len(breaks) - 2)
    tones = np.array(_tones(len(breaks) - 1))[index]
    tips = {
        name: f"{name}\n{number(area)} km²\nrunoff {number(depth)} mm of {number(rain)} mm rain"
        for name, area, depth, rain in zip(
            balance.ids, balance.area, runoff, balance.precipitation, strict=True
        )
    }
    return breaks, dict(zip(balance.ids, tones.tolist(), strict=True)), tips


def _tones(count: int) -> list[int]:
    """Return the tones of ``count`` classes, spread from the lightest to the darkest."""
    return [round(k * (CLASSES - 1) / max(count - 1, 1)) for k in range(count)]


def _pretty_breaks(values: Floats) -> Floats:
    """Return limits of at most six classes at round numbers that hold all values."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    raw = max(high - low, abs(high) * 0.01, 1e-9) / (CLASSES - 1)
    size = 10.0 ** math.floor(math.log10(raw))
    for step in (size, 2.0 * size, 2.5 * size, 5.0 * size, 10.0 * size):
        first = math.floor(low / step) * step
        count = max(1, math.ceil((high - first) / step + 1e-9))
        if step >= raw * (1.0 - 1e-9) and count <= CLASSES:
            break
    return np.asarray(first + step * np.arange(count + 1), dtype=np.float64)


def _catchments(
    contents: ReportInput, project: Projection, classes: dict[str, int], tips: dict[str, str]
) -> str:
    drawn = []
    for ring in contents.catchments:
        shade = f" q{classes[ring.id]}" if ring.id in classes else ""
        path = _path(project, ring.lon, ring.lat, closed=True)
        tip = text(tips.get(ring.id, ring.id))
        drawn.append(f'<path class="catchment{shade}" data-tip="{tip}" d="{path}"/>')
    if not drawn:
        return ""
    # borders stay thinner than what they surround
    border = min(0.8, 11.0 / math.sqrt(len(drawn)))
    return f'<g stroke-width="{border:.2f}">{"".join(drawn)}</g>'


def _rivers(contents: ReportInput, project: Projection) -> str:
    if not contents.rivers:
        return ""
    largest = max(*(line.width for line in contents.rivers), 1e-12)
    least = min(0.8, 10.0 / math.sqrt(len(contents.rivers)))
    lines = []
    for line in contents.rivers:
        width = least + 4.2 * math.sqrt(max(line.width, 0.0) / largest)
        path = _path(project, line.lon, line.lat, closed=False)
        tip = text(f"{line.id}\nriver")
        lines.append(f'<path class="river" data-tip="{tip}" stroke-width="{width:.1f}" d="{path}"/>')
    return f"<g>{''.join(lines)}</g>"


def _outlet(contents: ReportInput, project: Projection) -> str:
    assert contents.outlet_location is not None
    lon, lat = contents.outlet_location
    x, y = (float(v) for v in project(np.asarray(lon), np.asarray(lat)))
    name = f"gauge {contents.gauge}" if contents.gauge else contents.outlet
    anchor, shift = ("end", -13.0) if x > WIDTH * 0.6 else ("start", 13.0)
    return (
        f'<circle class="outlet" cx="{x:.1f}" cy="{y:.1f}" r="7" data-tip="{text(name)}"/>'
        f'<text class="name" x="{x + shift:.1f}" y="{y + 5:.1f}" text-anchor="{anchor}">{text(name)}</text>'
    )


def _scale_bar(project: Projection) -> str:
    unit = project.scale / KM_PER_DEGREE  # drawing units per km
    raw = 0.22 * WIDTH / unit
    size = 10.0 ** math.floor(math.log10(raw))
    length = max(step for step in (size, 2.0 * size, 5.0 * size) if step <= raw)
    x, y = MARGIN, project.height - 14.0
    end = x + length * unit
    return (
        f'<path class="scale" d="M{x:.1f} {y - 6:.1f}V{y:.1f}H{end:.1f}V{y - 6:.1f}"/>'
        f'<text x="{end + 10:.1f}" y="{y + 1:.1f}">{length:g} km</text>'
    )


def _north_arrow() -> str:
    x, y = WIDTH - MARGIN - 6.0, MARGIN
    return (
        f'<path class="north" d="M{x:.0f} {y:.0f}l7 20l-7 -5l-7 5Z"/>'
        f'<text x="{x:.0f}" y="{y + 36:.0f}" text-anchor="middle">N</text>'
    )


def _ramp(breaks: Floats, rivers: bool) -> str:
    if len(breaks) < 2:
        return ""
    limits = breaks.tolist()
    items = "".join(
        f'<li><i class="q{tone}"></i>{low:g}</li>'
        for tone, low in zip(_tones(len(limits) - 1), limits[:-1], strict=True)
    )
    note = "<span>River width grows with size</span>" if rivers else ""
    ramp = f'<ol>{items}<li class="last">{limits[-1]:g}</li></ol>'
    return f'<div class="ramp"><span>Runoff [mm]</span>{ramp}{note}</div>'
