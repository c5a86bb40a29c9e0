"""All metrics by name, and found by the names that others give them."""

from __future__ import annotations

import difflib
import re

from dmod.errors import NotFoundError
from dmod.evaluation.metric import Metric
from dmod.evaluation.metrics.agreement import METRICS_OF_AGREEMENT
from dmod.evaluation.metrics.annual_peak import METRICS_OF_ANNUAL_PEAK
from dmod.evaluation.metrics.association import METRICS_OF_ASSOCIATION
from dmod.evaluation.metrics.categorical import METRICS_OF_CATEGORIES
from dmod.evaluation.metrics.categorical_skill import METRICS_OF_CATEGORICAL_SKILL
from dmod.evaluation.metrics.duration import METRICS_OF_DURATION
from dmod.evaluation.metrics.efficiency import METRICS_OF_EFFICIENCY
from dmod.evaluation.metrics.ensemble import METRICS_OF_ENSEMBLES
from dmod.evaluation.metrics.ensemble_calibration import METRICS_OF_ENSEMBLE_CALIBRATION
from dmod.evaluation.metrics.error import METRICS_OF_ERROR
from dmod.evaluation.metrics.event import METRICS_OF_EVENTS
from dmod.evaluation.metrics.event_error import METRICS_OF_EVENT_ERRORS
from dmod.evaluation.metrics.event_timing import METRICS_OF_EVENT_TIMING
from dmod.evaluation.metrics.kling_gupta import METRICS_OF_KLING_GUPTA
from dmod.evaluation.metrics.peak import METRICS_OF_PEAK
from dmod.evaluation.metrics.signature_error import METRICS_OF_SIGNATURES
from dmod.evaluation.metrics.volume import METRICS_OF_VOLUME

_ALL = (
    *METRICS_OF_EFFICIENCY,
    *METRICS_OF_KLING_GUPTA,
    *METRICS_OF_AGREEMENT,
    *METRICS_OF_ERROR,
    *METRICS_OF_ASSOCIATION,
    *METRICS_OF_VOLUME,
    *METRICS_OF_PEAK,
    *METRICS_OF_ANNUAL_PEAK,
    *METRICS_OF_DURATION,
    *METRICS_OF_SIGNATURES,
    *METRICS_OF_EVENTS,
    *METRICS_OF_EVENT_ERRORS,
    *METRICS_OF_EVENT_TIMING,
    *METRICS_OF_CATEGORIES,
    *METRICS_OF_CATEGORICAL_SKILL,
    *METRICS_OF_ENSEMBLES,
    *METRICS_OF_ENSEMBLE_CALIBRATION,
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}

RUN_METRICS: tuple[str, ...] = (
    "nse",
    "kge",
    "kge_2012",
    "r",
    "alpha",
    "beta",
    "gamma",
    "log_nse",
    "r_squared",
    "percent_bias",
    "rmse",
    "mae",
    "volume_error",
    "peak_error",
    "peak_timing_error",
)
"""What the report of a run tells, in its order."""


def find_metric(name: str) -> Metric:
    """Return the metric of a name, a title or another name that is in use, such as DMOD's.

    Case, spaces, hyphens and underscores do not matter.

    Raises
    ------
    NotFoundError
        there is none; the hint names those that are written alike.
    """
    found = _BY_SPELLING.get(_spelling(name))
    if found is not None:
        return found
    near = difflib.get_close_matches(_spelling(name), _BY_SPELLING, n=5, cutoff=0.6)
    alike = ", ".join(dict.fromkeys(_BY_SPELLING[spelling].name for spelling in near))
    raise NotFoundError(
        f"there is no metric {name!r}",
        hint=f"did you mean one of {alike}?" if alike else f"there are {', '.join(METRICS)}",
    )


def _spelling(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold().replace("α", "alpha").replace("β", "beta"))


def _by_spelling() -> dict[str, Metric]:
    """Every spelling of every metric; names come before what else they are called."""
    spellings: dict[str, Metric] = {_spelling(metric.name): metric for metric in _ALL}
    for metric in _ALL:
        for other in (*metric.aliases, metric.title):
            spellings.setdefault(_spelling(other), metric)
    return spellings


_BY_SPELLING = _by_spelling()
