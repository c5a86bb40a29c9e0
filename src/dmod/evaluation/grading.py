"""Scores in plain words, after published rules of thumb."""

from __future__ import annotations

import math
from dataclasses import dataclass

MORIASI = "Moriasi et al. 2015"
THIEMIG = "Thiemig et al. 2013"


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict on one score.

    Parameters
    ----------
    level : 4 very good, 3 good, 2 satisfactory, 1 weak, 0 none
    text : in plain words
    source : whose rule it is; empty where there is none
    """

    level: int
    text: str
    source: str = ""


# limits of very good, good, satisfactory; above (or, for bias, within) the limit
_EFFICIENCY = {"nse": (0.80, 0.70, 0.50), "r_squared": (0.85, 0.75, 0.60)}
_PERCENT = (5.0, 10.0, 15.0)
_WORDS = ("very good", "good", "satisfactory")


def grade(name: str, value: float) -> Grade:
    """Return the verdict on a score; level 0 without text where no published rule exists."""
    if math.isnan(value):
        return Grade(0, "not defined")
    if name in _EFFICIENCY:
        for word, limit in zip(_WORDS, _EFFICIENCY[name], strict=True):
            if value > limit:
                return Grade(4 - _WORDS.index(word), word, MORIASI)
        text = "worse than the observed mean" if value < 0.0 else "unsatisfactory"
        return Grade(1, text, MORIASI)
    if name == "percent_bias":
        for word, limit in zip(_WORDS, _PERCENT, strict=True):
            if abs(value) < limit:
                return Grade(4 - _WORDS.index(word), word, MORIASI)
        return Grade(1, "too much water" if value > 0.0 else "too little water", MORIASI)
    if name in {"kge", "kge_2012"}:
        return _kling_gupta(value)
    return Grade(0, "")


def _kling_gupta(value: float) -> Grade:
    if value >= 0.75:
        return Grade(3, "good", THIEMIG)
    if value >= 0.5:
        return Grade(2, "intermediate", THIEMIG)
    # the observed mean as a forecast scores 1 - sqrt(2) (Knoben et al. 2019)
    if value <= 1.0 - math.sqrt(2.0):
        return Grade(1, "no better than the observed mean", "Knoben et al. 2019")
    return Grade(1, "poor" if value > 0.0 else "very poor", THIEMIG)
