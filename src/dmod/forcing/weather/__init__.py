"""Synthetic hourly weather for example basins: storms, seasons, days, radiation."""

from dmod.forcing.weather.places import Places
from dmod.forcing.weather.weather import Weather, draw_weather

__all__ = ["Places", "Weather", "draw_weather"]
