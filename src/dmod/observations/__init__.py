"""Observed series of stream gauges, from the agency's service or from files, in one tidy form."""

from dmod.observations.choose import Kind, Wanted, choose
from dmod.observations.extent import Extent, Gap, extent
from dmod.observations.files import read_source
from dmod.observations.gage import parse_gage
from dmod.observations.series import Series
from dmod.observations.tidy import write_tidy

__all__ = [
    "Extent",
    "Gap",
    "Kind",
    "Series",
    "Wanted",
    "choose",
    "extent",
    "parse_gage",
    "read_source",
    "write_tidy",
]
