"""A source whose files were fetched from elsewhere: what was read is told by where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dmod.evaluation.evaluation import Place
from dmod.evaluation.location_series import KnowsPlaces, LocationSeries, SeriesSource


@dataclass(frozen=True, slots=True)
class FetchedSource:
    """A source that calls its files by the address that they were fetched from.

    Parameters
    ----------
    source : that reads them
    folder : in which they lie for now
    address : ``dataset:NAME``, ``job:ID``
    """

    source: SeriesSource
    folder: Path
    address: str

    @property
    def name(self) -> str:
        """What it is called in results."""
        return self.source.name

    @property
    def locations(self) -> tuple[str, ...]:
        """The ids of all locations."""
        return self.source.locations

    @property
    def hydrofabric(self) -> Path | None:
        """The run's hydrofabric, where it is known."""
        return getattr(self.source, "hydrofabric", None)

    def read(self, locations: Sequence[str]) -> Iterator[LocationSeries]:
        """Give the series of some locations."""
        return self.source.read(locations)

    def places(self, locations: Sequence[str]) -> Mapping[str, Place]:
        """Return what is known of locations."""
        return self.source.places(locations) if isinstance(self.source, KnowsPlaces) else {}

    def provenance(self) -> Mapping[str, str]:
        """Return what was read: address within the dataset or the results → SHA-256."""
        return {self._called(file): digest for file, digest in self.source.provenance().items()}

    def _called(self, file: str) -> str:
        path = Path(file)
        if not path.is_relative_to(self.folder):
            return file
        return f"{self.address}/{path.relative_to(self.folder).as_posix()}"
