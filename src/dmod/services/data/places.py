"""Places that people name (a gauge, a catchment, a point), found in the hydrofabrics of a catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dmod.catalog.catalog import Catalog
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.port import Listing
from dmod.catalog.placement import place
from dmod.core.atomic import storing
from dmod.core.holding import held
from dmod.errors import CoverageError, DatasetNotFound, InputError, NotFoundError
from dmod.hydrofabric.subset import Region

PATIENCE = 60.0
"""For another who lays the same hydrofabric out [s]."""
FABRICS = "fabrics"
GEOPACKAGE = FORMATS["NGEN_GEOPACKAGE_HYDROFABRIC_V2"]


@dataclass(frozen=True, slots=True)
class Basin:
    """What belongs to some places.

    Parameters
    ----------
    dataset : the hydrofabric that they were found in
    """

    dataset: Dataset
    catchments: tuple[str, ...]
    area_km2: float


def find_basin(
    catalog: Catalog, folder: Path, places: Sequence[str], *, hydrofabric: Dataset | None = None
) -> Basin:
    """Return the catchments that belong to places, as `dmod.subset` understands them.

    Parameters
    ----------
    folder : where fabrics are laid out, so that each is indexed once
    hydrofabric : to look in; where None all are looked through, those of most catchments first

    Raises
    ------
    DatasetNotFound
        there is no hydrofabric in the catalog.
    NotFoundError
        none has the places.
    """
    from dmod.services.subset import find_region

    if not places:
        raise InputError("no place is given", hint="name a gauge (gage-10109001), a catchment, a point …")
    fabrics = [hydrofabric] if hydrofabric is not None else fabrics_of(catalog)
    if not fabrics:
        raise DatasetNotFound(
            "the catalog holds no hydrofabric to find places in", hint="add one: dmod data add NAME FILE.gpkg"
        )
    missing: list[str] = []
    for dataset in fabrics:
        fabric = laid_out(catalog, folder, dataset)
        try:
            found = find_region(fabric, Region(places=tuple(places)))
        except (NotFoundError, CoverageError) as error:
            missing.append(f"{dataset.reference}: {error.message}")
            continue
        return Basin(dataset, tuple(found.catchments), found.area_km2)
    raise NotFoundError(
        "\n  ".join([f"no hydrofabric of the catalog has {', '.join(places)}:", *missing]),
        hint="add the hydrofabric that has it: dmod data add NAME FILE.gpkg",
    )


def laid_out(catalog: Catalog, folder: Path, dataset: Dataset) -> Path:
    """Return the GeoPackage of a hydrofabric or package where its index can be kept beside it.

    Raises
    ------
    NotFoundError
        it has no GeoPackage.
    InputError
        it has several.
    """
    target = folder / FABRICS / dataset.digest[:32]
    if not target.is_dir():
        with storing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        with held(target.with_name(f".{target.name}.placing"), "lays the same hydrofabric out", PATIENCE):
            if not target.is_dir():
                place(catalog, dataset, target, link=True, only=("*.gpkg",))
    files = sorted(target.rglob("*.gpkg"))
    if len(files) != 1:
        raise InputError(
            f"{dataset.reference} holds {len(files)} GeoPackages, not one", hint="add each by itself"
        )
    return files[0]


def fabrics_of(catalog: Catalog) -> list[Dataset]:
    """Return the hydrofabrics of a catalog, the largest first."""
    listed = catalog.index.list(Listing(category=Category.HYDROFABRIC, format=GEOPACKAGE), catalog.clock())
    here = [dataset for dataset in listed if not dataset.is_external]
    return sorted(here, key=lambda dataset: (-dataset.size, dataset.name))
