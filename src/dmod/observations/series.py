"""One observed series: what is measured at one gauge, in the unit it was given in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLOW = "00060"
STAGE = "00065"
MEAN = "00003"
MOMENT = "00011"
"""Statistic of an instantaneous value."""
DAY = 86400

Times = NDArray[np.datetime64]
Floats = NDArray[np.float64]
Texts = NDArray[np.str_]

PARAMETERS = {
    FLOW: ("streamflow", "ft3/s"),
    STAGE: ("gage height", "ft"),
    "30208": ("streamflow", "m3/s"),
    "30207": ("gage height", "m"),
}
"""Parameter code → what it is and its unit (help.waterdata.usgs.gov/codes-and-parameters/parameters)."""
STATISTICS = {
    "00001": "maximum",
    "00002": "minimum",
    MEAN: "mean",
    "00008": "median",
    MOMENT: "instantaneous",
}


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one parameter and statistic at one gauge.

    Parameters
    ----------
    site : digits, zeros in front included; "" where the source does not say
    unit : of the values; "" where the source does not say
    times : UTC; of a daily value the start of its day, shape (time,)
    values : NaN where there is none, shape (time,)
    approval : "A" approved, "P" provisional, "" not said, shape (time,)
    qualifiers : as the source writes them, several joined by a colon, shape (time,)
    id : of the series at the agency, where a gauge has several of a kind
    day_offset : of a daily series how far the clock that its days follow is ahead of UTC [s]; None otherwise
    notes : what was assumed, one sentence each
    """

    site: str
    parameter: str
    statistic: str
    unit: str
    times: Times
    values: Floats
    approval: Texts
    qualifiers: Texts
    name: str = ""
    id: str = ""
    day_offset: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def daily(self) -> bool:
        """Whether a value holds for a day."""
        return self.day_offset is not None

    @property
    def title(self) -> str:
        """What is measured: ``00060 (streamflow), daily mean``."""
        what = PARAMETERS.get(self.parameter, ("", ""))[0]
        statistic = STATISTICS.get(self.statistic, self.statistic)
        kind = f"daily {statistic}" if self.daily else statistic
        return f"{self.parameter}{f' ({what})' if what else ''}, {kind}".rstrip(", ")

    def dates(self) -> NDArray[np.datetime64]:
        """Return the days of a daily series on the gauge's clock, shape (time,)."""
        ahead = np.timedelta64(self.day_offset or 0, "s")
        return (self.times + ahead).astype("datetime64[D]")


def unit_of(parameter: str) -> str:
    """Return the unit that a parameter code stands for; "" where it is not known here."""
    return PARAMETERS.get(parameter, ("", ""))[1]


def texts(values: list[str]) -> Texts:
    """Return an array of text, also of none."""
    return np.array(values, dtype=np.str_) if values else np.empty(0, dtype="<U1")
