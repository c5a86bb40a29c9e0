"""Forcing on a grid: AORC's and the National Water Model's stores, and CF, as NetCDF or Zarr."""

from __future__ import annotations

from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.forcing.gridded.source import GridSource
from dmod.services.data.detect.array_shape import Layout, Shape, layout_of, shape_of
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.sight import Kind, is_store, kind_of, listing
from dmod.services.data.detect.spans import period_of_axis
from dmod.services.data.detect.words import counted, period_text, step_text

_TITLES = {"aorc": "AORC", "nwm": "National Water Model", "cf": "CF"}
_LOOKED_AT = 3


def recognises(path: Path) -> bool:
    """Whether it is a file or store of variables over time and a grid, or a folder of such."""
    return any(layout_of(piece) is Layout.GRID for piece in pieces(path)[:_LOOKED_AT])


def pieces(path: Path) -> list[Path]:
    """Return the stores, else the NetCDF files, of a folder that may be pieces of one grid; else the path."""
    if path.is_file() or is_store(path):
        return [path]
    here = listing(path)
    if here.stores:
        return [path / name for name in here.stores]
    return [path / name for name in here.files if kind_of(path / name) is Kind.NETCDF]


def read(path: Path) -> Detected:
    """Read variables and period; nothing but what describes them."""
    from dmod.forcing.gridded.opening import open_grid_source

    source = open_grid_source(str(path.absolute()))
    try:
        return _described(path, source, [shape for piece in pieces(path) if (shape := shape_of(piece))])
    finally:
        source.close()


DETECTOR = Detector("forcing on a grid", recognises, read)


def _described(path: Path, source: GridSource, shapes: list[Shape]) -> Detected:
    names = [part for variable in source.variables.values() for part in variable.name.split("+")]
    known = {name: info.unit for shape in shapes for name, info in shape.variables.items()}
    axis = source.period
    period = period_of_axis(axis)
    held = {DomainIndex.TIME: period, **discrete(DomainIndex.VARIABLE, names)}
    grid = source.grid
    return Detected(
        path,
        Category.FORCING,
        Domain(FORMATS["FORCING_GRID"], held, units={name: known[name] for name in names if known.get(name)}),
        f"forcing on a grid of {grid.rows:,} × {grid.columns:,} cells ({_TITLES[source.layout]}), "
        f"{counted(len(names), 'variable')}, {period_text(period)}, {step_text(axis.step)}",
        axis.step,
        files=1 if path.is_file() else sum(1 for file in path.rglob("*") if file.is_file()),
    )
