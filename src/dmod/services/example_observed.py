"""The "observed" series of an example basin: another run, wrong in every way that models are wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis
from dmod.forcing.weather import Weather
from dmod.hydrofabric.example.soils import Soils

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

GAUGE_NAME = "synthetic gauge"

_LABEL = """\
# SYNTHETIC: this is a {name}; it measures no real river.
# Made by a run with other soils and other rain, plus autocorrelated error and outages.
# gauge {gauge}, at {nexus}; times are UTC, a value is the flow at its stamp
"""


@dataclass(frozen=True, slots=True)
class Truth:
    """How the world differs from what the model is told; drawn from the example's seed.

    Parameters
    ----------
    rain : factor per hour, shape (hours,)
    warmth : added to the temperature, shape (hours,) [K]
    """

    seed: int
    rain: Floats
    warmth: Floats

    @classmethod
    def draw(cls, seed: int, hours: int) -> Truth:
        """Draw errors of rain (28 %, over days) and of temperature (0.6 K, over days)."""
        random = np.random.default_rng([seed, 3])
        rain = np.exp(0.28 * _persistent(hours, 60.0, random) + random.normal(0.0, 0.03))
        return cls(seed, rain, 0.6 * _persistent(hours, 100.0, random))

    def soils(self, soils: Soils) -> Soils:
        """Return the soils as they "really" are."""
        random = np.random.default_rng([self.seed, 4])
        n = soils.b.size

        def other(values: Floats, bias: float, scatter: float) -> Floats:
            factor = np.exp(random.normal(0.0, bias) + scatter * random.standard_normal(n))
            return np.asarray(values * factor)

        return replace(
            soils,
            conductivity=other(soils.conductivity, 0.2, 0.4),
            drainage=np.clip(other(soils.drainage, 0.15, 0.3), 0.01, 1.0),
            runoff=np.clip(other(soils.runoff, 0.12, 0.2), 0.3, 8.0),
            storage=other(soils.storage, 0.15, 0.2),
            release=other(soils.release, 0.15, 0.2),
        )

    def blocks(self, weather: Weather) -> Iterator[tuple[int, dict[str, Singles]]]:
        """Yield the weather as it "really" was, complete and with the hours before the period."""
        for first, values in weather.with_lead().blocks():
            values["precip_rate"] *= self.rain.astype(np.float32)
            values["TMP_2maboveground"] += self.warmth.astype(np.float32)
            yield first, values


def measured(flow: Floats, seed: int) -> Floats:
    """Return a flow as a gauge would report it: with persistent relative error, and NaN in outages."""
    random = np.random.default_rng([seed, 5])
    error = np.exp(0.05 * _persistent(flow.size, 36.0, random) + 0.01 * random.standard_normal(flow.size))
    series = flow * error
    for _ in range(random.poisson(3.0 * flow.size / 8766)):
        first = int(random.integers(flow.size))
        series[first : first + int(random.integers(4, 72))] = np.nan
    return np.asarray(series)


def write_observed(path: Path, axis: TimeAxis, flow: Floats, *, gauge: str, nexus: str) -> None:
    """Write the series as CSV, labelled; hours without a value are left empty."""
    label = _LABEL.format(name=GAUGE_NAME, gauge=gauge, nexus=nexus)
    rows = (
        f"{time},{'' if np.isnan(value) else format(value, '.5g')}"
        for time, value in zip(axis.labels(), flow.tolist(), strict=True)
    )
    path.write_text(label + "time,flow[m3 s-1]\n" + "\n".join(rows) + "\n", encoding="utf-8")


def _persistent(count: int, hours: float, random: np.random.Generator) -> Floats:
    """Return a first-order autoregressive series of variance 1 that forgets over ``hours``."""
    from scipy import signal

    memory = np.exp(-1 / hours)
    noise = random.standard_normal(count) * np.sqrt(1 - memory**2)
    start = random.standard_normal() * memory
    return np.asarray(signal.lfilter([1.0], [1.0, -memory], noise, zi=[start])[0])
