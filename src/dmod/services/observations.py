"""Fetch what a stream gauge observed, and write it in the tidy form that a run is scored against."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dmod.core.time_axis import EPOCH, format_time
from dmod.errors import AlreadyExists, CoverageError, InputError, UnitError
from dmod.observations.choose import Kind, Wanted, choose, period_text
from dmod.observations.codes import ESTIMATED, PROVISIONAL
from dmod.observations.extent import Gap, extent
from dmod.observations.files import read_source
from dmod.observations.gage import parse_gage
from dmod.observations.series import FLOW, MEAN, Series
from dmod.observations.tidy import sidecar_of, write_tidy
from dmod.observations.zones import offset_text, parse_zone

USGS = "usgs"
SERVICE_VARIABLE = "DMOD_USGS_URL"
"""Environment variable: root of the service that ``usgs`` means, such as a mirror."""
KINDS = ("daily", "instantaneous")

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ObservationResult:
    """What was observed, and where it lies.

    Parameters
    ----------
    name : of the gauge; "" if the source does not say
    start, end : of the requested period, UTC; of a file without one its own
    first, last : times of the first and the last row, UTC
    count : rows with a value
    missing : rows without one
    provisional, estimated : rows that the agency marks so
    coverage : share of the requested period that values stand for, 0 to 1
    gaps : the longest ones, longest first
    gap_count : how many there are
    step : most frequent spacing [s]
    day_offset : how far the clock that daily values follow is ahead of UTC [s]; None for instantaneous ones
    qualifiers : code → how many rows carry it
    notes : what was assumed, merged or left out, one sentence each
    """

    site: str
    name: str
    kind: Kind
    parameter: str
    statistic: str
    unit: str
    start: datetime
    end: datetime
    first: datetime
    last: datetime
    count: int
    missing: int
    provisional: int
    estimated: int
    coverage: float
    gaps: tuple[Gap, ...]
    gap_count: int
    step: int
    day_offset: int | None
    qualifiers: Mapping[str, int]
    source: str
    path: Path
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values; times as ISO 8601 in UTC."""
        day = None if self.day_offset is None else offset_text(self.day_offset)
        return {
            "site": self.site,
            "name": self.name,
            "kind": self.kind,
            "parameter": self.parameter,
            "statistic": self.statistic,
            "unit": self.unit,
            "requested": {"start": _iso(self.start), "end": _iso(self.end)},
            "found": {"start": _iso(self.first), "end": _iso(self.last), "step_seconds": self.step},
            "count": self.count,
            "missing": self.missing,
            "provisional": self.provisional,
            "estimated": self.estimated,
            "qualifiers": dict(self.qualifiers),
            "coverage": round(self.coverage, 6),
            "gap_count": self.gap_count,
            "largest_gaps": [
                {"start": _iso(g.start), "end": _iso(g.end), "hours": g.length / timedelta(hours=1)}
                for g in self.gaps
            ],
            "day_starts_at_utc_offset": day,
            "source": self.source,
            "path": str(self.path),
            "notes": list(self.notes),
        }


def fetch_observations(
    gage: str,
    output: str | Path,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    kind: Kind = "instantaneous",
    source: str | Path = USGS,
    parameter: str = FLOW,
    statistic: str = MEAN,
    zone: str | None = None,
    unit: str = "",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ObservationResult:
    """Write a gauge's observed series as CSV, with a JSON file beside it that says where it comes from.

    On success both files are there; on failure the folder is as it was. Values keep their unit and codes.

    Parameters
    ----------
    gage : digits, zeros in front included; ``gage-`` or ``USGS-`` may stand before them
    output : ``.csv`` file to write
    start, end : UTC, both included; of daily values their dates name the first and the last day. A file may
        be taken whole without them
    source : "usgs" for the agency's service, the address of another one of the same kind (http…), a file, or
        a folder of files
    parameter : 00060 streamflow, 00065 gage height
    statistic : of daily values: 00003 mean, 00001 maximum, 00002 minimum
    zone : of the gauge (``MST``, ``-07:00``, ``America/Denver``), where the source does not say
    unit : where the source does not say
    progress : told what is being done

    Raises
    ------
    InputError
        gauge, period, kind or a file cannot be read.
    NotFoundError
        the source does not have the gauge, or not this parameter and kind.
    CoverageError
        it has nothing within the period; the message says what there is.
    StoreError
        the service cannot be reached or refuses (retryable where waiting can help), or the disk is full.
    AlreadyExists
        the output exists and is not to be replaced.
    """
    path = Path(output)
    wanted = _wanted(gage, kind, parameter, statistic, start, end)
    _require_free(path, overwrite=overwrite)
    spare = None if zone is None else parse_zone(zone, what="--zone")
    service = _service(source)
    now = datetime.now(UTC)
    if service is None:
        place = str(source)
        chosen = choose(read_source(Path(source), zone=spare, unit=unit, gage=wanted.gage), wanted, place)
        about: dict[str, Any] = {"retrieved": None, "read": _iso(now), "requests": []}
    else:
        place, chosen, about = _from_service(service, wanted, spare, now, progress)
    if not chosen.unit:
        raise UnitError(
            f"{place}: the unit of {chosen.title} is not stated",
            hint="state it with --unit ft3/s, or in the header, as in flow[ft3/s]",
        )
    result = _result(chosen, wanted, place, path)
    write_tidy(path, chosen, {**result.as_json(), **about, "made_by": f"dmod {version('dmod')}"})
    return result


def _wanted(
    gage: str, kind: Kind, parameter: str, statistic: str, start: datetime | None, end: datetime | None
) -> Wanted:
    if kind not in KINDS:
        raise InputError(f"kind {kind!r} is unknown", hint=" or ".join(KINDS))
    for name, code in (("parameter", parameter), ("statistic", statistic)):
        if not (len(code) == 5 and code.isascii() and code.isdigit()):
            raise InputError(
                f"{name} {code!r} is not a code of five digits",
                hint="00060 is streamflow, 00065 gage height; 00003 the mean of a day",
            )
    for name, time in (("start", start), ("end", end)):
        if time is not None and time.tzinfo is None:
            raise InputError(f"{name} {time} has no time zone", hint="give it in UTC")
    if start is not None and end is not None and end < start:
        raise InputError(
            f"the period ends ({format_time(end)}) before it starts ({format_time(start)})",
            hint="swap --start and --end",
        )
    first, last = (None if t is None else t.astimezone(UTC) for t in (start, end))
    return Wanted(parse_gage(gage), kind, parameter, statistic, first, last)


def _require_free(path: Path, *, overwrite: bool) -> None:
    if path.suffix.lower() != ".csv":
        raise InputError(
            f"{path} is not the name of a CSV file", hint="end it in .csv; its description becomes .json"
        )
    if path.is_dir():
        raise InputError(f"{path} is a folder", hint="name a file in it, such as gage-10109001.csv")
    for file in (path, sidecar_of(path)):
        if file.exists() and not overwrite:
            raise AlreadyExists(f"{file} exists", hint="replace it with --overwrite, or name another file")


def _service(source: str | Path) -> str | None:
    """Return the address of the service that is meant; None where a file is."""
    if isinstance(source, str) and source.lower() == USGS:
        from dmod.observations.usgs import SERVICE

        source = os.environ.get(SERVICE_VARIABLE, "").strip() or SERVICE
    elif not isinstance(source, str) or not source.startswith(("http://", "https://")):
        return None
    return source.rstrip("/")


def _from_service(
    service: str, wanted: Wanted, zone: Any, now: datetime, progress: Progress | None
) -> tuple[str, Series, dict[str, Any]]:
    from dmod.observations.usgs import available, citation, fetch

    reply = fetch(wanted, service=service, progress=progress)
    series = [column.series(zone) for column in reply.columns]
    if not any(len(one.times) for one in series):
        there = available(wanted, service=service)
        raise CoverageError(
            f"{service} has no {wanted.kind} values of parameter {wanted.parameter} for gauge {wanted.gage} "
            f"({reply.site.name or 'without a name'}) between {period_text(wanted)}",
            hint=f"it has {there}" if there else "it has none of this parameter at all",
        )
    chosen = choose(series, wanted, service)
    return service, chosen, {"retrieved": _iso(now), "requests": list(reply.requests), **citation(now)}


def _result(series: Series, wanted: Wanted, place: str, path: Path) -> ObservationResult:
    first, last = _time(series.times[0]), _time(series.times[-1])
    start, end = wanted.start or _asked(series, first), wanted.end or _asked(series, last)
    found = extent(series, start, end)
    valued = np.isfinite(series.values)
    codes = Counter(code for text in series.qualifiers.tolist() for code in text.split(":") if code)
    estimated = sum(
        not ESTIMATED.isdisjoint(part.lower() for part in text.split(":"))
        for text in series.qualifiers.tolist()
    )
    return ObservationResult(
        site=series.site,
        name=series.name,
        kind=wanted.kind,
        parameter=series.parameter,
        statistic=series.statistic,
        unit=series.unit,
        start=start,
        end=end,
        first=first,
        last=last,
        count=int(valued.sum()),
        missing=int((~valued).sum()),
        provisional=int(np.count_nonzero(series.approval == PROVISIONAL)),
        estimated=estimated,
        coverage=found.coverage,
        gaps=found.gaps,
        gap_count=found.gap_count,
        step=found.step,
        day_offset=series.day_offset,
        qualifiers=dict(sorted(codes.items())),
        source=place,
        path=path,
        notes=series.notes,
    )


def _asked(series: Series, time: datetime) -> datetime:
    """Return a time as a request would name it: of a daily value its date."""
    return time + timedelta(seconds=series.day_offset or 0)


def _time(stamp: np.datetime64) -> datetime:
    return EPOCH + timedelta(seconds=int(stamp.astype("datetime64[s]").astype(np.int64)))


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
