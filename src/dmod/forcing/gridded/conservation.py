"""Whether catchments have what the grid has: totals by two ways that know nothing of each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.forcing.gridded.apply import Field, Missing, catchment_means
from dmod.forcing.gridded.weights import Weights

Floats = NDArray[np.float64]


def conservation(weights: Weights, domain: Weights, field: Field, *, missing: Missing = "error") -> Floats:
    """Return by how much the total of the catchments differs from that of the domain, for each step.

    Parameters
    ----------
    weights : of the catchments
    domain : of all they cover together, as one (`domain_weights`)
    field : (time, row, column) over the window of the catchments' weights

    Returns
    -------
    difference : (time,), see `imbalance`
    """
    means = catchment_means(weights, field, missing=missing)
    whole = catchment_means(domain.within(weights.window), field, missing=missing)
    return imbalance(weights, means.values, domain, whole.values)


def imbalance(weights: Weights, means: Floats, domain: Weights, domain_means: Floats) -> Floats:
    """Return the difference of two totals, mean times area, as a share of the greater of their sizes.

    About 1e-12 for catchments that tile their domain; above 0 where they overlap, or where cells without
    a value were left out of one and not of the other; NaN for steps without a mean.

    Parameters
    ----------
    means : (catchment, time)
    domain_means : (1, time)
    """
    if means.shape[1] != domain_means.shape[1]:
        raise InputError(f"means of {means.shape[1]} steps, of the domain {domain_means.shape[1]}")
    inside = weights.area > 0.0
    areas = weights.area[inside]
    total, whole = areas @ means[inside], domain.area @ domain_means
    size = np.maximum(areas @ np.abs(means[inside]), np.abs(whole))
    return np.divide(total - whole, size, out=np.zeros_like(total), where=size != 0.0)
