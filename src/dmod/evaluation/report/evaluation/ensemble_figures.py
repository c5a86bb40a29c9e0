"""Figures of ensembles: what occurred where each probability was given, and ranks among the members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.exceedance import ReliabilityTable
from dmod.evaluation.report.evaluation.figures import require_figures, save_figure
from dmod.evaluation.report.evaluation.palette import line_style
from dmod.evaluation.report.evaluation.place_figures import plain_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


def write_ensemble_figures(
    folder: str | Path,
    formats: Sequence[str] = ("svg", "png"),
    *,
    reliability: Mapping[str, ReliabilityTable] | None = None,
    ranks: Mapping[str, Floats] | None = None,
) -> list[Path]:
    """Write the reliability diagram and the rank histogram into a folder and return the files.

    Parameters
    ----------
    reliability : by name, see :func:`dmod.evaluation.exceedance.reliability_table`; each of one place
    ranks : by name, see :func:`dmod.evaluation.ensemble_rank.rank_histogram`; each of shape (member + 1,)

    Raises
    ------
    InputError
        a format is not known, or a table is of several places.
    MissingExtra
        matplotlib is not installed.
    StoreError
        the folder cannot be written to.
    """
    require_figures(formats)
    shapes = {name: table.share.ndim for name, table in (reliability or {}).items()}
    shapes |= {name: frequency.ndim for name, frequency in (ranks or {}).items()}
    several = [name for name, count in shapes.items() if count != 1]
    if several:
        raise InputError(
            f"{', '.join(several)} is of several places", hint="give one place, or their weighted mean"
        )
    written: list[Path] = []
    if reliability:
        written += save_figure(partial(draw_reliability, reliability), Path(folder) / "reliability", formats)
    if ranks:
        written += save_figure(partial(draw_ranks, ranks), Path(folder) / "ranks", formats)
    return written


def draw_reliability(tables: Mapping[str, ReliabilityTable]) -> Figure:
    """Return frequency against probability with the share of times below.

    Parameters
    ----------
    tables : by name, each of shape (member + 1,)
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 6.6), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(3.2, 1.0), sharex=True)
    upper.plot([0.0, 1.0], [0.0, 1.0], color="#8592a3", linestyle="--", linewidth=0.9)
    for index, (name, table) in enumerate(tables.items()):
        colour, dashes = line_style(index)
        known = np.isfinite(table.forecast) & np.isfinite(table.frequency)
        given, occurred = table.forecast[known], table.frequency[known]
        upper.plot(
            given,
            occurred,
            color=colour,
            linestyle=dashes,
            marker="o",
            markersize=5,
            linewidth=1.6,
            label=name,
        )
        upper.axhline(float(table.base_rate), color=colour, linestyle=":", linewidth=0.9)
        lower.plot(given, 100.0 * table.share[known], color=colour, marker="o", markersize=3, linewidth=1.0)
    upper.set(ylabel="Occurred", xlim=(0.0, 1.0), ylim=(0.0, 1.0))
    upper.legend(frameon=False, fontsize=9, loc="upper left")
    lower.set(xlabel="Probability given", ylabel="Times [%]")
    lower.set_ylim(bottom=0.0)
    plain_axes(upper)
    plain_axes(lower)
    return figure


def draw_ranks(frequencies: Mapping[str, Floats]) -> Figure:
    """Return the rank histogram: even where observations cannot be told from members.

    Parameters
    ----------
    frequencies : by name, each of shape (member + 1,)
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    wide = 0.84 / len(frequencies)
    for index, (name, frequency) in enumerate(frequencies.items()):
        middle = np.arange(len(frequency)) + (index - (len(frequencies) - 1) / 2.0) * wide
        axes.bar(middle, 100.0 * frequency, 0.92 * wide, color=line_style(index)[0], label=name)
        axes.axhline(100.0 / len(frequency), color="#8592a3", linestyle="--", linewidth=0.9)
    axes.set(xlabel="Members below the observation", ylabel="Times [%]")
    axes.legend(frameon=False, fontsize=9)
    plain_axes(axes)
    return figure
