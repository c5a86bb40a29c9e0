"""The datasets that are looked at just now: laid out once, held open, let go when others are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from dmod.catalog.dataset import Dataset
from dmod.catalog.placement import place
from dmod.core.atomic import storing
from dmod.core.holding import held
from dmod.services.data.service import DataService
from dmod.services.views.opening import open_view
from dmod.services.views.view import DatasetView

FOLDER = "views"
OPEN = 32
PATIENCE = 60.0
"""For another who lays the same dataset out [s]."""


class ViewLibrary:
    """Views of datasets, by their content; callers see first whether somebody may look.

    Parameters
    ----------
    data : where datasets are
    """

    def __init__(self, data: DataService) -> None:
        self._data = data
        self._open: OrderedDict[str, DatasetView] = OrderedDict()
        self._opening: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def view_of(self, dataset: Dataset) -> DatasetView:
        """Return the view of a dataset.

        Raises
        ------
        InputError
            it holds no series.
        """
        key = dataset.digest
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:  # who asks for another dataset does not wait for this one
            found = self._held(key)
            if found is None:
                found = open_view(dataset, self.laid_out(dataset))
                self._hold(key, found)
        return found

    def _held(self, key: str) -> DatasetView | None:
        with self._lock:
            if key in self._open:
                self._open.move_to_end(key)
            return self._open.get(key)

    def _hold(self, key: str, view: DatasetView) -> None:
        with self._lock:
            self._open[key] = view
            while len(self._open) > OPEN:
                # who still reads from it keeps it open until they are done
                self._opening.pop(self._open.popitem(last=False)[0], None)

    def laid_out(self, dataset: Dataset) -> Path:
        """Return the folder with a dataset's files, laid out once."""
        target = self._data.folder / FOLDER / dataset.digest[:32]
        if not target.is_dir():
            with storing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
            with held(target.with_name(f".{target.name}.placing"), "lays the same dataset out", PATIENCE):
                if not target.is_dir():
                    place(self._data.catalog, dataset, target, link=True)
        return target
