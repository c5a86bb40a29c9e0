"""From daily basin means to hours. Nothing here is measured: each rule is stated, and keeps the day's mean.

All arrays are (day,) on the way in and (24 * day,) on the way out; the hours are the sun's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from camels_files import Basin

HOURS = 24
WARMEST_HOUR = 15.0
RAIN_HOURS = 12
WIND = 2.0  # m s-1
FREEZING = 273.15  # K
STEFAN_BOLTZMANN = 5.670374e-8  # W m-2 K-4
SOLAR_CONSTANT = 1361.0  # W m-2
HARGREAVES = 0.17  # K-0.5
SMALLEST_RANGE, LARGEST_RANGE = 2.0, 20.0  # K

_MIDDLE = np.arange(HOURS) + 0.5


@dataclass(frozen=True)
class Hourly:
    """Weather of a basin by the hour.

    Parameters
    ----------
    precipitation : [mm h-1]
    temperature : [degC]
    shortwave, longwave : [W m-2]
    pressure : [Pa]
    humidity : specific [kg kg-1]
    """

    precipitation: np.ndarray
    temperature: np.ndarray
    shortwave: np.ndarray
    longwave: np.ndarray
    pressure: np.ndarray
    humidity: np.ndarray


def disaggregate(basin: Basin) -> Hourly:
    """Return the basin's days by the hour."""
    daily = basin.daily
    top = extraterrestrial(basin.days, basin.latitude)
    mean_radiation = daily["shortwave"] * daily["day_length"] / 86400.0
    transmissivity = mean_radiation / top
    span = daily["warmest"] - daily["coldest"]
    span = np.where(span > 0.0, span, estimated_range(transmissivity))
    temperature = diurnal_temperature((daily["warmest"] + daily["coldest"]) / 2.0, span)
    pressure = standard_pressure(basin.elevation)
    vapour = np.minimum(np.repeat(daily["vapour_pressure"], HOURS), saturation_pressure(temperature))
    clouds = 1.0 - np.clip(transmissivity / clear_sky_transmissivity(basin.elevation), 0.0, 1.0)
    return Hourly(
        precipitation=spread_precipitation(daily["precipitation"]),
        temperature=temperature,
        shortwave=spread_sunshine(daily["shortwave"], daily["day_length"]),
        longwave=sky_longwave(temperature, vapour, np.repeat(clouds, HOURS)),
        pressure=np.full(temperature.shape, pressure),
        humidity=0.622 * vapour / (pressure - 0.378 * vapour),
    )


def spread_precipitation(depth: np.ndarray) -> np.ndarray:
    """Spread a day's precipitation [mm d-1] as a triangle over the twelve hours around noon [mm h-1]."""
    distance = np.abs(_MIDDLE - HOURS / 2)
    weight = np.maximum(RAIN_HOURS / 2 - distance, 0.0)
    return (depth[:, None] * (weight / weight.sum())).ravel()


def diurnal_temperature(mean: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Return a cosine with the day's mean and range, warmest at three in the afternoon [degC]."""
    wave = np.cos(2.0 * np.pi * (_MIDDLE - WARMEST_HOUR) / HOURS)
    return (mean[:, None] + span[:, None] / 2.0 * (wave - wave.mean())).ravel()


def estimated_range(transmissivity: np.ndarray) -> np.ndarray:
    """Return the day's temperature range from how clear its sky was [K] (Hargreaves & Samani 1982).

        S / S_0 = 0.17 * sqrt(range), within 2 to 20 K

    The NLDAS files of CAMELS hold the daily mean as both minimum and maximum.
    """
    return np.clip((transmissivity / HARGREAVES) ** 2, SMALLEST_RANGE, LARGEST_RANGE)


def spread_sunshine(daylight_mean: np.ndarray, day_length: np.ndarray) -> np.ndarray:
    """Spread the radiation of the daylight hours as the sun's height above the horizon [W m-2].

        S(w) ~ cos(w) - cos(w_s),  w_s = pi * day_length / 86400 s

    with the hour angle w; the mean over an hour is the integral, so the day's sum is kept exactly.
    """
    sunset = (np.pi * np.clip(day_length, 600.0, 86400.0) / 86400.0)[:, None]
    edges = np.clip((np.arange(HOURS + 1) - HOURS / 2) * (2.0 * np.pi / HOURS), -sunset, sunset)
    part = np.diff(np.sin(edges) - edges * np.cos(sunset), axis=1)
    share = part / part.sum(axis=1, keepdims=True)
    return (share * (daylight_mean * day_length / 3600.0)[:, None]).ravel()


def extraterrestrial(days: np.ndarray, latitude: float) -> np.ndarray:
    """Return the daily mean radiation at the top of the atmosphere [W m-2] (Allen et al. 1998, eq. 21)."""
    year = 2.0 * np.pi / 365.0 * ((days - days.astype("datetime64[Y]")).astype(float) + 1.0)
    declination = 0.409 * np.sin(year - 1.39)
    phi = math.radians(latitude)
    sunset = np.arccos(np.clip(-math.tan(phi) * np.tan(declination), -1.0, 1.0))
    height = sunset * math.sin(phi) * np.sin(declination)
    height = height + math.cos(phi) * np.cos(declination) * np.sin(sunset)
    return np.asarray(SOLAR_CONSTANT / np.pi * (1.0 + 0.033 * np.cos(year)) * height)


def clear_sky_transmissivity(elevation: float) -> float:
    """Return the share of radiation that a clear sky lets through (Allen et al. 1998, eq. 37)."""
    return 0.75 + 2e-5 * elevation


def sky_longwave(temperature: np.ndarray, vapour: np.ndarray, clouds: np.ndarray) -> np.ndarray:
    """Return the sky's long-wave radiation [W m-2].

        L = (c + (1 - c) * 1.24 * (e / T)^(1/7)) * sigma * T^4,  e in hPa, T in K

    Clear sky by Brutsaert (1975), doi:10.1029/WR011i005p00742; cloud share ``c`` from the day's radiation,
    by Crawford & Duchon (1999), doi:10.1175/1520-0450(1999)038<0474:AIPFEE>2.0.CO;2.
    """
    kelvin = temperature + FREEZING
    clear = np.minimum(1.24 * (vapour / 100.0 / kelvin) ** (1.0 / 7.0), 1.0)
    return np.asarray((clouds + (1.0 - clouds) * clear) * STEFAN_BOLTZMANN * kelvin**4)


def standard_pressure(elevation: float) -> float:
    """Return the air pressure of the standard atmosphere [Pa] (Allen et al. 1998, eq. 7)."""
    return 101_300.0 * ((293.0 - 0.0065 * elevation) / 293.0) ** 5.26


def priestley_taylor(hourly: Hourly, albedo: float) -> np.ndarray:
    """Return potential evapotranspiration [mm h-1] as the PET module has it with method 4.

        E = 1.3 * delta / (delta + gamma) * R / (lambda * rho)
        R = max(0, (1 - albedo) * S + L - sigma * (285.15 K)^4)

    The module lets the surface emit as if it were always at 12 degC.
    """
    saturation = saturation_pressure(hourly.temperature)
    slope = 4098.0 * saturation / (hourly.temperature + 237.3) ** 2
    latent_heat = 2.501e6 - 2370.0 * 22.0
    gamma = 1005.0 * hourly.pressure / (0.622 * latent_heat)
    emitted = STEFAN_BOLTZMANN * (FREEZING + 12.0) ** 4
    gained = np.maximum((1.0 - albedo) * hourly.shortwave + hourly.longwave - emitted, 0.0)
    return np.asarray(1.3 * slope / (slope + gamma) * gained / latent_heat * 3600.0)


def effective_albedo(hourly: Hourly, mean: float) -> float:
    """Return the albedo with which `priestley_taylor` has the mean given [mm d-1], 0 to 0.9 (bisection)."""
    low, high = 0.0, 0.9
    for _ in range(30):
        middle = (low + high) / 2.0
        too_much = 24.0 * priestley_taylor(hourly, middle).mean() > mean
        low, high = (middle, high) if too_much else (low, middle)
    return (low + high) / 2.0


def saturation_pressure(temperature: np.ndarray) -> np.ndarray:
    """Return the saturation vapour pressure over water [Pa] (Allen et al. 1998, eq. 11)."""
    return np.asarray(610.8 * np.exp(17.27 * temperature / (temperature + 237.3)))
