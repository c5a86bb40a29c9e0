"""Open whatever holds series of many locations, told by its address and by what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from dmod.errors import InputError, NotFoundError
from dmod.evaluation.location_series import SeriesSource
from dmod.services.evaluation.source_options import SourceOptions

Kind = Literal["run", "gauges"]
KINDS: dict[Kind, str] = {
    "run": "a folder of results: streamflow.nc, nexuses.nc, catchments.nc, cat-*.csv, nex-*_output.csv",
    "gauges": "observed flow: RDB, WaterML as JSON, CSV, or streamflow of CAMELS; a file or a folder",
}


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
    kind : one of :data:`KINDS`; found out if not given

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
    found = kind or _kind(path)
    if found == "run":
        from dmod.services.evaluation.run_source import RunSource

        return RunSource(path, chosen)
    if found == "gauges":
        from dmod.services.evaluation.gauge_source import GaugeSource

        return GaugeSource(path, chosen)
    raise InputError(f"{kind!r} is no kind of source", hint=f"there are {', '.join(KINDS)}")


def _kind(path: Path) -> Kind:
    if path.is_dir() and _looks_like_a_run(path):
        return "run"
    return "gauges"


def _looks_like_a_run(folder: Path) -> bool:
    patterns = (
        "streamflow.nc",
        "catchments.nc",
        "nexuses.nc",
        "cat-*.csv",
        "nex-*_output.csv",
        "troute_output_*.nc",
    )
    return any(next(folder.glob(pattern), None) for pattern in patterns)
