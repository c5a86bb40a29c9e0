"""Synthetic air: temperature, humidity, pressure, wind, and radiation that fit the rain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.compiled import compiled
from dmod.core.time_axis import TimeAxis
from dmod.forcing.weather.places import Places
from dmod.forcing.weather.storms import Storms

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

LAPSE = 6.0e-3  # K/m
STEFAN_BOLTZMANN = 5.670374e-8
FREEZING = 273.15
HAZE = 0.93  # what aerosol leaves of the clear sky's shortwave


@dataclass(frozen=True, slots=True)
class Air:
    """The state of the large-scale air over the basin, shape (hours,).

    Parameters
    ----------
    day : of the year, with fraction, at the middle of each hour [d]
    hour : UTC at the middle of each hour [h]
    temperature : at sea level at 38° N, without the course of the day [K]
    pressure : deviation [Pa]
    cloud : cover where it does not rain, 0 to 1
    dryness : deviation of the dew-point depression [K]
    wind_x, wind_y : to the east and to the north [m/s]
    """

    day: Floats
    hour: Floats
    temperature: Floats
    pressure: Floats
    cloud: Floats
    dryness: Floats
    wind_x: Floats
    wind_y: Floats


def day_of_year(axis: TimeAxis) -> Floats:
    """Return the middle of each step as days since the year began."""
    seconds = axis.epoch_seconds() + axis.step // 2
    year = seconds.astype("datetime64[s]").astype("datetime64[Y]").astype("datetime64[s]").astype(np.int64)
    return np.asarray((seconds - year) / 86400.0)


def draw_air(axis: TimeAxis, storms: Storms, random: np.random.Generator) -> Air:
    """Draw the large-scale air: slow weather, seasons, and what fronts bring and leave behind."""
    day = day_of_year(axis)
    season = np.cos(2 * np.pi * (day - 203) / 365.25)
    heat, clouds, dry, west, north = (_slow(axis.count, hours, random) for hours in (40, 14, 24, 18, 16))
    ahead, behind, near = _fronts(axis.count, storms)
    return Air(
        day=day,
        hour=(day % 1.0) * 24,
        temperature=FREEZING
        + 14.5
        + 11.5 * season
        + (3.2 - 1.2 * season) * heat
        + (2.0 - 0.5 * season) * ahead
        - (3.0 - 1.2 * season) * behind,
        pressure=350 * _slow(axis.count, 50, random) - 900 * near + 500 * behind,
        cloud=1 / (1 + np.exp(-0.1 - 1.8 * clouds - 1.4 * near)),
        dryness=1.4 * dry + 1.5 * behind,
        wind_x=1.6 + (2.4 - 0.6 * season) * west + 2.0 * behind,
        wind_y=0.4 + (2.2 - 0.5 * season) * north + 2.0 * ahead - 1.5 * behind,
    )


def _slow(count: int, hours: float, random: np.random.Generator) -> Floats:
    """Return noise that is correlated over ``hours``, variance 1."""
    from scipy import ndimage

    margin = int(5 * hours)
    white = random.standard_normal(count + 2 * margin)
    smooth = ndimage.gaussian_filter1d(white, hours, mode="wrap")[margin : margin + count]
    return np.asarray(smooth * np.sqrt(2 * hours * np.sqrt(np.pi)))


def _fronts(count: int, storms: Storms) -> tuple[Floats, Floats, Floats]:
    """Return the nearness in time of a front to come, of one that has passed, and of either; 0 to 1."""
    ahead, behind, near = np.zeros(count), np.zeros(count), np.zeros(count)
    for time, depth in zip(storms.fronts.time, storms.fronts.depth, strict=True):
        first, last = max(0, int(time) - 48), min(count, int(time) + 97)
        if last <= first:
            continue
        hours = np.arange(first, last) + 0.5 - time
        strength = min(1.0, depth / 15)
        view = slice(first, last)
        ahead[view] = np.maximum(ahead[view], strength * np.exp(np.minimum(hours, 0) / 15) * (hours < 3))
        behind[view] = np.maximum(behind[view], strength * np.exp(-hours.clip(0) / 30) * (hours > 0))
        near[view] = np.maximum(near[view], strength * np.exp(-np.abs(hours) / 9))
    return ahead, _ramped(behind), near


def _ramped(values: Floats) -> Floats:
    """Smooth the sudden rise over a few hours."""
    from scipy import ndimage

    return np.asarray(ndimage.gaussian_filter1d(values, 2.5, mode="nearest"))


def local_weather(rain: Floats, places: Places, air: Air) -> dict[str, Singles]:
    """Return the variables of each place, shape (places, hours), by their names in forcing files."""
    shape = rain.shape
    temperature, humidity, pressure, shortwave, longwave = (np.empty(shape, np.float32) for _ in range(5))
    fill_sky(
        rain,
        np.column_stack((places.longitude, places.latitude, places.elevation)),
        (air.day, air.hour, air.temperature, air.pressure, air.cloud, air.dryness),
        (temperature, humidity, pressure, shortwave, longwave),
    )
    gust = 1 + 0.25 * np.cos(2 * np.pi * (air.hour + places.longitude[:, None] / 15 - 15) / 24)
    exposure = np.clip(1 + 3e-4 * (places.elevation - 300), 0.7, 1.6)[:, None]
    return {
        "precip_rate": (rain / 3600).astype(np.float32),
        "TMP_2maboveground": temperature,
        "SPFH_2maboveground": humidity,
        "UGRD_10maboveground": (exposure * (gust * air.wind_x)).astype(np.float32),
        "VGRD_10maboveground": (exposure * (gust * air.wind_y)).astype(np.float32),
        "PRES_surface": pressure,
        "DSWRF_surface": shortwave,
        "DLWRF_surface": longwave,
    }


@compiled
def sine_of_sun(latitude: float, declination: float, solar_hour: float) -> float:
    """Return the sine of the sun's height, mean over one hour around ``solar_hour``, not below 0."""
    total = 0.0
    for shift in (-1.0 / 3.0, 0.0, 1.0 / 3.0):
        angle = np.pi / 12.0 * (solar_hour + shift - 12.0)
        height = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(
            angle
        )
        total += max(height, 0.0)
    return total / 3.0


@compiled
def fill_sky(
    rain: Floats,
    where: Floats,
    air: tuple[Floats, Floats, Floats, Floats, Floats, Floats],
    sky: tuple[Singles, Singles, Singles, Singles, Singles],
) -> None:
    """Fill temperature, specific humidity, pressure, shortwave and longwave radiation of each place.

    Clear-sky shortwave: Haurwitz (1945); clouds: Kasten and Czeplak (1980),
    doi:10.1016/0038-092X(80)90391-6. Vapour pressure: Bolton (1980), eq. 10. Longwave: Brutsaert (1975),
    doi:10.1029/WR011i005p00742, with clouds as Crawford and Duchon (1999),
    doi:10.1175/1520-0450(1999)038<0474:AIPFEE>2.0.CO;2.
    """
    day, utc, regional, deviation, cover, dryness = air
    temperature, humidity, pressure, shortwave, longwave = sky
    hours = rain.shape[1]
    for c in range(rain.shape[0]):
        longitude, latitude, elevation = where[c]
        standard = 101325.0 * (1.0 - 2.25577e-5 * elevation) ** 5.25588
        offset = -LAPSE * elevation - 0.7 * (latitude - 38.0)
        near_rain = 0.0
        for t in range(min(2, hours)):
            near_rain += rain[c, t]
        for t in range(hours):
            if t + 2 < hours:
                near_rain += rain[c, t + 2]
            if t >= 3:
                near_rain -= rain[c, t - 3]
            overcast = 1.0 - np.exp(-max(near_rain, 0.0) / 1.5)
            cloud = cover[t] + (1.0 - cover[t]) * overcast
            solar = (utc[t] + longitude / 15.0) % 24.0
            declination = 0.4093 * np.sin(2.0 * np.pi * (day[t] - 81.0) / 365.25)
            sine = sine_of_sun(np.radians(latitude), declination, solar)

            swing = 6.2 - 4.4 * cloud
            course = np.cos(2.0 * np.pi * (solar - 15.0) / 24.0) + 0.15 * np.cos(np.pi * (solar - 3.0) / 6.0)
            mean = regional[t] + offset - 0.8 * overcast
            kelvin = mean + swing * course
            depression = max(6.0 * (1.0 - cloud) + 2.5 + dryness[t] - 2.0 * overcast, 0.3)
            dew = min(mean - 0.45 * swing + 2.0 - depression, kelvin - 0.2)
            if rain[c, t] > 0.1:  # rain evaporates on its way: cooler and moister air
                dry = kelvin - dew
                kelvin -= 0.6 * overcast * dry
                dew += 0.25 * overcast * dry
            vapour = 611.2 * np.exp(17.67 * (dew - FREEZING) / (dew - 29.65))
            pascal = standard + deviation[t] * standard / 101325.0
            clear = 1.24 * (vapour / 100.0 / kelvin) ** (1.0 / 7.0)
            emissivity = min(clear + (1.0 - clear) * 0.55 * cloud, 1.0)

            temperature[c, t] = kelvin
            humidity[c, t] = 0.622 * vapour / (pascal - 0.378 * vapour)
            pressure[c, t] = pascal
            shortwave[c, t] = 0.0
            if sine > 0.003:
                beam = HAZE * 1098.0 * sine * np.exp(-0.057 / sine)
                shortwave[c, t] = beam * (1.0 + 3e-5 * elevation) * (1.0 - 0.75 * cloud**3.4)
            longwave[c, t] = emissivity * STEFAN_BOLTZMANN * kelvin**4
