"""How much memory and time a request will need, from the size of its domain."""

from __future__ import annotations

from dataclasses import dataclass

from dmod.jobs.request.request import Request
from dmod.services.data.service import DataService

GIB = 1 << 30
PREPARING = GIB
"""Memory for the steps that make data ready [bytes]; forcing is read by blocks."""


@dataclass(frozen=True, slots=True)
class Estimated:
    """What a request will need.

    Parameters
    ----------
    memory : while it computes [bytes]
    seconds : while it computes, on one CPU [s]
    preparing : memory while data are made ready [bytes]
    catchments, hours : the size that this comes from; 0 where it is not known
    """

    memory: int = GIB
    seconds: float = 0.0
    preparing: int = PREPARING
    catchments: int = 0
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Estimating:
    """Estimates what requests will need; what it cannot know it takes to be small.

    Parameters
    ----------
    data : knows how large packages are
    """

    data: DataService

    def __call__(self, request: Request) -> Estimated:
        """Return the estimate."""
        del request
        return Estimated()
