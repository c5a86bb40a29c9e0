"""Forcing of catchments as NetCDF: the framework's layout, and those with a coordinate of times."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DataFormat, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.forcing.source import ForcingSource
from dmod.services.data.detect.array_shape import TIME, Layout, layout_of, shape_of
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.spans import period_of_axis
from dmod.services.data.detect.words import counted, period_text, step_text

_FORMATS = {
    Layout.FRAMEWORK_FORCING: "NETCDF_AORC_DEFAULT",
    Layout.FORCING: "NETCDF_FORCING_CANONICAL",
}


def recognises(path: Path) -> bool:
    """Whether it is a NetCDF file with well-known columns of forcing over catchments and time."""
    return path.is_file() and layout_of(path) in _FORMATS


def read(path: Path) -> Detected:
    """Read catchments, columns and period."""
    from dmod.forcing.netcdf_forcing import open_netcdf

    with np.errstate(invalid="raise"):  # damaged times are no times
        source = open_netcdf(path, {})
    try:
        return described(path, source, FORMATS[_FORMATS[layout_of(path)]])
    finally:
        source.close()


DETECTOR = Detector("forcing as NetCDF", recognises, read)


def described(path: Path, source: ForcingSource, layout: DataFormat, files: int = 1) -> Detected:
    """Return what a source of forcing covers."""
    columns = list(dict.fromkeys(source.columns.values()))
    axis = source.period
    period = period_of_axis(axis)
    repeated = len(source.catchments) - len(set(source.catchments))
    notes = [f"{counted(repeated, 'catchment')} repeated"] if repeated else []
    missing = axis.count - _times(path)
    if missing:
        what = "missing in between" if missing > 0 else "repeated"
        notes.append(f"{counted(abs(missing), 'time')} {what}")
    held = {
        DomainIndex.TIME: period,
        **discrete(DomainIndex.CATCHMENT_ID, source.catchments),
        **discrete(DomainIndex.VARIABLE, [column.name for column in columns]),
    }
    return Detected(
        path,
        Category.FORCING,
        Domain(layout, held, units={c.name: c.file_unit for c in columns if c.file_unit}),
        f"forcing of {counted(len(source.catchments), 'catchment')}, {counted(len(columns), 'variable')}, "
        f"{period_text(period)}, {step_text(axis.step)}",
        axis.step,
        tuple(notes),
        files,
    )


def _times(path: Path) -> int:
    """Return how many times a file or store has."""
    shape = shape_of(path)
    assert shape is not None  # it was recognised by it
    info = next(iter(shape.series().values()))
    return info.shape[info.dimensions.index(TIME)]
