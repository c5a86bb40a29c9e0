"""Synthetic river basins of any size and seed, physically plausible, made by code."""

from dmod.hydrofabric.example.basin import ExampleBasin, make_basin
from dmod.hydrofabric.example.tables import GAUGE, fabric_tables, nexus_ids

__all__ = ["GAUGE", "ExampleBasin", "fabric_tables", "make_basin", "nexus_ids"]
