"""What a job has found, as xarray, numbers and files; each file is fetched when it is first used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.client.call import Transport
from dmod.client.driving import finish
from dmod.client.operations.datasets import RemoteFile, Told, cached, fetch_all, files, silent
from dmod.errors import NotFoundError

if TYPE_CHECKING:
    import xarray as xr

ARRAYS: Mapping[str, str] = {
    "streamflow": "streamflow.nc",
    "outputs": "catchments.nc",
    "catchments": "catchments.nc",
    "nexuses": "nexuses.nc",
    "states": "states.nc",
}
"""File of each name that can be opened."""
REPORT = "report.html"


class FoundRecord:
    """What a job has found, as a server says it.

    Parameters
    ----------
    document : as the server wrote it
    files : of the dataset of the results
    """

    def __init__(
        self, document: Mapping[str, Any], files: Sequence[RemoteFile], transport: Transport
    ) -> None:
        self.document = document
        self.files = tuple(files)
        self._transport = transport

    @property
    def dataset(self) -> str | None:
        """Return the dataset of the results, by name and version."""
        return self.document.get("dataset")

    @property
    def scores(self) -> dict[str, Any] | None:
        """Return the scores; None where nothing was compared."""
        return self.document.get("scores")

    @property
    def summary(self) -> dict[str, Any] | None:
        """Return the results in a few numbers."""
        return self.document.get("summary")

    def file(self, name: str) -> RemoteFile:
        """Return a file by its path, or by a name of `ARRAYS`.

        Raises
        ------
        NotFoundError
            there is none.
        """
        wanted = ARRAYS.get(name, name)
        for item in self.files:
            if item.path == wanted or item.path.endswith(f"/{wanted}"):
                return item
        there = ", ".join(item.path for item in self.files) or "none"
        raise NotFoundError(
            f"the results of job {self.document['job']} have no {wanted}", hint=f"their files: {there}"
        )

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} of job {self.document['job']}: {self.dataset}, {len(self.files)} files>"
        )


class Results(FoundRecord):
    """What a job has found.

    ``results.streamflow``, ``results.outputs`` and ``results.open("nexuses")`` are xarray; the file is
    fetched into the user's cache when it is first asked for, and every byte compared with its hash.
    """

    def path(self, name: str) -> Path:
        """Return the path of a file in the cache, fetched where it is not there."""
        return finish(cached(self._transport, self.file(name)))

    def open(self, name: str) -> xr.Dataset:
        """Open a file as xarray: streamflow, outputs, nexuses, states, or a path."""
        return _opened(self.path(name))

    @property
    def streamflow(self) -> xr.DataArray:
        """Flow in every flowpath, (feature_id, time) [m3 s-1]."""
        return self.open("streamflow")["flow"]

    @property
    def outputs(self) -> xr.Dataset:
        """Return every output variable of every catchment, (catchment, time)."""
        return self.open("outputs")

    @property
    def report(self) -> Path:
        """Return the page with map, hydrograph and scores."""
        return self.path(REPORT)

    def download(self, folder: str | Path, *, told: Told = silent) -> list[Path]:
        """Fetch all files into a folder; those that are there already are kept."""
        return finish(fetch_all(self._transport, self.files, Path(folder), told))


class AsyncResults(FoundRecord):
    """What a job has found; see `Results`. What fetches is awaited."""

    async def path(self, name: str) -> Path:
        """Return the path of a file in the cache, fetched where it is not there."""
        return await cached(self._transport, self.file(name))

    async def open(self, name: str) -> xr.Dataset:
        """Open a file as xarray: streamflow, outputs, nexuses, states, or a path."""
        path = await self.path(name)
        return await self._transport.work(lambda: _opened(path))

    async def report(self) -> Path:
        """Return the page with map, hydrograph and scores."""
        return await self.path(REPORT)

    async def download(self, folder: str | Path, *, told: Told = silent) -> list[Path]:
        """Fetch all files into a folder; those that are there already are kept."""
        return await fetch_all(self._transport, self.files, Path(folder), told)


async def found_files(transport: Transport, document: Mapping[str, Any]) -> list[RemoteFile]:
    """Return the files of the results that a document names."""
    reference = document.get("dataset")
    return await files(transport, reference) if reference else []


def _opened(path: Path) -> xr.Dataset:
    import xarray as xr

    return xr.open_dataset(path)
