"""What the report shows: plain values and arrays, so that any run can fill it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError
from dmod.evaluation.align import Pairs
from dmod.evaluation.observed import ObservedSeries
from dmod.evaluation.score import Scores

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class CatchmentRing:
    """One outer ring of a catchment; a catchment of several parts has several rings with the same id.

    Parameters
    ----------
    id : catchment, ``cat-27``
    lon, lat : [degrees], same length, closed or not
    """

    id: str
    lon: Floats
    lat: Floats


@dataclass(frozen=True, slots=True)
class RiverLine:
    """One flowpath of the map.

    Parameters
    ----------
    id : flowpath, ``wb-27``
    lon, lat : [degrees], upstream to downstream or reverse
    width : any measure of size (drainage area [km2], mean flow [m3 s-1]); drawn by its square root
    """

    id: str
    lon: Floats
    lat: Floats
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class WaterBalance:
    """Depths over the period per catchment, shape (catchment,), [mm] of the catchment's area.

    Parameters
    ----------
    ids : catchments
    area : [km2]
    precipitation, evapotranspiration, runoff : [mm]
    storage_change : [mm], end minus start
    residual : [mm], what the terms leave open
    other : further outgoing terms by title [mm] (deep percolation, snow ...), counted like runoff
    """

    ids: Sequence[str]
    area: Floats
    precipitation: Floats
    evapotranspiration: Floats
    runoff: Floats
    storage_change: Floats
    residual: Floats
    other: dict[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the run read.

    Parameters
    ----------
    role : hydrofabric, forcing, realization, observed ...
    path : as the user gave it
    digest : with its algorithm, ``sha256:1f2e...``
    size : [bytes], None if not known
    """

    role: str
    path: str
    digest: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class ReportInput:
    """Everything the report shows; only the first six are needed.

    Parameters
    ----------
    title : the basin, as the headline
    outlet : id of the outlet whose flow is shown, ``nex-10``
    formulation : the chain of modules, ``SLoTH + PET + CFE``
    times : stamps of the flow (UTC): the start of the step, or the moment it is of where it is routed,
        shape (time,)
    simulated : flow at the outlet [m3 s-1], shape (time,)
    step : [s]
    rain : basin mean precipitation rate of each step [mm h-1], shape (time,)
    steps : starts of the steps (UTC), the stamps of the rain, shape (time,); ``times`` where None
    gauge : id of the gauge, ``10109001``
    outlet_location : (longitude, latitude) of the outlet [degrees]
    catchments, rivers : the map
    balance : per catchment
    observed : the gauge's series as read
    pairs, scores : what was compared, and the result
    synthetic : true where basin, weather or observation were made by code; the page says so at its top
    files, modules : inputs with their digests; (module, revision) pairs
    options : the run's options as (name, value)
    facts : further (name, value) pairs: wall time, steps per second ...
    filled : what was filled in, one sentence each
    warnings : what the reader must know, one sentence each
    """

    title: str
    outlet: str
    formulation: str
    times: Times
    simulated: Floats
    step: int
    rain: Floats | None = None
    steps: Times | None = None
    gauge: str = ""
    outlet_location: tuple[float, float] | None = None
    catchments: Sequence[CatchmentRing] = ()
    rivers: Sequence[RiverLine] = ()
    balance: WaterBalance | None = None
    observed: ObservedSeries | None = None
    pairs: Pairs | None = None
    scores: Scores | None = None
    synthetic: bool = False
    version: str = ""
    files: Sequence[InputFile] = ()
    modules: Sequence[tuple[str, str]] = ()
    options: Sequence[tuple[str, str]] = ()
    facts: Sequence[tuple[str, str]] = ()
    filled: Sequence[str] = ()
    warnings: Sequence[str] = ()

    @property
    def step_starts(self) -> Times:
        """Return the starts of the steps, shape (time,)."""
        return self.times if self.steps is None else self.steps

    def __post_init__(self) -> None:
        count = len(self.times)
        for name, values in (("simulated", self.simulated), ("rain", self.rain), ("steps", self.steps)):
            if values is not None and np.shape(values) != (count,):
                raise InputError(
                    f"report: {name} has shape {np.shape(values)}, the times have {count} entries"
                )
        if count == 0:
            raise InputError("report: the simulation has no step", hint="check the period of the run")
        bad = np.flatnonzero(~np.isfinite(self.simulated))
        if len(bad):
            raise InputError(f"report: simulated flow at {self.outlet} is not finite at {self.times[bad[0]]}")
