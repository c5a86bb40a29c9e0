"""Signatures: what a hydrograph tells of its basin.

Each is a function of one series, ``(values, *, weights=None, ...)``, over the last axis; leading axes are
kept. A missing value or one without weight does not count; steps from one value to the next count where both
do.
How far the signatures of two series are apart is told by :mod:`dmod.evaluation.metrics.signature_error`.

Symbols: q flow, m(.) weighted mean over time, Q(p) the flow that is not exceeded for a share p of the time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from dmod.errors import InputError
from dmod.evaluation.baseflow import DAY, eckhardt, lyne_hollick
from dmod.evaluation.flow import Flow, signature
from dmod.evaluation.sample import Floats, Sample, Score, as_score, ratio
from dmod.evaluation.water_year import first_moment, water_years

COMPLETE = 0.9
"""Share of the values that a water year has to have to count."""


@signature
def mean_flow(flow: Flow) -> Floats:
    """Mean flow, m(q).

    Parameters
    ----------
    values : flow [any], NaN where missing, shape (..., time)
    weights : 0 or more, broadcast to the same shape

    Returns
    -------
    signature : [unit of the input]; NaN without a value. Shape (...)

    References
    ----------
    Addor et al. (2017), Hydrol. Earth Syst. Sci. 21, 5293-5313, doi:10.5194/hess-21-5293-2017, table 3.
    """
    return flow.average


@signature
def flow_5th_percentile(flow: Flow) -> Floats:
    """Low flow that is not exceeded for 5 % of the time, Q(0.05), by some authors Q95.

    Returns
    -------
    signature : [unit of the input]; NaN without a value. Shape (...)

    References
    ----------
    Addor et al. (2017), Hydrol. Earth Syst. Sci. 21, 5293-5313, doi:10.5194/hess-21-5293-2017, table 3.
    """
    return flow.ordered.at(0.05)


@signature
def flow_95th_percentile(flow: Flow) -> Floats:
    """High flow that is not exceeded for 95 % of the time, Q(0.95), by some authors Q5.

    Returns
    -------
    signature : [unit of the input]; NaN without a value. Shape (...)

    References
    ----------
    Addor et al. (2017), Hydrol. Earth Syst. Sci. 21, 5293-5313, doi:10.5194/hess-21-5293-2017, table 3.
    """
    return flow.ordered.at(0.95)


@signature
def flow_duration_slope(flow: Flow) -> Floats:
    """Slope of the middle of the flow duration curve, (ln Q(0.67) - ln Q(0.34)) / 0.33.

    These are the flows that are exceeded for 33 % and 66 % of the time. (The attributes of CAMELS tell the
    slope of flow over its mean instead, without logarithms.)

    Returns
    -------
    signature : [-], 0 or more; NaN where one of the two flows is not above zero. Shape (...)

    References
    ----------
    Sawicz et al. (2011), Hydrol. Earth Syst. Sci. 15, 2895-2911, doi:10.5194/hess-15-2895-2011.
    """
    high, low = flow.ordered.at(1.0 - 0.33), flow.ordered.at(1.0 - 0.66)
    defined = (low > 0.0) & (high > 0.0)
    return np.where(
        defined, np.log(np.where(defined, high / np.where(defined, low, 1.0), 1.0)) / 0.33, np.nan
    )


@signature
def baseflow_index(flow: Flow, *, dt: float) -> Floats:
    """Share of baseflow, m(b) / m(q), with b by the filter of Lyne & Hollick.

    Three passes with 0.925 for daily values, and the same decay in a day for others; see
    :func:`dmod.evaluation.baseflow.lyne_hollick`, which bridges missing values. They do not count here.

    Parameters
    ----------
    dt : interval of the values [s]

    Returns
    -------
    signature : [-], [0, 1] of flow that is not negative; NaN where the mean flow is zero. Shape (...)

    References
    ----------
    Ladson et al. (2013), Aust. J. Water Resour. 17, 25-34, doi:10.7158/13241583.2013.11465417.
    """
    return ratio(flow.mean(_baseflow(flow, lyne_hollick, dt)), flow.average)


@signature
def baseflow_index_eckhardt(flow: Flow, *, dt: float) -> Floats:
    """Share of baseflow, m(b) / m(q), with b by the filter of Eckhardt.

    With a recession constant of 0.98 for daily values and a largest share of 0.8; see
    :func:`dmod.evaluation.baseflow.eckhardt`, which bridges missing values. They do not count here.

    Parameters
    ----------
    dt : interval of the values [s]

    Returns
    -------
    signature : [-], [0, 1] of flow that is not negative; NaN where the mean flow is zero. Shape (...)

    References
    ----------
    Eckhardt (2005), Hydrol. Process. 19, 507-515, doi:10.1002/hyp.5675.
    """
    return ratio(flow.mean(_baseflow(flow, eckhardt, dt)), flow.average)


@signature
def flashiness(flow: Flow) -> Floats:
    """Richards-Baker flashiness, sum |q_t - q_(t-1)| / sum q_t over all steps.

    It grows with the interval of the values: compare series of one interval.

    Returns
    -------
    signature : [-], [0, 2] of flow that is not negative, bar the first value's share; NaN without a step or
        where flow is zero. Shape (...)

    References
    ----------
    Baker et al. (2004), J. Am. Water Resour. Assoc. 40, 503-522, doi:10.1111/j.1752-1688.2004.tb01046.x.
    """
    change = (flow.step_weights * np.abs(flow.changes)).sum(axis=-1)
    return ratio(change, (flow.step_weights * flow.values[..., 1:]).sum(axis=-1))


@signature
def high_flow_frequency(flow: Flow) -> Floats:
    """Share of the time with more than nine times the median flow.

    Returns
    -------
    signature : [-], [0, 1]; NaN without a value. Shape (...)

    References
    ----------
    Clausen & Biggs (2000), J. Hydrol. 237, 184-197, doi:10.1016/S0022-1694(00)00306-1.
    """
    return flow.mean(flow.values > 9.0 * flow.ordered.at(0.5)[..., None])


@signature
def low_flow_frequency(flow: Flow) -> Floats:
    """Share of the time with less than a fifth of the mean flow.

    Returns
    -------
    signature : [-], [0, 1]; NaN without a value. Shape (...)

    References
    ----------
    Olden & Poff (2003), River Res. Appl. 19, 101-121, doi:10.1002/rra.700.
    """
    return flow.mean(flow.values < 0.2 * flow.average[..., None])


@signature
def zero_flow_frequency(flow: Flow) -> Floats:
    """Share of the time without flow, q <= 0.

    Returns
    -------
    signature : [-], [0, 1]; NaN without a value. Shape (...)

    References
    ----------
    Addor et al. (2017), Hydrol. Earth Syst. Sci. 21, 5293-5313, doi:10.5194/hess-21-5293-2017, table 3.
    """
    return flow.mean(flow.values <= 0.0)


@signature
def autocorrelation(flow: Flow) -> Floats:
    """Correlation of the flow with that of the step before.

    Returns
    -------
    signature : [-], [-1, 1]; NaN where either is constant. Shape (...)

    References
    ----------
    Euser et al. (2013), Hydrol. Earth Syst. Sci. 17, 1893-1912, doi:10.5194/hess-17-1893-2013.
    """
    known = flow.source.known
    steps = Sample.of(known[..., 1:], known[..., :-1], flow.step_weights)
    covariance = steps.mean(steps.spread_simulated * steps.spread_observed)
    spreads = np.sqrt(steps.variance_simulated) * np.sqrt(steps.variance_observed)
    return np.clip(ratio(covariance, spreads), -1.0, 1.0)


@signature
def rising_limb_density(flow: Flow, *, dt: float) -> Floats:
    """Rising limbs for each day of rise: their number by the time for which the flow rises.

    Parameters
    ----------
    dt : interval of the values [s]

    Returns
    -------
    signature : [d-1], (0, 86400 / dt]; NaN where the flow never rises. Shape (...)

    References
    ----------
    Shamir et al. (2005), Water Resour. Res. 41, W06009, doi:10.1029/2004WR003409.
    """
    rises = flow.changes > 0.0
    begins = rises.copy()
    begins[..., 1:] &= ~rises[..., :-1]
    limbs = (flow.step_weights * begins).sum(axis=-1)
    return ratio(limbs, (flow.step_weights * rises).sum(axis=-1) * dt / DAY)


@signature
def half_flow_day(flow: Flow, *, times: ArrayLike) -> Floats:
    """Day of the water year by which half of its flow has passed, the mean over the years.

    Day 1 is 1 October. A year of which more than a tenth is missing does not count.

    Parameters
    ----------
    times : of the values [h since 1970-01-01 UTC], ascending, equally spaced, shape (time,)

    Returns
    -------
    signature : [d], [1, 366]; NaN where no water year is complete and has flow. Shape (...)

    Raises
    ------
    InputError
        the times are not one for each value.

    References
    ----------
    Court (1962), J. Geophys. Res. 67, 4375-4379, doi:10.1029/JZ067i011p04375.
    """
    hours = np.asarray(times, dtype=np.float64)
    if hours.shape != flow.values.shape[-1:]:
        raise InputError(f"times of shape {hours.shape} do not belong to flow of shape {flow.values.shape}")
    moments = (hours * 3600.0).astype("datetime64[s]")
    step = np.median(np.diff(hours)) if len(hours) > 1 else 0.0
    years = water_years(moments)
    source = flow.source
    days, weights = [np.full(source.values.shape[:-1], np.nan)], [np.zeros(flow.weights.shape[:-1])]
    for year in np.unique(years):
        inside = slice(*np.searchsorted(years, [year, year + 1]))
        begin, end = first_moment(year), first_moment(year + 1)
        passed = np.cumsum(source.values[..., inside], axis=-1)
        total = passed[..., -1]
        half = np.argmax(passed >= total[..., None] / 2.0, axis=-1)
        # the share of the year's hours for which there is a value
        present = source.counts[..., inside].sum(axis=-1) * step / ((end - begin).astype(np.int64) / 3600.0)
        counts = (present >= COMPLETE) & (total > 0.0)
        day = (moments[inside][half] - begin).astype(np.int64) // int(DAY) + 1
        days.append(np.where(counts, day, np.nan))
        weights.append(np.where(counts, flow.weights[..., inside].sum(axis=-1), 0.0))
    by_year, weight = np.stack(days, axis=-1), np.stack(weights, axis=-1)
    return ratio((np.where(weight > 0.0, by_year, 0.0) * weight).sum(axis=-1), weight.sum(axis=-1))


def runoff_ratio(values: ArrayLike, rain: ArrayLike, *, weights: ArrayLike | None = None) -> Score:
    """Share of the rain that runs off, m(q) / m(P), over the times for which both are known.

    Parameters
    ----------
    values : flow [any], NaN where missing, shape (..., time)
    rain : over the basin [same unit as the flow], NaN where missing, broadcast to the same shape
    weights : 0 or more, broadcast to the same shape

    Returns
    -------
    signature : [-]; NaN where there is no rain. Shape (...)

    References
    ----------
    Sawicz et al. (2011), Hydrol. Earth Syst. Sci. 15, 2895-2911, doi:10.5194/hess-15-2895-2011.
    """
    both = Sample.of(values, rain, weights)
    return as_score(ratio(both.mean_simulated, both.mean_observed))


def _baseflow(flow: Flow, separation: Callable[..., Floats], dt: float) -> Floats:
    return flow.baseflow(f"{separation.__name__} {dt}", lambda values: separation(values, dt=dt))
