"""The series of a dataset of observations, by gauge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dmod.catalog.dataset import Dataset
from dmod.errors import DmodError, InputError, UnitError
from dmod.evaluation.observed import FLOW, ObservedSeries, read_observed
from dmod.observations.tidy import is_sidecar
from dmod.services.evaluation.dataset_gauge import gauge_of
from dmod.services.evaluation.gauge_source import GaugeSource
from dmod.services.evaluation.source_options import SourceOptions

SERIES = (".csv", ".tsv", ".txt", ".json", ".rdb", ".nc")


def observed_series(dataset: Dataset, folder: Path) -> dict[str, ObservedSeries]:
    """Return what a dataset of observations holds: gauge → flow.

    A file that names no gauge is of the one that the dataset is of, else it is called as the file is. What
    is wrong with a file is told by its name in the dataset.

    Parameters
    ----------
    folder : where the dataset is laid out

    Raises
    ------
    InputError
        there is no file with a series, or one cannot be read.
    UnitError
        a unit is not stated, or none of flow.
    """
    files = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in SERIES and not _goes_along(path)
    )
    if not files:
        raise InputError("it holds no file with a series", hint=f"known are {', '.join(SERIES)}")
    gauge = gauge_of(dataset) if len(files) == 1 else ""
    found: dict[str, ObservedSeries] = {}
    for file in files:
        called = f"{dataset.reference}/{file.relative_to(folder).as_posix()}"
        try:
            series = _read(file, gauge)
        except DmodError as error:
            raise type(error)(error.message.replace(str(file), called), hint=error.hint) from error
        for name, one in series.items():
            found[name if name not in found else f"{name} ({file.stem})"] = replace(one, source=called)
    return found


def _read(file: Path, gauge: str) -> Mapping[str, ObservedSeries]:
    """Read one series as a run reads it, else what agencies send: several gauges, RDB, WaterML."""
    try:
        one = read_observed(file, name=gauge or None)
        return {one.name: one}
    except UnitError:
        raise
    except InputError as error:
        try:
            source = GaugeSource(file, SourceOptions(gauge=gauge))
        except DmodError:
            raise error from None
        return {
            one.location: ObservedSeries(one.times, one.values, one.location, unit=FLOW, notes=one.notes)
            for one in source.read(source.locations)
        }


def _goes_along(file: Path) -> bool:
    """Whether a file says of another what it is."""
    if file.suffix.lower() != ".json":
        return False
    try:
        return is_sidecar(json.loads(file.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError):
        return False
