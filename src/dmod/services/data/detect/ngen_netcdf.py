"""Output per catchment or nexus as NetCDF: of dmod, and the framework's flow into nexuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.core.hdf5 import HDF5_LOCK
from dmod.errors import InputError
from dmod.services.data.detect.array_shape import NEXUS_FLOW, Layout, classify, layout_of, shape_of
from dmod.services.data.detect.array_times import span_of_times
from dmod.services.data.detect.companions import notes_on_others
from dmod.services.data.detect.csv_ends import Span
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.sight import listing
from dmod.services.data.detect.spans import shared_period
from dmod.services.data.detect.words import counted, period_text, step_text

_LAYOUTS = frozenset({Layout.CATCHMENTS, Layout.NEXUSES})
_SUFFIXES = frozenset({".nc", ".nc4"})
_LOOKED_AT = 3


@dataclass(frozen=True, slots=True)
class OutputFile:
    """What one file covers.

    Parameters
    ----------
    catchments : those that it holds; none of a file of nexuses
    nexuses : how many it holds
    units : by variable
    """

    name: str
    span: Span
    catchments: tuple[str, ...]
    nexuses: int
    units: dict[str, str]


def recognises(path: Path) -> bool:
    """Whether it is such a file, or a folder of such files."""
    if path.is_file():
        return layout_of(path) in _LAYOUTS
    names = _names(path) if path.is_dir() else []
    return any(layout_of(path / name) in _LAYOUTS for name in names[:_LOOKED_AT])


def read(path: Path) -> Detected:
    """Read catchments, variables and period."""
    if path.is_file():
        return described(path, [read_file(path)], (), 1)
    names = [name for name in _names(path) if layout_of(path / name) in _LAYOUTS]
    notes = notes_on_others(
        path, set(names), "output as NetCDF", goes_along=lambda file: layout_of(file) is Layout.ROUTED
    )
    return described(path, [read_file(path / name) for name in names], notes, len(listing(path).files))


DETECTOR = Detector("output as NetCDF", recognises, read)


def read_file(path: Path) -> OutputFile:
    """Read one file; of its values nothing.

    Raises
    ------
    InputError
        it is no such file.
    """
    import netCDF4

    from dmod.forcing.netcdf_forcing import open_netcdf

    shape = shape_of(path)
    layout = Layout.UNKNOWN if shape is None else classify(shape)
    if shape is None or layout not in _LAYOUTS:
        raise InputError(f"{path.name} holds no output of catchments or nexuses", hint="leave it out")
    with HDF5_LOCK, netCDF4.Dataset(path) as file:
        span = span_of_times(file.variables["time"], path)
    if layout is Layout.NEXUSES:
        info = shape.variables[NEXUS_FLOW]
        count = info.shape[info.dimensions.index("feature_id")]
        return OutputFile(path.name, span, (), count, {NEXUS_FLOW: info.unit})
    # a file of catchments is one more of the layouts that forcing is read from
    source = open_netcdf(path, {})
    source.close()
    return OutputFile(
        path.name, span, source.catchments, 0, {name: info.unit for name, info in shape.series().items()}
    )


def described(path: Path, files: Sequence[OutputFile], notes: Sequence[str], count: int) -> Detected:
    """Return what files of output cover together."""
    period, step, odd = shared_period({file.name: file.span for file in files}, path.name or str(path))
    catchments = dict.fromkeys(catchment for file in files for catchment in file.catchments)
    nexuses = sum(file.nexuses for file in files)
    units = {name: unit for file in files for name, unit in file.units.items()}
    words = [counted(len(catchments), "catchment")] if catchments else []
    words += [counted(nexuses, "nexus", "nexuses")] if nexuses else []
    return Detected(
        path,
        Category.OUTPUT,
        Domain(
            FORMATS["NGEN_NETCDF_OUTPUT"],
            {
                DomainIndex.TIME: period,
                **discrete(DomainIndex.CATCHMENT_ID, catchments),
                **discrete(DomainIndex.VARIABLE, units),
            },
            units={name: unit for name, unit in units.items() if unit},
        ),
        f"output of {' and '.join(words)}, {counted(len(units), 'variable')}, {period_text(period)},"
        f" {step_text(step)}",
        step,
        (*odd, *notes),
        count,
    )


def _names(folder: Path) -> list[Path]:
    return [name for name in listing(folder).files if name.suffix.lower() in _SUFFIXES]
