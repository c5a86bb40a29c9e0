"""Channel routing of TOPMODEL: a histogram of travel times and the queue it fills."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dmod.engine.compile import scalar


def travel_times(
    distances: Sequence[float], channel_velocity: float, overland_velocity: float
) -> list[float]:
    """Time that water takes from each point of the channel network to the outlet.

        t_1 = d_1 / v_c,  t_j = t_1 + (d_j - d_1) / v_r

    Parameters
    ----------
    distances : from the outlet, ascending [m]
    channel_velocity, overland_velocity : v_c, v_r [m h-1]

    Returns
    -------
    times : as many as distances [h]
    """
    first = distances[0] / channel_velocity
    return [first, *(first + (distance - distances[0]) / overland_velocity for distance in distances[1:])]


def time_delay_histogram(
    times: Sequence[float], cumulative_area: Sequence[float], area: float
) -> tuple[int, list[float]]:
    """Fractions of the flow that arrive in each step after a delay.

    The cumulative area is read off at full steps and differenced; the program multiplies by the
    catchment's area on the way (which only an area of 1 makes consistent).

    Parameters
    ----------
    times : travel times, ascending [steps]
    cumulative_area : fraction of the area within each of them, 0 to 1
    area : of the catchment, as fraction of the whole [-]

    Returns
    -------
    delay : full steps before the first water arrives
    ordinates : fraction of the flow in each following step
    """
    delay = int(times[0])
    count = math.ceil(times[-1]) - delay
    ordinates = [_area_within(float(delay + 1 + i), times, cumulative_area) for i in range(count)]
    for i in range(count - 1, 0, -1):
        ordinates[i] = (ordinates[i] - ordinates[i - 1] * area) * area
    return delay, ordinates


def _area_within(time: float, times: Sequence[float], cumulative_area: Sequence[float]) -> float:
    if time > times[-1]:
        return 1.0
    for j in range(1, len(times)):
        if time <= times[j]:
            rise = cumulative_area[j] - cumulative_area[j - 1]
            return cumulative_area[j - 1] + rise * (time - times[j - 1]) / (times[j] - times[j - 1])
    return 0.0


@scalar
def route_by_time_delay(runoff, ordinates, queue, count, delay, step):  # type: ignore[no-untyped-def]
    """Move the queue on by a step, add the runoff to it and return what arrives.

    As in the program, an ordinate later than the number of steps done so far is skipped, and so is
    all that a delay moves beyond the last ordinate.

    Parameters
    ----------
    runoff : scalar [m per step]
    ordinates : shape (count,) [-]
    queue : shape (count,) [m per step], changed
    count : number of ordinates
    delay : full steps before the first water arrives
    step : number of this step, from 1

    Returns
    -------
    outflow : scalar [m per step]

    References
    ----------
    Beven & Kirkby (1979), doi:10.1080/02626667909491834.
    """
    for i in range(1, count):
        queue[i - 1] = queue[i]
    queue[count - 1] = 0.0
    for i in range(min(count, step) - delay):
        queue[delay + i] += runoff * ordinates[i]
    return queue[0]
