"""Choosing the wanted series among those that a source has, and putting its rows in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np

from dmod.core.time_axis import EPOCH
from dmod.errors import CoverageError, NotFoundError
from dmod.observations.codes import APPROVED
from dmod.observations.gage import resembling
from dmod.observations.series import Series, Texts, Times

Kind = Literal["daily", "instantaneous"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for.

    Parameters
    ----------
    statistic : of daily values
    start, end : UTC; of daily values their dates name the first and the last day. Both are included
    """

    gage: str
    kind: Kind
    parameter: str
    statistic: str
    start: datetime | None = None
    end: datetime | None = None


def choose(found: Sequence[Series], wanted: Wanted, source: str) -> Series:
    """Return the one series that is wanted, in order and within the period.

    Raises
    ------
    NotFoundError
        the source does not hold the gauge, or not this parameter and kind; the hint says what it holds.
    CoverageError
        it holds nothing within the period; the message says what there is.
    """
    here, notes = _of_gage(found, wanted.gage, source)
    kind = [
        s
        for s in here
        if s.parameter == wanted.parameter
        and s.daily == (wanted.kind == "daily")
        and (not s.daily or s.statistic == wanted.statistic)
    ]
    if not kind:
        held = "; ".join(dict.fromkeys(s.title for s in here))
        raise NotFoundError(
            f"{source} holds no {_words(wanted)} of gauge {wanted.gage}", hint=f"it holds {held}"
        )
    within = [cut(ordered(s), wanted) for s in kind]
    best = max(within, key=lambda s: int(np.isfinite(s.values).sum()))
    if not len(best.times):
        raise CoverageError(
            f"{source} holds no {_words(wanted)} of gauge {wanted.gage} between {period_text(wanted)}",
            hint=f"there is {'; '.join(_extent(s) for s in kind)}",
        )
    others = [s for s in within if s is not best and np.isfinite(s.values).any()]
    if others:
        taken = f"series {best.id or 'without a name'} ({np.isfinite(best.values).sum()} values) was taken"
        left = ", ".join(f"{s.id or 'another'} ({np.isfinite(s.values).sum()})" for s in others)
        notes = (*notes, f"the gauge has several series of this kind: {taken}, left out: {left}")
    return replace(best, site=wanted.gage, notes=(*best.notes, *notes))


def _of_gage(found: Sequence[Series], gage: str, source: str) -> tuple[list[Series], tuple[str, ...]]:
    named = list(dict.fromkeys(s.site for s in found if s.site))
    if not found:
        raise NotFoundError(f"{source} holds no series", hint="ask the service for another period or gauge")
    if not named:
        return list(found), (f"the source names no gauge; its values are taken as those of {gage}",)
    if gage in named:
        return [s for s in found if s.site == gage], ()
    bare = [site for site in named if site.isdigit() and len(site) < 8 and site.zfill(8) == gage]
    if bare:
        note = f"the source writes the gauge as {bare[0]}: its zeros in front were lost"
        return [s for s in found if s.site == bare[0]], (note,)
    near = resembling(gage, named)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it holds {', '.join(sorted(named)[:10])}"
    raise NotFoundError(f"{source} does not hold gauge {gage}", hint=hint)


def _words(wanted: Wanted) -> str:
    statistic = f" statistic {wanted.statistic}" if wanted.kind == "daily" else ""
    return f"{wanted.kind} values of parameter {wanted.parameter}{statistic}"


def period_text(wanted: Wanted) -> str:
    """Return the period in words."""
    shape = "%Y-%m-%d" if wanted.kind == "daily" else "%Y-%m-%d %H:%M"
    start = wanted.start.strftime(shape) if wanted.start else "its beginning"
    end = wanted.end.strftime(shape) if wanted.end else "its end"
    return f"{start} and {end}"


def _extent(series: Series) -> str:
    if not len(series.times):
        return f"{series.title} without a value"
    stamps = series.dates() if series.daily else series.times.astype("datetime64[m]")
    return f"{series.title} from {stamps.min()} to {stamps.max()} ({len(stamps)} values)".replace("T", " ")


def ordered(series: Series) -> Series:
    """Return the rows in order of time, each time once.

    Of rows of one time, the one with a value goes before one without, the approved before the provisional;
    rows of the same standing that contradict each other are missing. What was merged is noted.
    """
    rank = np.where(np.isfinite(series.values), 0, 2) + np.where(series.approval == APPROVED, 0, 1)
    order = np.lexsort((rank, series.times))
    times, values, rank = series.times[order], series.values[order].copy(), rank[order]
    first = np.ones(len(times), dtype=bool)
    first[1:] = times[1:] != times[:-1]
    begin = np.flatnonzero(first)
    repeated = len(times) - len(begin)
    notes = list(series.notes)
    if repeated:
        notes.append(f"{repeated} repeated times were merged")
        group = np.cumsum(first) - 1
        best = rank == rank[begin][group]
        differs = best & np.isfinite(values) & (values != values[begin][group])
        contradicted = np.unique(group[differs])
        if len(contradicted):
            values[begin[contradicted]] = np.nan
            notes.append(f"{len(contradicted)} times with contradicting values are taken as missing")
    return replace(
        series,
        times=times[begin],
        values=values[begin],
        approval=series.approval[order][begin],
        qualifiers=series.qualifiers[order][begin],
        notes=tuple(notes),
    )


def cut(series: Series, wanted: Wanted) -> Series:
    """Return the rows within the period."""
    stamps: Times = series.dates() if series.daily else series.times
    kept = np.ones(len(stamps), dtype=bool)
    if wanted.start is not None:
        kept &= stamps >= _stamp(wanted.start, series.daily)
    if wanted.end is not None:
        kept &= stamps <= _stamp(wanted.end, series.daily)
    return taken(series, kept)


def taken(series: Series, kept: np.ndarray) -> Series:
    """Return some of the rows."""
    columns: dict[str, Texts] = {"approval": series.approval[kept], "qualifiers": series.qualifiers[kept]}
    return replace(
        series,
        times=series.times[kept],
        values=series.values[kept],
        approval=columns["approval"],
        qualifiers=columns["qualifiers"],
    )


def _stamp(time: datetime, daily: bool) -> np.datetime64:
    seconds = np.datetime64(round((time - EPOCH).total_seconds()), "s")
    return seconds.astype("datetime64[D]") if daily else seconds
