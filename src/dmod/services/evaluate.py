"""Simulated against observed streamflow at the outlet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.services.options import RunOptions
from dmod.services.outlet import Outlet

if TYPE_CHECKING:
    from dmod.core.time_axis import TimeAxis
    from dmod.evaluation.align import Pairs
    from dmod.evaluation.observed import ObservedSeries
    from dmod.evaluation.score import Scores


@dataclass(frozen=True, slots=True)
class Hydrograph:
    """Streamflow at the outlet, and what it was compared with.

    Parameters
    ----------
    times : stamps of the steps, UTC, shape (time,)
    simulated : [m3 s-1], shape (time,)
    step : [s]
    rain : mean over all catchments [mm h-1], shape (time,); None where the forcing has none
    observed, pairs, scores : None without an observed series
    """

    outlet: Outlet
    times: NDArray[np.datetime64]
    simulated: NDArray[np.float64]
    step: int
    rain: NDArray[np.float64] | None = None
    observed: ObservedSeries | None = None
    pairs: Pairs | None = None
    scores: Scores | None = None


def read_gauge(options: RunOptions) -> ObservedSeries | None:
    """Read the observed series, so that what is wrong with it shows before anything is run."""
    if options.observed is None:
        return None
    from dmod.evaluation.observed import read_observed

    return read_observed(options.observed, unit=options.observed_unit, column=options.observed_column)


def require_overlap(gauge: ObservedSeries | None, axis: TimeAxis, options: RunOptions) -> None:
    """Refuse an observed series that cannot be compared with the run, before the run.

    Raises
    ------
    CoverageError
        the series share no interval after the warm-up.
    """
    if gauge is not None:
        from dmod.evaluation.align import align

        align(axis.stamps(), np.zeros(axis.count), axis.step, gauge, warm_up=options.warm_up)


def evaluate(hydrograph: Hydrograph, gauge: ObservedSeries | None, options: RunOptions) -> Hydrograph:
    """Align and score; without an observed series the hydrograph stays as it is.

    Raises
    ------
    CoverageError
        the series share no interval.
    """
    if gauge is None:
        return hydrograph
    from dmod.evaluation.align import align
    from dmod.evaluation.score import score

    pairs = align(hydrograph.times, hydrograph.simulated, hydrograph.step, gauge, warm_up=options.warm_up)
    return replace(hydrograph, observed=gauge, pairs=pairs, scores=score(pairs))
