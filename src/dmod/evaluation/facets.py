"""Divisions of the pairs into parts for which scores are told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.events import find_events, flood_threshold
from dmod.evaluation.quantile import OrderedValues
from dmod.evaluation.sample import Floats
from dmod.evaluation.water_year import water_years

Times = NDArray[np.datetime64]
Mask = NDArray[np.bool_]

LOW, HIGH = 0.3, 0.8
"""Quantiles of the observed flow up to which it is low, and above which it is high."""


def facets(name: str, times: Times, observed: Floats) -> Mapping[str, Mask]:
    """Divide pairs into parts; each part is a mask that serves as weights of any metric.

    ========== ==================================================================================
    season     DJF, MAM, JJA, SON
    month      01 to 12
    water_year such as 2019, from 1 October 2018
    regime     low, mid, high: up to the 30th percentile of the observed flow at each location, up
               to the 80th, above
    event      inside, outside of the floods of the observed flow
    ========== ==================================================================================

    Parts of the calendar that do not occur are left out. A pair without observation belongs to no regime,
    and to a flood where one goes on. Scores of floods one by one are to be had without the division by
    floods, which cuts off their feet.

    Parameters
    ----------
    name : one of the table
    times : start of the intervals, UTC, ascending, shape (time,)
    observed : [any one unit], NaN where missing, shape (location, time)

    Returns
    -------
    parts : name → mask, in order, shape (location, time)

    Raises
    ------
    InputError
        the division is not known, or the times are not one for each observation.

    References
    ----------
    Yilmaz et al. (2008), Water Resour. Res. 44, W09417, doi:10.1029/2007WR006716, on the parts of the flow
    duration curve; on floods see :func:`dmod.evaluation.events.find_events`.
    """
    if name not in FACETS:
        raise InputError(f"pairs cannot be divided by {name!r}", hint=f"there are {', '.join(FACETS)}")
    if times.shape != observed.shape[-1:]:
        raise InputError(f"times of shape {times.shape} do not belong to observations of {observed.shape}")
    return FACETS[name](times, np.asarray(observed, dtype=np.float64))


def _season(times: Times, observed: Floats) -> dict[str, Mask]:
    quarters = (_months(times) % 12) // 3
    return _parts(("DJF", "MAM", "JJA", "SON"), quarters, observed.shape)


def _month(times: Times, observed: Floats) -> dict[str, Mask]:
    return _parts([f"{month:02d}" for month in range(1, 13)], _months(times) - 1, observed.shape)


def _water_year(times: Times, observed: Floats) -> dict[str, Mask]:
    years = water_years(times)
    return {str(year): np.broadcast_to(years == year, observed.shape) for year in np.unique(years)}


def _regime(_: Times, observed: Floats) -> dict[str, Mask]:
    ordered = OrderedValues.of(observed)
    low, high = (ordered.at(probability)[..., None] for probability in (LOW, HIGH))
    is_low = observed <= low
    is_high = (observed > high) & ~is_low
    return {"low": is_low, "mid": np.isfinite(observed) & ~is_low & ~is_high, "high": is_high}


def _event(times: Times, observed: Floats) -> dict[str, Mask]:
    hours = times.astype("datetime64[s]").astype(np.int64) / 3600.0
    events = find_events(observed, hours, flood_threshold(observed))
    inside = events.inside(observed.shape)
    return {"inside": inside, "outside": ~inside}


FACETS: Mapping[str, Callable[[Times, Floats], dict[str, Mask]]] = {
    "season": _season,
    "month": _month,
    "water_year": _water_year,
    "regime": _regime,
    "event": _event,
}
"""Divisions by name."""


def _months(times: Times) -> NDArray[np.int64]:
    """Return the month of each time, 1 to 12."""
    return np.asarray(times.astype("datetime64[M]").astype(np.int64) % 12 + 1)


def _parts(
    names: tuple[str, ...] | list[str], part: NDArray[np.int64], shape: tuple[int, ...]
) -> dict[str, Mask]:
    masks = {name: part == index for index, name in enumerate(names)}
    return {name: np.broadcast_to(mask, shape) for name, mask in masks.items() if mask.any()}
