"""Reading, checking and writing hydrofabrics: GeoPackage v2.0, v2.1.1, v2.2, and GeoJSON pairs."""

from dmod.hydrofabric.checks import find_problems
from dmod.hydrofabric.fabric import Catchments, Flowpaths, Hydrofabric, Lakes, Nexuses
from dmod.hydrofabric.gauges import Gauge, gauges
from dmod.hydrofabric.read import read_hydrofabric, require_sound
from dmod.hydrofabric.write import Layer, write_geopackage

__all__ = [
    "Catchments",
    "Flowpaths",
    "Gauge",
    "Hydrofabric",
    "Lakes",
    "Layer",
    "Nexuses",
    "find_problems",
    "gauges",
    "read_hydrofabric",
    "require_sound",
    "write_geopackage",
]
