"""What was done to derive a forcing, and how good the result is: for machines and for people."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dmod.core.atomic import replacing
from dmod.core.time_axis import TimeAxis, format_time
from dmod.core.variables import BY_COLUMN
from dmod.forcing.gridded.derive.pieces import Piece
from dmod.forcing.gridded.derive.work import Work
from dmod.forcing.gridded.grid import Grid
from dmod.forcing.gridded.source import GridSource
from dmod.forcing.gridded.weights import Weights

Facts = dict[str, Any]


def report_paths(output: Path, *, csv: bool) -> tuple[Path, Path]:
    """Return where the report lies, as JSON and as text: beside a file, inside a folder."""
    folder, stem = (output, output.name) if csv else (output.parent, output.stem)
    return folder / f"{stem}_report.json", folder / f"{stem}_report.txt"


def write_report(paths: Sequence[Path], report: Facts) -> None:
    """Write the report as JSON and as text.

    Raises
    ------
    StoreError
        the disk is full or cannot be written to.
    """
    for path, text in zip(paths, (json.dumps(report, indent=1) + "\n", report_text(report)), strict=True):
        with replacing(path) as hidden:
            hidden.write_text(text, encoding="utf-8")


def source_facts(source: GridSource, columns: Sequence[str]) -> Facts:
    """Return what the store is, and what was made of its variables."""
    variables = {
        column: {
            "name": known.name,
            "long_name": known.long_name,
            "unit": known.unit,
            "stamp": known.stamp,
            "turned_to_east_and_north": bool(known.wind),
        }
        for column, known in source.variables.items()
        if column in columns
    }
    return {
        "where": source.where,
        "layout": source.layout,
        "identity": source.identity,
        "chunk": list(source.chunk),
        "period": period_facts(source.period),
        "variables": variables,
    }


def grid_facts(grid: Grid, weights: Weights) -> Facts:
    """Return what the grid is, and what part of it was needed."""
    window = weights.window
    return {
        "crs": grid.crs,
        "cell": [grid.dx, grid.dy],
        "edges": list(grid.bounds),
        "columns": grid.columns,
        "rows": grid.rows,
        "window": {
            "row": window.row,
            "rows": window.rows,
            "column": window.column,
            "columns": window.columns,
        },
    }


def period_facts(axis: TimeAxis) -> Facts:
    """Return a period as JSON data; its end is the last stamp."""
    return {
        "start": format_time(axis.start),
        "end": format_time(axis.end),
        "step_seconds": axis.step,
        "steps": axis.count,
    }


def coverage_facts(weights: Weights, area_km2: float) -> Facts:
    """Return how much of the catchments the grid covers.

    Parameters
    ----------
    area_km2 : of the catchments on the ground; that of the weights is the area in the grid's projection
    """
    partly = weights.partly()
    shares = dict(zip(weights.ids, weights.covered.tolist(), strict=True))
    return {
        "catchments": len(weights),
        "area_km2": area_km2,
        "covered_minimum": float(weights.covered.min()),
        "covered_mean": float(weights.covered.mean()),
        "covered_in_part": {name: shares[name] for name in partly},
        "method": weights.method,
    }


def gap_facts(pieces: Sequence[Piece], work: Work) -> Facts:
    """Return how often a mean was taken of a part of the cells, from what was noted of the pieces."""
    noted = [work.facts(piece.name) or {} for piece in pieces]
    return {
        "means_with_missing_cells": sum(facts.get("gaps", 0) for facts in noted),
        "smallest_share_of_present_cells": min((facts.get("least", 1.0) for facts in noted), default=1.0),
        # counted by process: of several, the one that met most
        "chunks_the_store_lacks": max((facts.get("missing_chunks", 0) for facts in noted), default=0),
    }


def conservation_facts(pieces: Sequence[Piece], work: Work) -> Facts:
    """Return for each variable the totals over domain and period from the grid and from the catchments."""
    totals: dict[str, list[Sequence[float]]] = {}
    for piece in pieces:
        for column, numbers in (work.facts(piece.name) or {}).get("totals", {}).items():
            totals.setdefault(column, []).append(numbers)
    return {column: _compared(column, numbers) for column, numbers in totals.items()}


def _compared(column: str, totals: Sequence[Sequence[float]]) -> Facts:
    """Sum over pieces; every total is a mean times an area, summed over steps."""
    grid, catchments, size = (math.fsum(numbers[side] for numbers in totals) for side in range(3))
    known = BY_COLUMN.get(column)
    return {
        "unit": f"{known.unit if known else ''} m2".strip(),
        "from_grid": grid,
        "from_catchments": catchments,
        "relative_difference": abs(grid - catchments) / size if size else 0.0,
        "largest_relative_difference_of_a_step": max(numbers[3] for numbers in totals),
    }


def report_text(report: Mapping[str, Any]) -> str:
    """Return the report for people."""
    return "\n".join((*_head(report), "", *_variables(report), *_warnings(report), ""))


def _head(report: Mapping[str, Any]) -> list[str]:
    source, grid, coverage, effort = (report[part] for part in ("source", "grid", "coverage", "effort"))
    period, gaps = report["period"], report["gaps"]
    rows = [
        ("forcing", report["output"]),
        ("source", f"{source['where']} ({source['layout']})"),
        (
            "grid",
            f"{grid['rows']} × {grid['columns']} cells of {abs(grid['cell'][0]):.6g} × "
            f"{abs(grid['cell'][1]):.6g}, window {grid['window']['rows']} × {grid['window']['columns']}",
        ),
        ("period", f"{period['start']} to {period['end']} UTC, {period['steps']} steps"),
        ("catchments", f"{coverage['catchments']}, {coverage['area_km2']:,.1f} km²"),
        (
            "covered",
            f"at least {100 * coverage['covered_minimum']:.4g} %, on average "
            f"{100 * coverage['covered_mean']:.4g} %, in part: {len(coverage['covered_in_part'])}",
        ),
        ("means", f"{coverage['method']}; {gaps['means_with_missing_cells']} with missing cells"),
        (
            "read",
            f"{effort['bytes_read'] / 1e6:,.1f} MB in {effort['seconds']:.1f} s, {effort['blocks']} blocks, "
            f"{effort['blocks_resumed']} of them from before",
        ),
    ]
    return [f"{name:<12} {text}" for name, text in rows]


def _variables(report: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{'variable':<22} {'unit':<8} {'minimum':>11} {'maximum':>11} {'missing':>9} {'longest':>8} "
        f"{'grid - catchments':>18}"
    ]
    for column, facts in report["variables"].items():
        compared = report["conservation"].get(column)
        difference = f"{compared['relative_difference']:.1e}" if compared else "-"
        lines.append(
            f"{column:<22} {facts['unit']:<8} {_number(facts['minimum']):>11} "
            f"{_number(facts['maximum']):>11} {facts['missing_values']:>9} {facts['longest_gap_steps']:>8} "
            f"{difference:>18}"
        )
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"


def _warnings(report: Mapping[str, Any]) -> list[str]:
    return ["", *(f"warning: {text}" for text in report["warnings"])] if report["warnings"] else []
