"""Where among the members of an ensemble an observation lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.evaluation.ensemble import Ensemble, HeldEnsemble
from dmod.evaluation.exceedance import by_bin
from dmod.evaluation.sample import Floats, ratio


def rank_histogram(simulated: ArrayLike, observed: ArrayLike, *, weights: ArrayLike | None = None) -> Floats:
    """Return how often the observation has each rank among the members, shape (..., member + 1).

    Rank 0 is below all members. Where members are equal to the observation, its ranks among them count
    in equal parts. A time at which a member is missing does not count.

    Parameters
    ----------
    simulated : [any one unit], NaN where a member is missing, shape (..., member, time)
    observed : [same unit], NaN where missing, shape (..., time)
    weights : 0 or more, broadcast to (..., time)

    Returns
    -------
    frequency : [-], adding up to one; NaN where no time counts

    References
    ----------
    Hamill (2001), Mon. Wea. Rev. 129, 550-560, doi:10.1175/1520-0493(2001)129<0550:IORHFV>2.0.CO;2.
    """
    return ranks_of(Ensemble.of(simulated, observed, weights))


def ranks_of(ensemble: Ensemble) -> Floats:
    """Return the rank histogram of an ensemble, shape (..., member + 1); see :func:`rank_histogram`."""
    below, equal = ensemble.once(lambda of: of.at_each_time(_places), _places)
    full = ensemble.weights if ensemble.is_complete else ensemble.weights * (ensemble.size == ensemble.number)
    part = full / (equal + 1)
    bins = ensemble.number + 2
    # a part begins to count at its lowest rank and ends after its highest
    steps = by_bin(below, part, bins) - by_bin(below + equal + 1, part, bins)
    found = np.maximum(np.cumsum(steps, axis=-1)[..., :-1], 0.0)
    return ratio(found, full.sum(axis=-1)[..., None])


def _places(ensemble: HeldEnsemble) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many members are below the observation, and how many equal to it, shape (..., time)."""
    observed = ensemble.observed[..., None, :]
    return (ensemble.members < observed).sum(axis=-2), (ensemble.members == observed).sum(axis=-2)
