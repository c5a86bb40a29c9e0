"""Means of one piece: read, averaged over catchments, and compared with what the grid has in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import CoverageError
from dmod.forcing.gridded.apply import Field, Gaps, Means, Missing, catchment_means
from dmod.forcing.gridded.conservation import imbalance
from dmod.forcing.gridded.derive.journal import Facts
from dmod.forcing.gridded.derive.pieces import Piece
from dmod.forcing.gridded.derive.tile import Tile
from dmod.forcing.gridded.source import GridSource
from dmod.forcing.gridded.weights import Weights
from dmod.forcing.gridded.wind import WindShares, earth_winds

Floats = NDArray[np.float64]

GAPS_HINT = (
    "take the mean of the cells that have a value with --missing renormalise, or leave NaN with"
    " --missing keep, to be filled when the forcing is used (dmod run --fill)"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """What is done where the grid has no value in a part of a catchment.

    Parameters
    ----------
    missing : "error", "renormalise" or "keep"
    least_share : of a catchment that must have values for its mean to be taken
    """

    missing: Missing
    least_share: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class PieceMeans:
    """Means of a piece.

    Parameters
    ----------
    values : column → (catchment, time)
    facts : ``gaps`` (means with cells missing), ``least`` (smallest share that had values) and by column
        ``totals``: sums over steps of mean times area, from the grid, from the catchments, of sizes; and
        the largest imbalance of a step
    """

    values: Mapping[str, NDArray[np.float32]]
    facts: Facts


def piece_means(
    source: GridSource, tile: Tile, piece: Piece, times: TimeAxis, *, gap: Gap, workers: int = 1
) -> PieceMeans:
    """Read a piece and return its means.

    Raises
    ------
    CoverageError
        cells have no value, and that is not allowed.
    StoreError
        the store cannot be reached; retryable.
    """
    fields = [source.read(column, tile.weights.window, times) for column in piece.columns]
    names = [f"{source.where}: {column}" for column in piece.columns]
    try:
        found = _means(
            tile.weights,
            tile.turning,
            fields,
            missing=gap.missing,
            what=names[0],
            times=times,
            workers=workers,
        )
    except CoverageError as error:
        raise CoverageError(error.message, hint=GAPS_HINT) from error
    if gap.missing == "renormalise":
        for name, means in zip(names, found, strict=True):
            _require_enough(tile.weights, means, gap.least_share, name, times)
    whole = _means(
        tile.domain,
        tile.domain_turning,
        fields,
        missing="renormalise",
        what=names[0],
        times=times,
        workers=workers,
    )
    gaps = [means.gaps for means in found]
    facts: Facts = {
        "gaps": sum(len(each) for each in gaps),
        "least": min(1.0, *(_least(each) for each in gaps)),
        "totals": {
            column: _totals(tile, means.values, domain.values)
            for column, means, domain in zip(piece.columns, found, whole, strict=True)
        },
    }
    values = {
        column: means.values.astype(np.float32) for column, means in zip(piece.columns, found, strict=True)
    }
    return PieceMeans(values, facts)


def _means(
    weights: Weights,
    turning: WindShares | None,
    fields: Sequence[Field],
    *,
    missing: Missing,
    what: str,
    times: TimeAxis,
    workers: int,
) -> tuple[Means, ...]:
    if len(fields) == 1 or turning is None:
        return tuple(
            catchment_means(weights, field, missing=missing, workers=workers, what=what, times=times)
            for field in fields
        )
    return earth_winds(
        weights, turning, fields[0], fields[1], missing=missing, workers=workers, what=what, times=times
    )


def _least(gaps: Gaps) -> float:
    """Return the smallest share of a catchment that had values."""
    return float(1.0 - gaps.share.max()) if len(gaps) else 1.0


def _require_enough(weights: Weights, means: Means, least: float, what: str, times: TimeAxis) -> None:
    """Refuse means of too little."""
    gaps = means.gaps
    empty = ~np.isfinite(means.values[gaps.catchment, gaps.step])
    poor = empty | (1.0 - gaps.share < least)
    if not poor.any():
        return
    at = int(np.flatnonzero(poor)[np.argmin(gaps.step[poor])])
    row, column = divmod(int(gaps.cell[at]), weights.window.columns)
    concerned = [weights.ids[place] for place in np.unique(gaps.catchment[poor]).tolist()]
    raise CoverageError(
        f"{what}: too little of {len(concerned)} catchments has a value to take a mean of the rest:"
        f" {name_some(concerned)}; the first at {format_time(times.time(int(gaps.step[at])))},"
        f" {100 * (1 - gaps.share[at]):.3g} % of {weights.ids[int(gaps.catchment[at])]}, nothing in row"
        f" {row + weights.window.row}, column {column + weights.window.column} of the grid",
        hint="allow less with --least-share, or leave NaN with --missing keep, to be filled when the forcing"
        " is used (dmod run --fill)",
    )


def _totals(tile: Tile, means: Floats, domain: Floats) -> list[float]:
    """Return totals over the steps that have all means: from the grid, of catchments, of sizes; imbalance."""
    whole = np.isfinite(domain[0]) & np.isfinite(means).all(axis=0)
    if not whole.any():
        return [0.0, 0.0, 0.0, 0.0]
    means, domain = means[:, whole], domain[:, whole]
    area, all_area = tile.weights.area, tile.domain.area
    size = np.maximum(area @ np.abs(means), all_area @ np.abs(domain))
    difference = imbalance(tile.weights, means, tile.domain, domain)
    return [
        float((all_area @ domain).sum()),
        float((area @ means).sum()),
        float(size.sum()),
        float(np.abs(difference).max()),
    ]
