"""What a configuration has at some locations, to be scored as pairs or as an ensemble."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.block_scores import ensemble_function_of, function_of
from dmod.evaluation.draws import Draws
from dmod.evaluation.ensemble import Ensemble
from dmod.evaluation.metric import Group, Metric
from dmod.evaluation.metric_registry import METRICS
from dmod.evaluation.other_years import OtherYears, OtherYearsEnsemble
from dmod.evaluation.plan import Configuration, Statistic
from dmod.evaluation.sample import Floats, Sample
from dmod.evaluation.uncertainty import Interval, confidence_intervals, ensemble_intervals
from dmod.evaluation.undefined import reasons, reasons_of_ensemble


class Side:
    """Simulated and observed values; what is made of them is made when it is first asked for.

    Parameters
    ----------
    simulated : of a run, or the statistic of an ensemble that is stated; None without, shape (location, time)
    members : of an ensemble, shape (location, member, time), or the other years; None for a run, which is
        then its only member
    observed : shape (location, time)
    weights : of the times, 0 or more, broadcast to (location, time)
    whole : with other weights, whose members are shared
    """

    def __init__(
        self,
        simulated: Floats | None,
        members: Floats | OtherYears | None,
        observed: Floats,
        weights: ArrayLike = 1.0,
        *,
        whole: Side | None = None,
    ) -> None:
        self._simulated = simulated
        self._members = members
        self._observed = observed
        self._weights = np.asarray(weights, dtype=np.float64)
        self._whole = whole

    def over(self, weights: ArrayLike) -> Side:
        """Return the same with other weights of the times."""
        together = self._weights * np.asarray(weights, dtype=np.float64)
        return Side(self._simulated, self._members, self._observed, together, whole=self._whole or self)

    def against(self, other: Side) -> tuple[Side, Side]:
        """Return both over the times at which both are known."""
        shared = np.where(self.known & other.known, self._observed, np.nan)
        return Side(self._simulated, self._members, shared), Side(other._simulated, other._members, shared)

    @property
    def _series(self) -> Floats:
        if self._simulated is None:
            raise InputError(
                "an ensemble is no series of its own",
                hint="state what of it is scored: its mean or its median",
            )
        return self._simulated

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is a simulated value, shape (location, time)."""
        if isinstance(self._members, OtherYears):
            return self._members.size > 0
        if self._members is not None:
            return np.asarray(np.isfinite(self._members).any(axis=1))
        return np.asarray(np.isfinite(self._series))

    @functools.cached_property
    def sample(self) -> Sample:
        """The pairs."""
        return Sample.of(self._series, self._observed, self._weights)

    @functools.cached_property
    def ensemble(self) -> Ensemble:
        """The members, one for a run."""
        if self._whole is not None:
            return self._whole.ensemble.weighted(self._weights)
        if isinstance(self._members, OtherYears):
            return OtherYearsEnsemble.against(self._members, self._observed, self._weights)
        members = self._series[:, None, :] if self._members is None else self._members
        return Ensemble.of(members, self._observed, self._weights)

    @property
    def number(self) -> NDArray[np.int64]:
        """Number of times that count, shape (location,)."""
        counts = self.ensemble.counts if self._simulated is None else self.sample.counts
        return np.asarray(counts.sum(axis=-1))

    def score(self, metric: Metric, needs: Mapping[str, Any]) -> Floats:
        """Return a score, shape (location,)."""
        if is_of_ensembles(metric):
            return ensemble_function_of(metric).of(self.ensemble, **needs)
        return function_of(metric).of(self.sample, **needs)

    def reasons(self, metric: Metric, score: Floats) -> list[str]:
        """Return why a score is NaN, by location; empty where it is not."""
        if is_of_ensembles(metric):
            return reasons_of_ensemble(metric, self.ensemble, score)
        return reasons(metric, self.sample, score)

    def intervals(
        self, metrics: list[str], draws: Draws, level: float, needs: Mapping[str, Any]
    ) -> dict[str, Interval]:
        """Return intervals of confidence by metric."""
        of_ensembles = [name for name in metrics if is_of_ensembles(METRICS[name])]
        others = [name for name in metrics if name not in of_ensembles]
        found = {}
        if others:
            both, weights = (self._series, self._observed), self._weights
            found = confidence_intervals(*both, others, draws, level=level, weights=weights, **needs)
        if of_ensembles:
            found |= ensemble_intervals(self.ensemble, of_ensembles, draws, level=level, **needs)
        return found


def is_of_ensembles(metric: Metric) -> bool:
    """Whether a metric scores an ensemble, not pairs."""
    return metric.group is Group.ENSEMBLE


def statistic_of(members: Floats, statistic: Statistic) -> Floats:
    """Return the mean or the median of the members at each time, shape (..., time)."""
    if statistic is Statistic.MEAN:
        return np.asarray(members.mean(axis=-2))
    return np.asarray(np.median(members, axis=-2))


def side_of(
    configuration: Configuration,
    simulated: Mapping[str, Floats],
    members: Mapping[str, Floats],
    observed: Floats,
    inside: slice | NDArray[np.bool_] = slice(None),
) -> Side:
    """Return what a configuration has at some locations of a stack.

    Parameters
    ----------
    simulated, members : by configuration, as :class:`dmod.evaluation.stack.Stack` has them
    """
    if not configuration.members:
        return Side(simulated[configuration.name][inside], None, observed[inside])
    own = members[configuration.name][inside]
    statistic = configuration.statistic
    return Side(None if statistic is None else statistic_of(own, statistic), own, observed[inside])
