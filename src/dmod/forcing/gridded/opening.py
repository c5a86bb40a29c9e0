"""Opening gridded forcing wherever it lies, whatever its layout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from types import MappingProxyType

from dmod.core.time_axis import TimeAxis
from dmod.errors import InputError, NotFoundError
from dmod.forcing.gridded import aorc, nwm
from dmod.forcing.gridded.dataset import RawDataset
from dmod.forcing.gridded.description import describe
from dmod.forcing.gridded.example_layouts import AORC, NWM
from dmod.forcing.gridded.fetching import FetchedFiles
from dmod.forcing.gridded.joined import JoinedSource
from dmod.forcing.gridded.netcdf_dataset import open_netcdf
from dmod.forcing.gridded.reading_options import ReadingOptions
from dmod.forcing.gridded.store import Place
from dmod.forcing.gridded.zarr_dataset import open_zarr

LAYOUTS = ("auto", "aorc", "nwm", "cf")
PUBLISHED = {"aorc": aorc.PUBLISHED, "nwm": nwm.PUBLISHED}
NETCDF = (".nc", ".nc4", ".cdf", ".netcdf", ".ncf")
ZARR = ("zarr.json", ".zgroup", ".zmetadata")
_GLOB = re.compile(r"[*?\[]")


def open_grid_source(
    location: str,
    period: TimeAxis | None = None,
    *,
    layout: str = "auto",
    options: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
) -> JoinedSource:
    """Open gridded forcing; nothing but what describes it is read.

    Parameters
    ----------
    location : a path of this machine, ``s3://``, ``gs://``, ``http(s)://``, or ``aorc`` or ``nwm`` for the
        published stores (where nothing here is called so); a Zarr store, a NetCDF file, several by a pattern
        (``folder/*.nc``), or a folder of them, of AORC's yearly stores, or of the National Water Model's
        stores or files
    period : steps that will be asked for; those stores and files alone are opened
    layout : one of `LAYOUTS`
    options : how to reach the store and how to understand it: see `reading_options.OPTIONS`, `store.OPTIONS`
    columns : those that must be there; None for those that are

    Raises
    ------
    NotFoundError
        there is nothing at that place.
    CoverageError
        the store does not have all of the period.
    InputError
        it is not understood: layout, variables, units, grid, times.
    StoreError
        it does not answer (retryable), or it is damaged.
    """
    if layout not in LAYOUTS:
        raise InputError(f"layout {layout!r} is unknown", hint=f"one of {', '.join(LAYOUTS)}")
    if not location.strip():
        raise InputError("no forcing store is named", hint="a path, an address, or aorc or nwm")
    given = options or MappingProxyType({})
    named = location if Path(location).exists() else PUBLISHED.get(location, location)
    place = _published(Place(named, given))
    ReadingOptions().given(given)
    source = _open(place, period, layout, given, columns)
    if period is not None:
        _require(source, period)
    return source


def _require(source: JoinedSource, period: TimeAxis) -> None:
    fine = False
    try:
        source.require(period)
        fine = True
    finally:
        if not fine:
            source.close()


def _published(place: Place) -> Place:
    """Return where the forcing lies in the National Water Model's bucket, if no more than that is named."""
    root = nwm.PUBLISHED.removesuffix("/CONUS/zarr/forcing")
    return Place(nwm.PUBLISHED, place.options) if place.url in {root, f"{root}/CONUS"} else place


def _open(
    place: Place,
    period: TimeAxis | None,
    layout: str,
    options: Mapping[str, str],
    columns: Sequence[str] | None,
) -> JoinedSource:
    """Open a store by what its name, or the names in it, say that it is."""
    if not place.is_remote and not _GLOB.search(place.url) and not Path(place.url).exists():
        raise NotFoundError(f"{place} does not exist", hint="check the path of the forcing store")
    if _is_zarr(place):
        return _one_zarr(place, layout, options, columns)
    if _is_netcdf(place):
        return _several(place.parent, place.name, layout, options, columns)
    names = place.names() if place.can_list else []
    found = _layout(place, names) if layout == "auto" else layout
    if found == "aorc":
        return aorc.open_aorc(place, period, aorc.HINTS.given(options), columns)
    if found == "nwm" and (
        set(nwm.STORES.values()) & set(names) or (not place.can_list and _has_nwm_zarr(place))
    ):
        return nwm.open_nwm_zarr(place, nwm.HINTS.given(options), columns)
    if found == "nwm":
        return nwm.open_nwm_netcdf(place, period, nwm.HINTS.given(options), columns)
    return _several(place, "*", layout, options, columns)


def _is_zarr(place: Place) -> bool:
    if _GLOB.search(place.name):
        return False
    if place.name.endswith(".zarr"):
        return True
    if not place.is_remote:
        return any((Path(place.url) / name).exists() for name in ZARR)
    return not _is_netcdf(place) and any(place.head(name) is not None for name in ZARR)


def _is_netcdf(place: Place) -> bool:
    named = place.name.endswith(NETCDF) or bool(_GLOB.search(place.name)) or bool(nwm.FILE.match(place.name))
    return named or (not place.is_remote and Path(place.url).is_file())


def _layout(place: Place, names: Sequence[str]) -> str:
    """Return the layout that the names in a folder show.

    Raises
    ------
    NotFoundError
        there are none, or none that is known.
    """
    if not place.can_list:
        if "aorc" in place.url.lower():
            return "aorc"
        if _has_nwm_zarr(place):
            return "nwm"
        raise InputError(
            f"{place}: a web server does not say what it has",
            hint="name one Zarr store or NetCDF file, or say the layout (aorc, nwm)",
        )
    if aorc.years_in(names):
        return "aorc"
    if set(nwm.STORES.values()) & set(names) or any(nwm.FILE.match(name) for name in names):
        return "nwm"
    years = [name for name in names if re.fullmatch(r"\d{4}", name)]
    if years and any(nwm.FILE.match(name) for name in (place / years[0]).names()):
        return "nwm"
    if any(name.endswith((*NETCDF, ".zarr")) for name in names):
        return "cf"
    names = [name for name in names if not name.startswith(".")]
    there = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    raise NotFoundError(
        f"{place}: there is no gridded forcing",
        hint=f"there is {there}" if names else "nothing is there: check the name of the bucket and the path",
    )


def _has_nwm_zarr(place: Place) -> bool:
    return any((place / store).head(name) is not None for store in nwm.STORES.values() for name in ZARR)


def _one_zarr(
    place: Place, layout: str, options: Mapping[str, str], columns: Sequence[str] | None
) -> JoinedSource:
    """Open one Zarr store, of whatever layout."""
    expected = (*aorc.VARIABLES, *(shown.name for shown in NWM.values()), "x", "y", "crs")
    dataset = open_zarr(place, expected)
    known = _known_layout(dataset, layout)
    return describe(
        [dataset], where=str(place), layout=known, options=_hints(known).given(options), columns=columns
    )


def _known_layout(dataset: RawDataset, layout: str) -> str:
    """Return the layout that the names of the variables show."""
    if layout != "auto":
        return layout
    names = set(dataset.variables)
    if {AORC["precip_rate"].name, "latitude", "longitude"} <= names:
        return "aorc"
    return "nwm" if names & {shown.name for shown in NWM.values()} and {"x", "y"} <= names else "cf"


def _hints(layout: str) -> ReadingOptions:
    return {"aorc": aorc.HINTS, "nwm": nwm.HINTS}.get(layout, ReadingOptions())


def _several(
    place: Place,
    pattern: str,
    layout: str,
    options: Mapping[str, str],
    columns: Sequence[str] | None,
) -> JoinedSource:
    """Open one NetCDF file, or all files and Zarr stores whose names fit a pattern, joined in time."""
    keys = [pattern]
    if _GLOB.search(pattern):
        names = place.names()
        keys = [
            name
            for name in names
            if fnmatch(name, pattern) and (pattern != "*" or name.endswith((*NETCDF, ".zarr")))
        ]
        if not keys:
            there = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
            raise NotFoundError(f"{place}/{pattern} fits no file", hint=f"there is {there or 'nothing'}")
    fetched = FetchedFiles(ReadingOptions().given(options).cache_bytes)
    opened = False
    try:
        datasets = [_dataset(place, key, fetched) for key in keys]
        known = _known_layout(datasets[0], layout)
        where = str(place / pattern) if pattern != "*" else str(place)
        source = describe(
            datasets,
            where=where,
            layout=known,
            options=_hints(known).given(options),
            columns=columns,
            closers=[fetched.close],
        )
        opened = True
    finally:
        if not opened:
            fetched.close()
    return source


def _dataset(place: Place, key: str, fetched: FetchedFiles) -> RawDataset:
    return open_zarr(place / key) if key.endswith(".zarr") else open_netcdf(place, key, fetched)
