"""Floods one by one: which of them are simulated, and which are not observed.

Floods are found in both series by :func:`dmod.evaluation.events.find_events`, at the same threshold: the 90th
percentile of the observation at each location if none is given. A simulated flood is the observed one where
their peaks are less than half of ``independence`` apart. An observed flood weighs what the pair of its peak
does, and so does a simulated one.
"""

from __future__ import annotations

from dmod.evaluation.event_match import EventMatch, metric_of_events
from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.sample import Floats, ratio

EHRET_2011 = "Ehret & Zehe (2011), Hydrol. Earth Syst. Sci. 15, 877-896, doi:10.5194/hess-15-877-2011"


@metric_of_events
def event_hit_rate(events: EventMatch) -> Floats:
    """Share of the observed floods that are simulated, hits / observed.

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
    score : [-], [0, 1]; NaN without an observed flood. Shape (...)

    References
    ----------
    Ehret & Zehe (2011), Hydrol. Earth Syst. Sci. 15, 877-896, doi:10.5194/hess-15-877-2011.
    """
    return ratio(events.count(events.is_hit), events.count())


@metric_of_events
def event_false_alarm_ratio(events: EventMatch) -> Floats:
    """Share of the simulated floods that are not observed, alarms / (hits + alarms).

    Returns
    -------
    score : [-], [0, 1]; NaN without a simulated flood. Shape (...)

    References
    ----------
    Ehret & Zehe (2011), Hydrol. Earth Syst. Sci. 15, 877-896, doi:10.5194/hess-15-877-2011.
    """
    return ratio(events.false_alarms, events.count(events.is_hit) + events.false_alarms)


@metric_of_events
def event_critical_success_index(events: EventMatch) -> Floats:
    """Share of all floods that are both simulated and observed, hits / (observed + alarms).

    Returns
    -------
    score : [-], [0, 1]; NaN without a flood. Shape (...)

    References
    ----------
    Ehret & Zehe (2011), Hydrol. Earth Syst. Sci. 15, 877-896, doi:10.5194/hess-15-877-2011.
    """
    return ratio(events.count(events.is_hit), events.count() + events.false_alarms)


METRICS_OF_EVENTS: tuple[Metric, ...] = (
    Metric(
        "event_hit_rate",
        "Floods simulated",
        "-",
        0.0,
        1.0,
        1.0,
        "hits / observed floods",
        "Share of the observed floods with a simulated one at about that time.",
        EHRET_2011,
        event_hit_rate,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_false_alarm_ratio",
        "Floods simulated in vain",
        "-",
        0.0,
        1.0,
        0.0,
        "alarms / (hits + alarms)",
        "Share of the simulated floods without an observed one at about that time.",
        EHRET_2011,
        event_false_alarm_ratio,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
    Metric(
        "event_critical_success_index",
        "Success index of floods",
        "-",
        0.0,
        1.0,
        1.0,
        "hits / (observed floods + alarms)",
        "Hits among all floods that were simulated or observed.",
        EHRET_2011,
        event_critical_success_index,
        Group.EVENT,
        needs=("times",),
        undefined=(Cause.NO_FLOOD,),
    ),
)
"""Of floods as a whole."""
