"""Routed flow as NetCDF: of t-route, and of dmod; one file, or pieces in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.core.hdf5 import HDF5_LOCK
from dmod.errors import InputError
from dmod.services.data.detect.array_shape import Layout, layout_of, shape_of
from dmod.services.data.detect.array_times import span_of_times
from dmod.services.data.detect.companions import notes_on_others
from dmod.services.data.detect.csv_ends import Span
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.sight import listing
from dmod.services.data.detect.spans import period_of
from dmod.services.data.detect.words import counted, period_text, step_text

HOUR = 3600
_SUFFIXES = frozenset({".nc", ".nc4"})


@dataclass(frozen=True, slots=True)
class RoutedFile:
    """What one file covers."""

    name: str
    span: Span
    flowpaths: tuple[str, ...]
    units: dict[str, str]


def recognises(path: Path) -> bool:
    """Whether it is a file of flow over features and time, or a folder of such files."""
    if path.is_file():
        return layout_of(path) is Layout.ROUTED
    names = _names(path) if path.is_dir() else []
    return bool(names) and layout_of(path / names[0]) is Layout.ROUTED


def read(path: Path) -> Detected:
    """Read flowpaths, variables and period."""
    if path.is_file():
        return described(path, [read_file(path)], (), 1)
    names = _names(path)
    notes = notes_on_others(path, set(names), "routed flow")
    return described(path, [read_file(path / name) for name in names], notes, len(listing(path).files))


DETECTOR = Detector("routed flow as NetCDF", recognises, read)


def _names(folder: Path) -> list[Path]:
    return [name for name in listing(folder).files if name.suffix.lower() in _SUFFIXES]


def read_file(path: Path) -> RoutedFile:
    """Read one file; of its values nothing."""
    import netCDF4

    shape = shape_of(path)
    if shape is None or layout_of(path) is not Layout.ROUTED:
        raise InputError(f"{path.name} holds no routed flow", hint="leave such files out of the folder")
    units = {name: info.unit for name, info in shape.series().items() if info.dimensions[0] == "feature_id"}
    with HDF5_LOCK, netCDF4.Dataset(path) as file:
        span = span_of_times(file.variables["time"], path)
        return RoutedFile(path.name, span, _flowpaths(file), units)


def described(path: Path, files: Sequence[RoutedFile], notes: Sequence[str], count: int) -> Detected:
    """Return what files cover that are pieces in time of the same flowpaths.

    Raises
    ------
    InputError
        their flowpaths differ, or a gap lies between them.
    """
    ordered = sorted(files, key=lambda file: file.span.first)
    first = ordered[0]
    step = next((file.span.step for file in ordered if file.span.step), 0)
    step = step or (ordered[1].span.first - first.span.first if len(ordered) > 1 else HOUR)
    for before, after in pairwise(ordered):
        if before.flowpaths != after.flowpaths:
            raise InputError(f"{before.name} and {after.name} have other flowpaths", hint="separate them")
        if after.span.first != before.span.last + step:
            raise InputError(
                f"{after.name} does not begin where {before.name} ends",
                hint="complete the files, or separate them",
            )
    period = period_of(first.span.first, ordered[-1].span.last, step)
    held = {
        DomainIndex.TIME: period,
        **discrete(DomainIndex.FLOWPATH_ID, first.flowpaths),
        **discrete(DomainIndex.VARIABLE, first.units),
    }
    return Detected(
        path,
        Category.OUTPUT,
        Domain(
            FORMATS["ROUTED_NETCDF_OUTPUT"],
            held,
            units={name: unit for name, unit in first.units.items() if unit},
        ),
        f"routed flow of {counted(len(first.flowpaths), 'flowpath')}, {period_text(period)}, "
        f"{step_text(step)}",
        step,
        ("a value is that of the moment it is stamped with", *notes),
        count,
    )


def _flowpaths(file: Any) -> tuple[str, ...]:
    """Return the ids of flowpaths: their kind, which a file may name, and their number."""
    numbers = np.asarray(file.variables["feature_id"][:])
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise InputError("the features of the file have no numbers", hint="give a file of routed flow")
    kinds = file.variables["type"][:].tolist() if "type" in file.variables else []
    if len(kinds) != numbers.size or not all(isinstance(kind, str) for kind in kinds):
        kinds = ["wb"] * numbers.size
    return tuple(f"{kind}-{number}" for kind, number in zip(kinds, numbers.tolist(), strict=True))
