"""Means over catchments: the shares of cells times what the grid has in them, block by block."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import CoverageError, InputError
from dmod.forcing.gridded.apply_kernel import add_products, products_present
from dmod.forcing.gridded.weights import Weights

Missing = Literal["error", "renormalise", "keep"]
MISSING: tuple[Missing, ...] = ("error", "renormalise", "keep")

Field = NDArray[np.floating]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST = 1000  # catchments per thread; below it, starting threads costs more than it saves


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Where cells of catchments have no value: one entry per catchment and step concerned.

    Parameters
    ----------
    catchment, step : number of the catchment, and of the step in the block
    share : of the catchment that has no value, above 0 … 1
    cell : number of the first such cell inside the window
    """

    catchment: Integers
    step: Integers
    share: Floats
    cell: Integers

    def __len__(self) -> int:
        return self.catchment.size


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Means over catchments, (catchment, time), and where cells had no value."""

    values: Floats
    gaps: Gaps


def catchment_means(
    weights: Weights,
    field: Field,
    *,
    missing: Missing = "error",
    out: Floats | None = None,
    workers: int = 0,
    what: str = "field",
    times: TimeAxis | None = None,
) -> Means:
    """Return the mean of a field over each catchment, in double precision.

    Parameters
    ----------
    field : (time, row, column) over ``weights.window``, single or double precision; NaN (or infinite)
        where there is no value
    missing : where cells of a catchment have no value: "error" refuses, "renormalise" takes the mean of
        the others (NaN if there are none), "keep" gives NaN
    out : (catchment, time), written to and returned
    workers : threads; 0 is one per processor. The bits are the same for any number
    what, times : name and steps of the field, for messages

    Returns
    -------
    means : NaN too for catchments that the grid does not cover; those are no gaps

    Raises
    ------
    InputError
        the field has another shape than the window.
    CoverageError
        cells have no value, and ``missing`` is "error"; catchments, time and cell are named.
    """
    flat = flattened(weights, field, what)
    values = multiply(weights, [(weights.share, flat)], workers)
    return settle(
        weights, values, (weights.share, flat), (np.zeros_like(weights.share), flat),
        missing=missing, out=out, what=what, times=times,
    )  # fmt: skip


def flattened(weights: Weights, field: Field, what: str) -> Field:
    """Return a field as (time, cell), contiguous, in single or double precision of this machine.

    Raises
    ------
    InputError
        it has another shape than the window.
    """
    window = weights.window
    if field.ndim != 3 or field.shape[1:] != (window.rows, window.columns):
        raise InputError(
            f"{what}: the field has the shape {field.shape}, the window is {window.rows} × {window.columns}",
            hint="read the window of the weights: (time, row, column)",
        )
    kind = np.float32 if field.dtype.itemsize <= 4 and field.dtype.kind == "f" else np.float64
    whole: Field = np.ascontiguousarray(field, kind)
    return whole.reshape(field.shape[0], window.cells)


def multiply(weights: Weights, factors: list[tuple[Floats, Field]], workers: int = 0) -> Floats:
    """Return the sum of shares times fields, (catchment, time).

    Parameters
    ----------
    factors : shares, (m,) like those of the weights, and the field (time, cell) each belongs to
    """
    count = len(weights)
    result = np.zeros((count, factors[0][1].shape[0]))
    threads = max(1, min(workers or os.cpu_count() or 1, count // FEWEST))
    cuts = np.searchsorted(weights.offset, np.linspace(0, weights.offset[-1], threads + 1)[1:-1])
    ends = [0, *cuts.tolist(), count]

    def part(first: int, last: int) -> None:
        for share, field in factors:
            add_products(weights.offset, weights.cell, share, field, first, last, result)

    if threads == 1:
        part(0, count)
    else:
        with ThreadPoolExecutor(threads, thread_name_prefix="means") as pool:
            list(pool.map(part, ends[:-1], ends[1:]))
    return result


def settle(
    weights: Weights,
    values: Floats,
    first: tuple[Floats, Field],
    second: tuple[Floats, Field],
    *,
    missing: Missing,
    out: Floats | None,
    what: str,
    times: TimeAxis | None,
) -> Means:
    """Look for sums that a missing value spoilt, and do with them what ``missing`` says.

    Parameters
    ----------
    values : the sums, changed
    first, second : shares and field of the two products that were summed
    """
    if missing not in MISSING:
        raise InputError(f"there is no way {missing!r} to treat gaps", hint=f"use {', '.join(MISSING)}")
    bare = np.diff(weights.offset) == 0
    catchment, step = np.nonzero(~np.isfinite(values))
    mean, share, cell = products_present(
        catchment, step, weights.offset, weights.cell, weights.share, *first, *second
    )
    gaps = Gaps(catchment, step, share, cell)
    if len(gaps) and missing == "error":
        raise _refusal(weights, gaps, what, times)
    values[catchment, step] = mean if missing == "renormalise" else np.nan
    values[bare] = np.nan
    if out is None:
        return Means(values, gaps)
    out[...] = values
    return Means(out, gaps)


def _refusal(weights: Weights, gaps: Gaps, what: str, times: TimeAxis | None) -> CoverageError:
    concerned = [weights.ids[at] for at in np.unique(gaps.catchment).tolist()]
    step = int(gaps.step.min())
    at = int(np.flatnonzero(gaps.step == step)[0])
    row, column = divmod(int(gaps.cell[at]), weights.window.columns)
    when = f"step {step}" if times is None else format_time(times.time(step))
    return CoverageError(
        f"{what}: cells of {len(concerned)} of {len(weights)} catchments have no value:"
        f" {name_some(concerned)}; the first at {when}, of {weights.ids[int(gaps.catchment[at])]},"
        f" in row {row + weights.window.row}, column {column + weights.window.column} of the grid,"
        f" {100.0 * gaps.share.max():.3g} % of a catchment at most",
        hint='"renormalise" takes the mean of the cells that have a value, "keep" leaves NaN to be filled',
    )
