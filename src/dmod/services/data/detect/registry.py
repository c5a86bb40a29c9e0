"""Every detector, in the order in which they are asked: those that ask for most come first."""

from __future__ import annotations

from dmod.services.data.detect import (
    empty,
    evaluation_folder,
    forcing_csv,
    forcing_grid,
    forcing_netcdf,
    forcing_zarr,
    geojson_fabric,
    geopackage,
    module_files,
    ngen_archive,
    ngen_csv,
    ngen_netcdf,
    observations,
    partition,
    realization,
    results_folder,
    routed,
    routing,
    run_package,
    states,
)

DETECTORS = (
    empty.DETECTOR,
    run_package.DETECTOR,
    results_folder.DETECTOR,
    evaluation_folder.DETECTOR,
    geopackage.DETECTOR,
    realization.DETECTOR,
    partition.DETECTOR,
    geojson_fabric.DETECTOR,
    states.DETECTOR,
    ngen_csv.DETECTOR,
    ngen_netcdf.DETECTOR,
    routed.DETECTOR,
    forcing_netcdf.DETECTOR,
    forcing_zarr.DETECTOR,
    forcing_csv.DETECTOR,
    forcing_grid.DETECTOR,
    routing.DETECTOR,
    observations.DETECTOR,
    module_files.DETECTOR,
    ngen_archive.DETECTOR,
)
