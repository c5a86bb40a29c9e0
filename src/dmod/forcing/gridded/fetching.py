"""Files of a remote store as private files of this machine, for libraries that read nothing else."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dmod.core.atomic import storing
from dmod.errors import StoreError
from dmod.forcing.gridded.store import Place


class FetchedFiles:
    """Copies of remote files, the ones used last, up to a size; removed when it is closed or forgotten.

    Parameters
    ----------
    limit : bytes of the disk that copies may take
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._sizes: OrderedDict[Path, int] = OrderedDict()
        self._in_use: dict[Path, int] = {}
        self._locks: dict[Path, threading.Lock] = {}
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._remove: Callable[[], object] | None = None

    @contextmanager
    def file(self, place: Place, key: str) -> Iterator[Path]:
        """Yield a path to the file, which stays while it is in use.

        Raises
        ------
        NotFoundError
            it does not exist.
        StoreError
            it cannot be fetched (retryable).
        """
        if not place.is_remote:
            yield Path(place.url) / key
            return
        path = self._path(place, key)
        with self._lock:
            self._in_use[path] = self._in_use.get(path, 0) + 1
            own = self._locks.setdefault(path, threading.Lock())
        try:
            with own:
                self._fetch(place, key, path)
            yield path
        finally:
            with self._lock:
                self._in_use[path] -= 1
                self._forget_old()

    def close(self) -> None:
        """Remove every copy."""
        with self._lock:
            self._sizes.clear()
            if self._remove is not None:
                self._remove()
            self._folder, self._remove = None, None

    def _path(self, place: Place, key: str) -> Path:
        with self._lock:
            if self._folder is None:
                with storing(Path(tempfile.gettempdir())):
                    self._folder = Path(tempfile.mkdtemp(prefix="dmod-forcing-"))
                self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            return self._folder / f"{place.url}/{key}".replace("/", "_").replace(":", "")

    def _fetch(self, place: Place, key: str, path: Path) -> None:
        with self._lock:
            if path in self._sizes:
                self._sizes.move_to_end(path)
                return
        expected = place.size(key)
        with storing(path, needed=expected or 0):
            place.copy(key, path)
        size = path.stat().st_size
        if expected is not None and size != expected:
            raise StoreError(
                f"{place}/{key} came as {size} bytes, not as {expected}", hint="try again", retryable=True
            )
        with self._lock:
            self._sizes[path] = size

    def _forget_old(self) -> None:
        total = sum(self._sizes.values())
        for path in [path for path in self._sizes if not self._in_use.get(path)]:
            if total <= self.limit:
                return
            total -= self._sizes.pop(path)
            path.unlink(missing_ok=True)
