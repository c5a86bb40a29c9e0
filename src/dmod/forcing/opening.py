"""Opening forcing as a realization document names it, whatever the layout of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dmod.errors import InputError
from dmod.forcing.source import ForcingSource


def open_forcing(
    provider: str,
    path: Path,
    file_pattern: str | None,
    catchments: Sequence[str],
    *,
    names: Mapping[str, str] = MappingProxyType({}),
) -> ForcingSource:
    """Open forcing as a realization document names it.

    Parameters
    ----------
    provider : ``CsvPerFeature`` (also ``""``) or ``NetCDF``
    path : file, or folder of the files that ``file_pattern`` names
    file_pattern : regular expression of a whole file name in which ``{{id}}`` stands for a catchment
    catchments : those of the run
    names : the user's own column names → standard names or well-known columns

    Raises
    ------
    CoverageError
        no file of any of the catchments is there.
    InputError
        the provider is unknown, or the files are not what it reads.
    """
    if not Path(path).exists():
        raise InputError(f"forcing: {path} does not exist", hint="check forcing.path in the realization")
    if provider in {"CsvPerFeature", ""}:
        from dmod.forcing.csv_forcing import open_csv

        return open_csv(Path(path), file_pattern, catchments, names)
    if provider == "NetCDF":
        from dmod.forcing.netcdf_forcing import open_netcdf

        return open_netcdf(Path(path), names)
    raise InputError(
        f"forcing: provider {provider!r} cannot be read",
        hint='"CsvPerFeature" and "NetCDF" can',
    )
