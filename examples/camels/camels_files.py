"""Read one basin of CAMELS (Newman et al. 2015; Addor et al. 2017) from the folder it is distributed in.

The files are found by name anywhere below the folder, so that the layout of the public archive
(``basin_mean_forcing/nldas/01/…``, ``usgs_streamflow/01/…``, ``camels_attributes_v2.0/…``) and a flatter
one both work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from dmod.errors import CoverageError, InputError, NotFoundError

TABLES = ("topo", "soil", "clim", "vege", "name")
COLUMNS = {
    "dayl(s)": "day_length",
    "prcp(mm/day)": "precipitation",
    "srad(w/m2)": "shortwave",
    "tmax(c)": "warmest",
    "tmin(c)": "coldest",
    "vp(pa)": "vapour_pressure",
}
MISSING = -999.0


@dataclass(frozen=True)
class Basin:
    """One basin as the files have it.

    Parameters
    ----------
    days : first day of each row, one after the other without a gap, shape (day,)
    daily : day_length [s], precipitation [mm d-1], shortwave (mean of the daylight hours) [W m-2],
        warmest and coldest [degC], vapour_pressure [Pa]; each of shape (day,)
    observed_days, observed : days and daily mean flow [ft3 s-1], NaN where there is none
    attributes : of the attribute tables; numbers as float, NaN where a cell is empty
    header : latitude [degrees], elevation [m] and area [m2] of the forcing file
    """

    gauge: str
    days: np.ndarray
    daily: dict[str, np.ndarray]
    observed_days: np.ndarray
    observed: np.ndarray
    attributes: dict[str, float | str]
    header: tuple[float, float, float]

    def number(self, name: str, fallback: float) -> float:
        """Return an attribute that is a number, the fallback where the tables have none."""
        value = self.attributes.get(name, np.nan)
        return float(value) if isinstance(value, float) and np.isfinite(value) else fallback

    @property
    def name(self) -> str:
        """Return the gauge's name, its number where the tables have none."""
        return str(self.attributes.get("gauge_name", "") or self.gauge).strip()

    @property
    def area_km2(self) -> float:
        """Return the drainage area: the gauge's own (USGS), else that of the forcing file."""
        return self.number("area_gages2", self.header[2] / 1e6)

    @property
    def elevation(self) -> float:
        """Return the mean elevation [m]."""
        return self.number("elev_mean", self.header[1])

    @property
    def latitude(self) -> float:
        """Return the gauge's latitude [degrees]."""
        return self.number("gauge_lat", self.header[0])

    @property
    def longitude(self) -> float:
        """Return the gauge's longitude [degrees], negative in the west."""
        value = self.number("gauge_lon", np.nan)
        if np.isnan(value):
            raise NotFoundError(
                f"gauge {self.gauge}: its longitude is not known",
                hint="camels_topo.txt must be in the folder",
            )
        return value

    def during(self, first: date | None, last: date | None) -> Basin:
        """Return the basin with the forcing of some days only, both included.

        Raises
        ------
        CoverageError
            the forcing does not cover them.
        """
        begin = self.days[0] if first is None else np.datetime64(first, "D")
        end = self.days[-1] if last is None else np.datetime64(last, "D")
        if not self.days[0] <= begin <= end <= self.days[-1]:
            raise CoverageError(
                f"gauge {self.gauge} has forcing from {self.days[0]} to {self.days[-1]}, "
                f"which {begin} to {end} is not within",
                hint="choose other days",
            )
        kept = (self.days >= begin) & (self.days <= end)
        daily = {name: values[kept] for name, values in self.daily.items()}
        return Basin(
            self.gauge,
            self.days[kept],
            daily,
            self.observed_days,
            self.observed,
            self.attributes,
            self.header,
        )


def gauges_in(folder: Path) -> list[str]:
    """Return the numbers of all gauges that the folder has forcing for."""
    return sorted({path.name[:8] for path in folder.rglob("*_lump_*_forcing_leap.txt")})


def read_basin(folder: Path, gauge: str) -> Basin:
    """Read forcing, flow and attributes of a gauge (eight digits).

    Raises
    ------
    NotFoundError
        a file of the gauge is not there.
    InputError
        a file is not of the form described, a day is missing, or a value of the forcing is.
    """
    header, days, daily = _forcing(_find(folder, f"{gauge}_lump_*_forcing_leap.txt"))
    observed_days, observed = _streamflow(_find(folder, f"{gauge}_streamflow_qc.txt"))
    return Basin(gauge, days, daily, observed_days, observed, _attributes(folder, gauge), header)


def _find(folder: Path, pattern: str) -> Path:
    found = sorted(folder.rglob(pattern))
    if not found:
        raise NotFoundError(
            f"{folder} holds no {pattern}", hint="give the folder that CAMELS was unpacked in"
        )
    nldas = [path for path in found if "nldas" in path.name]
    return (nldas or found)[0]


def _forcing(path: Path) -> tuple[tuple[float, float, float], np.ndarray, dict[str, np.ndarray]]:
    lines = path.read_text().splitlines()
    try:
        latitude, elevation, area = (float(line) for line in lines[:3])
        names = [name.lower() for name in lines[3].split()]
        table = np.array([line.split() for line in lines[4:] if line.strip()], dtype=float)
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{path} is not a CAMELS forcing file: {error}", hint="three header lines, then a table"
        ) from error
    lost = sorted(set(COLUMNS) - set(names))
    if lost:
        raise InputError(f"{path} has no column {', '.join(lost)}", hint="basin mean forcing is needed")
    days = _days(table[:, :3], path)
    daily = {own: table[:, names.index(column)] for column, own in COLUMNS.items()}
    for name, values in daily.items():
        wrong = ~np.isfinite(values) | (values <= MISSING)
        if wrong.any():
            raise InputError(
                f"{path}: {name} is missing on {days[wrong][0]}", hint="forcing must be complete"
            )
    return (latitude, elevation, area), days, daily


def _days(dates: np.ndarray, path: Path) -> np.ndarray:
    days = np.array([date(*row) for row in dates.astype(int).tolist()], dtype="datetime64[D]")
    steps = np.diff(days)
    if (steps != np.timedelta64(1, "D")).any():
        at = int(np.flatnonzero(steps != np.timedelta64(1, "D"))[0])
        missed = days[at].item() + timedelta(days=1)
        raise InputError(f"{path}: after {days[at]} comes {days[at + 1]}", hint=f"{missed} is needed")
    return days


def _streamflow(path: Path) -> tuple[np.ndarray, np.ndarray]:
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    try:
        days = np.array([date(int(y), int(m), int(d)) for _, y, m, d, *_ in rows], dtype="datetime64[D]")
        flow = np.array([float(row[4]) for row in rows])
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{path} is not a CAMELS streamflow file: {error}", hint="gauge, year, month, day, flow, flag"
        ) from error
    return days, np.where(flow > MISSING, flow, np.nan)


def _attributes(folder: Path, gauge: str) -> dict[str, float | str]:
    found: dict[str, float | str] = {}
    for table in TABLES:
        for path in sorted(folder.rglob(f"camels_{table}.txt"))[:1]:
            names, *rows = (line.split(";") for line in path.read_text().splitlines() if line.strip())
            row = next((row for row in rows if row[0].zfill(8) == gauge), None)
            if row is not None:
                found |= {name: _value(text) for name, text in zip(names[1:], row[1:], strict=True)}
    return found


def _value(text: str) -> float | str:
    if text.strip() in {"", "NA", "NaN"}:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        return text.strip()
