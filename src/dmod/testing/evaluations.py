"""An evaluation made by code: gauges, scores, facets, series; for tests of pages and for looking at them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.evaluation.diagram import EnsembleDiagram, Occurrence
from dmod.evaluation.evaluation import COLUMNS, Evaluation, Grade, Place, PlaceSeries

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
METRICS = ("kge", "nse", "log_nse", "percent_bias", "r", "rmse", "mae", "peak_timing_error")
THRESHOLDS = ("75th percentile", "Flood")
CATEGORICAL = ("pod", "far", "csi")
SEASONS = ("DJF", "MAM", "JJA", "SON")
REGIMES = ("low", "mid", "high")
LOST = "observed flow is constant (0 m3 s-1)"


def example_evaluation(
    places: int = 40,
    configurations: tuple[str, ...] = ("calibrated", "default", "regional"),
    *,
    metrics: tuple[str, ...] = METRICS,
    steps: int = 24 * 60,
    drawn: int = 4,
    facets: bool = True,
    intervals: bool = True,
    seed: int = 11,
) -> Evaluation:
    """Return an evaluation that looks like one of real gauges.

    Parameters
    ----------
    steps : hourly, of each series
    drawn : places whose series are given, the first ones
    facets : whether scores are told apart by season and regime
    intervals : whether scores have intervals of confidence
    """
    random = np.random.default_rng(seed)
    found = tuple(_place(index, random) for index in range(places))
    scores = _scores(found, configurations, metrics, random, facets=facets, intervals=intervals)
    grades = tuple(
        Grade(name, 0.74 - 0.06 * k, 74.0 - 6.0 * k, {place.id: 70.0 for place in found[:2]}, {})
        for k, name in enumerate(configurations)
    )
    return Evaluation(
        title="Example evaluation",
        unit="m3 s-1",
        configurations=configurations,
        metrics=(*metrics, *CATEGORICAL),
        places=found,
        scores=scores,
        series={place.id: _series(configurations, steps, random) for place in found[:drawn]},
        grades=grades,
        sources={"observed.parquet": "5f" * 32, "calibrated/troute_output.nc": "a1" * 32},
        notes=("Observed values every 15 minutes were averaged to the hour.", "3 gauges have gaps."),
    )


def with_ensemble(evaluation: Evaluation, name: str, members: int = 10) -> Evaluation:
    """Return an evaluation in which a configuration is an ensemble: with bands, ranks and probabilities."""
    shares = {0.05: 0.7, 0.25: 0.85, 0.75: 1.2, 0.95: 1.5}
    series = {
        place: replace(
            one, bands={name: {share: one.simulated[name] * factor for share, factor in shares.items()}}
        )
        for place, one in evaluation.series.items()
    }
    number = np.arange(members + 1.0)
    times = 1000.0 / (1.0 + number)
    occurrences = {
        threshold: Occurrence(times, times * number / members, times * (number / members) ** 2)
        for threshold in THRESHOLDS
    }
    diagram = EnsembleDiagram(name, 50.0 + (number - members / 2.0) ** 2, occurrences)
    return replace(evaluation, series=series, diagrams=(diagram,))


def unplaced(evaluation: Evaluation) -> Evaluation:
    """Return an evaluation as one of other locations, of which no coordinates are known."""
    places = tuple(Place(f"other {place.id}") for place in evaluation.places)
    scores = evaluation.scores.assign(location="other " + evaluation.scores["location"])
    return replace(evaluation, places=places, scores=scores, series={})


def _place(index: int, random: np.random.Generator) -> Place:
    lon, lat = random.uniform(-123.0, -69.0), random.uniform(27.0, 48.5)
    area = float(np.exp(random.normal(5.5, 1.2)))
    name = f"River {index} near Town {index % 17}"
    return Place(f"{1_000_000 + 137 * index:08d}", name, lon, lat, {"area [km2]": round(area, 1)})


def _scores(
    places: tuple[Place, ...],
    configurations: tuple[str, ...],
    metrics: tuple[str, ...],
    random: np.random.Generator,
    *,
    facets: bool,
    intervals: bool,
) -> pd.DataFrame:
    import pandas as pd

    ids = [place.id for place in places]
    hard = random.normal(0.0, 1.0, len(places))
    parts = [("", "")]
    if facets:
        parts += [("season", name) for name in SEASONS] + [("regime", name) for name in REGIMES]
    measures = [(name, "") for name in metrics] + [(name, t) for t in THRESHOLDS for name in CATEGORICAL]
    frames = []
    for k, configuration in enumerate(configurations):
        own = hard + random.normal(0.0, 0.4, len(places)) + 0.35 * k
        for offset, (facet, part) in enumerate(parts):
            for metric, threshold in measures:
                values = _values(metric, own + 0.15 * (offset % 5), random)
                values[3 % len(values)] = np.nan
                spread = (
                    0.06 * np.abs(values) + 0.01 if intervals and not facet else np.full(len(ids), np.nan)
                )
                frames.append(
                    pd.DataFrame(
                        {
                            "configuration": configuration,
                            "location": ids,
                            "metric": metric,
                            "threshold": threshold,
                            "facet": facet,
                            "part": part,
                            "value": values,
                            "low": values - spread,
                            "high": values + spread,
                            "pairs": 8760 - 100 * k,
                            "reason": np.where(np.isnan(values), LOST, ""),
                        }
                    )
                )
    return pd.concat(frames, ignore_index=True).astype(COLUMNS)


def _values(metric: str, hard: Floats, random: np.random.Generator) -> Floats:
    noise = random.normal(0.0, 0.25, len(hard))
    if metric in {"percent_bias", "volume_error", "peak_error"}:
        return np.asarray(12.0 * hard + 10.0 * noise)
    if metric in {"rmse", "mae"}:
        return np.asarray(np.exp(1.0 + 0.8 * hard + noise))
    if metric == "peak_timing_error":
        return np.asarray(np.round(3.0 * hard + 4.0 * noise))
    if metric in {"pod", "csi", "far", "r"}:
        share = 1.0 / (1.0 + np.exp(0.9 * hard - 0.8 + noise))
        return np.asarray(share if metric != "far" else 1.0 - share)
    return np.asarray(1.0 - np.exp(0.62 * hard - 1.0 + noise))


def _series(configurations: tuple[str, ...], steps: int, random: np.random.Generator) -> PlaceSeries:
    times = np.datetime64("2015-10-01T00:00:00", "s") + 3600 * np.arange(steps).astype("timedelta64[s]")
    size = float(np.exp(random.normal(2.0, 1.0)))
    rain = random.gamma(0.3, 1.0, steps) * (random.random(steps) < 0.03)

    def flow(quick: float, slow: float) -> Floats:
        hours = np.arange(min(steps, 2000))
        response = 0.6 * np.exp(-hours / quick) / quick + 0.4 * np.exp(-hours / slow) / slow
        return np.asarray(size * (0.05 + 30.0 * np.convolve(rain, response)[:steps]))

    noise = np.exp(0.02 * np.cumsum(random.normal(0.0, 0.3, steps)) - 0.02 * np.arange(steps) / steps)
    observed = flow(14.0, 420.0) * noise
    observed[steps // 3 : steps // 3 + steps // 40] = np.nan
    simulated = {
        name: flow(10.0 + 6.0 * k, 380.0 + 70.0 * k) * (1.0 + 0.05 * k)
        for k, name in enumerate(configurations)
    }
    return PlaceSeries(times, 3600, observed, simulated)
