"""The arrays that the page's charts draw, packed small: floats as base64, curves as a few hundred points."""

from __future__ import annotations

import base64
import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.align import Pairs
from dmod.evaluation.report.contents import ReportInput
from dmod.evaluation.report.summary import PeriodMeans

Floats = NDArray[np.float64]
MOST_VALUES = 200_000  # of one series in the page; longer ones keep the extremes of equal stretches
CURVE_POINTS = 300
MOST_DOTS = 3000
EXCEEDANCE = (0.01, 0.1, 1.0, 5.0, 20.0, 50.0, 80.0, 95.0, 99.0, 99.9, 99.99)


def chart_data(contents: ReportInput, periods: PeriodMeans) -> dict[str, Any]:
    """Return everything the script needs, ready for JSON."""
    start = _seconds(contents.times)
    data: dict[str, Any] = {"simulated": _even(int(start[0]), contents.step, contents.simulated)}
    if contents.rain is not None:
        begun = _seconds(contents.step_starts)
        data["rain"] = _even(int(begun[0]), contents.step, contents.rain, mean=True)
    if contents.observed is not None:
        seconds = _seconds(contents.observed.times)
        inside = (seconds >= start[0]) & (seconds < start[-1] + contents.step)
        if inside.any():
            data["observed"] = _uneven(
                seconds[inside], contents.observed.values[inside], contents.observed.step
            )
    data["duration"] = _duration(contents.simulated, contents.pairs)
    if contents.pairs is not None:
        data["scatter"] = _scatter(contents.pairs)
    data["periods"] = {
        "labels": list(periods.labels),
        "curves": [
            {"kind": kind, "values": [None if math.isnan(v) else _short(v) for v in values]}
            for kind, values in (
                # beside the observed mean stands that of the same pairs
                ("simulated", periods.simulated if periods.paired is None else periods.paired),
                ("observed", periods.observed),
            )
            if values is not None
        ],
    }
    return data


def _seconds(times: NDArray[np.datetime64]) -> NDArray[np.int64]:
    return times.astype("datetime64[s]").astype(np.int64)


def _pack(values: NDArray[np.generic], kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode("ascii")


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def _even(start: int, step: int, values: Floats, *, mean: bool = False) -> dict[str, Any]:
    if len(values) > MOST_VALUES:
        values, factor = _thin(values, mean=mean)
        step *= factor
    return {"start": start, "step": step, "values": _pack(values, "<f4")}


def _thin(values: Floats, *, mean: bool) -> tuple[Floats, int]:
    """Shorten a series: the mean of each stretch, or its lowest and highest value in their order."""
    factor = math.ceil(len(values) / MOST_VALUES)
    width = factor if mean else 2 * factor
    padded = np.append(values, np.full(-len(values) % width, values[-1])).reshape(-1, width)
    if mean:
        return padded.mean(axis=1), factor
    low, high = np.argmin(padded, axis=1), np.argmax(padded, axis=1)
    ends = np.sort(np.stack((low, high), axis=1), axis=1)
    return np.take_along_axis(padded, ends, axis=1).ravel(), factor


def _uneven(seconds: NDArray[np.int64], values: Floats, step: int | None) -> dict[str, Any]:
    spacings = np.diff(seconds)
    if step is not None and len(spacings) and np.all(spacings == step):
        return _even(int(seconds[0]), step, values)
    typical = step or (int(np.median(spacings)) if len(spacings) else 3600)
    if len(values) > MOST_VALUES:
        every = math.ceil(len(values) / MOST_VALUES)
        seconds, values = seconds[::every], values[::every]
        typical *= every
    return {"times": _pack(seconds, "<f8"), "step": typical, "values": _pack(values, "<f4")}


def _duration(simulated: Floats, pairs: Pairs | None) -> dict[str, Any]:
    """Return flow against the normal quantile of its exceedance (Weibull plotting position i / (n + 1))."""
    curves = {"simulated": simulated[np.isfinite(simulated)]}
    if pairs is not None:
        curves = {"simulated": pairs.simulated, "observed": pairs.observed}
    count = min(len(values) for values in curves.values())
    normal = NormalDist()
    reach = normal.inv_cdf(count / (count + 1)) if count > 1 else 1.0
    z = np.linspace(-reach, reach, CURVE_POINTS)
    exceedance = np.array([normal.cdf(v) for v in z])
    positions = exceedance * (count + 1) - 1.0
    return {
        "z": [round(float(v), 4) for v in z],
        "percent": [_short(100.0 * float(p)) for p in exceedance],
        "ticks": [
            (round(normal.inv_cdf(p / 100.0), 4), f"{p:g}")
            for p in EXCEEDANCE
            if abs(normal.inv_cdf(p / 100.0)) <= reach
        ],
        "curves": [
            {
                "kind": kind,
                "values": [
                    _short(v) for v in np.interp(positions, np.arange(len(values)), np.sort(values)[::-1])
                ],
            }
            for kind, values in curves.items()
        ],
    }


def _scatter(pairs: Pairs) -> dict[str, Any]:
    """Return at most a few thousand pairs, the highest among them always."""
    order = np.argsort(pairs.observed)
    if len(order) > MOST_DOTS:
        rest = order[:-100]
        order = np.concatenate((rest[:: math.ceil(len(rest) / (MOST_DOTS - 100))], order[-100:]))
    simulated, observed = pairs.simulated[order], pairs.observed[order]
    both = np.concatenate((simulated, observed))
    positive = both[both > 0.0]
    high = float(both.max()) * 1.15 or 1.0
    logarithmic = len(positive) > 0 and high > 30.0 * float(np.quantile(positive, 0.02))
    low = max(float(positive.min()) * 0.85, high * 1e-5) if logarithmic else 0.0
    return {
        "log": logarithmic,
        "low": low,
        "high": high,
        "simulated": [_short(v) for v in simulated],
        "observed": [_short(v) for v in observed],
    }
