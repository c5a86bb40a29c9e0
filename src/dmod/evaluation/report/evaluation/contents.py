"""What the page shows beside the evaluation itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Whether two configurations differ at more places than by chance.

    Parameters
    ----------
    metric, threshold : as in the table of scores
    first, second : configurations
    difference : median over places of second minus first
    low, high : bounds of its interval of confidence; NaN where not known
    p_value : probability of a difference as large by chance, as the comparison found it
    places : that both have a value for
    test : what was computed, such as ``Wilcoxon signed rank``
    """

    metric: str
    first: str
    second: str
    difference: float
    p_value: float
    places: int
    threshold: str = ""
    low: float = float("nan")
    high: float = float("nan")
    test: str = ""


Comparison = Sequence[PairedTest]
