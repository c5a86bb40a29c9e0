"""What is asked of series: values at a place over a period, and how a variable is spread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dmod.client.asking import ask, ask_json
from dmod.client.call import Call, Transport

if TYPE_CHECKING:
    import xarray as xr


async def series(
    transport: Transport,
    reference: str,
    place: str,
    *,
    layer: str,
    variable: str,
    also: Sequence[str],
    start: datetime | str | None,
    end: datetime | str | None,
) -> xr.Dataset:
    """Return every value of series in a period, with units, places and sources."""
    query = {
        "layer": layer,
        "place": place,
        "variable": variable or None,
        "also": [also] if isinstance(also, str) else list(also),
        "start": start,
        "end": end,
        "form": "netcdf",
    }
    call = Call("GET", _path(reference, "table"), query, headers={"Accept": "application/x-netcdf"})
    content = (await ask(transport, call)).body
    return await transport.work(lambda: _read(content))


async def spread(transport: Transport, reference: str, *, layer: str, variable: str) -> dict[str, Any]:
    """Return between which values a variable lies over all places and steps."""
    query = {"layer": layer, "variable": variable or None}
    return dict(await ask_json(transport, Call("GET", _path(reference, "range"), query)))


def _path(reference: str, what: str) -> str:
    return f"results/{quote(reference, safe='@')}/{what}"


def _read(content: bytes) -> xr.Dataset:
    import xarray as xr

    with TemporaryDirectory(prefix="dmod-") as folder:
        path = Path(folder) / "series.nc"
        path.write_bytes(content)
        return xr.load_dataset(path)
