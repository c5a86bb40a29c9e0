"""Results that are on disk, compared with another observed series or at another point."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np

from dmod.errors import InputError
from dmod.output.routed import open_routed
from dmod.services.evaluate import Hydrograph, evaluate, read_gauge
from dmod.services.options import Locations, RunOptions
from dmod.services.outlet import choose_outlet
from dmod.services.plan import locate

SECOND = np.timedelta64(1, "s")


def rescore(
    results: Path,
    package: Path,
    observed: Path,
    *,
    outlet: str | None = None,
    warm_up: timedelta = timedelta(0),
    unit: str | None = None,
    column: str | None = None,
) -> Hydrograph:
    """Return the hydrograph at a point of finished results, with its scores.

    Parameters
    ----------
    results : folder that a run wrote
    package : that it ran
    observed : file of the series to compare with
    outlet, warm_up, unit, column : as `RunOptions` has them

    Raises
    ------
    InputError
        the results have no flow at the point.
    CoverageError
        the series share no interval.
    """
    from dmod.hydrofabric import read_hydrofabric

    located = locate(package, Locations())
    fabric = read_hydrofabric(located.hydrofabric, located.nexus)
    point = choose_outlet(fabric, outlet)
    if not point.flowpaths:
        raise InputError(
            f"no flowpath leads to {point.id}: the results hold no flow there", hint="choose another outlet"
        )
    options = RunOptions(
        observed=observed, observed_unit=unit, observed_column=column, outlet=outlet, warm_up=warm_up
    )
    with open_routed(results / "streamflow.nc") as routed:
        times = routed["time"].values.astype("datetime64[ns]")
        step = int((times[1] - times[0]) / SECOND) if times.size > 1 else 3600
        flow = routed["flow"].values[list(point.flowpaths)].sum(axis=0, dtype=np.float64)
        if "without delay" in str(routed.attrs.get("routing", "")):
            times = times - step * SECOND  # a mean over the step that starts there
    hydrograph = Hydrograph(point, times, flow, step)
    return evaluate(hydrograph, read_gauge(options), options)
