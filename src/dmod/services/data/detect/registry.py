"""Every detector, in the order in which they are asked: those that ask for most come first."""

from __future__ import annotations

from dmod.services.data.detect import (
    empty,
    forcing_csv,
    forcing_netcdf,
    geojson_fabric,
    geopackage,
    realization,
    run_package,
)

DETECTORS = (
    empty.DETECTOR,
    run_package.DETECTOR,
    geopackage.DETECTOR,
    realization.DETECTOR,
    geojson_fabric.DETECTOR,
    forcing_netcdf.DETECTOR,
    forcing_csv.DETECTOR,
)
