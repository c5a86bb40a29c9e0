"""The fourteen metrics of NOAA-OWP's DMOD as it computes and bounds them, for grades that equal its own.

The registry has all of them under their own definitions; these here keep what DMOD does differently: bounds
that are no bounds of the metric (a correlation below 0 counts as 0), a frequency bias that scores fully
however often an event is forecast, an error of volume over nanoseconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError, NotFoundError
from dmod.evaluation.metric_registry import find_metric

Floats = NDArray[np.float64]
NANOSECONDS = 1_000_000_000
RIGHT_ANGLE = 90.0


@dataclass(frozen=True, slots=True)
class Above:
    """Pairs at one location and what of them reaches a threshold.

    Parameters
    ----------
    seconds : of the pairs' stamps since 1970, ascending, shape (pair,)
    simulated, observed : [unit of the plan], shape (pair,)
    threshold : [unit of the plan], shape (pair,)
    """

    seconds: NDArray[np.int64]
    simulated: Floats
    observed: Floats
    threshold: Floats

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Hits, misses, false alarms, correct negatives."""
        s, o = self.simulated >= self.threshold, self.observed >= self.threshold
        return int((s & o).sum()), int((~s & o).sum()), int((s & ~o).sum()), int((~s & ~o).sum())

    def reaching(self) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Return stamps, simulated and observed values where the observation reaches the threshold."""
        chosen = self.observed >= self.threshold
        return self.seconds[chosen], self.simulated[chosen], self.observed[chosen]


@dataclass(frozen=True, slots=True)
class DmodMetric:
    """A metric as DMOD has it.

    Parameters
    ----------
    lowest, highest : that it scales by
    is_categorical : whether its sample is all pairs, and not those that reach the threshold
    """

    name: str
    description: str
    function: Callable[[Above], float]
    lowest: float = 0.0
    highest: float = 1.0
    ideal: float = 1.0
    is_categorical: bool = True

    @property
    def is_bounded(self) -> bool:
        """Whether it is scaled on both sides."""
        return math.isfinite(self.lowest) and math.isfinite(self.highest)

    def scaled(self, value: float) -> float:
        """Return the value as DMOD scales it to its ideal; as it is where there are no bounds."""
        if math.isnan(value) or (math.isinf(self.lowest) and math.isinf(self.highest)):
            return value
        if self.ideal == self.lowest:
            slope = -1.0 / (self.highest - self.lowest)
        elif self.ideal == self.highest or value <= self.ideal:
            slope = 1.0 / (min(self.ideal, self.highest) - self.lowest)
        else:
            slope = -1.0 / (self.highest - self.ideal)
        return max(min(1.0 + slope * (value - self.ideal), self.highest), self.lowest)


def _over(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else math.nan


def _detection(pairs: Above) -> float:
    h, m, _, _ = pairs.counts
    return _over(h, h + m)


def _false_alarms(pairs: Above) -> float:
    h, _, f, _ = pairs.counts
    return _over(f, h + f)


def _false_detection(pairs: Above) -> float:
    _, _, f, c = pairs.counts
    return _over(f, c + f)


def _frequency_bias(pairs: Above) -> float:
    h, m, f, _ = pairs.counts
    return _over(h + f, h + m)


def _accuracy(pairs: Above) -> float:
    h, m, f, c = pairs.counts
    return _over(h + c, h + m + f + c) if h + m + f else math.nan


def _success(pairs: Above) -> float:
    h, m, f, _ = pairs.counts
    return _over(h, h + m + f)


def _equitable_threat(pairs: Above) -> float:
    h, m, f, c = pairs.counts
    by_chance = _over((h + m) * (h + f), h + m + f + c)
    return _over(h - by_chance, h + m + f - by_chance)


def _skill(pairs: Above) -> float:
    h, m, f, c = pairs.counts
    return _over(2.0 * (h * c - m * f), (h + m) * (m + c) + (h + f) * (f + c))


def _precision(pairs: Above) -> float:
    h, _, f, _ = pairs.counts
    return _over(h, h + f)


def _correlation(pairs: Above) -> float:
    _, s, o = pairs.reaching()
    if len(o) < 2 or np.ptp(s) == 0.0 or np.ptp(o) == 0.0:
        return math.nan
    return float(np.corrcoef(o, s)[0, 1])


def _kling_gupta(pairs: Above) -> float:
    _, s, o = pairs.reaching()
    r = _correlation(pairs)
    if math.isnan(r) or o.mean() == 0.0:
        return math.nan
    return float(1.0 - math.hypot(r - 1.0, s.mean() / o.mean() - 1.0, s.std() / o.std() - 1.0))


def _normalized_nash_sutcliffe(pairs: Above) -> float:
    _, s, o = pairs.reaching()
    if not len(o):
        return math.nan
    error, spread = float(((o - s) ** 2).sum()), float(((o - o.mean()) ** 2).sum())
    if spread == 0.0:
        return 0.0 if error else math.nan
    return 1.0 / (1.0 + error / spread)


def _volume_error(pairs: Above) -> float:
    t, s, o = pairs.reaching()
    return float(np.trapezoid(s, t) - np.trapezoid(o, t)) * NANOSECONDS if len(o) else 0.0


def _trend(pairs: Above) -> float:
    _, s, o = pairs.reaching()
    if len(o) < 2:
        return math.nan
    slope = float(np.polyfit(np.arange(len(o)), np.abs(o - s), 1)[0])
    return math.degrees(math.atan(slope)) / RIGHT_ANGLE


_ALL = (
    DmodMetric("Probability Of Detection", "share of observed events that were predicted", _detection),
    DmodMetric("False Alarm Ratio", "share of predicted events that did not occur", _false_alarms, ideal=0.0),
    DmodMetric(
        "Probability Of False Detection",
        "share of non-events that were predicted as events",
        _false_detection,
        ideal=0.0,
    ),
    DmodMetric("Frequency Bias", "predicted over observed events", _frequency_bias, highest=math.inf),
    DmodMetric("Accuracy", "share of pairs on the same side of the threshold", _accuracy),
    DmodMetric("Critical Success Index", "hits over all that was observed or predicted", _success),
    DmodMetric("Equitable Threat Score", "critical success beyond that by chance", _equitable_threat),
    DmodMetric("General Skill", "accuracy beyond that by chance (Heidke)", _skill),
    DmodMetric("Precision", "share of predicted events that occurred", _precision),
    DmodMetric("Pearson Correlation Coefficient", "linear correlation", _correlation, is_categorical=False),
    DmodMetric(
        "Kling-Gupta Efficiency",
        "distance from perfect correlation, variability and volume",
        _kling_gupta,
        is_categorical=False,
    ),
    DmodMetric(
        "Normalized Nash-Sutcliffe Efficiency",
        "Nash-Sutcliffe efficiency brought to 0…1",
        _normalized_nash_sutcliffe,
        is_categorical=False,
    ),
    DmodMetric(
        "Volume Error",
        "predicted minus observed area over nanoseconds",
        _volume_error,
        lowest=-math.inf,
        highest=math.inf,
        ideal=0.0,
        is_categorical=False,
    ),
    DmodMetric(
        "Linear Temporal Trend of Absolute Error",
        "angle of the error's trend from pair to pair, over a right angle",
        _trend,
        ideal=0.0,
        is_categorical=False,
    ),
)

DMOD_METRICS: Mapping[str, DmodMetric] = {metric.name: metric for metric in _ALL}


def find_dmod_metric(name: str) -> DmodMetric:
    """Return DMOD's metric of a name, its own or one of the registry; spelling does not matter.

    Raises
    ------
    InputError
        DMOD has none of that name.
    """
    known = {_spelling(metric.name): metric for metric in _ALL}
    found = known.get(_spelling(name))
    if found is not None:
        return found
    registered = _in_registry(name)
    same = [metric for metric in _ALL if registered and _in_registry(metric.name) == registered]
    if same:
        return same[0]
    near = get_close_matches(_spelling(name), known, n=3, cutoff=0.5)
    meant = ", ".join(known[item].name for item in near) or ", ".join(DMOD_METRICS)
    raise InputError(
        f"DMOD has no metric {name!r}", hint=f"it has {meant}; others can be weighed by aggregation: scaled"
    )


def _in_registry(name: str) -> str | None:
    try:
        return find_metric(name).name
    except NotFoundError:
        return None


def _spelling(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
