"""Flow that a run simulated: its rivers, nexuses and catchments, and the gauges of its hydrofabric."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmod.errors import DmodError, InputError, NotFoundError, UnitError
from dmod.evaluation.evaluation import Place
from dmod.evaluation.location_series import LocationSeries
from dmod.output.layout import NEXUS_FLOW
from dmod.services.comparison.layer import Layer, LayerName, Rows
from dmod.services.comparison.run_folder import RunFolder, open_run
from dmod.services.evaluation.file_hashes import file_hashes
from dmod.services.evaluation.source_options import SourceOptions, scale_of

FLOW_OF: Mapping[LayerName, tuple[str, ...]] = {
    "rivers": ("flow", "streamflow"),
    "nexuses": (NEXUS_FLOW, "flow"),
    "catchments": (),
}
WITHOUT_DELAY = "without delay"


class RunSource:
    """Results in a folder: of ``dmod run``, or the framework's CSV, or routed NetCDF beside it.

    Locations are flowpaths (``wb-7``), nexuses (``nex-7``), catchments (``cat-7``) where the variable that
    was asked for is a flow, and, where the run's hydrofabric is still there, its gauges.
    """

    def __init__(self, folder: Path, options: SourceOptions) -> None:
        self._run: RunFolder = open_run(folder, options.name or folder.name)
        self._options = options
        self._read_from: set[Path] = set()
        opened = False
        try:
            self._variables = {
                kind: variable
                for kind, layer in self._run.layers.items()
                if (variable := self._flow(kind, layer))
            }
            if not self._variables:
                raise InputError(f"{folder} holds no flow", hint=self._hint())
            opened = True
        finally:
            if not opened:
                self._run.close()

    @property
    def name(self) -> str:
        """What it is called in results."""
        return self._run.name

    @property
    def hydrofabric(self) -> Path | None:
        """Return the run's hydrofabric, where it is still there."""
        if self._options.hydrofabric is not None:
            return self._options.hydrofabric
        files = (item.path for item in self._run.note.inputs_of("hydrofabric"))
        return next((path for path in files if path.is_file()), None)

    @functools.cached_property
    def locations(self) -> tuple[str, ...]:
        """All places that have a flow; gauges first."""
        own = [i for kind in self._variables for i in self._run.layers[kind].ids]
        return tuple(dict.fromkeys([*self._gauges, *own]))

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        """Give flow by location; at a gauge that of all flowpaths that end there."""
        for location in locations:
            yield self._series(location)

    def places(self, locations: Sequence[str]) -> Mapping[str, Place]:
        """Return nothing yet: a run's files do not say where its places are."""
        return {}

    def provenance(self) -> Mapping[str, str]:
        """Return the files that were read, with their hashes."""
        return file_hashes(sorted(path for path in self._read_from if path.is_file()))

    def close(self) -> None:
        """Close the files."""
        self._run.close()

    def _flow(self, kind: LayerName, layer: Layer) -> str:
        wanted = (self._options.variable,) if self._options.variable else FLOW_OF[kind]
        for name in wanted:
            if name in layer.units and self._scale(layer, name) is not None:
                return name
        return ""

    def _scale(self, layer: Layer, name: str) -> float | None:
        try:
            return scale_of(layer.units[name], self._options, layer.where)
        except UnitError:
            if self._options.variable:
                raise
            return None

    def _hint(self) -> str:
        names = sorted({name for layer in self._run.layers.values() for name in layer.units})
        return f"it holds {', '.join(names)}; name one of a volume per time, with its unit"

    def _series(self, location: str) -> LocationSeries:
        for kind, variable in self._variables.items():
            layer = self._run.layers[kind]
            if location in layer.index:
                return self._sum(location, kind, variable, [layer.index[location]])
        rows = self._at_gauge(location)
        if rows:
            return self._sum(location, "rivers", self._variables["rivers"], rows)
        return LocationSeries.missing(location, f"{self.name} has no flow at {location}")

    def _sum(self, location: str, kind: LayerName, variable: str, rows: Sequence[int]) -> LocationSeries:
        layer = self._run.layers[kind]
        stamps = layer.stamps
        self._note_files(layer, rows)
        at: Rows = np.array(rows, dtype=np.int64)
        values = layer.read([variable], at, 0, stamps.count)[variable].sum(axis=0)
        scale = scale_of(layer.units[variable], self._options, layer.where)
        seconds: NDArray[np.int64] = stamps.start + stamps.step * np.arange(stamps.count, dtype=np.int64)
        if kind == "rivers" and WITHOUT_DELAY in self._run.note.routing:
            seconds = seconds - stamps.step  # the mean of the step that ends there
        notes = (f"flow of {len(rows)} flowpaths is added up",) if len(rows) > 1 else ()
        times = seconds.astype("datetime64[s]")
        return LocationSeries(location, times, values * scale, stamps.step, notes)

    def _note_files(self, layer: Layer, rows: Sequence[int]) -> None:
        where = Path(layer.where)
        if where.is_dir():
            names = (layer.ids[row] for row in rows)
            found = (where / f"{name}{end}" for name in names for end in (".csv", "_output.csv"))
            self._read_from.update(path for path in found if path.is_file())
        else:
            self._read_from.add(where)

    @functools.cached_property
    def _gauges(self) -> dict[str, list[int]]:
        """Gauge → rows of the flowpaths whose flow passes it."""
        from dmod.hydrofabric import gauges, read_hydrofabric
        from dmod.services.outlet import choose_outlet

        layer = self._run.layers.get("rivers")
        file = self.hydrofabric
        if layer is None or "rivers" not in self._variables or file is None:
            return {}
        try:
            fabric = read_hydrofabric(file, validate=False)
        except DmodError:
            return {}  # changed or broken since the run: its places can still be asked for by their ids
        found = {}
        for gauge in gauges(fabric):
            try:
                outlet = choose_outlet(fabric, gauge)
            except NotFoundError:
                continue
            ids = fabric.flowpaths.ids if fabric.flowpaths is not None else fabric.catchments.ids
            rows = [layer.index[ids[i]] for i in outlet.flowpaths if ids[i] in layer.index]
            if rows and len(rows) == len(outlet.flowpaths):
                found[gauge] = rows
        return found

    def _at_gauge(self, location: str) -> list[int]:
        bare = location.lower().removeprefix("gages-").removeprefix("gage-").removeprefix("usgs-")
        return self._gauges.get(location) or self._gauges.get(bare) or []
