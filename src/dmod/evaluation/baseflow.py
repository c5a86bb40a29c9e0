"""Separation of baseflow from flow by recursive digital filters.

Filters are stated for daily values. For values of another interval the same decay in a day is kept: a
parameter a becomes a^(Δt / day), so that series of different intervals give comparable shares of baseflow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dmod.evaluation.sample import Floats

DAY = 86400.0
REFLECTED_DAYS = 30


def bridged(values: ArrayLike) -> Floats:
    """Return series whose missing values are interpolated in time, or repeat the nearest at either end.

    Parameters
    ----------
    values : [any], equally spaced, NaN where missing, shape (..., time)

    Returns
    -------
    values : zero throughout where all are missing, shape (..., time)
    """
    x = np.asarray(values, dtype=np.float64)
    known = np.isfinite(x)
    if x.shape[-1] == 0 or known.all():
        return x
    at, end = np.arange(x.shape[-1]), x.shape[-1]
    before = np.maximum.accumulate(np.where(known, at, -1), axis=-1)
    after = np.minimum.accumulate(np.where(known, at, end)[..., ::-1], axis=-1)[..., ::-1]
    left, right = np.where(before >= 0, before, after), np.where(after < end, after, before)
    # of a series without a value, both ends lie outside
    left, right = np.clip(left, 0, end - 1), np.clip(right, 0, end - 1)
    start, stop = (np.take_along_axis(np.where(known, x, 0.0), index, axis=-1) for index in (left, right))
    return np.asarray(start + (at - left) / np.maximum(right - left, 1) * (stop - start))


def lyne_hollick(values: ArrayLike, *, dt: float, alpha: float = 0.925, passes: int = 3) -> Floats:
    """Baseflow by the filter of Lyne & Hollick (1979), as standardised by Ladson et al. (2013).

        b_t = min(α b_(t-1) + (1 - α) / 2 (q_t + q_(t-1)), q_t)

    which is flow less the quick flow that the filter lets pass. The passes go forward, backward and forward,
    each over the baseflow of the one before; thirty days are reflected at both ends, and the quick flow
    begins at zero. Missing values are interpolated.

    Parameters
    ----------
    values : flow, 0 or more [any], equally spaced, NaN where missing, shape (..., time)
    dt : interval [s]
    alpha : filter parameter of daily values [-], in (0, 1)
    passes : how often the filter runs

    Returns
    -------
    baseflow : [unit of the flow], at most the flow, shape (..., time)

    References
    ----------
    Ladson et al. (2013), Aust. J. Water Resour. 17, 25-34, doi:10.7158/13241583.2013.11465417.
    """
    from scipy.signal import lfilter

    q = bridged(values)
    length = q.shape[-1]
    if length == 0:
        return q
    a = alpha ** (dt / DAY)
    reflected = int(REFLECTED_DAYS * DAY / dt)
    b = np.pad(q, [(0, 0)] * (q.ndim - 1) + [(reflected, reflected)], mode="reflect")
    for _ in range(passes):
        # the state before the first value: as if the flow, all baseflow, had been the same
        state = b[..., :1] * (1.0 - (1.0 - a) / 2.0)
        slow, _ = lfilter([(1.0 - a) / 2.0, (1.0 - a) / 2.0], [1.0, -a], b, axis=-1, zi=state)
        # the next pass goes the other way
        b = np.minimum(slow, b)[..., ::-1]
    b = b[..., ::-1] if passes % 2 else b
    return np.asarray(b[..., reflected : reflected + length])


def eckhardt(values: ArrayLike, *, dt: float, recession: float = 0.98, bfi_max: float = 0.8) -> Floats:
    """Baseflow by the two-parameter filter of Eckhardt (2005), eq. 23.

        b_t = min(((1 - B) a b_(t-1) + (1 - a) B q_t) / (1 - a B), q_t)

    with a the recession constant and B the largest share of baseflow; it begins at B q. Missing values are
    interpolated.

    Parameters
    ----------
    values : flow, 0 or more [any], equally spaced, NaN where missing, shape (..., time)
    dt : interval [s]
    recession : a of daily values [-], in (0, 1)
    bfi_max : B [-], in (0, 1); 0.8 for perennial streams over porous aquifers, 0.5 for ephemeral ones, 0.25
        over hard rock

    Returns
    -------
    baseflow : [unit of the flow], at most the flow, shape (..., time)

    References
    ----------
    Eckhardt (2005), Hydrol. Process. 19, 507-515, doi:10.1002/hyp.5675.
    """
    q = bridged(values)
    if q.shape[-1] == 0:
        return q
    a = recession ** (dt / DAY)
    keep = (1.0 - bfi_max) * a / (1.0 - a * bfi_max)
    # time first: the values of one time lie together
    flow = np.ascontiguousarray(np.moveaxis(q, -1, 0))
    gain = (1.0 - a) * bfi_max / (1.0 - a * bfi_max) * flow
    baseflow = np.empty_like(flow)
    b = bfi_max * flow[0]
    for t in range(len(flow)):
        b = np.minimum(keep * b + gain[t], flow[t]) if t else b
        baseflow[t] = b
    return np.moveaxis(baseflow, 0, -1)
