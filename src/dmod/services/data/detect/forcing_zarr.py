"""Forcing of catchments in a Zarr store."""

from __future__ import annotations

from pathlib import Path

from dmod.catalog.data_format import FORMATS
from dmod.services.data.detect.array_shape import Layout, layout_of
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.forcing_netcdf import described


def recognises(path: Path) -> bool:
    """Whether it is a store with well-known columns of forcing over catchments and time."""
    return path.is_dir() and layout_of(path) in {Layout.FORCING, Layout.FRAMEWORK_FORCING}


def read(path: Path) -> Detected:
    """Read catchments, columns and period."""
    from dmod.services.data.forcing_zarr import open_zarr_forcing

    source = open_zarr_forcing(path)
    files = sum(1 for file in path.rglob("*") if file.is_file())
    return described(path, source, FORMATS["ZARR_FORCING"], files)


DETECTOR = Detector("forcing of catchments as Zarr", recognises, read)
