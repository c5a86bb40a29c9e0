"""The reference page of the metrics, made from the registry: ``python -m dmod.evaluation.metric_page``."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dmod.evaluation.metric import Group, Metric
from dmod.evaluation.metric_registry import METRICS, RUN_METRICS

HEAD = """\
# Metrics

<!-- Written by `python -m dmod.evaluation.metric_page` from src/dmod/evaluation/metric_registry.py. -->

*s* is simulated and *o* observed flow [m³/s] over the same complete intervals; *m* is the mean and *sd* the
standard deviation over time, Δt the interval [s]. A pair with a missing member is left out; zero is a value.
Where a score is not defined it is `NaN`, and a report says why.

`dmod run --observed` scores {run}.

A name is written as below, or as other names of it are; capitals, spaces, hyphens and underscores do not
matter.

## From Python

Each metric is a function of `dmod.evaluation.metrics`: `(simulated, observed, *, weights=None)`, and what it
needs besides as further keywords: `dt` [s], `times` [h since 1970-01-01 00:00 UTC], `threshold` [unit of the
input]. The last axis is time; leading axes, such as locations, are kept. An ensemble has its members as one
more axis.

| function | what for |
|---|---|
| `dmod.evaluation.block_scores.score_block` | many metrics of many series at once |
| `dmod.evaluation.uncertainty.confidence_intervals` | intervals of confidence by a block bootstrap |
| `dmod.evaluation.skill.skill` | any metric against a benchmark |
| `dmod.evaluation.skill.climatology`, `climatology_members`, `persistence` | benchmarks of observations |
| `dmod.evaluation.ensemble_rank.rank_histogram` | how often the observation has each rank among the members |
| `dmod.evaluation.exceedance.reliability_table` | what occurred where each probability was given |
| `dmod.evaluation.metric_registry.find_metric` | a metric by any of its names |

"""

INTRODUCTIONS = {
    Group.EFFICIENCY: "How well a hydrograph is met as a whole.",
    Group.ERROR: "How far values are off.",
    Group.ASSOCIATION: "Whether both vary together, and as much.",
    Group.VOLUME: "How much water there is, whenever it flows.",
    Group.PEAK: "The highest flows: how high, and when.",
    Group.DURATION: "Flow duration curves: how often which flow is exceeded.",
    Group.SIGNATURE: "What flow is like by itself, simulated against observed.",
    Group.EVENT: "Floods one by one.",
    Group.CATEGORICAL: (
        "Whether a threshold is exceeded. *H* hits, *M* misses, *F* false alarms and *C* correct negatives "
        "are shares of the *n* pairs."
    ),
    Group.ENSEMBLE: (
        "Several simulations of the same as a distribution. *x_i* are the *M* members at a time, *x̄* is "
        "their mean, *q* their quantile (the i-th in order is that of i / (M + 1)); *y* is the observation, "
        "*p* the share of the members at or above a threshold, *o* is 1 where the observation is. A single "
        "run is an ensemble of one member, whose CRPS is its mean absolute error."
    ),
}


def metrics_page() -> str:
    """Return the reference page ``docs/reference/metrics.md``."""
    run = ", ".join(f"`{name}`" for name in RUN_METRICS)
    return (HEAD.format(run=run) + "\n".join(_sections())).rstrip() + "\n"


def _sections() -> Iterator[str]:
    for group in Group:
        members = [metric for metric in METRICS.values() if metric.group == group]
        if members:
            title = group.value[0].upper() + group.value[1:]
            rows = "".join(map(_row, members))
            entries = "\n".join(map(_entry, members))
            yield f"## {title}\n\n{INTRODUCTIONS[group]}\n\n{TABLE}{rows}\n{entries}"


TABLE = "| name | metric | unit | range | ideal | definition |\n|---|---|---|---|---|---|\n"


def _row(metric: Metric) -> str:
    ideal = "–" if math.isnan(metric.ideal) else f"{metric.ideal:g}"
    cells = (f"`{metric.name}`", metric.title, metric.unit, metric.range, ideal, metric.definition)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _entry(metric: Metric) -> str:
    needs = f" It needs {_listed(metric.needs)}." if metric.needs else ""
    aliases = f" Also: {_listed(metric.aliases)}." if metric.aliases else ""
    undefined = f" Not defined where {' or '.join(metric.undefined)}." if metric.undefined else ""
    return (
        f"### {metric.title}\n\n`{metric.name}`. {metric.meaning}{undefined}{needs}{aliases}\n\n"
        f"{metric.reference}\n"
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    from pathlib import Path

    page = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"
    page.write_text(metrics_page(), encoding="utf-8")
