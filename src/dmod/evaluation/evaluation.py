"""What an evaluation found: scores by configuration, location, metric, threshold and facet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.diagram import EnsembleDiagram

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "configuration": "string",
    "location": "string",
    "metric": "string",
    "threshold": "string",
    "facet": "string",
    "part": "string",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "pairs": "int64",
    "reason": "string",
}
"""Of a table of scores. ``threshold``, ``facet`` and ``part`` are empty where they do not apply; ``facet`` is
such as ``season`` and ``part`` such as ``DJF``; ``low`` and ``high`` bound the interval of confidence (NaN
without one); ``reason`` says why a value is NaN. A skill score's metric is ``skill:<metric>``."""


@dataclass(frozen=True, slots=True)
class Place:
    """A location as people know it.

    Parameters
    ----------
    id : of the observations
    longitude, latitude : [degree], NaN where not known
    attributes : of its basin, such as area [km2]
    """

    id: str
    name: str = ""
    longitude: float = float("nan")
    latitude: float = float("nan")
    attributes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaceSeries:
    """The pairs at one location, to be drawn.

    Parameters
    ----------
    times : start of the intervals, UTC, datetime64[s], shape (time,)
    observed : NaN where missing, shape (time,)
    simulated : by configuration, NaN where missing, shape (time,); of an ensemble the statistic that is
        stated, else the median
    bands : of ensembles, by configuration, share of the members below → value, shape (time,)
    """

    times: NDArray[np.datetime64]
    step: int
    observed: NDArray[np.float64]
    simulated: Mapping[str, NDArray[np.float64]]
    bands: Mapping[str, Mapping[float, NDArray[np.float64]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grade:
    """A weighted score of one configuration.

    Parameters
    ----------
    total : [0, 1] of what could be reached, in DMOD's compatible mode its own sum
    grade : in percent
    locations : in percent, by location
    details : by location, by metric, by threshold, as DMOD's documents have them
    notes : what was not known or not defined, one sentence each
    """

    configuration: str
    total: float
    grade: float
    locations: Mapping[str, float]
    details: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found.

    Parameters
    ----------
    title : for people
    unit : of all values
    configurations, metrics : names, in the order asked for
    places : that were compared, in order
    scores : table with the columns of :data:`COLUMNS`
    series : of locations that are to be drawn; need not be all
    grades : by configuration, where weights were given
    sources : address → SHA-256 of what was read
    notes : what was dropped, converted or assumed
    diagrams : ranks and probabilities of ensembles
    """

    title: str
    unit: str
    configurations: tuple[str, ...]
    metrics: tuple[str, ...]
    places: tuple[Place, ...]
    scores: pd.DataFrame
    series: Mapping[str, PlaceSeries]
    grades: tuple[Grade, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    diagrams: tuple[EnsembleDiagram, ...] = ()
