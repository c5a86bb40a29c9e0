"""Data to begin with: a synthetic basin in a catalog, and weather around it for any place of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from dmod.accounts.user import EVERYBODY
from dmod.catalog.dataset import Dataset
from dmod.errors import NotFoundError
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.services.example import make_example
from dmod.services.example_store import make_example_store

PACKAGE, FABRIC, WEATHER, GAUGE = "example", "example-fabric", "example-weather", "example-gauge"
NAMES = (PACKAGE, FABRIC, WEATHER, GAUGE)
SEED = 3


def add_example_data(
    service: DataService,
    *,
    catchments: int = 60,
    years: float = 0.25,
    progress: Callable[[str], None] | None = None,
) -> tuple[Dataset, ...]:
    """Put an example basin into a catalog: what is there already under these names stays as it is.

    There are a run package (``example``), its hydrofabric (``example-fabric``), what a gauge at its outlet
    saw (``example-gauge``), and a store of gridded weather of the same period around it
    (``example-weather``), of which forcing is derived for whatever place of the hydrofabric somebody names.
    Everybody may read them.

    Parameters
    ----------
    catchments, years : of the package
    progress : told what is being made

    Returns
    -------
    what was added

    Raises
    ------
    StoreError
        the disk is full, or a folder cannot be written; what was added before stays.
    """
    if all(_is_there(service, name) for name in NAMES):
        return ()
    with TemporaryDirectory(prefix="dmod-example-") as scratch:
        folder = Path(scratch)
        made = make_example(
            folder / PACKAGE, catchments=catchments, years=years, seed=SEED, progress=progress
        )
        start, days = made.axis.start, timedelta(seconds=made.axis.step * made.axis.count).days
        make_example_store(
            folder / WEATHER, around=made.hydrofabric, start=start, days=max(1, days), seed=SEED,
            progress=progress,
        )  # fmt: skip
        files: dict[str, Sequence[Path]] = {
            PACKAGE: [made.path],
            FABRIC: [made.hydrofabric],
            WEATHER: [folder / WEATHER],
            GAUGE: [made.observed] if made.observed is not None else [],
        }
        said = Description(text="a synthetic basin to try things with")
        added: list[Dataset] = []
        for name, paths in files.items():
            if not _is_there(service, name):
                service.add(name, paths, said)
                added += service.share(name, [EVERYBODY])
        return tuple(added)


def _is_there(service: DataService, name: str) -> bool:
    try:
        service.dataset(name)
    except NotFoundError:
        return False
    return True
