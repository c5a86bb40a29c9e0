"""A map as SVG: shaded areas, rivers, marked places, scale bar, north."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.markup import text

Floats = NDArray[np.float64]
WIDTH = 640.0
MARGIN = 18.0
FOOT = 44.0
TALLEST, FLATTEST = 600.0, 240.0
CLASSES = 6
KM_PER_DEGREE = 111.195  # on the mean sphere
FINEST = 0.5  # points closer than this on the drawing are one


Line = tuple[Sequence[float] | Floats, Sequence[float] | Floats]


@dataclass(frozen=True, slots=True)
class Place:
    """A point to mark by name, in degrees."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a map shows.

    Parameters
    ----------
    label : what it is, for those who cannot see it
    shade : value by catchment, drawn in classes
    shade_title : what the value is, with its unit
    tips : what the pointer says, by catchment
    lines : other lines (cells of a grid), longitude and latitude each
    """

    label: str
    catchments: Sequence[CatchmentRing] = ()
    rivers: Sequence[RiverLine] = ()
    places: Sequence[Place] = ()
    shade: Mapping[str, float] = field(default_factory=dict)
    shade_title: str = ""
    tips: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[Line] = ()


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


def draw(drawing: Drawing) -> str:
    """Return the map with its legend; empty where there is nothing to draw."""
    shapes: list[CatchmentRing | RiverLine] = [*drawing.catchments, *drawing.rivers]
    if not shapes:
        return ""
    lon = np.concatenate([np.asarray(shape.lon, dtype=np.float64) for shape in shapes])
    lat = np.concatenate([np.asarray(shape.lat, dtype=np.float64) for shape in shapes])
    project = fit(lon, lat)
    breaks, classes = _classes(drawing.shade)
    parts = [_catchments(drawing, project, classes), _rivers(drawing, project), _lines(drawing, project)]
    parts += [_place(place, project) for place in drawing.places]
    parts += [_scale_bar(project), _north_arrow()]
    svg = (
        f'<svg viewBox="0 0 {WIDTH:.0f} {project.height:.0f}" role="img" aria-label="{text(drawing.label)}">'
        f"{''.join(parts)}</svg>"
    )
    return f'<div class="map">{svg}</div>{_ramp(drawing.shade_title, breaks, bool(drawing.rivers))}'


def _classes(shade: Mapping[str, float]) -> tuple[Floats, dict[str, int]]:
    """Return the limits of the classes, and the tone by catchment."""
    if not shade:
        return np.empty(0), {}
    values = np.array(list(shade.values()), dtype=np.float64)
    breaks = _pretty_breaks(values[np.isfinite(values)])
    index = np.clip(np.searchsorted(breaks, values, side="right") - 1, 0, len(breaks) - 2)
    tones = np.array(_tones(len(breaks) - 1))[index]
    return breaks, dict(zip(shade, tones.tolist(), strict=True))


def _path(project: Projection, lon: Floats, lat: Floats, *, closed: bool) -> str:
    x, y = project(lon, lat)
    kept = [0]
    for i in range(1, len(x)):
        if abs(x[i] - x[kept[-1]]) + abs(y[i] - y[kept[-1]]) >= FINEST or i == len(x) - 1:
            kept.append(i)
    points = "L".join(f"{x[i]:.1f} {y[i]:.1f}" for i in kept)
    return f"M{points}{'Z' if closed else ''}"


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


def _catchments(drawing: Drawing, project: Projection, classes: Mapping[str, int]) -> str:
    drawn = []
    for ring in drawing.catchments:
        shade = f" q{classes[ring.id]}" if ring.id in classes else ""
        path = _path(project, ring.lon, ring.lat, closed=True)
        tip = text(drawing.tips.get(ring.id, ring.id))
        drawn.append(f'<path class="catchment{shade}" data-tip="{tip}" d="{path}"/>')
    if not drawn:
        return ""
    # borders stay thinner than what they surround
    border = min(0.8, 11.0 / math.sqrt(len(drawn)))
    return f'<g stroke-width="{border:.2f}">{"".join(drawn)}</g>'


def _rivers(drawing: Drawing, project: Projection) -> str:
    if not drawing.rivers:
        return ""
    largest = max(*(line.width for line in drawing.rivers), 1e-12)
    least = min(0.8, 10.0 / math.sqrt(len(drawing.rivers)))
    lines = []
    for line in drawing.rivers:
        width = least + 4.2 * math.sqrt(max(line.width, 0.0) / largest)
        path = _path(project, line.lon, line.lat, closed=False)
        tip = text(f"{line.id}\nriver")
        lines.append(f'<path class="river" data-tip="{tip}" stroke-width="{width:.1f}" d="{path}"/>')
    return f"<g>{''.join(lines)}</g>"


def _lines(drawing: Drawing, project: Projection) -> str:
    if not drawing.lines:
        return ""
    paths = "".join(_path(project, np.asarray(x), np.asarray(y), closed=False) for x, y in drawing.lines)
    return f'<path class="cells" d="{paths}"/>'


def _place(place: Place, project: Projection) -> str:
    x, y = (float(v) for v in project(np.asarray(place.lon), np.asarray(place.lat)))
    anchor, shift = ("end", -13.0) if x > WIDTH * 0.6 else ("start", 13.0)
    name = text(place.name)
    return (
        f'<circle class="outlet" cx="{x:.1f}" cy="{y:.1f}" r="7" data-tip="{name}"/>'
        f'<text class="name" x="{x + shift:.1f}" y="{y + 5:.1f}" text-anchor="{anchor}">{name}</text>'
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


def _ramp(title: str, breaks: Floats, rivers: bool) -> str:
    if len(breaks) < 2:
        return ""
    limits = breaks.tolist()
    items = "".join(
        f'<li><i class="q{tone}"></i>{low:g}</li>'
        for tone, low in zip(_tones(len(limits) - 1), limits[:-1], strict=True)
    )
    note = "<span>River width grows with size</span>" if rivers else ""
    ramp = f'<ol>{items}<li class="last">{limits[-1]:g}</li></ol>'
    return f'<div class="ramp"><span>{text(title)}</span>{ramp}{note}</div>'
