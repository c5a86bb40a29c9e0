"""Open whatever holds series of many locations, told by its address and by what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from dmod.errors import InputError, NotFoundError
from dmod.evaluation.location_series import SeriesSource
from dmod.observations.files import SUFFIXES
from dmod.services.evaluation.source_options import SourceOptions
from dmod.services.evaluation.table_files import files_of, is_table

Kind = Literal["run", "gauges", "table", "netcdf", "teehr"]
KINDS: dict[Kind, str] = {
    "run": "a folder of results: streamflow.nc, nexuses.nc, catchments.nc, cat-*.csv, nex-*_output.csv",
    "gauges": "observed flow: RDB, WaterML as JSON, CSV, or streamflow of CAMELS; a file or a folder",
    "table": "a table of one row a value, CSV or Parquet, with columns location, time and value",
    "netcdf": "NetCDF with a variable of locations and time",
    "teehr": "tables in TEEHR's schema, a file or a folder of partitions",
}
RUN_FILES = (
    *("streamflow.nc", "catchments.nc", "nexuses.nc", "troute_output_*.nc"),
    *("cat-*.csv", "nex-*_output.csv", "tnx-*_output.csv"),
)
FORMS: frozenset[Kind] = frozenset({"table", "netcdf", "teehr"})
NETCDF = frozenset({".nc", ".nc4", ".cdf"})


class OpenedSource(SeriesSource, Protocol):
    """A source with files open."""

    def close(self) -> None:
        """Close them."""


def open_source(
    address: str | Path, kind: Kind | None = None, options: SourceOptions | None = None
) -> OpenedSource:
    """Open a source of values; close it after use.

    Parameters
    ----------
    kind : one of :data:`KINDS`; found out if not given. What is asked for as a run or as gauges may also be a
        table or NetCDF

    Raises
    ------
    NotFoundError
        there is nothing at the address.
    InputError
        it is nothing that is known; the message says what was looked for.
    """
    path, chosen = Path(address).expanduser(), options or SourceOptions()
    if not path.exists():
        raise NotFoundError(f"there is nothing at {path}", hint="check the address")
    path = _alone(path)
    found = kind if kind is not None and kind in FORMS else _found(path, kind)
    opening: Callable[[Path, SourceOptions], OpenedSource] | None = _OPENING.get(found)
    if opening is None:
        raise InputError(f"{kind!r} is no kind of source", hint=f"there are {', '.join(KINDS)}")
    return opening(path, chosen)


def _alone(path: Path) -> Path:
    """Return the one NetCDF file that a folder holds, as a dataset may; else the path."""
    if not path.is_dir() or is_run(path):
        return path
    files = [file for file in path.rglob("*") if file.is_file()]
    return files[0] if len(files) == 1 and files[0].suffix.lower() in NETCDF else path


def _found(path: Path, kind: Kind | None) -> Kind:
    if kind is not None and kind not in KINDS:
        return kind
    if kind == "run" and path.is_dir() and not is_run(path) and not any(files_of(path)):
        return kind  # what it is instead is told by whoever looks for a run
    return find_kind(path)


def is_run(path: Path) -> bool:
    """Whether a folder holds the results of a run."""
    return path.is_dir() and any(next(path.glob(pattern), None) for pattern in RUN_FILES)


def find_kind(path: Path) -> Kind:
    """Return what lies at a path.

    Raises
    ------
    InputError
        a folder holds nothing that is known; the message says what was looked for.
    """
    if is_run(path):
        return "run"
    if path.suffix.lower() in NETCDF:
        return "netcdf"
    if is_table(path):
        from dmod.services.evaluation.teehr import is_teehr

        return "teehr" if is_teehr(path) else "table"
    if path.is_dir() and not any(file.suffix.lower() in SUFFIXES for file in path.iterdir()):
        looked = "; ".join(KINDS.values())
        raise InputError(f"{path} holds no series", hint=f"looked for {looked}")
    return "gauges"


def _run(path: Path, options: SourceOptions) -> OpenedSource:
    from dmod.services.evaluation.run_source import RunSource

    return RunSource(path, options)


def _gauges(path: Path, options: SourceOptions) -> OpenedSource:
    from dmod.services.evaluation.gauge_source import GaugeSource

    return GaugeSource(path, options)


def _table(path: Path, options: SourceOptions) -> OpenedSource:
    from dmod.services.evaluation.table_source import TableSource
    from dmod.services.evaluation.teehr import of_member

    return TableSource(path, options, where=of_member(path, options))


def _netcdf(path: Path, options: SourceOptions) -> OpenedSource:
    from dmod.services.evaluation.array_source import ArraySource

    return ArraySource(path, options)


def _teehr(path: Path, options: SourceOptions) -> OpenedSource:
    from dmod.services.evaluation.teehr import open_teehr

    return open_teehr(path, options)


_OPENING: dict[Kind, Callable[[Path, SourceOptions], OpenedSource]] = {
    "run": _run,
    "gauges": _gauges,
    "table": _table,
    "netcdf": _netcdf,
    "teehr": _teehr,
}
