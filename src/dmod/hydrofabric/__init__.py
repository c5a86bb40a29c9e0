"""Reading, checking and writing hydrofabrics: GeoPackage v2.0, v2.1.1, v2.2, and GeoJSON pairs."""

from dmod.hydrofabric.fabric import Catchments, Flowpaths, Hydrofabric, Lakes, Nexuses
from dmod.hydrofabric.write import Layer, write_geopackage

__all__ = [
    "Catchments",
    "Flowpaths",
    "Hydrofabric",
    "Lakes",
    "Layer",
    "Nexuses",
    "write_geopackage",
]
