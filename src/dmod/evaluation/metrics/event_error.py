"""Errors of floods: how high they are, and how much water they bring.

Floods are found as in :mod:`dmod.evaluation.metrics.event`, and so is the weight of each. Both are told of
every observed flood, whether or not what was simulated is one: what is missed counts. Medians leave aside the
odd flood that went all wrong.
"""

from __future__ import annotations

import math

import numpy as np

from dmod.evaluation.event_match import EventMatch, metric_of_events
from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.sample import Floats

LANG_1999 = "Lang et al. (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5"


@metric_of_events
def event_peak_error(events: EventMatch) -> Floats:
    """Mean relative error of the peaks of observed floods, mean of 100 (peak s - peak o) / peak o.

    The simulated peak is the highest flow at most half of ``independence`` away from the observed one.

    Parameters
    ----------
    simulated, observed : [any one unit], shape (..., time)
    weights : 0 or more, broadcast to the same shape
    times : of the pairs [h], ascending, shape (time,); hourly without gaps if not given
    threshold : [unit of the input], broadcast to (..., time); the 90th percentile of the observation if not
        given
    independence : least time between the peaks of two floods [h]

    Returns
    -------
    score : [%], [-100, inf) of flow that is not negative; NaN without an observed flood. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.mean(events.peak_error)


@metric_of_events
def event_peak_error_median(events: EventMatch) -> Floats:
    """Median relative error of the peaks of observed floods, see :func:`event_peak_error`.

    Returns
    -------
    score : [%], [-100, inf) of flow that is not negative; NaN without an observed flood. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.median(events.peak_error)


@metric_of_events
def event_peak_absolute_error(events: EventMatch) -> Floats:
    """Mean absolute relative error of the peaks of observed floods, see :func:`event_peak_error`.

    Returns
    -------
    score : [%], [0, inf); NaN without an observed flood. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.mean(np.abs(events.peak_error))


@metric_of_events
def event_volume_error(events: EventMatch) -> Floats:
    """Mean relative error of the volumes over observed floods, mean of 100 (V s - V o) / V o.

    V is the sum of flow over the pairs from the first to the last value of the observed flood.

    Returns
    -------
    score : [%], [-100, inf) of flow that is not negative; NaN without an observed flood. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.mean(events.volume_error)


@metric_of_events
def event_volume_error_median(events: EventMatch) -> Floats:
    """Median relative error of the volumes over observed floods, see :func:`event_volume_error`.

    Returns
    -------
    score : [%], [-100, inf) of flow that is not negative; NaN without an observed flood. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.median(events.volume_error)


@metric_of_events
def event_volume_absolute_error(events: EventMatch) -> Floats:
    """Mean absolute relative error of the volumes over floods, see :func:`event_volume_error`.

    Returns
    -------
    score : [%], [0, inf); NaN without an observed flood. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.mean(np.abs(events.volume_error))


METRICS_OF_EVENT_ERRORS: tuple[Metric, ...] = (
    Metric(
        "event_peak_error",
        "Mean peak error of floods",
        "%",
        -100.0,
        math.inf,
        0.0,
        "mean of 100 (peak s - peak o) / peak o",
        "Positive: floods are too high; of what is simulated the highest flow near the observed peak.",
        LANG_1999,
        event_peak_error,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_peak_error_median",
        "Median peak error of floods",
        "%",
        -100.0,
        math.inf,
        0.0,
        "median of 100 (peak s - peak o) / peak o",
        "As the mean, and not moved by the odd flood.",
        LANG_1999,
        event_peak_error_median,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_peak_absolute_error",
        "Mean absolute peak error of floods",
        "%",
        0.0,
        math.inf,
        0.0,
        "mean of 100 |peak s - peak o| / peak o",
        "Typical error of the height of a flood, too high and too low alike.",
        LANG_1999,
        event_peak_absolute_error,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_volume_error",
        "Mean volume error of floods",
        "%",
        -100.0,
        math.inf,
        0.0,
        "mean of 100 (V s - V o) / V o",
        "Positive: floods have too much water, over the time that the observed one takes.",
        LANG_1999,
        event_volume_error,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_volume_error_median",
        "Median volume error of floods",
        "%",
        -100.0,
        math.inf,
        0.0,
        "median of 100 (V s - V o) / V o",
        "As the mean, and not moved by the odd flood.",
        LANG_1999,
        event_volume_error_median,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_volume_absolute_error",
        "Mean absolute volume error of floods",
        "%",
        0.0,
        math.inf,
        0.0,
        "mean of 100 |V s - V o| / V o",
        "Typical error of the volume of a flood, too much and too little alike.",
        LANG_1999,
        event_volume_absolute_error,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
)
"""Of the height and the volume of floods."""
