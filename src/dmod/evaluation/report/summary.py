"""What the page says about months and the whole basin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.report.contents import ReportInput, WaterBalance

Floats = NDArray[np.float64]
MOST_MONTHS = 36
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class PeriodMeans:
    """Means by month, or by year of a long run; shape (period,).

    Parameters
    ----------
    labels : ``Dec 2015`` or ``2015``
    rain : [mm] in the period, NaN where no step begins in it; None without rain
    simulated : mean over the period [m3 s-1], NaN where no stamp of flow lies in it
    observed : mean over the pairs [m3 s-1], None without pairs; NaN where there is none in the period
    paired : mean simulated flow over the same pairs [m3 s-1]
    highest : simulated [m3 s-1]
    coverage : share of the period that is observed [-]
    yearly : whether a period is a year
    """

    labels: tuple[str, ...]
    rain: Floats | None
    simulated: Floats
    observed: Floats | None
    paired: Floats | None
    highest: Floats
    coverage: Floats | None
    yearly: bool


def period_means(contents: ReportInput) -> PeriodMeans:
    """Return the run by months, by years where it spans more than three."""
    begun = contents.step_starts
    months = np.concatenate((contents.times, begun)).astype("datetime64[M]")
    yearly = int((months.max() - months.min()).astype(int)) >= MOST_MONTHS
    unit = "datetime64[Y]" if yearly else "datetime64[M]"
    bins, fallen = (stamps.astype(unit).astype(np.int64) for stamps in (contents.times, begun))
    first = int(min(bins[0], fallen[0]))
    count = int(max(bins[-1], fallen[-1])) - first + 1
    size = np.bincount(bins - first, minlength=count)
    highest = np.full(count, -np.inf)
    np.maximum.at(highest, bins - first, contents.simulated)
    labels = tuple(_label(first + k, yearly) for k in range(count))
    rain: Floats | None = None
    if contents.rain is not None:
        depth = np.nan_to_num(contents.rain) * contents.step / 3600.0
        total = np.bincount(fallen - first, weights=depth, minlength=count)
        rain = np.where(np.bincount(fallen - first, minlength=count) > 0, total, np.nan)
    total = np.bincount(bins - first, weights=contents.simulated, minlength=count)
    simulated = np.where(size > 0, total / np.maximum(size, 1), np.nan)
    observed = paired = coverage = None
    if contents.pairs is not None:
        where = contents.pairs.times.astype(unit).astype(np.int64) - first
        pairs = np.bincount(where, minlength=count)
        divisor = np.where(pairs > 0, pairs, np.nan)
        observed = np.bincount(where, weights=contents.pairs.observed, minlength=count) / divisor
        paired = np.bincount(where, weights=contents.pairs.simulated, minlength=count) / divisor
        coverage = np.minimum(pairs * contents.pairs.step / np.maximum(size * contents.step, 1), 1.0)
    return PeriodMeans(labels, rain, simulated, observed, paired, highest, coverage, yearly)


def _label(index: int, yearly: bool) -> str:
    return str(1970 + index) if yearly else f"{MONTHS[index % 12]} {1970 + index // 12}"


@dataclass(frozen=True, slots=True)
class BasinTerm:
    """One term of the basin's balance.

    Parameters
    ----------
    title : for people
    style : of its bar
    depth : [mm] over the basin
    """

    title: str
    style: str
    depth: float


def basin_terms(balance: WaterBalance) -> list[BasinTerm]:
    """Return the area-weighted terms, precipitation first."""
    area = np.asarray(balance.area, dtype=np.float64)

    def mean(depth: Floats) -> float:
        return float(np.average(depth, weights=area)) if area.sum() > 0.0 else float(np.mean(depth))

    return [
        BasinTerm("Precipitation", "p", mean(balance.precipitation)),
        BasinTerm("Evapotranspiration", "et", mean(balance.evapotranspiration)),
        BasinTerm("Runoff", "runoff", mean(balance.runoff)),
        *(BasinTerm(title, "other", mean(depth)) for title, depth in balance.other.items()),
        BasinTerm("Storage change", "storage", mean(balance.storage_change)),
        BasinTerm("Residual", "residual", mean(balance.residual)),
    ]
