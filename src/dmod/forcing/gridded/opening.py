"""Opening gridded forcing wherever it lies, whatever its layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from dmod.core.time_axis import TimeAxis
from dmod.forcing.gridded.aorc import HINTS, open_aorc
from dmod.forcing.gridded.joined import JoinedSource
from dmod.forcing.gridded.store import Place


def open_grid_source(
    location: str,
    period: TimeAxis | None = None,
    *,
    layout: str = "auto",
    options: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
) -> JoinedSource:
    """Open gridded forcing."""
    given = options or MappingProxyType({})
    source = open_aorc(Place(location, given), period, HINTS.given(given), columns)
    if period is not None:
        source.require(period)
    return source
