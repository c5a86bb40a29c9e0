"""A gridded store that was opened, weighed and checked before anything is read from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from dmod.core.problem import Problem, name_some
from dmod.core.time_axis import format_time
from dmod.core.variables import BY_COLUMN
from dmod.errors import CoverageError
from dmod.forcing.gridded.coverage import find_weights
from dmod.forcing.gridded.opening import open_grid_source
from dmod.forcing.gridded.source import GridSource
from dmod.forcing.gridded.weights import Weights
from dmod.forcing.gridded.weights_cache import weights_file, weights_key
from dmod.hydrofabric.polygons import CatchmentPolygons, read_polygons
from dmod.services.forcing_request import COLUMNS, ForcingRequest, Progress


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
        workers=request.threads,
        progress=progress,
    )
    return weights, kept


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
