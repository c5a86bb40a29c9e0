"""A run's result as text for the terminal."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dmod.services.result import RunResult

SHOWN_SCORES = (
    ("kge", "KGE"),
    ("nse", "NSE"),
    ("r", "r"),
    ("percent_bias", "bias %"),
    ("rmse", "RMSE m³/s"),
    ("peak_error", "peak %"),
    ("peak_timing_error", "timing h"),
)


def result_text(result: RunResult, *, width: int, colour: bool) -> str:
    """Return hydrograph, scores, balance and files."""
    from dmod.evaluation.report.terminal import render_terminal
    from dmod.services.hydrograph_table import table_of

    hydrograph = result.hydrograph
    table = table_of(hydrograph, result.plan.axis)
    times = table.seconds.astype("datetime64[s]")
    outlet = hydrograph.outlet
    gauge = f" (gauge {outlet.gauge})" if outlet.gauge else ""
    drawing = render_terminal(
        times,
        table.columns["simulated"],
        _on_stamps(times, result),
        width,
        18,
        rain=table.columns.get("rain"),
        style="ansi" if colour else "plain",
    )
    lines = [f"Streamflow at {outlet.id}{gauge}, m³/s", "", drawing, ""]
    lines += _score_lines(result)
    lines += _balance_lines(result)
    lines += [f"  note: {warning}" for warning in result.warnings]
    return "\n".join([*lines, *_end_lines(result)])


def _on_stamps(times: np.ndarray, result: RunResult) -> np.ndarray | None:
    """Return the observation on the stamps of the drawing, as far as the stamps coincide."""
    observed = result.hydrograph.observed
    if observed is None:
        return None
    values = np.full(len(times), np.nan)
    _, mine, theirs = np.intersect1d(times, observed.times.astype(times.dtype), return_indices=True)
    values[mine] = observed.values[theirs]
    return values if mine.size else None


def _score_lines(result: RunResult) -> list[str]:
    scores = result.scores
    if scores is None:
        return []
    shown = [(title, scores.values[name]) for name, title in SHOWN_SCORES if name in scores.values]
    text = "   ".join(f"{title} {value:.3g}" for title, value in shown)
    return [f"  scores   {text}", f"           {scores.count} pairs, {scores.start} to {scores.end}"]


def _balance_lines(result: RunResult) -> list[str]:
    balance = result.water_balance
    area = result.plan.fabric.catchments.area_km2
    weight = area / area.sum()
    titles = {"inflow": "rain", "evapotranspiration": "ET", "storage_change": "storage change"}
    parts = []
    unknown = False
    for item in fields(balance):
        depth = float(getattr(balance, item.name) @ weight) * 1e3
        unknown = unknown or math.isnan(depth)
        if math.isnan(depth):
            continue
        if item.name not in ("unaccounted", "residual") or abs(depth) > 1e-3:
            parts.append(f"{titles.get(item.name, item.name)} {depth:.1f}")
    lines = ["  balance  " + "   ".join(parts) + "   mm over the basin"]
    return [*lines, "           the rest is not told by modules of others"] if unknown else lines


def _end_lines(result: RunResult) -> list[str]:
    plan = result.plan
    steps = len(plan.catchments) * plan.axis.count
    lines = [
        f"  ran      {len(plan.catchments):,} catchments × {plan.axis.count:,} steps in "
        f"{result.seconds:.2f} s "
        f"({result.seconds / steps * 1e6:.2f} µs per catchment and step), {result.routing}",
        f"  results  {result.folder}",
    ]
    if result.report is not None:
        lines.append(f"  report   {result.report}")
    return lines
