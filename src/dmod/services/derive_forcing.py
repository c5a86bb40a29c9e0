"""From a gridded store and a hydrofabric to the forcing of catchments: resumable, checked, reported."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from dmod.core.time_axis import format_time
from dmod.errors import DmodError
from dmod.forcing.gridded.derive.means import Gap
from dmod.forcing.gridded.derive.output import BLOCK_BYTES, Series, output_bytes, tidy, write_series
from dmod.forcing.gridded.derive.pieces import Cut, make_cut
from dmod.forcing.gridded.derive.report import report_paths, write_report
from dmod.forcing.gridded.derive.run import Derivation, at_once, derive_pieces
from dmod.forcing.gridded.derive.shape import Shape, choose_shape
from dmod.forcing.gridded.derive.tile import Tile, kept_domain, make_tile, rows_key
from dmod.forcing.gridded.derive.work import Request, Work, opened_work, work_folder
from dmod.forcing.gridded.weights import Method
from dmod.services.forcing_report import forcing_report
from dmod.services.forcing_request import ForcingRequest, Missing, Partial, Progress
from dmod.services.forcing_result import ForcingPlan, ForcingResult
from dmod.services.forcing_target import Target, free_bytes, require_disk, require_output
from dmod.services.forcing_weighed import WeighedSource, weighed

PROGRAM_BYTES = 200_000_000
"""What the program and its libraries take of memory by themselves."""
SCATTERED = 1.3
"""Memory that is held for what is under way, over what is used: the system's allocator keeps some of it."""
RESUME_HINT = "give the same command again: it goes on from there"


def derive_forcing(
    store: str,
    hydrofabric: Path,
    output: Path,
    *,
    start: datetime,
    end: datetime,
    layout: str = "auto",
    variables: Sequence[str] | None = None,
    partial: Partial = "error",
    missing: Missing = "error",
    least_share: float = 0.0,
    method: Method = "area",
    options: Mapping[str, str] | None = None,
    work: Path | None = None,
    cache: Path | None = None,
    workers: int = 0,
    block_hours: int | None = None,
    csv: bool = False,
    fresh: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ForcingResult:
    """Derive the forcing of the catchments of a hydrofabric from a gridded store.

    On success the output is complete, with a report beside it. Whatever ends it otherwise (an error, an
    interrupt, a kill), what was at ``output`` is as it was, and the blocks that are complete stay in the
    work folder: the same call goes on from there and reads none of them again. The values are the same,
    to the last bit, for any number of workers and blocks, and whether or not it was interrupted.

    Parameters
    ----------
    store : path or address of the store
    hydrofabric : GeoPackage or GeoJSON of the catchments
    output : NetCDF file to write, or with ``csv`` a folder for a file per catchment
    start, end : first and last hour, both included
    layout : "auto", "aorc", "nwm" or "cf"
    variables : columns to derive; all eight where None
    partial : what to do with catchments that the grid covers in part: "error", or "renormalise" to take
        the mean of the part that is covered
    missing : what to do where the grid has no value in a part of a catchment: "error", "renormalise" to
        take the mean of the rest, or "keep" to leave NaN
    least_share : of a catchment that must be there for such a mean
    method : "area" or "linear", see `dmod.forcing.gridded.coverage`
    options : of the store: endpoint, region, stamp, …
    work : folder to make the work folder in; beside the output where None
    cache : folder for weights; in the user's cache folder where None
    workers : threads; 0 takes all cores
    block_hours : hours of a block; chosen by the store's chunks and the memory where None
    fresh : discard what an earlier call left in the work folder
    overwrite : replace an earlier output
    progress : told what is done, and the share of it that is done

    Raises
    ------
    InputError
        an option is impossible.
    AlreadyExists
        the output is there and was not to be replaced.
    CoverageError
        the store lacks a part of the period, a variable, the place of a catchment, or a value.
    ConflictError
        another process derives this output, or its work folder holds work of another request.
    StoreError
        the store cannot be reached (retryable), or the disk is full.
    """
    request = ForcingRequest.of(
        store, hydrofabric, start, end, layout=layout, variables=variables, partial=partial, missing=missing,
        least_share=least_share, method=method, options=options, workers=workers, block_hours=block_hours,
        csv=csv, cache=cache,
    )  # fmt: skip
    output = Path(output).expanduser()
    tidy(output.absolute())
    require_output(output, csv=csv, overwrite=overwrite)
    target = Target(output, work_folder(output, work), fresh)
    with weighed(request, strict=True, progress=progress) as found:
        return _derive(found, target, progress)


def plan_forcing(
    store: str,
    hydrofabric: Path,
    *,
    start: datetime,
    end: datetime,
    output: Path | None = None,
    layout: str = "auto",
    variables: Sequence[str] | None = None,
    partial: Partial = "error",
    missing: Missing = "error",
    least_share: float = 0.0,
    method: Method = "area",
    options: Mapping[str, str] | None = None,
    cache: Path | None = None,
    workers: int = 0,
    block_hours: int | None = None,
    csv: bool = False,
    progress: Progress | None = None,
) -> ForcingPlan:
    """Say what `derive_forcing` would take; only descriptions are read, and nothing but weights is kept.

    Parameters
    ----------
    output : where it would be written, for the space that is free there
    others : as `derive_forcing` has them

    Raises
    ------
    InputError, NotFoundError, HydrofabricError, CoverageError, StoreError
        the store or the hydrofabric cannot be opened, or an option is impossible.
    """
    request = ForcingRequest.of(
        store, hydrofabric, start, end, layout=layout, variables=variables, partial=partial, missing=missing,
        least_share=least_share, method=method, options=options, workers=workers, block_hours=block_hours,
        csv=csv, cache=cache,
    )  # fmt: skip
    with weighed(request, strict=False, progress=progress) as found:
        return _plan(found, output)


def _plan(found: WeighedSource, output: Path | None) -> ForcingPlan:
    request, source, weights = found.request, found.source, found.weights
    there = tuple(column for column in request.variables if column in source.variables)
    readable = not any(problem.code in ("grid-step", "grid-period") for problem in found.problems)
    axis = request.period
    shape = choose_shape(weights, source.chunk, axis.count, request.block_hours)
    cut = make_cut(source, weights, there, axis, shape)
    size = _bytes_of_chunk(found, cut) * sum(map(cut.chunks, cut.pieces)) if readable and there else None
    count, columns = len(weights), len(request.variables)
    return ForcingPlan(
        store=source.where,
        layout=source.layout,
        grid=(source.grid.rows, source.grid.columns),
        window=(weights.window.rows, weights.window.columns),
        chunk=source.chunk,
        catchments=count,
        area_km2=found.polygons.area_km2,
        axis=axis,
        columns=there,
        blocks=len(cut.pieces),
        bytes_to_read=None if size is None else round(size),
        memory=_memory(found, cut),
        disk_work=4 * count * axis.count * columns,
        disk_output=output_bytes(count, axis.count, columns, csv=request.csv),
        free=None if output is None else free_bytes(Path(output)),
        covered_minimum=float(weights.covered.min()),
        covered_mean=float(weights.covered.mean()),
        weights_kept=found.kept,
        problems=found.problems,
        cells=source.grid.cut(weights.window),
    )


def _memory(found: WeighedSource, cut: Cut) -> int:
    """Estimate the memory that deriving takes."""
    largest = max((cut.memory(piece) for piece in cut.pieces), default=0)
    under_way = largest * at_once(cut, found.request.threads)
    return PROGRAM_BYTES + 3 * found.weights.nbytes + round(SCATTERED * max(under_way, 2 * BLOCK_BYTES))


def _bytes_of_chunk(found: WeighedSource, cut: Cut) -> float:
    """Return what a chunk of one variable takes in the store, on average."""
    window = found.weights.window
    columns = [column for group in cut.seams for column in group]
    return found.source.bytes_to_read(columns, window, cut.axis) / cut.fewest_chunks(window)


def _derive(found: WeighedSource, target: Target, progress: Progress | None) -> ForcingResult:
    begin, request = time.perf_counter(), found.request
    shape = choose_shape(
        found.weights, found.source.chunk, request.period.count, request.block_hours
    ).as_facts()
    asked = Request(_facts(found))
    with opened_work(target.work, asked, shape, fresh=target.fresh) as work:
        cut = make_cut(found.source, found.weights, request.variables, request.period, Shape(**work.shape))
        require_disk(found, target, cut, work)
        derivation = Derivation(
            found.source,
            cut,
            _tiles(found, cut, progress),
            Gap(request.missing, request.least_share),
            _bytes_of_chunk(found, cut),
        )
        with _resumable(work, len(cut.pieces)):
            effort = derive_pieces(derivation, work, workers=request.threads, progress=progress)
            if progress is not None:
                progress(f"writing {target.output.name}", 1.0)
            series = Series(found.polygons.ids, request.variables, cut)
            survey = write_series(target.output, series, work, csv=request.csv)
            report = forcing_report(found, target.output, cut, work, survey, effort)
            report["effort"]["seconds"] = round(time.perf_counter() - begin, 3)
            paths = report_paths(target.output, csv=request.csv)
            write_report(paths, report)
        work.remove()
    return ForcingResult(
        target.output, *paths, len(found.polygons), request.period, request.variables, report
    )


def _facts(found: WeighedSource) -> dict[str, str]:
    """Return what decides the values."""
    period = found.request.period
    return {
        "store": found.source.where,
        "layout": found.source.layout,
        "content of the store": found.source.identity,
        "grid": found.source.grid.key,
        "shapes of the catchments": found.polygons.key,
        "start": format_time(period.start),
        "end": format_time(period.end),
        "variables": ", ".join(found.request.variables),
        "method": found.request.method,
        "made by": f"dmod {version('dmod')}",
    }


def _tiles(found: WeighedSource, cut: Cut, progress: Progress | None) -> list[Tile]:
    """Return what turns fields into means; with the joint outline of each tile's catchments."""
    grid, polygons = found.source.grid, found.polygons
    winds = any(found.source.variables[column].wind for group in cut.seams for column in group)
    tiles = []
    for place, (rows, window) in enumerate(zip(cut.rows, cut.windows, strict=True)):
        if progress is not None:
            progress("outline of the catchments", place / len(cut.rows))
        domain = kept_domain(
            grid, polygons.shapes[rows], polygons.crs, key=rows_key(polygons.key, rows),
            method=found.request.method, cache=found.request.weights_folder,
        )  # fmt: skip
        tiles.append(make_tile(grid, found.weights, domain, rows, window, winds=winds))
    return tiles


@contextmanager
def _resumable(work: Work, pieces: int) -> Iterator[None]:
    """Let an error say what is done, where it lies, and how to go on."""
    try:
        yield
    except DmodError as error:
        if not len(work):
            raise
        hint = f"{error.hint}; {RESUME_HINT}" if error.hint else RESUME_HINT
        if error.hint and "same command" in error.hint:
            hint = error.hint
        raise type(error)(
            f"{error.message}; {len(work)} of {pieces} blocks are done and kept in {work.folder}",
            hint=hint,
            retryable=error.retryable,
        ) from error
