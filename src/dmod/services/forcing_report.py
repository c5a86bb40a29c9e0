"""What was done to derive a forcing, and what the user should know of the result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dmod.forcing.gridded.derive.pieces import Cut
from dmod.forcing.gridded.derive.report import (
    conservation_facts,
    coverage_facts,
    gap_facts,
    grid_facts,
    period_facts,
    source_facts,
)
from dmod.forcing.gridded.derive.run import Effort
from dmod.forcing.gridded.derive.survey import Survey
from dmod.forcing.gridded.derive.work import Work
from dmod.services.forcing_weighed import WeighedSource

OVERLAP = 1e-6
"""Difference of totals, as a share, from which on catchments are said to overlap or to leave gaps."""


def forcing_report(
    found: WeighedSource, output: Path, cut: Cut, work: Work, survey: Survey, effort: Effort
) -> dict[str, Any]:
    """Return the report; the time that it all took is filled in at the end."""
    request = found.request
    conservation = conservation_facts(cut.pieces, work)
    gaps = gap_facts(cut.pieces, work)
    return {
        "output": output.name,
        "made_by": f"dmod {version('dmod')}",
        "source": source_facts(found.source, request.variables),
        "grid": grid_facts(found.source.grid, found.weights),
        "period": period_facts(request.period),
        "hydrofabric": {"path": _from(output.parent, request.hydrofabric), "key": found.polygons.key},
        "coverage": coverage_facts(found.weights, found.polygons.area_km2),
        "policies": {
            "partial": request.partial,
            "missing": request.missing,
            "least_share": request.least_share,
        },
        "gaps": gaps,
        "variables": survey.facts(),
        "conservation": {column: conservation[column] for column in request.variables},
        "effort": {
            "blocks": effort.pieces,
            "blocks_resumed": effort.kept,
            "bytes_read": effort.bytes_read,
            "seconds": 0.0,
            "tiles": len(cut.rows),
            "steps_of_a_block": work.shape["steps"],
        },
        "warnings": [
            *map(str, found.polygons.problems),
            *_coverage_warnings(found, gaps),
            *survey.warnings(),
            *_conservation_warnings(conservation, gaps),
        ],
    }


def _from(folder: Path, path: Path) -> str:
    """Return a path as it is found from a folder, so that both may be moved together."""
    return os.path.relpath(str(path.absolute()), str(folder.absolute()))


def _coverage_warnings(found: WeighedSource, gaps: Mapping[str, Any]) -> Iterator[str]:
    partly = found.weights.partly()
    if partly:
        yield (
            f"{len(partly)} catchments are covered by the grid in part; their means are those of the part"
            f" that is covered, at least {100 * found.weights.covered.min():.3g} %"
        )
    if gaps["chunks_the_store_lacks"]:
        yield (
            f"the store lacks {gaps['chunks_the_store_lacks']} chunks or more that were asked for: what it"
            " says is to be taken in their place was taken"
        )
    if gaps["means_with_missing_cells"] and found.request.missing == "renormalise":
        yield (
            f"{gaps['means_with_missing_cells']} means are those of the cells that have a value, at least"
            f" {100 * gaps['smallest_share_of_present_cells']:.3g} % of a catchment"
        )


def _conservation_warnings(facts: Mapping[str, Any], gaps: Mapping[str, Any]) -> Iterator[str]:
    largest = max((each["relative_difference"] for each in facts.values()), default=0.0)
    if largest > OVERLAP and not gaps["means_with_missing_cells"]:
        yield (
            f"totals of catchments and grid differ by {100 * largest:.2g} %: catchments overlap, or were"
            " repaired"
        )
