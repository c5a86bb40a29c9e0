"""A catalog in a folder, with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dmod.catalog.adding import NewDataset, add_files
from dmod.catalog.catalog import Catalog
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.dataset import Dataset
from dmod.catalog.domain import Domain
from dmod.catalog.index.opening import open_index
from dmod.catalog.store.folder import FolderStore

Add = Callable[..., Dataset]


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(tmp_path: Path, clock: Clock) -> Iterator[Catalog]:
    found = Catalog(FolderStore(tmp_path / "store"), open_index(str(tmp_path / "index.sqlite")), clock=clock)
    yield found
    found.index.close()


@pytest.fixture
def add(catalog: Catalog, tmp_path: Path) -> Add:
    """Return a function that adds files given as texts by path."""
    count = 0

    def added(name: str, texts: Mapping[str, str], *, another: bool = False, **said: object) -> Dataset:
        nonlocal count
        count += 1
        folder = tmp_path / f"source-{count}"
        files = []
        for path, text in texts.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            files.append((path, place))
        new = NewDataset(name, Category.OUTPUT, Domain(FORMATS["GENERIC"]), **said)  # type: ignore[arg-type]
        return add_files(catalog, new, files, another=another)

    return added
