"""What is asked of a gridded store: opened, weighed, and checked before anything is read from it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np

from dmod.core.compiled import cache_folder
from dmod.core.problem import Problem, name_some
from dmod.core.time_axis import TimeAxis, format_time
from dmod.core.variables import BY_COLUMN
from dmod.errors import AlreadyExists, CoverageError, InputError
from dmod.forcing.gridded.coverage import find_weights
from dmod.forcing.gridded.opening import open_grid_source
from dmod.forcing.gridded.source import GridSource
from dmod.forcing.gridded.weights import METHODS, Method, Weights
from dmod.forcing.gridded.weights_cache import weights_file, weights_key
from dmod.hydrofabric.polygons import CatchmentPolygons, read_polygons

Partial = Literal["error", "renormalise"]
Missing = Literal["error", "renormalise", "keep"]
Progress = Callable[[str, float], None]

HOUR = 3600
PARTIAL: tuple[Partial, ...] = ("error", "renormalise")
MISSING: tuple[Missing, ...] = ("error", "renormalise", "keep")
COLUMNS = (
    "precip_rate",
    "TMP_2maboveground",
    "SPFH_2maboveground",
    "PRES_surface",
    "DLWRF_surface",
    "DSWRF_surface",
    "UGRD_10maboveground",
    "VGRD_10maboveground",
)
"""What the formulations read between them."""


@dataclass(frozen=True, slots=True)
class ForcingRequest:
    """What is to be derived; see `dmod.services.derive_forcing.derive_forcing`."""

    store: str
    hydrofabric: Path
    period: TimeAxis
    layout: str = "auto"
    variables: tuple[str, ...] = COLUMNS
    partial: Partial = "error"
    missing: Missing = "error"
    least_share: float = 0.0
    method: Method = "area"
    options: Mapping[str, str] = field(default_factory=dict)
    workers: int = 0
    block_hours: int | None = None
    csv: bool = False
    cache: Path | None = None

    def __post_init__(self) -> None:
        for what, value, allowed in (
            ("--partial", self.partial, PARTIAL),
            ("--missing", self.missing, MISSING),
            ("--method", self.method, METHODS),
        ):
            if value not in allowed:
                raise InputError(f"{what} {value!r} is not known", hint=f"one of {', '.join(allowed)}")
        if self.workers < 0:
            raise InputError(f"{self.workers} workers are impossible", hint="0 takes all cores")
        if self.block_hours is not None and self.block_hours < 1:
            raise InputError(f"blocks of {self.block_hours} hours are impossible", hint="1 or more")
        if not 0.0 <= self.least_share <= 1.0:
            raise InputError(f"--least-share {self.least_share:g} is impossible", hint="from 0 to 1")
        unknown = [name for name in self.variables if name not in COLUMNS]
        if unknown or not self.variables:
            what = f"{', '.join(unknown)} cannot be derived" if unknown else "none is named"
            raise InputError(f"--variables: {what}", hint=f"any of {', '.join(COLUMNS)}")

    @classmethod
    def of(
        cls,
        store: str,
        hydrofabric: Path,
        start: datetime,
        end: datetime,
        *,
        variables: Sequence[str] | None = None,
        options: Mapping[str, str] | None = None,
        **more: object,
    ) -> ForcingRequest:
        """Return the request for the hours from ``start`` to ``end``, both included."""
        for what, time in (("start", start), ("end", end)):
            if (time.minute, time.second, time.microsecond) != (0, 0, 0):
                raise InputError(
                    f"the {what} of the period, {format_time(time)}, is no full hour",
                    hint="forcing has a value an hour, stamped with the hour's beginning",
                )
        chosen = tuple(name for name in COLUMNS if name in variables) if variables is not None else COLUMNS
        if variables is not None and len(chosen) < len(set(variables)):
            chosen = tuple(variables)  # an unknown one is refused by name
        period = TimeAxis.between(start, end, HOUR)
        return cls(
            str(store), Path(hydrofabric), period, variables=chosen, options=dict(options or {}), **more
        )  # type: ignore[arg-type]

    @property
    def weights_folder(self) -> Path:
        """Where weights are kept; if nothing was said, in the user's cache folder."""
        return self.cache or Path(cache_folder()).parent.parent / "weights"


@dataclass(frozen=True, slots=True, eq=False)
class WeighedSource:
    """A store that was opened, and what the catchments have of its grid.

    Parameters
    ----------
    problems : what forbids to derive the forcing
    kept : whether the weights were found before
    """

    request: ForcingRequest
    source: GridSource
    polygons: CatchmentPolygons
    weights: Weights
    problems: tuple[Problem, ...]
    kept: bool


@contextmanager
def weighed(
    request: ForcingRequest, *, strict: bool, progress: Progress | None = None
) -> Iterator[WeighedSource]:
    """Open the store for the period and find the weights of the catchments on its grid.

    Parameters
    ----------
    strict : refuse as soon as something is found that forbids to derive the forcing; else it is listed

    Raises
    ------
    NotFoundError, HydrofabricError
        the store or the hydrofabric is not there, or cannot be read.
    StoreError
        the store cannot be reached; retryable.
    CoverageError
        the store does not have the period, a variable, or the place of a catchment.
    """
    polygons = read_polygons(request.hydrofabric)
    source = open_grid_source(
        request.store,
        request.period,
        layout=request.layout,
        options=dict(request.options),
        columns=None if request.variables == COLUMNS else request.variables,
    )
    try:
        problems = [*_period_problems(source, request), *_variable_problems(source, request)]
        _refuse(problems if strict else ())
        weights, kept = _weights(source, polygons, request, progress)
        problems += _coverage_problems(source, weights, request)
        _refuse(problems if strict else ())
        yield WeighedSource(request, source, polygons, weights, tuple(problems), kept)
    finally:
        source.close()


def _weights(
    source: GridSource, polygons: CatchmentPolygons, request: ForcingRequest, progress: Progress | None
) -> tuple[Weights, bool]:
    """Return the weights, and whether they were found before."""
    folder = request.weights_folder
    key = weights_key(source.grid, polygons.ids, polygons.shapes, polygons.crs, request.method)
    kept = weights_file(folder, key).exists()
    weights = find_weights(
        source.grid,
        polygons.ids,
        polygons.shapes,
        polygons.crs,
        method=request.method,
        cache=folder,
        workers=request.workers or default_workers(),
        progress=progress,
    )
    return weights, kept


def default_workers() -> int:
    """Return the processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _refuse(problems: Sequence[Problem]) -> None:
    for problem in problems:
        raise CoverageError(f"{problem.where}: {problem.message}", hint=problem.hint or None)


def _period_problems(source: GridSource, request: ForcingRequest) -> Iterator[Problem]:
    held, wanted = source.period, request.period
    if held.step != wanted.step:
        yield _problem(
            source,
            "grid-step",
            f"its step is {held.step} s, forcing has a step of {wanted.step} s",
            "give a store with hourly values",
        )
    elif not held.covers(wanted):
        yield _problem(
            source,
            "grid-period",
            f"it holds {format_time(held.start)} to {format_time(held.end)}, but"
            f" {format_time(wanted.start)} to {format_time(wanted.end)} is wanted",
            "choose --start and --end inside the store's period, or another store",
        )


def _variable_problems(source: GridSource, request: ForcingRequest) -> Iterator[Problem]:
    missing = [name for name in request.variables if name not in source.variables]
    if missing:
        told = ", ".join(f"{name} ({BY_COLUMN[name].long_name})" for name in missing)
        there = ", ".join(name for name in COLUMNS if name in source.variables) or "none of them"
        yield _problem(
            source,
            "grid-variable",
            f"it has no {told}",
            f"it has {there}; where the formulation needs no more, name these with --variables, or say what"
            f" the store calls the others with --option, such as {missing[0]}=NAME",
        )


def _coverage_problems(source: GridSource, weights: Weights, request: ForcingRequest) -> Iterator[Problem]:
    outside, partly = weights.outside(), weights.partly()
    if outside:
        yield _problem(
            source,
            "grid-outside",
            f"its grid covers nothing of {len(outside)} of {len(weights)} catchments: {name_some(outside)}",
            "choose a store that reaches them, or leave them out of the hydrofabric (dmod subset)",
            ids=outside,
        )
    if partly and request.partial == "error":
        yield _problem(
            source,
            "grid-partly",
            f"its grid covers {len(partly)} of {len(weights)} catchments only in part: "
            + _with_shares(weights, partly),
            "choose a store that reaches them, leave them out of the hydrofabric (dmod subset), or take the"
            " mean of the part that is covered with --partial renormalise",
            ids=partly,
        )
    low = tuple(name for name, share in _shares(weights, partly) if share < request.least_share)
    if low and request.partial == "renormalise":
        yield _problem(
            source,
            "grid-least-share",
            f"its grid covers less than {request.least_share:.3g} of {len(low)} catchments: "
            + _with_shares(weights, low),
            "choose a store that reaches them, or a smaller --least-share",
            ids=low,
        )


def _shares(weights: Weights, ids: Sequence[str]) -> list[tuple[str, float]]:
    wanted = set(ids)
    return [
        (name, float(share))
        for name, share in zip(weights.ids, weights.covered, strict=True)
        if name in wanted
    ]


def _with_shares(weights: Weights, ids: Sequence[str]) -> str:
    """Return the first few catchments with the share that is covered, those with least first."""
    least = sorted(_shares(weights, ids), key=lambda each: each[1])
    return name_some([f"{name} ({100 * np.floor(1e3 * share + 1e-6) / 1e3:.1f} %)" for name, share in least])


def _problem(source: GridSource, code: str, message: str, hint: str, *, ids: tuple[str, ...] = ()) -> Problem:
    return Problem("error", code, message, source.where, ids, hint)


def require_output(path: Path, *, csv: bool, overwrite: bool) -> None:
    """Refuse an output that cannot be written, or that would replace something else.

    Raises
    ------
    InputError
        it is a folder where a file is due, or the other way round, or no ``.nc`` file.
    AlreadyExists
        it is there and was not to be replaced, or it is a folder that holds something else.
    """
    if not csv:
        if path.is_dir():
            raise InputError(
                f"{path} is a folder", hint=f"name the file: {path / 'forcings.nc'}; or add --csv"
            )
        if path.suffix.lower() not in (".nc", ".nc4"):
            raise InputError(
                f"{path} is no name of a NetCDF file", hint=f"name it {path.name}.nc, or add --csv"
            )
        if path.exists() and not overwrite:
            raise AlreadyExists(f"{path} exists", hint="give another name, or replace it with --overwrite")
        return
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file", hint="CSV forcing is a folder with a file per catchment")
    entries = sorted(path.iterdir()) if path.exists() else []
    for entry in entries:
        if entry.suffix != ".csv" and not entry.name.startswith(f"{path.name}_report."):
            raise AlreadyExists(
                f"{path} holds {entry.name}, which is no forcing of a catchment", hint="give another folder"
            )
    if entries and not overwrite:
        more = f" and {len(entries) - 1} more" if len(entries) > 1 else ""
        raise AlreadyExists(
            f"{path} holds {entries[0].name}{more}",
            hint="give another folder, or replace the forcing in it with --overwrite",
        )
