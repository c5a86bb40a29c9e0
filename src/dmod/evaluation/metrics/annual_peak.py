"""Peaks of each water year: how high, and when, on the mean of years."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmod.errors import InputError
from dmod.evaluation.metric import Cause, Group, Metric
from dmod.evaluation.sample import Floats, Sample, metric, ratio

ENGLAND_2019 = "England et al. (2019), Bulletin 17C, U.S. Geol. Surv. Tech. Methods 4-B5, doi:10.3133/tm4B5"
FIRST_MONTH = 10
"""Of a water year: October."""


@metric
def annual_peak_error(
    sample: Sample, times: ArrayLike | None = None, first_month: int = FIRST_MONTH
) -> Floats:
    """Mean absolute relative error of the highest flow of each water year, whenever in it the two occur.

    A year counts that has pairs; of a year that is covered in part, the part is compared.

    Parameters
    ----------
    times : of the pairs [h since 1970-01-01 00:00 UTC], ascending, shape (time,); hourly from then if None
    first_month : of the year, 1 to 12

    Returns
    -------
    score : [%], 0 or more; NaN where no year has an observation above zero. Shape (...)
    """
    peaks = _annual_peaks(sample, times, first_month)
    return 100.0 * peaks.mean(np.abs(ratio(peaks.simulated - peaks.observed, peaks.observed)))


@metric
def annual_peak_bias(
    sample: Sample, times: ArrayLike | None = None, first_month: int = FIRST_MONTH
) -> Floats:
    """Mean relative error of the highest flow of each water year: positive where peaks are too high.

    Parameters
    ----------
    times, first_month : see :func:`annual_peak_error`

    Returns
    -------
    score : [%], -100 or more; NaN where no year has an observation above zero. Shape (...)
    """
    peaks = _annual_peaks(sample, times, first_month)
    return 100.0 * peaks.mean(ratio(peaks.simulated - peaks.observed, peaks.observed))


@metric
def annual_peak_timing_error(
    sample: Sample,
    times: ArrayLike | None = None,
    first_month: int = FIRST_MONTH,
    window: float = 72.0,
) -> Floats:
    """Mean time between the highest observation of each water year and the simulated peak near it.

    Parameters
    ----------
    times, first_month : see :func:`annual_peak_error`
    window : to either side [h], within which the simulated peak is looked for; also in the next year

    Returns
    -------
    score : [h], 0 or more; NaN where no year has an observation above zero. Shape (...)
    """
    hours = _hours(sample, times)
    peaks = _annual_peaks(sample, times, first_month)
    late = np.full(peaks.observed.shape, np.nan)
    for year in range(peaks.at.shape[-1]):
        peak = hours[peaks.at[..., year]]
        # pairs that can be near the peak at any place: floods of a region come together
        first = np.searchsorted(hours, peak.min() - window, side="left")
        last = np.searchsorted(hours, peak.max() + window, side="right")
        nearby = hours[first:last]
        near = sample.counts[..., first:last] & (np.abs(nearby - peak[..., None]) <= window)
        best = np.argmax(np.where(near, sample.simulated[..., first:last], -np.inf), axis=-1)
        late[..., year] = np.where(near.any(axis=-1), nearby[best] - peak, np.nan)
    return peaks.mean(np.abs(np.where(peaks.observed > 0.0, late, np.nan)))


@dataclass(frozen=True, slots=True)
class AnnualPeaks:
    """The highest flow of each year.

    Parameters
    ----------
    simulated, observed : NaN without a pair, shape (..., year)
    at : position of the highest observation in time, shape (..., year)
    repeats : how often the pair there is taken, shape (..., year)
    """

    simulated: Floats
    observed: Floats
    at: NDArray[np.intp]
    repeats: Floats

    def mean(self, values: Floats) -> Floats:
        """Return the mean over the years that have a value, each as often as it is taken; NaN without."""
        counts = np.isfinite(values)
        repeats = np.where(counts, self.repeats, 0.0)
        return ratio((np.where(counts, values, 0.0) * repeats).sum(axis=-1), repeats.sum(axis=-1))


def _annual_peaks(sample: Sample, times: ArrayLike | None, first_month: int) -> AnnualPeaks:
    years = _years(_hours(sample, times), first_month)
    shape = (*sample.observed.shape[:-1], len(years))
    simulated, observed, repeats = np.full(shape, np.nan), np.full(shape, np.nan), np.ones(shape)
    at = np.zeros(shape, dtype=np.intp)
    for year, (start, end) in enumerate(years):
        counts = sample.counts[..., start:end]
        there = counts.any(axis=-1)
        flow = np.where(counts, sample.observed[..., start:end], -np.inf)
        position = np.argmax(flow, axis=-1)
        at[..., year] = start + position
        observed[..., year] = np.where(there, flow.max(axis=-1), np.nan)
        highest = np.where(counts, sample.simulated[..., start:end], -np.inf).max(axis=-1)
        simulated[..., year] = np.where(there, highest, np.nan)
        if sample.repeats is not None:
            taken = sample.repeats[..., start:end]
            repeats[..., year] = np.take_along_axis(taken, position[..., None], axis=-1)[..., 0]
    return AnnualPeaks(simulated, observed, at, repeats)


def _hours(sample: Sample, times: ArrayLike | None) -> Floats:
    size = sample.observed.shape[-1]
    hours = np.arange(size, dtype=np.float64) if times is None else np.asarray(times, dtype=np.float64)
    if hours.shape != (size,):
        raise InputError(
            f"times {hours.shape} do not fit {size} pairs", hint="give one time for each pair, for all places"
        )
    return hours


def _years(hours: Floats, first_month: int) -> list[tuple[int, int]]:
    """Return where each year begins and ends among the pairs."""
    if first_month not in range(1, 13):
        raise InputError(f"month {first_month} does not exist", hint="the first month of a year is 1 to 12")
    seconds = np.round(hours * 3600.0).astype(np.int64).astype("datetime64[s]")
    months = seconds.astype("datetime64[M]").astype(np.int64)
    years = (months - (first_month - 1)) // 12
    edges = [0, *(np.flatnonzero(np.diff(years)) + 1).tolist(), len(years)]
    return [(start, end) for start, end in itertools.pairwise(edges) if end > start]


METRICS_OF_ANNUAL_PEAK: tuple[Metric, ...] = (
    Metric(
        "annual_peak_error",
        "Annual peak error",
        "%",
        0.0,
        math.inf,
        0.0,
        "100 mean of |max s - max o| / max o over water years",
        "How far annual floods are off, up or down; a water year begins in October.",
        ENGLAND_2019,
        annual_peak_error,
        Group.PEAK,
        needs=("times",),
        aliases=("peak mape",),
        undefined=(Cause.ZERO_OBSERVED,),
    ),
    Metric(
        "annual_peak_bias",
        "Annual peak bias",
        "%",
        -100.0,
        math.inf,
        0.0,
        "100 mean of (max s - max o) / max o over water years",
        "Positive: annual floods are too high.",
        ENGLAND_2019,
        annual_peak_bias,
        Group.PEAK,
        needs=("times",),
        undefined=(Cause.ZERO_OBSERVED,),
    ),
    Metric(
        "annual_peak_timing_error",
        "Annual peak timing error",
        "h",
        0.0,
        72.0,
        0.0,
        "mean of |t(max s within 72 h of t(max o)) - t(max o)| over water years",
        "How far annual floods are off in time, early or late.",
        ENGLAND_2019,
        annual_peak_timing_error,
        Group.PEAK,
        needs=("times",),
        undefined=(Cause.ZERO_OBSERVED,),
    ),
)
