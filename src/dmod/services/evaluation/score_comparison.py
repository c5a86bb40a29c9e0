"""Runs compared by their scores, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.metric_registry import METRICS
from dmod.evaluation.significance import Difference

Floats = NDArray[np.float64]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SKILL = "skill:"
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Aspect:
    """In what runs are compared: a metric, at a threshold or not, over all times or a part of them."""

    metric: str
    threshold: str = ""
    facet: str = ""
    part: str = ""

    @property
    def title(self) -> str:
        """As it stands in tables: ``csi @ Flood, season DJF``."""
        at = f" @ {self.threshold}" if self.threshold else ""
        return f"{self.metric}{at}{f', {self.facet} {self.part}' if self.facet else ''}"

    @property
    def ideal(self) -> float:
        """The score of a perfect simulation; NaN where there is none."""
        if self.metric.startswith(SKILL):
            return 1.0
        return METRICS[self.metric].ideal if self.metric in METRICS else math.nan


@dataclass(frozen=True, slots=True)
class PairTest:
    """The second of two runs against the first.

    Parameters
    ----------
    p_adjusted : p as it counts beside the other pairs of runs in the same aspect
    """

    first: str
    second: str
    difference: Difference
    p_adjusted: float

    @property
    def verdict(self) -> str:
        """The run that is better beyond chance, or "" where none is."""
        found = self.difference
        if not self.p_adjusted < LEVEL or math.isnan(found.better) or found.better == 0.5:
            return ""
        return self.second if found.better > 0.5 else self.first


@dataclass(frozen=True, slots=True)
class AspectComparison:
    """All runs in one aspect, over the locations at which all of them are known.

    Parameters
    ----------
    locations : ids, shape (location,)
    values : by run, in the order of the locations
    known : by run, at how many locations it has a value at all
    """

    aspect: Aspect
    locations: tuple[str, ...]
    values: Mapping[str, Floats]
    known: Mapping[str, int]
    tests: tuple[PairTest, ...]

    def quantiles(self, run: str) -> dict[float, float]:
        """Return the quantiles of a run's scores."""
        values = self.values[run]
        if not len(values):
            return dict.fromkeys(QUANTILES, math.nan)
        return dict(zip(QUANTILES, np.quantile(values, QUANTILES).tolist(), strict=True))

    def best_share(self, run: str) -> float:
        """Return at which share of locations no other run is nearer to the ideal; NaN without an ideal."""
        ideal = self.aspect.ideal
        if math.isnan(ideal) or not self.locations:
            return math.nan
        nearest = np.min([np.abs(values - ideal) for values in self.values.values()], axis=0)
        return float((np.abs(self.values[run] - ideal) <= nearest).mean())

    def cumulative(self, run: str) -> tuple[Floats, Floats]:
        """Return the scores in ascending order, and the share of locations at or below each."""
        values = np.sort(self.values[run])
        return values, np.arange(1, len(values) + 1) / max(len(values), 1)


@dataclass(frozen=True, slots=True)
class ScoreComparison:
    """Runs compared by their scores.

    Parameters
    ----------
    runs : names, the first one is the reference
    aspects : in the order of the metrics
    notes : what was left out
    """

    runs: tuple[str, ...]
    aspects: tuple[AspectComparison, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON: null in place of NaN."""
        return {
            "runs": list(self.runs),
            "aspects": [_aspect(found) for found in self.aspects],
            "notes": list(self.notes),
        }


def _aspect(found: AspectComparison) -> dict[str, Any]:
    return {
        "metric": found.aspect.metric,
        "threshold": found.aspect.threshold,
        "facet": found.aspect.facet,
        "part": found.aspect.part,
        "locations": len(found.locations),
        "runs": [
            {
                "run": run,
                "known": found.known[run],
                "quantiles": {f"{q:g}": _number(v) for q, v in found.quantiles(run).items()},
                "mean": _number(float(np.mean(values))),
                "best_share": _number(found.best_share(run)),
            }
            for run, values in found.values.items()
        ],
        "pairs": [
            {
                "first": test.first,
                "second": test.second,
                "median_difference": _number(test.difference.median),
                "low": _number(test.difference.low),
                "high": _number(test.difference.high),
                "share_better": _number(test.difference.better),
                "p": _number(test.difference.p),
                "p_adjusted": _number(test.p_adjusted),
                "better": test.verdict,
            }
            for test in found.tests
        ],
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
