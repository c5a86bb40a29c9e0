"""All metrics of one comparison, with the reason where one is not defined."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.align import Pairs
from dmod.evaluation.block_scores import function_of
from dmod.evaluation.metric_registry import METRICS, RUN_METRICS
from dmod.evaluation.sample import Sample


@dataclass(frozen=True, slots=True)
class Scores:
    """What one simulated series scored against one observed series.

    Parameters
    ----------
    values : by metric name in the order of the report; NaN where not defined
    reasons : why a value is NaN, by metric name
    notes : how the pairs were made
    count : number of pairs
    start, end : first and last stamp of the pairs, UTC
    """

    values: Mapping[str, float]
    count: int
    start: np.datetime64
    end: np.datetime64
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> float:
        """Return one score."""
        return self.values[name]

    def as_dict(self) -> dict[str, object]:
        """Return what goes into JSON: null in place of NaN."""
        finite = {name: value if math.isfinite(value) else None for name, value in self.values.items()}
        return {
            "scores": finite,
            "undefined": dict(self.reasons),
            "pairs": self.count,
            "start": str(self.start),
            "end": str(self.end),
            "notes": list(self.notes),
        }


def score(pairs: Pairs, *, weights: NDArray[np.float64] | None = None) -> Scores:
    """Score the pairs with what the report of a run tells (:data:`RUN_METRICS`).

    Parameters
    ----------
    weights : of the pairs, 0 or more, shape (pair,)

    Raises
    ------
    InputError
        there is no pair.
    """
    if len(pairs) == 0:
        raise InputError("there is no pair to score", hint="check that the periods overlap")
    hours = pairs.times.astype("datetime64[s]").astype(np.int64) / 3600.0
    keywords = {"dt": float(pairs.step), "times": hours}
    sample = Sample.of(pairs.simulated, pairs.observed, weights)
    values = {}
    for metric in (METRICS[name] for name in RUN_METRICS):
        extra = {need: keywords[need] for need in metric.needs}
        values[metric.name] = float(function_of(metric).of(sample, **extra))
    undefined = [name for name, value in values.items() if math.isnan(value)]
    why = _why_undefined(pairs)
    return Scores(
        values, len(pairs), pairs.times[0], pairs.times[-1], dict.fromkeys(undefined, why), pairs.notes
    )


def _why_undefined(pairs: Pairs) -> str:
    simulated, observed = pairs.simulated, pairs.observed
    causes = []
    if len(pairs) < 2:
        causes.append("there is only one pair")
    elif observed.max() == observed.min():
        causes.append(f"observed flow is constant ({observed[0]:g} m³/s)")
    elif simulated.max() == simulated.min():
        causes.append(f"simulated flow is constant ({simulated[0]:g} m³/s)")
    if not observed.any():
        causes.append("observed flow is zero throughout")
    if min(simulated.min(), observed.min()) < 0.0:
        causes.append("a flow is negative")
    return "; ".join(causes) or "the weights leave too few pairs"
