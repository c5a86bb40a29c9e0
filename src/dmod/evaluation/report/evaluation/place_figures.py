"""Figures of one place: over time, as duration curves, one series against the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.evaluation import PlaceSeries
from dmod.evaluation.report.evaluation.measure import in_symbols
from dmod.evaluation.report.evaluation.palette import line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
OBSERVED = "#17202b"
MOST_DOTS = 3000
WIDE_RANGE = 30.0  # from which on an axis is logarithmic


def draw_place(title: str, series: PlaceSeries, configurations: Sequence[str], unit: str) -> Figure:
    """Return the hydrograph of a place with its duration curves and its scatter below."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 7.2), layout="constrained")
    unit = in_symbols(unit)
    rows = figure.subplot_mosaic([["flow", "flow"], ["duration", "scatter"]], height_ratios=(1.1, 1.0))
    drawn = [
        (line_style(index), name, np.asarray(series.simulated[name], dtype=np.float64))
        for index, name in enumerate(configurations)
        if name in series.simulated
    ]
    _bands(rows["flow"], series, configurations)
    _over_time(rows["flow"], series, drawn)
    rows["flow"].set(title=title, ylabel=f"[{unit}]")
    _durations(rows["duration"], series, drawn)
    rows["duration"].set(xlabel="Time exceeded [%]", ylabel=f"[{unit}]")
    _scatter(rows["scatter"], series, drawn)
    rows["scatter"].set(xlabel=f"Observed [{unit}]", ylabel=f"Simulated [{unit}]")
    for axes in rows.values():
        plain_axes(axes)
    return figure


Lines = Sequence[tuple[tuple[str, str], str, Floats]]


def plain_axes(axes: Axes) -> None:
    """Give axes the look of the page."""
    axes.grid(color="#eceff3", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#8592a3")
    axes.tick_params(colors="#566273", labelsize=9)
    axes.title.set_fontsize(12)


def _bands(axes: Axes, series: PlaceSeries, configurations: Sequence[str]) -> None:
    """Draw what the central members of ensembles lie between."""
    for index, name in enumerate(configurations):
        levels = sorted(series.bands.get(name, {}).items())
        for (_, low), (_, high) in zip(levels[: len(levels) // 2], levels[::-1], strict=False):
            axes.fill_between(series.times, low, high, color=line_style(index)[0], alpha=0.18, linewidth=0.0)


def _over_time(axes: Axes, series: PlaceSeries, drawn: Lines) -> None:
    for (colour, dashes), name, values in drawn:
        axes.plot(series.times, values, color=colour, linestyle=dashes, linewidth=1.0, label=name)
    axes.plot(series.times, series.observed, color=OBSERVED, linewidth=0.9, label="observed")
    axes.set_xlim(series.times[0], series.times[-1])
    axes.legend(frameon=False, fontsize=9, loc="upper right", ncols=min(4, len(drawn) + 1))


def _durations(axes: Axes, series: PlaceSeries, drawn: Lines) -> None:
    """Draw values by the share of time they are exceeded, of times that are observed where there are any."""
    from scipy.special import ndtri

    times = np.isfinite(series.observed)
    lines = [*drawn, ((OBSERVED, "-"), "observed", series.observed)]
    for (colour, dashes), _, values in lines:
        known = values[np.isfinite(values) & (times if times.any() else True)]
        share = np.arange(1, len(known) + 1) / (len(known) + 1)
        axes.plot(ndtri(share), np.sort(known)[::-1], color=colour, linestyle=dashes, linewidth=1.3)
    percent = np.array([0.1, 1.0, 5.0, 20.0, 50.0, 80.0, 95.0, 99.0, 99.9])
    axes.set_xticks(ndtri(percent / 100.0), [f"{p:g}" for p in percent])
    if _is_wide([values for _, _, values in lines]):
        _logarithmic(axes, "y")


def _is_wide(series: Sequence[Floats]) -> bool:
    known = np.concatenate([values[np.isfinite(values)] for values in series])
    positive = known[known > 0.0]
    if len(positive) == 0 or known.min() < 0.0:
        return False
    return bool(known.max() > WIDE_RANGE * np.quantile(positive, 0.02))


def _logarithmic(axes: Axes, *sides: str) -> None:
    """Make axes logarithmic, their labels plain numbers (formulas are switched off)."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for side in sides:
        axes.set(**{f"{side}scale": "log"})
        axis = axes.xaxis if side == "x" else axes.yaxis
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _scatter(axes: Axes, series: PlaceSeries, drawn: Lines) -> None:
    every = max(1, len(series.times) // MOST_DOTS)
    observed = series.observed[::every]
    for (colour, _), _, values in drawn:
        axes.plot(observed, values[::every], ".", color=colour, alpha=0.35, markersize=3.0, rasterized=True)
    if _is_wide([series.observed, *(values for _, _, values in drawn)]):
        _logarithmic(axes, "x", "y")
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    high = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([low, high], [low, high], color="#8592a3", linestyle="--", linewidth=0.9, zorder=0)
    axes.set(xlim=(low, high), ylim=(low, high))
