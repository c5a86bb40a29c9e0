"""A metric as a value: what it is called, means, needs, and is best at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dmod.evaluation.sample import Score


class Group(StrEnum):
    """What a metric looks at."""

    EFFICIENCY = "efficiency"
    ERROR = "error"
    ASSOCIATION = "association"
    VOLUME = "volume"
    PEAK = "peak"
    DURATION = "flow duration"
    SIGNATURE = "signature"
    EVENT = "event"
    CATEGORICAL = "categorical"
    ENSEMBLE = "ensemble"


class Cause(StrEnum):
    """What of the pairs can leave a metric without a value."""

    CONSTANT_OBSERVED = "observed flow is constant"
    CONSTANT_SIMULATED = "simulated flow is constant"
    ZERO_OBSERVED = "observed flow is zero throughout"
    ZERO_SIMULATED = "simulated flow is zero throughout"
    NEGATIVE = "a flow is negative"
    ZERO = "a flow is zero"
    ONE_SIDE = "the threshold is not known, or too few values are on one side of it"
    NO_FLOOD = "there is no flood, or none that both have"
    NO_YEAR = "no water year is complete"
    ONE_MEMBER = "there is only one member"
    EXACT_MEAN = "the mean of the members is without error"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Parameters
    ----------
    name : key in tables and files
    title : for people
    unit : of the score for flow in m3 s-1; ``-`` if it has none
    lowest, highest : bounds of possible values; infinite where there is none
    ideal : the value of a perfect simulation; NaN for a signature, which is compared and not scored
    definition : in the symbols of the reference page
    meaning : in one plain sentence
    reference : where it comes from
    function : ``(simulated, observed, *, weights=None, ...)``, see :mod:`dmod.evaluation.metrics`
    group : what it looks at
    needs : keywords that the function takes besides weights: ``dt`` [s], ``times`` [h], ``threshold``
        [unit of the input]
    aliases : other names that it is asked for by, such as DMOD's
    closed : whether the lowest and the highest value can be reached
    undefined : what, besides a lack of pairs, leaves it without a value
    """

    name: str
    title: str
    unit: str
    lowest: float
    highest: float
    ideal: float
    definition: str
    meaning: str
    reference: str
    function: Callable[..., Score]
    group: Group
    needs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    closed: tuple[bool, bool] = (True, True)
    undefined: tuple[Cause, ...] = ()

    @property
    def range(self) -> str:
        """The interval of possible values as it is written: ``(-∞, 1]``."""
        low = "(-∞" if math.isinf(self.lowest) else f"{'[' if self.closed[0] else '('}{self.lowest:g}"
        high = "∞)" if math.isinf(self.highest) else f"{self.highest:g}{']' if self.closed[1] else ')'}"
        return f"{low}, {high}"

    @property
    def is_bounded(self) -> bool:
        """Whether both bounds are finite, so that a score can be scaled without saying how."""
        return math.isfinite(self.lowest) and math.isfinite(self.highest)
