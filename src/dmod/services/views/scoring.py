"""A series of a run that is looked at, scored against observations that are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import CoverageError, InputError, NotFoundError, UnitError
from dmod.evaluation.align import Pairs, align
from dmod.evaluation.observed import FLOW, ObservedSeries
from dmod.evaluation.score import Scores, score
from dmod.services.evaluation.pairing import bare
from dmod.services.evaluation.run_source import WITHOUT_DELAY
from dmod.services.evaluation.source_options import SourceOptions, scale_of
from dmod.services.views.view import DatasetView, Seconds

BASIN, RIVERS = "basin", "rivers"
Period = tuple[int | None, int | None]
"""First and last moment that count [s since 1970], both included; None for all there is."""


@dataclass(frozen=True, slots=True)
class ScoredPlace:
    """What a run scored at a place against a gauge.

    Parameters
    ----------
    layer, place, variable : of the run
    gauge : of the observations
    pairs : that were scored
    notes : how they were made, and what to know of them, one sentence each
    """

    layer: str
    place: str
    variable: str
    gauge: str
    pairs: Pairs
    scores: Scores
    notes: tuple[str, ...]


def score_place(
    run: DatasetView,
    observed: DatasetView,
    *,
    layer: str = BASIN,
    place: str = "",
    variable: str = "",
    gauge: str = "",
    period: Period = (None, None),
) -> ScoredPlace:
    """Score flow at a place of a run against a gauge, over all that both have in common.

    Flow and observations are paired as the run itself pairs them (:func:`dmod.evaluation.align.align`); no
    warm-up is left out, unless ``period`` begins after it.

    Parameters
    ----------
    place : of the layer; "" for its only one, such as the outlet of ``basin``
    variable : "" for the first of the layer
    gauge : "" for the only one, or the one that stands at the run's outlet

    Raises
    ------
    NotFoundError
        there is no such layer, place, variable or gauge.
    UnitError
        the variable is no flow.
    InputError
        it is not said which of several places or gauges is meant, or ``observed`` holds no observations.
    CoverageError
        the series share no complete interval; the message holds both periods.
    """
    looked = run.layer(layer)
    name, where = looked.require(variable), place or _only(tuple(looked.index), f"places of {layer}")
    against = _gauge(observed, gauge, run.summary)
    seconds, values, unit = run.series(layer, where, name, *period)
    values = values * _scale(unit, layer, name)
    if not len(seconds):
        raise CoverageError("the run has no step in the period that is asked for", hint="choose a longer one")
    step = looked.step
    if step is None:
        raise InputError(f"{layer} of the run have no equal steps", hint="look at another kind of place")
    if layer == RIVERS and WITHOUT_DELAY in str(_result(run.summary).get("routing", "")):
        seconds = seconds - step  # the mean of the step that ends there
    series = observed.observed[against]
    pairs = align(seconds.astype("datetime64[s]"), values, step, _within(series, period))
    notes = (*series.notes, *pairs.notes, *_cautions(run.summary, (layer, where), against, period))
    return ScoredPlace(layer, where, name, against, pairs, score(pairs), tuple(dict.fromkeys(notes)))


def _within(series: ObservedSeries, period: Period) -> ObservedSeries:
    """Return an observed series without what lies outside of a period."""
    first, last = period
    stamps: Seconds = series.times.astype("datetime64[s]").astype(np.int64)
    inside: NDArray[np.bool_] = np.ones(len(stamps), dtype=np.bool_)
    if first is not None:
        inside &= stamps >= first
    if last is not None:
        inside &= stamps <= last
    if inside.all() or not inside.any():  # without any its own period is told
        return series
    return replace(series, times=series.times[inside], values=series.values[inside])


def _only(names: tuple[str, ...], what: str) -> str:
    if len(names) == 1:
        return names[0]
    some = ", ".join(names[:6])
    raise InputError(f"it is not said which of {len(names):,} {what} is meant", hint=f"there are {some} …")


def _gauge(observed: DatasetView, gauge: str, summary: Mapping[str, Any]) -> str:
    there = tuple(observed.observed)
    if not there:
        raise InputError("what is named as observed holds no observations", hint="name such a dataset")
    if gauge:
        found = next((name for name in there if gauge == name), None) or _like(there, gauge)
        if found is None:
            raise NotFoundError(f"no gauge {gauge!r} is in it", hint="there are " + ", ".join(there[:6]))
        return found
    own = _like(there, str(_result(summary).get("gauge") or ""))
    return own or _only(there, "gauges")


def _like(names: tuple[str, ...], gauge: str) -> str | None:
    """Return the gauge that is meant by another spelling of its id."""
    return next((name for name in names if gauge and bare(name) == bare(gauge)), None)


def _scale(unit: str, layer: str, variable: str) -> float:
    """Return by what a variable is multiplied to be a flow [m3 s-1]."""
    try:
        return scale_of(unit, SourceOptions(), variable)
    except UnitError as error:
        raise UnitError(
            f"{variable} of {layer} is no flow that observations can be compared with: "
            + (f"its unit is {unit}, not {FLOW}" if unit else "its unit is not stated"),
            hint="choose the variable that is flow",
        ) from error


def _cautions(
    summary: Mapping[str, Any], looked: tuple[str, str], gauge: str, period: Period
) -> tuple[str, ...]:
    """Return what somebody has to know who compares these scores with others."""
    result, said = _result(summary), []
    own, outlet = str(result.get("gauge") or ""), str(result.get("outlet") or "")
    rivers = [str(name) for name in result.get("outlet_flowpaths") or ()]
    layer, place = looked
    at_outlet = layer == BASIN or place == outlet or (layer == RIVERS and rivers == [place])
    if own and bare(own) == bare(gauge) and not at_outlet:
        said.append(f"gauge {gauge} stands at the run's outlet {outlet}, not at {place}")
    is_numbered = any(letter.isdigit() for letter in gauge)  # else it is what a file happens to be called
    if own and is_numbered and bare(own) != bare(gauge) and at_outlet:
        said.append(f"gauge {own} stands at the run's outlet {outlet}; these observations are of {gauge}")
    options = summary.get("options")
    warm_up = options.get("warm_up") if isinstance(options, dict) else None
    if warm_up and period[0] is None:
        said.append(f"the run's own scores leave out a warm-up of {warm_up}, which counts here")
    return tuple(said)


def _result(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    found = summary.get("result")
    return found if isinstance(found, dict) else {}
