"""What is to be evaluated: observations, what is compared with them, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np

from dmod.evaluation.evaluation import Place
from dmod.evaluation.location_series import SeriesSource
from dmod.evaluation.threshold import Threshold


class Statistic(StrEnum):
    """What of an ensemble's members metrics of one series are applied to."""

    MEAN = "mean"
    MEDIAN = "median"


@dataclass(frozen=True, slots=True)
class Member:
    """One simulation of an ensemble.

    Parameters
    ----------
    name : in messages
    source : of its values
    crosswalk : location of the observations → location of the source
    """

    name: str
    source: SeriesSource
    crosswalk: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Configuration:
    """One set of simulations that is compared with the observations: of a run, or of an ensemble.

    Parameters
    ----------
    name : in results and legends
    source : of the simulated values; of an ensemble that of its first member, which tells where places are
    crosswalk : location of the observations → location of the source; of an ensemble of what any member has
    members : of an ensemble, each named once; none for a run
    statistic : of the members at each time, for metrics of one series; None where none is stated
    """

    name: str
    source: SeriesSource
    crosswalk: Mapping[str, str]
    members: tuple[Member, ...] = ()
    statistic: Statistic | None = None

    @classmethod
    def of_members(
        cls, name: str, members: Sequence[Member], statistic: Statistic | None = None
    ) -> Configuration:
        """Return an ensemble of at least one member."""
        crosswalk = {here: there for member in members[::-1] for here, there in member.crosswalk.items()}
        return cls(name, members[0].source, crosswalk, tuple(members), statistic)

    @property
    def keys(self) -> tuple[str, ...]:
        """What the series of the members are told apart by; none for a run."""
        return tuple(f"{self.name}, {member.name}" for member in self.members)

    @property
    def sources(self) -> tuple[SeriesSource, ...]:
        """All that is read."""
        return tuple(member.source for member in self.members) or (self.source,)


@dataclass(frozen=True, slots=True)
class Resampling:
    """A block bootstrap: intervals of confidence for all scores.

    Parameters
    ----------
    samples : how many times the series are drawn anew
    block : of consecutive values that stay together
    level : of the interval, such as 0.95
    seed : of the random numbers
    """

    samples: int = 1000
    block: timedelta = timedelta(days=365)
    level: float = 0.95
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Weighing:
    """How scores of one location are aggregated into a grade.

    Parameters
    ----------
    metrics : name → weight
    scales : name → (value that counts nothing, value that counts fully), for metrics without bounds
    locations : location → weight; 1 where it is not named
    dmod_compatible : aggregate as DMOD does, its faults included
    """

    metrics: Mapping[str, float]
    scales: Mapping[str, tuple[float, float]]
    locations: Mapping[str, float]
    dmod_compatible: bool = False


@dataclass(frozen=True, slots=True)
class EvaluationPlan:
    """All that an evaluation does, with its data within reach and nothing read of the values yet.

    Parameters
    ----------
    title : for people
    observations : what is compared with
    configurations : what is compared, at least one
    metrics : names in the registry
    unit : of all values
    thresholds : for categorical metrics, by name
    step : the interval that all values are brought to [s]; None takes the longer of both sides
    start, end : first and last moment that counts, UTC; None for all that both have
    warm_up : at the start of each simulation that does not count
    facets : names of divisions for which scores are told apart: ``season``, ``month``,
        ``water_year``, ``regime``, ``event``
    resampling : None for no intervals of confidence
    benchmark : ``climatology``, ``persistence``, or a configuration's name: skill against it is told
    weighing : None for no grade
    places : where locations are and what they are called; of others, what the sources know
    """

    title: str
    observations: SeriesSource
    configurations: tuple[Configuration, ...]
    metrics: tuple[str, ...]
    unit: str = "m3 s-1"
    thresholds: tuple[Threshold, ...] = ()
    step: int | None = None
    start: np.datetime64 | None = None
    end: np.datetime64 | None = None
    warm_up: timedelta = timedelta(0)
    facets: tuple[str, ...] = ()
    resampling: Resampling | None = None
    benchmark: str | None = None
    weighing: Weighing | None = None
    places: tuple[Place, ...] = ()
