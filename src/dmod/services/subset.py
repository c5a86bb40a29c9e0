"""Cut a basin, or any part, out of a hydrofabric."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dmod.core.atomic import require_space
from dmod.errors import AlreadyExists, InputError
from dmod.hydrofabric.subset import (
    FabricIndex,
    Place,
    Region,
    Selection,
    as_geopackage,
    find_place,
    near_names,
    open_index,
    read_record,
    require_place,
    rows_of,
    select,
    write_subset,
)
from dmod.hydrofabric.subset.domain import split_namespace
from dmod.hydrofabric.subset.projection import extent_of
from dmod.services.subset_result import IdAnswer, IndexOptions, Selected, SubsetResult

__all__ = [
    "IdAnswer",
    "IndexOptions",
    "Place",
    "Region",
    "Selected",
    "SubsetResult",
    "find_region",
    "subset",
    "validate_ids",
]

Progress = Callable[[str], None]

_OVERHEAD = 400_000
_ROOM = 1.1
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class _Job:
    """One GeoPackage to write."""

    output: Path
    region: Region
    selection: Selection = field(repr=False)
    selected: Selected = field(repr=False)


def find_region(
    hydrofabric: Path | str,
    region: Region,
    *,
    index_options: IndexOptions | None = None,
    progress: Progress | None = None,
) -> Selected:
    """Find what belongs to a region of a fabric; nothing but the fabric's index is written.

    Raises
    ------
    InputError
        nothing is asked for, or what is asked for is impossible or of another domain.
    NotFoundError
        the fabric, a place or a polygon file is not there; near names are listed.
    CoverageError
        a point or area lies outside the fabric.
    HydrofabricError
        the file is no hydrofabric, or is damaged.
    """
    with as_geopackage(Path(hydrofabric)) as fabric:
        index = _open(fabric, index_options, progress)
        selection = select(index, region, progress or _silent)
        return _described(index, selection, Path(hydrofabric))


def subset(
    hydrofabric: Path | str,
    output: Path | str,
    region: Region,
    *,
    split: bool = False,
    overwrite: bool = False,
    index_options: IndexOptions | None = None,
    progress: Progress | None = None,
) -> SubsetResult:
    """Write what belongs to a region as a GeoPackage: every table, every column, every value as it is.

    On success the file is complete; on failure nothing of it is left and an earlier one is as it was.

    Parameters
    ----------
    output : the GeoPackage; with ``split`` a folder
    split : one GeoPackage for each place and area, named after it, in place of one for all
    overwrite : replace what is there
    progress : told what is being done

    Raises
    ------
    InputError, NotFoundError, CoverageError, HydrofabricError
        as `find_region` does.
    AlreadyExists
        the output is there and not to be replaced.
    StoreError
        the disk is full, or the folder cannot be written; retryable where space was short.
    """
    source, output = Path(hydrofabric), Path(output)
    tell = progress or _silent
    with as_geopackage(source) as fabric:
        regions = _split(region, output) if split else {output: region}
        if split and output.exists() and not output.is_dir():
            raise AlreadyExists(f"{output} is a file", hint="with --split name a folder")
        if source.exists():
            for path in regions:
                require_place(path, source, overwrite=overwrite)
        index = _open(fabric, index_options, progress)
        jobs = []
        for path, part in regions.items():
            selection = select(index, part, tell)
            jobs.append(_Job(path, part, selection, _described(index, selection, source)))
        require_space(output, int(_SURE * sum(job.selected.bytes for job in jobs)))
        for job in jobs:
            tell(f"writing {job.output}")
            record = _record(index, job, source)
            write_subset(index, job.selection.nodes, job.output, record=record, needed=job.selected.bytes)
    return SubsetResult(tuple(job.output for job in jobs), tuple(job.selected for job in jobs))


def validate_ids(
    hydrofabric: Path | str,
    ids: Sequence[str],
    *,
    domain: str = "",
    index_options: IndexOptions | None = None,
    progress: Progress | None = None,
) -> tuple[IdAnswer, ...]:
    """Say of every id whether the fabric has it, what it is, and which are near if it has not.

    Raises
    ------
    NotFoundError, HydrofabricError
        there is no such fabric, or the file is none.
    """
    with as_geopackage(Path(hydrofabric)) as fabric:
        index = _open(fabric, index_options, progress)
        return tuple(_answer(index, asked, domain) for asked in ids)


def _answer(index: FabricIndex, asked: str, domain: str) -> IdAnswer:
    named = f"{domain}:{asked}" if domain and ":" not in asked else asked
    try:
        found = find_place(index, named)
    except InputError as error:
        return IdAnswer(asked, exists=False, reason=error.message)
    if found is None:
        return IdAnswer(asked, exists=False, near=near_names(index, split_namespace(named)[1]))
    return IdAnswer(asked, exists=True, kind=found.place.kind, ids=found.place.ids)


def _open(fabric: Path, options: IndexOptions | None, progress: Progress | None) -> FabricIndex:
    options = options or IndexOptions()
    return open_index(fabric, rebuild=options.rebuild, verify=options.verify, tell=progress)


def _described(index: FabricIndex, selection: Selection, source: Path) -> Selected:
    nodes = selection.nodes
    parts = {kind: index.of_kind(nodes, kind) for kind in ("divide", "flowpath", "nexus")}
    rows = rows_of(index, nodes)
    whole = {table.name: table.total for table in index.tables if table.how == "whole"}
    share = len(parts["divide"]) / max(index.count["divide"], 1)
    place = parts["divide"] - index.first["divide"]
    return Selected(
        hydrofabric=source,
        domain=selection.domain,
        places=selection.places,
        catchments=index.ids(parts["divide"], "divide"),
        flowpaths=index.ids(parts["flowpath"], "flowpath"),
        nexuses=index.ids(parts["nexus"], "nexus"),
        outlets=index.ids(selection.outlets, "nexus"),
        inflows=index.ids(selection.inflows, "flowpath"),
        area_km2=index.area_km2(parts["divide"]),
        extent=extent_of(index.arrays["box"][:, place]),
        system=index.facts["system"],
        rows={t.name: whole.get(t.name, rows[t.name].size if t.name in rows else 0) for t in index.tables},
        bytes=int(_ROOM * share * index.facts["bytes"]) + _OVERHEAD,
        outside=selection.outside,
        notes=(*index.notes, *selection.notes),
    )


def _record(index: FabricIndex, job: _Job, source: Path) -> dict[str, Any]:
    """Return where a subset comes from and what was asked for; without times: equal asks, equal files."""
    region = job.region
    earlier = read_record(index.fabric)
    return {
        "made_by": f"dmod {version('dmod')}",
        "source": source.name,
        "source_hash": index.facts["content"],
        "domain": job.selected.domain,
        "places": [{"asked": p.asked, "kind": p.kind, "ids": list(p.ids)} for p in job.selected.places],
        "bbox": region.bbox,
        "polygon": None if region.polygon is None else region.polygon.name,
        "rule": region.rule if region.bbox is not None or region.polygon is not None else None,
        "upstream": region.upstream,
        "catchments": len(job.selected.catchments),
        "area_km2": job.selected.area_km2,
        "outlets": list(job.selected.outlets),
        "outside": job.selected.outside,
        **({"cut_from": earlier} if earlier else {}),
    }


def _split(region: Region, folder: Path) -> dict[Path, Region]:
    """Return one region for every place and area, by the file that it is written to."""
    parts = [
        replace(region, places=(place,), bbox=None, polygon=None) for place in dict.fromkeys(region.places)
    ]
    names = list(dict.fromkeys(region.places))
    if region.bbox is not None:
        parts.append(replace(region, places=(), polygon=None))
        names.append("bbox")
    if region.polygon is not None:
        parts.append(replace(region, places=(), bbox=None))
        names.append(region.polygon.stem)
    found: dict[Path, Region] = {}
    for name, part in zip(names, parts, strict=True):
        path = folder / (re.sub(r"[^\w.,+-]+", "_", name.strip()) + ".gpkg")
        if path in found:
            raise InputError(f"two parts would both be written to {path}", hint="leave one of them out")
        found[path] = part
    return found


def _silent(_message: str) -> None:
    pass
