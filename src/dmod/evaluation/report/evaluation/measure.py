"""A column of scores as a page shows it: what it is called, where it is best, how it is coloured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.metric_registry import METRICS

SKILL = "skill:"
EFFICIENCY_EDGES = (-0.5, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8)
EFFICIENCY_TONES = (-1.0, -0.7, -0.35, 0.08, 0.3, 0.53, 0.76, 1.0)
SHARE_EDGES = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9)
RATIO_EDGES = (0.5, 0.67, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0)
SIGNED_TONES = (-1.0, -0.66, -0.33, 0.0, 0.33, 0.66, 1.0)
FLOW = ("m3 s-1", "m³/s")
QUANTILES = (0.1, 0.25, 0.4, 0.6, 0.75, 0.9)


class Kind(StrEnum):
    """How far a value is from what is best, and so how it is coloured."""

    EFFICIENCY = "efficiency"  # best at its upper bound; zero is as good as knowing nothing
    SHARE = "share"  # from 0 to 1, best at 1
    SHORTFALL = "shortfall"  # from 0 to 1, best at 0
    RATIO = "ratio"  # positive, best at 1
    SIGNED = "signed"  # best at 0, off to both sides
    ERROR = "error"  # 0 or more, best at 0
    PLAIN = "plain"  # neither good nor bad: a signature


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric, at a threshold where it has one.

    Parameters
    ----------
    metric, threshold : as in the table of scores
    title : for people
    unit : ``-`` if it has none
    lowest, highest : bounds of possible values
    ideal : NaN where no value is better than another
    meaning : in one sentence; may be empty
    """

    metric: str
    threshold: str
    title: str
    unit: str
    lowest: float
    highest: float
    ideal: float
    meaning: str = ""

    @property
    def name(self) -> str:
        """What it is called in one line."""
        return f"{self.title} · {self.threshold}" if self.threshold else self.title

    @property
    def kind(self) -> Kind:
        """How it is read."""
        if math.isnan(self.ideal):
            return Kind.PLAIN
        if self.ideal == self.highest:
            return Kind.EFFICIENCY if self.lowest < 0.0 else Kind.SHARE
        if self.ideal == 0.0:
            if self.lowest < 0.0:
                return Kind.SIGNED
            return Kind.SHORTFALL if self.highest <= 1.0 else Kind.ERROR
        return Kind.RATIO if self.lowest == 0.0 and self.ideal == 1.0 else Kind.SIGNED

    def distance(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far values lie from the ideal, 0 at best; NaN throughout for a signature."""
        if self.kind is Kind.RATIO:
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(np.abs(np.log(values)))
        return np.asarray(np.abs(values - self.ideal))


def in_symbols(unit: str) -> str:
    """Return a unit as people write it: ``m3 s-1`` as m³ s⁻¹, nothing for ``-``."""
    return "" if unit == "-" else unit.replace("m3", "m³").replace("ft3", "ft³").replace("s-1", "s⁻¹")


def measure_of(metric: str, threshold: str, unit: str) -> Measure:
    """Return what is known of a metric by its name; one that nobody registered is a signature.

    Parameters
    ----------
    unit : of the evaluated values, for metrics that have that of flow
    """
    name = metric.removeprefix(SKILL)
    known: Any = METRICS.get(name)
    title = known.title if known is not None else name
    if metric.startswith(SKILL):
        meaning = "1 is perfect, 0 as good as the benchmark, below 0 worse."
        return Measure(metric, threshold, f"Skill in {title}", "-", -math.inf, 1.0, 1.0, meaning)
    if known is None:
        return Measure(metric, threshold, title, "-", -math.inf, math.inf, math.nan)
    lowest, highest = getattr(known, "lowest", -math.inf), getattr(known, "highest", math.inf)
    own = in_symbols(unit) if known.unit in FLOW else known.unit
    return Measure(metric, threshold, title, own, lowest, highest, known.ideal, known.meaning)


@dataclass(frozen=True, slots=True)
class ColourScale:
    """Classes of values and their tones.

    Parameters
    ----------
    palette : ``quality`` (poor to good), ``signed`` (too little to too much) or ``plain``
    edges : between the classes; the first and the last class are open
    tones : one more than edges; from -1 to 1, for ``plain`` from 0 to 1
    ends : words at both ends of the legend
    """

    palette: str
    edges: tuple[float, ...]
    tones: tuple[float, ...]
    ends: tuple[str, str]


def colour_scale(measure: Measure, values: NDArray[np.float64]) -> ColourScale:
    """Return classes that suit a measure, and its values where it has no scale of its own.

    Parameters
    ----------
    values : all that are to be told apart; NaN is passed over
    """
    known = values[np.isfinite(values)]
    kind = measure.kind
    if kind is Kind.EFFICIENCY:
        return ColourScale("quality", EFFICIENCY_EDGES, EFFICIENCY_TONES, ("poor", "good"))
    if kind is Kind.SHARE:
        return ColourScale("quality", SHARE_EDGES, _even(0.05, 1.0, len(SHARE_EDGES)), ("poor", "good"))
    if kind is Kind.SHORTFALL:
        edges = tuple(round(1.0 - edge, 2) for edge in reversed(SHARE_EDGES))
        return ColourScale("quality", edges, _even(-0.05, -1.0, len(edges)), ("good", "poor"))
    if kind is Kind.RATIO:
        tones = tuple(round(k / 4.0, 2) for k in range(-4, 5))
        return ColourScale("signed", RATIO_EDGES, tones, ("too little", "too much"))
    if kind is Kind.SIGNED:
        edges = tuple(measure.ideal + edge for edge in symmetric_edges(known - measure.ideal))
        return ColourScale("signed", edges, SIGNED_TONES, ("too low", "too high"))
    edges = quantile_edges(known)
    if kind is Kind.ERROR:
        return ColourScale("quality", edges, _even(-0.05, -1.0, len(edges)), ("good", "poor"))
    return ColourScale("plain", edges, _even(0.0, 1.0, len(edges)), ("low", "high"))


def _even(first: float, last: float, edges: int) -> tuple[float, ...]:
    return tuple(round(first + (last - first) * k / max(edges, 1), 3) for k in range(edges + 1))


def symmetric_edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Return six round limits about zero that nine in ten values lie within."""
    largest = float(np.quantile(np.abs(values), 0.9)) if len(values) else 1.0
    raw = max(largest / 4.0, 1e-9)
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(k * size for k in (1.0, 2.0, 2.5, 5.0, 10.0) if k * size >= raw * (1.0 - 1e-9))
    return tuple(float(f"{k * step:.6g}") for k in (-4, -2, -1, 1, 2, 4))


def quantile_edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Return at most six limits of two digits that divide values about evenly."""
    if len(values) == 0:
        return (0.0,)
    limits: Sequence[float] = np.quantile(values, QUANTILES).tolist()
    return tuple(sorted({float(f"{limit:.2g}") for limit in limits}))
