"""The forcing of a run: one source or several, each catchment reading its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.core.time_axis import TimeAxis
from dmod.engine.models.module import Array
from dmod.engine.native import split_forcing_key
from dmod.errors import CoverageError
from dmod.forcing.fill import FilledSource, parse_methods
from dmod.forcing.opening import open_forcing
from dmod.forcing.source import ForcingSource
from dmod.formulation.package import RunPackage
from dmod.formulation.realization import Realization


@dataclass(slots=True)
class ForcingInputs:
    """Forcing of all catchments, from one source or several.

    Parameters
    ----------
    sources : what was opened
    source_of : shape (catchment,), which of them a catchment reads
    """

    catchments: Sequence[str]
    axis: TimeAxis
    sources: list[ForcingSource]
    source_of: NDArray[np.int64]

    def close(self) -> None:
        """Release the files that are held open."""
        for source in self.sources:
            source.close()

    def units(self) -> dict[str, str]:
        """Return the variables that every source has, and their units."""
        common = dict(self.sources[0].units)
        for source in self.sources[1:]:
            common = {name: unit for name, unit in common.items() if source.units.get(name) == unit}
        return common

    def surplus(self) -> list[str]:
        """Return a sentence per source that has forcing for catchments outside the hydrofabric."""
        known = set(self.catchments)
        found = []
        for source in self.sources:
            others = [catchment for catchment in source.catchments if catchment not in known]
            if others:
                found.append(
                    f"{source.where}: forcing of catchments outside the hydrofabric ({name_some(others)})"
                )
        return found

    def filled_sentences(self) -> list[str]:
        """Return what was filled in so far, one sentence for each gap."""
        return [
            f"{gap.catchment} {gap.variable}: {gap.count} missing values from {gap.first} to {gap.last} "
            f"filled by {gap.method}"
            for source in self.sources
            if isinstance(source, FilledSource)
            for gap in source.record
        ]

    def read(
        self, rows: NDArray[np.int64], keys: Sequence[str], first: int, out: Mapping[str, Array]
    ) -> None:
        """Fill ``out`` (key → (catchment, time)); see `ReadForcing`."""
        steps = next(iter(out.values())).shape[1] if out else 0
        window = self.axis.window(first, max(steps, 1))
        which = self.source_of[rows]
        for index in np.unique(which):
            part = np.flatnonzero(which == index)
            whole = part.size == rows.size
            target = {k: out[k] if whole else np.empty((part.size, steps)) for k in keys}
            self._read_part(int(index), rows[part], window, target)
            if not whole:
                for key in keys:
                    out[key][part] = target[key]

    def _read_part(
        self, index: int, rows: NDArray[np.int64], window: TimeAxis, out: Mapping[str, Array]
    ) -> None:
        ids = [self.catchments[row] for row in rows]
        wanted = [split_forcing_key(key) for key in out]
        self.sources[index].read(ids, wanted, window, out=list(out.values()))


def open_inputs(
    package: RunPackage, realization: Realization, catchments: Sequence[str], *, fill: str | None
) -> ForcingInputs:
    """Open the forcing of all catchments; those with a forcing of their own read theirs.

    Raises
    ------
    CoverageError
        a catchment or a part of the period is not covered.
    """
    specs = [realization.forcing_for(catchment) for catchment in catchments]
    distinct = list(dict.fromkeys(specs))
    source_of = np.array([distinct.index(spec) for spec in specs], dtype=np.int64)
    methods = parse_methods(fill) if fill else None
    sources = []
    with ExitStack() as opened:
        for index, spec in enumerate(distinct):
            own = spec != realization.forcing or package.forcing is None
            path = package.resolve(spec.path) if own else package.forcing
            assert path is not None
            ids = [c for c, which in zip(catchments, source_of, strict=True) if which == index]
            source = open_forcing(spec.provider, path, spec.file_pattern, ids)
            opened.callback(source.close)
            _require_catchments(source, ids)
            source.require_period(realization.time)
            sources.append(FilledSource(source, methods) if methods else source)
        opened.pop_all()
    return ForcingInputs(catchments, realization.time, sources, source_of)


def _require_catchments(source: ForcingSource, catchments: Sequence[str]) -> None:
    there = set(source.catchments)
    missing = [catchment for catchment in catchments if catchment not in there]
    if missing:
        raise CoverageError(
            f"{source.where}: there is no forcing for {name_some(missing)}",
            hint="add them to the forcing, or take them out of the hydrofabric",
        )
