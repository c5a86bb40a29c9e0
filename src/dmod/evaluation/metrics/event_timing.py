"""Errors of floods in time: when they peak, and how they rise.

Floods are found as in :mod:`dmod.evaluation.metrics.event`, and so is the weight of each. The peak's time is
told of every observed flood, whether or not what was simulated is one; the rise of those alone that have a
simulated one. Medians leave aside the odd flood that went all wrong.
"""

from __future__ import annotations

import math

import numpy as np

from dmod.evaluation.event_match import EventMatch, metric_of_events
from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.metrics.event_error import LANG_1999
from dmod.evaluation.sample import Floats


@metric_of_events
def event_timing_error(events: EventMatch) -> Floats:
    """Mean time of the simulated peaks minus that of the observed ones, t(peak s) - t(peak o).

    Positive where simulated too late. See
    :func:`dmod.evaluation.metrics.event_error.event_peak_error` on what the simulated peak is.

    Returns
    -------
    score : [h], at most half of ``independence`` to either side; NaN without an observed flood. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.mean(events.late)


@metric_of_events
def event_timing_error_median(events: EventMatch) -> Floats:
    """Median time of the simulated peaks minus that of the observed ones, see :func:`event_timing_error`.

    Returns
    -------
    score : [h], at most half of ``independence`` to either side; NaN without an observed flood. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.median(events.late)


@metric_of_events
def event_timing_absolute_error(events: EventMatch) -> Floats:
    """Mean absolute difference of the times of the peaks, see :func:`event_timing_error`.

    Returns
    -------
    score : [h], [0, half of ``independence``]; NaN without an observed flood. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.mean(np.abs(events.late))


@metric_of_events
def event_rise_time_error(events: EventMatch) -> Floats:
    """Mean difference of the times from foot to peak, T s - T o, of floods that are simulated.

    The foot is the last value below the threshold, or the valley to the flood before.

    Returns
    -------
    score : [h]; NaN without a flood that is both observed and simulated. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.mean(events.rise_time_error)


@metric_of_events
def event_rise_time_error_median(events: EventMatch) -> Floats:
    """Median difference of the times from foot to peak, see :func:`event_rise_time_error`.

    Returns
    -------
    score : [h]; NaN without a flood that is both observed and simulated. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.median(events.rise_time_error)


@metric_of_events
def event_rise_rate_error(events: EventMatch) -> Floats:
    """Mean relative error of the rates of rise, 100 (R s - R o) / R o with R = (peak - foot) / T.

    Of floods that are simulated; see :func:`event_rise_time_error` on foot and T.

    Returns
    -------
    score : [%], [-100, inf); NaN without a flood that is both observed and simulated. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.mean(events.rise_rate_error)


@metric_of_events
def event_rise_rate_error_median(events: EventMatch) -> Floats:
    """Median relative error of the rates of rise, see :func:`event_rise_rate_error`.

    Returns
    -------
    score : [%], [-100, inf); NaN without a flood that is both observed and simulated. Shape (...)

    References
    ----------
    Lang, Ouarda & Bobée (1999), J. Hydrol. 225, 103-117, doi:10.1016/S0022-1694(99)00167-5.
    """
    return events.median(events.rise_rate_error)


METRICS_OF_EVENT_TIMING: tuple[Metric, ...] = (
    Metric(
        "event_timing_error",
        "Mean timing error of floods",
        "h",
        -60.0,
        60.0,
        0.0,
        "mean of t(peak s) - t(peak o)",
        "Positive: floods come too late.",
        LANG_1999,
        event_timing_error,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_timing_error_median",
        "Median timing error of floods",
        "h",
        -60.0,
        60.0,
        0.0,
        "median of t(peak s) - t(peak o)",
        "As the mean, and not moved by the odd flood.",
        LANG_1999,
        event_timing_error_median,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_timing_absolute_error",
        "Mean absolute timing error of floods",
        "h",
        0.0,
        60.0,
        0.0,
        "mean of |t(peak s) - t(peak o)|",
        "Typical error of the time of a flood, too late and too early alike.",
        LANG_1999,
        event_timing_absolute_error,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_rise_time_error",
        "Mean error of the time of rise",
        "h",
        -math.inf,
        math.inf,
        0.0,
        "mean of T s - T o",
        "Positive: floods rise for too long.",
        LANG_1999,
        event_rise_time_error,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_rise_time_error_median",
        "Median error of the time of rise",
        "h",
        -math.inf,
        math.inf,
        0.0,
        "median of T s - T o",
        "As the mean, and not moved by the odd flood.",
        LANG_1999,
        event_rise_time_error_median,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_rise_rate_error",
        "Mean error of the rate of rise",
        "%",
        -100.0,
        math.inf,
        0.0,
        "mean of 100 (R s - R o) / R o, R = (peak - foot) / T",
        "Positive: floods rise too fast.",
        LANG_1999,
        event_rise_rate_error,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_rise_rate_error_median",
        "Median error of the rate of rise",
        "%",
        -100.0,
        math.inf,
        0.0,
        "median of 100 (R s - R o) / R o, R = (peak - foot) / T",
        "As the mean, and not moved by the odd flood.",
        LANG_1999,
        event_rise_rate_error_median,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
)
"""Of the times of floods."""
