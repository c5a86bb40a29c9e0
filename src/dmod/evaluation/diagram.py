"""What of an ensemble is drawn: ranks of the observation, and what occurred at each probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dmod.evaluation.ensemble import Ensemble
from dmod.evaluation.ensemble_rank import ranks_of
from dmod.evaluation.exceedance import Exceedance, ReliabilityTable
from dmod.evaluation.sample import Floats, ratio


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Times at all places together at which an ensemble of M members gave each probability of a threshold.

    Parameters
    ----------
    times : number of them, shape (M + 1,)
    given : sum of the probabilities, shape (M + 1,)
    occurred : at how many of them the threshold was reached, shape (M + 1,)
    """

    times: Floats
    given: Floats
    occurred: Floats

    def __add__(self, other: Occurrence) -> Occurrence:
        """Return the times of both."""
        return Occurrence(self.times + other.times, self.given + other.given, self.occurred + other.occurred)

    @property
    def table(self) -> ReliabilityTable:
        """The reliability diagram."""
        share = self.times / max(float(self.times.sum()), 1.0)
        return ReliabilityTable(ratio(self.given, self.times), ratio(self.occurred, self.times), share)


@dataclass(frozen=True, slots=True)
class EnsembleDiagram:
    """Ranks and probabilities of one ensemble, of all places together, each time once.

    Parameters
    ----------
    configuration : name of the ensemble
    ranks : number of times at which so many of the M members are below the observation, shape (M + 1,)
    occurrences : by threshold
    """

    configuration: str
    ranks: Floats
    occurrences: Mapping[str, Occurrence]

    @classmethod
    def of(cls, configuration: str, ensemble: Ensemble, limits: Mapping[str, Floats]) -> EnsembleDiagram:
        """Count the times of an ensemble.

        Parameters
        ----------
        ensemble : of several places, shape (place, member, time)
        limits : by threshold, shape (place, time)
        """
        occurrences = {}
        for name, limit in limits.items():
            exceedance = Exceedance.of(ensemble, limit)
            table, number = exceedance.table(), (exceedance.weights > 0.0).sum(axis=-1)[:, None]
            times = table.share * number
            occurrences[name] = Occurrence(
                times.sum(axis=0), _total(table.forecast, times), _total(table.frequency, times)
            )
        return cls(
            configuration, _total(ranks_of(ensemble), ensemble.counts.sum(axis=-1)[:, None]), occurrences
        )

    def __add__(self, other: EnsembleDiagram) -> EnsembleDiagram:
        """Return the times of both, of the same ensemble at other places."""
        together = {name: one + other.occurrences[name] for name, one in self.occurrences.items()}
        return EnsembleDiagram(self.configuration, self.ranks + other.ranks, together)

    @property
    def rank_histogram(self) -> Floats:
        """Share of the times with each rank, NaN without a time, shape (M + 1,)."""
        return ratio(self.ranks, self.ranks.sum())


def _total(values: Floats, times: Floats) -> Floats:
    """Sum over places, where there is a value."""
    return np.asarray((values * times).sum(axis=0, where=times > 0.0))
