"""The costs of catchments that a division balances."""

from __future__ import annotations

import numpy as np

from dmod.errors import InputError
from dmod.hydrofabric.fabric import Floats, Hydrofabric


def checked_weights(fabric: Hydrofabric, weights: Floats | None) -> Floats:
    """Return the cost of each catchment, 1 where none are given.

    Raises
    ------
    InputError
        there is not one cost of 0 or more for each catchment, or they add up to nothing.
    """
    count = len(fabric.catchments)
    if weights is None:
        return np.ones(count)
    weight = np.array(weights, dtype=np.float64)
    if weight.shape != (count,):
        raise InputError(
            f"there are weights of shape {weight.shape} for {count} catchments",
            hint="give one weight for each catchment, in the order of the fabric",
        )
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0.0)))
    if wrong.size:
        first = int(wrong[0])
        raise InputError(
            f"{wrong.size} weights are negative or no number; the first, of"
            f" {fabric.catchments.ids[first]}, is {weight[first]}",
            hint="a weight is a cost of 0 or more",
        )
    with np.errstate(over="ignore"):  # told below
        total = weight.sum()
    if not (np.isfinite(total) and total > 0.0):
        raise InputError(f"the weights add up to {total}", hint="give costs with a finite sum above 0")
    return weight
