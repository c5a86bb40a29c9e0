"""Figures of all places: map, cumulative distribution, boxes by facet, medians, performance diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.evaluation import Evaluation
from dmod.evaluation.report.contents import CatchmentRing, RiverLine
from dmod.evaluation.report.evaluation.measure import Kind, Measure, colour_scale, in_symbols
from dmod.evaluation.report.evaluation.palette import colours, line_style
from dmod.evaluation.report.evaluation.place_figures import plain_axes
from dmod.evaluation.report.evaluation.score_cube import ScoreCube
from dmod.evaluation.report.evaluation.standing import performance_pairs, standing
from dmod.evaluation.report.markup import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
SIZES = ((40, 60.0), (300, 34.0), (1200, 18.0), (4000, 10.0))  # places, size of a dot
FEWEST = 5.0
MARKERS = "osD^vP*X"
DARK = 140.0  # of a colour's brightness, below which text on it is white


def located(evaluation: Evaluation) -> NDArray[np.bool_]:
    """Return which places have coordinates, shape (place,)."""
    return np.array([np.isfinite(p.longitude) and np.isfinite(p.latitude) for p in evaluation.places])


def draw_map(
    evaluation: Evaluation,
    cube: ScoreCube,
    chosen: int,
    index: int,
    behind: tuple[Sequence[CatchmentRing], Sequence[RiverLine]],
) -> Figure:
    """Return places coloured by a measure of one configuration."""
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 6.2), layout="constrained")
    axes = figure.add_subplot()
    inside = located(evaluation)
    lon, lat = (
        np.array([getattr(place, name) for place in evaluation.places])[inside]
        for name in ("longitude", "latitude")
    )
    _draw_behind(axes, *behind)
    measure, values = cube.measures[chosen], cube.whole[chosen, index][inside]
    scale = colour_scale(measure, cube.whole[chosen].ravel())
    size = next((size for count, size in SIZES if len(lon) <= count), FEWEST)
    axes.scatter(lon, lat, s=0.6 * size, facecolors="none", edgecolors="#8592a3", linewidths=0.6)
    known = np.isfinite(values)
    inner = np.array(scale.edges)
    ends = inner[0] - 1.0, inner[-1] + 1.0
    shades = ListedColormap(colours(scale)[1:-1] or colours(scale)[:1], name="classes")
    extended = shades.with_extremes(under=colours(scale)[0], over=colours(scale)[-1])
    limits = inner if len(inner) > 1 else np.array([ends[0], ends[1]])
    dots = axes.scatter(
        lon[known],
        lat[known],
        c=values[known],
        s=size,
        cmap=extended,
        norm=BoundaryNorm(limits, shades.N),
        edgecolors="#17202b",
        linewidths=0.35,
    )
    bar = figure.colorbar(dots, ax=axes, extend="both", shrink=0.75, pad=0.015)
    bar.set_label(_axis_title(measure))
    bar.outline.set_visible(False)
    axes.set_aspect(1.0 / max(np.cos(np.radians(lat.mean())), 0.05))
    axes.set(title=evaluation.configurations[index], xlabel="Longitude [°]", ylabel="Latitude [°]")
    axes.ticklabel_format(useOffset=False)
    plain_axes(axes)
    return figure


def _draw_behind(axes: Axes, outlines: Sequence[CatchmentRing], rivers: Sequence[RiverLine]) -> None:
    from matplotlib.collections import LineCollection, PolyCollection

    rings = [np.column_stack((ring.lon, ring.lat)) for ring in outlines]
    lines = [np.column_stack((river.lon, river.lat)) for river in rivers]
    if rings:
        areas = PolyCollection(rings, facecolors="#f3f6f4", edgecolors="#b9c4c0", linewidths=0.6)
        axes.add_collection(areas)
    if lines:
        most = max(*(river.width for river in rivers), 1e-12)
        widths = [0.3 + 1.6 * np.sqrt(max(river.width, 0.0) / most) for river in rivers]
        axes.add_collection(LineCollection(lines, colors="#7fa9d4", linewidths=widths))


def _axis_title(measure: Measure) -> str:
    return measure.name if measure.unit == "-" else f"{measure.name} [{in_symbols(measure.unit)}]"


def _reach(measure: Measure, values: Floats) -> tuple[float, float]:
    """Return limits of an axis that show what matters: efficiencies from -1, others without their tails."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return 0.0, 1.0
    if measure.kind is Kind.EFFICIENCY:
        return max(float(known.min()), -1.0), 1.0
    if measure.kind in {Kind.SHARE, Kind.SHORTFALL}:
        return 0.0, 1.0
    low, high = np.quantile(known, (0.02, 0.98)).tolist()
    room = 0.04 * (high - low) or 1.0
    return low - room, high + room


def draw_cumulative(configurations: Sequence[str], cube: ScoreCube, chosen: int) -> Figure:
    """Return the share of places at or below a value, by configuration."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 5.0), layout="constrained")
    axes = figure.add_subplot()
    for index, name in enumerate(configurations):
        known = np.sort(cube.whole[chosen, index])
        known = known[np.isfinite(known)]
        if len(known) == 0:
            continue
        colour, dashes = line_style(index)
        share = 100.0 * np.arange(1, len(known) + 1) / len(known)
        label = f"{name}, median {number(float(np.median(known)))}"
        axes.step(known, share, where="post", color=colour, linestyle=dashes, linewidth=1.6, label=label)
    axes.set(
        xlim=_reach(cube.measures[chosen], cube.whole[chosen]),
        ylim=(0.0, 100.0),
        xlabel=_axis_title(cube.measures[chosen]),
        ylabel="Places at or below [%]",
    )
    if axes.lines:
        axes.legend(frameon=False, fontsize=9)
    plain_axes(axes)
    return figure


def draw_boxes(configurations: Sequence[str], cube: ScoreCube, chosen: int, facet: str) -> Figure:
    """Return boxes over places by part of a facet and configuration: quartiles, and nine in ten."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    parts = (0, *cube.parts_of(facet))
    figure = Figure(
        figsize=(max(6.4, 0.5 + 0.34 * len(parts) * (len(configurations) + 1)), 4.6), layout="constrained"
    )
    axes = figure.add_subplot()
    wide = 0.8 / len(configurations)
    for index in range(len(configurations)):
        colour, _ = line_style(index)
        samples = [cube.values[part, chosen, index] for part in parts]
        axes.boxplot(
            [sample[np.isfinite(sample)] for sample in samples],
            positions=np.arange(len(parts)) + (index - (len(configurations) - 1) / 2.0) * wide,
            widths=0.72 * wide,
            whis=(5.0, 95.0),
            showfliers=False,
            patch_artist=True,
            boxprops={"facecolor": f"{colour}60", "edgecolor": colour},
            medianprops={"color": colour, "linewidth": 2.0},
            whiskerprops={"color": colour},
            capprops={"color": colour},
            manage_ticks=False,
        )
    axes.set_xticks(range(len(parts)), ["all", *(cube.parts[part].name for part in parts[1:])])
    measure = cube.measures[chosen]
    axes.set(ylabel=_axis_title(measure), ylim=_reach(measure, cube.values[list(parts), chosen]))
    keys = [Patch(color=line_style(index)[0], label=name) for index, name in enumerate(configurations)]
    axes.legend(
        handles=keys, frameon=False, fontsize=9, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0)
    )
    plain_axes(axes)
    return figure


def draw_medians(configurations: Sequence[str], cube: ScoreCube) -> Figure:
    """Return medians over places by measure and configuration, in the colours of each measure's scale."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    size = (2.8 + 0.95 * len(configurations), 1.0 + 0.34 * len(cube.measures))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    for row, measure in enumerate(cube.measures):
        scale = colour_scale(measure, cube.whole[row].ravel())
        shades = colours(scale)
        for column in range(len(configurations)):
            median = standing(cube.whole[row, column]).median
            known = np.isfinite(median)
            shade = shades[int(np.searchsorted(scale.edges, median, side="right"))] if known else "#ffffff"
            axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, color=shade))
            ink = "#17202b" if not known or _brightness(shade) > DARK else "#ffffff"
            axes.text(column, row, number(median), ha="center", va="center", fontsize=9, color=ink)
    axes.set(xlim=(-0.5, len(configurations) - 0.5), ylim=(len(cube.measures) - 0.5, -0.5))
    axes.set_xticks(range(len(configurations)), configurations)
    axes.set_yticks(range(len(cube.measures)), [measure.name for measure in cube.measures])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=9)
    axes.tick_params(axis="x", labelrotation=45.0 if len(configurations) > 4 else 0.0)
    axes.spines[:].set_visible(False)
    return figure


def _brightness(colour: str) -> float:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return 0.3 * red + 0.59 * green + 0.11 * blue


def draw_performance(configurations: Sequence[str], cube: ScoreCube) -> Figure:
    """Return detection against success, medians over places by threshold (Roebber 2009).

    References
    ----------
    Roebber (2009), Weather and Forecasting 24, 601-608, doi:10.1175/2008WAF2222159.1.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 5.4), layout="constrained")
    axes = figure.add_subplot()
    grid = np.linspace(0.005, 1.0, 200)
    success, detected = np.meshgrid(grid, grid)
    index_of_success = 1.0 / (1.0 / success + 1.0 / detected - 1.0)
    lines = axes.contour(
        success, detected, index_of_success, levels=(0.2, 0.4, 0.6, 0.8), colors="#c8d0d9", linewidths=0.9
    )
    axes.clabel(lines, fontsize=8, fmt="%g")
    axes.plot([0.0, 1.0], [0.0, 1.0], color="#8592a3", linestyle="--", linewidth=0.9)
    for mark, (caught, false, threshold) in enumerate(performance_pairs(cube)):
        for index, name in enumerate(configurations):
            axes.plot(
                1.0 - standing(cube.whole[false, index]).median,
                standing(cube.whole[caught, index]).median,
                MARKERS[mark % len(MARKERS)],
                color=line_style(index)[0],
                markeredgecolor="white",
                markersize=9.0,
                label=f"{name}, {threshold}" if threshold else name,
            )
    axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), xlabel="Success ratio (1 − false alarms)", ylabel="Detected")
    axes.set_aspect("equal")
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    plain_axes(axes)
    return figure
