"""Weather for an example basin: drawn once, then computed for any block of places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis
from dmod.errors import InputError
from dmod.forcing.weather.places import Places
from dmod.forcing.weather.sky import Air, day_of_year, draw_air, local_weather
from dmod.forcing.weather.storms import Storms, draw_storms

Singles = NDArray[np.float32]
Block = tuple[int, dict[str, Singles]]

BLOCK_VALUES = 2_000_000
"""Values of one variable that are computed at a time."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Hours without values at one place, of one variable or (None) of all."""

    place: int
    first: int
    count: int
    column: str | None


@dataclass(frozen=True, slots=True)
class Weather:
    """Hourly weather at every place; the same for the same seed, whatever the blocks.

    Parameters
    ----------
    axis : hours that are wanted
    drawn : hours that were drawn; they begin before ``axis`` and end with it
    outages : gaps, NaN in the values
    """

    axis: TimeAxis
    drawn: TimeAxis
    places: Places
    storms: Storms
    air: Air
    outages: tuple[Outage, ...] = ()

    def with_lead(self) -> Weather:
        """Return the same weather from the first hour drawn on, without gaps."""
        return replace(self, axis=self.drawn, outages=())

    def block(self, first: int, count: int) -> dict[str, Singles]:
        """Return the variables of ``count`` places from ``first`` on, shape (count, hours)."""
        places = self.places.window(first, count)
        lead = self.drawn.count - self.axis.count
        whole = local_weather(self.storms.rain(places, self.drawn.count), places, self.air)
        values = {column: array[:, lead:] for column, array in whole.items()}
        for outage in self.outages:
            if first <= outage.place < first + len(places):
                hours = slice(outage.first, outage.first + outage.count)
                for column in values if outage.column is None else (outage.column,):
                    values[column][outage.place - first, hours] = np.nan
        return values

    def blocks(self) -> Iterator[Block]:
        """Yield (first place, variables) block by block, in order."""
        size = max(1, BLOCK_VALUES // self.drawn.count)
        for first in range(0, len(self.places), size):
            yield first, self.block(first, size)


def draw_weather(
    axis: TimeAxis,
    places: Places,
    seed: int,
    *,
    annual_precipitation: float | None = None,
    gaps: bool = False,
    lead: int = 0,
) -> Weather:
    """Draw the weather of a period over some land.

    Parameters
    ----------
    axis : hourly
    annual_precipitation : mean over whole years and all places [mm]; None draws 950 to 1250
    gaps : whether some places miss some hours
    lead : hours to draw before the first that is wanted, for a run that is to settle

    Raises
    ------
    InputError
        the step is not one hour, or the precipitation is not positive.
    """
    if axis.step != 3600:
        raise InputError(f"example weather has hourly steps, not {axis.step} s")
    random = np.random.default_rng([seed, 2])
    annual = random.uniform(950.0, 1250.0) if annual_precipitation is None else annual_precipitation
    if not annual > 0:
        raise InputError(f"the annual precipitation is {annual} mm", hint="a positive number")
    drawn = TimeAxis(axis.time(-lead), axis.step, axis.count + lead)
    storms = draw_storms(places, drawn.count, float(day_of_year(drawn)[0]), annual, random)
    air = draw_air(drawn, storms, random)
    outages = _draw_outages(len(places), axis.count, random) if gaps else ()
    return Weather(axis, drawn, places, storms, air, outages)


def _draw_outages(places: int, hours: int, random: np.random.Generator) -> tuple[Outage, ...]:
    """Draw one outage or more: about one in fifty places and year, most of one variable only."""
    columns = (None, "precip_rate", "TMP_2maboveground", "DSWRF_surface")
    count = max(1, random.poisson(places * hours / 8766 / 50))
    return tuple(
        Outage(
            place=int(random.integers(places)),
            first=int(random.integers(max(1, hours - 24))),
            count=int(random.integers(1, 24)),
            column=columns[int(random.integers(len(columns)))],
        )
        for _ in range(count)
    )
