"""The maps of a server's hydrofabrics: each drawn once, in the background, and kept beside its fabric."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path

from dmod.catalog.dataset import Dataset
from dmod.core.holding import held
from dmod.errors import ConflictError
from dmod.services.data.service import DataService
from dmod.services.maps.fabric_map import FabricMap
from dmod.services.maps.pyramid import FORMAT, Pyramid, write_pyramid

log = logging.getLogger("dmod.maps")

SUFFIX = ".map"
OPEN = 16
"""Maps that are held open; the one that was asked for longest ago is let go."""


class MapLibrary:
    """Maps of datasets, by their content: fabrics of the same bytes have one map.

    Parameters
    ----------
    data : where datasets are; what its owner may see does not matter here, callers look first
    """

    def __init__(self, data: DataService) -> None:
        self._data = data
        self._open: OrderedDict[str, FabricMap] = OrderedDict()
        self._drawing: dict[str, Future[FabricMap]] = {}
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()

    def map_of(self, dataset: Dataset, patience: float = 2.0) -> FabricMap | None:
        """Return the map of a hydrofabric; None while it is still being drawn.

        Parameters
        ----------
        patience : how long to wait for it [s]

        Raises
        ------
        InputError, HydrofabricError
            the dataset is no hydrofabric, or its shapes cannot be drawn.
        """
        key = dataset.digest
        with self._lock:
            found = self._open.get(key)
            if found is not None:
                self._open.move_to_end(key)
                return found
            drawing = self._drawing.get(key)
            if drawing is None:
                drawing = self._drawing[key] = Future()
                threading.Thread(target=self._draw, args=(dataset, drawing), daemon=True, name="map").start()
        try:
            failure = drawing.exception(patience)
        except TimeoutError:
            return None
        with self._lock:
            self._drawing.pop(key, None)
            if failure is not None:
                raise failure
            made = self._open[key] = drawing.result()
            while len(self._open) > OPEN:
                self._open.popitem(last=False)
        return made

    def _draw(self, dataset: Dataset, drawing: Future[FabricMap]) -> None:
        from dmod.services.data.places import laid_out

        try:
            with self._one_at_a_time:
                fabric = laid_out(self._data.catalog, self._data.folder, dataset)
                drawing.set_result(open_map(fabric))
        except Exception as error:  # noqa: BLE001 # boundary: of a thread; who waits for the map gets it
            drawing.set_exception(error)


def open_map(fabric: Path) -> FabricMap:
    """Return the map of a GeoPackage; it is drawn where there is none yet, and kept beside the file.

    Raises
    ------
    HydrofabricError
        the file is no hydrofabric, or a shape cannot be read.
    StoreError
        the map cannot be written.
    """
    from dmod.hydrofabric.subset import open_index
    from dmod.services.maps.layers import read_layers

    index = open_index(fabric)
    path = fabric.with_name(f"{fabric.name}{SUFFIX}")
    while (pyramid := _kept(path)) is None:
        try:
            with held(path.with_name(f".{path.name}.drawing"), "draws the same map"):
                if not path.exists() or _kept(path) is None:
                    write_pyramid(path, read_layers(fabric, index), log.info)
        except ConflictError:
            threading.Event().wait(0.5)
    return FabricMap(fabric, index, pyramid)


def _kept(path: Path) -> Pyramid | None:
    """Return the map that is there, if this program can read it."""
    import sqlite3

    if not path.is_file():
        return None
    try:
        found = Pyramid(path)
    except (sqlite3.Error, KeyError, ValueError):
        path.unlink(missing_ok=True)
        return None
    if found.format != FORMAT:
        path.unlink(missing_ok=True)
        return None
    return found
