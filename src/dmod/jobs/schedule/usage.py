"""What users have used lately: processor time that counts for less the longer ago it is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Spent:
    """CPUs that somebody held for some time, whether they were busy or not."""

    owner: str
    cpus: int
    started: datetime
    ended: datetime


def recent_usage(spent: Iterable[Spent], at: datetime, half_life: float) -> dict[str, float]:
    """Return the CPU seconds that each owner has held, each second counted by how long ago it was.

    A second that was t seconds ago counts 2^(-t / half_life); the sum over a time is integrated exactly, so
    it does not matter how a time is cut into pieces.

    Parameters
    ----------
    at : now; what is later does not count
    half_life : [s]
    """
    found: dict[str, float] = {}
    for item in spent:
        found[item.owner] = found.get(item.owner, 0.0) + item.cpus * _integral(item, at, half_life)
    return found


def fade(seconds: float, elapsed: float, half_life: float) -> float:
    """Return what CPU seconds count for some seconds later, to go on from a sum that was kept."""
    return seconds * math.exp2(-elapsed / half_life)


def _integral(item: Spent, at: datetime, half_life: float) -> float:
    rate = math.log(2.0) / half_life
    newest = max((at - item.ended) / _SECOND, 0.0)
    length = max((at - item.started) / _SECOND - newest, 0.0)
    return math.exp(-rate * newest) * -math.expm1(-rate * length) / rate
