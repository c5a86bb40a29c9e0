"""The file of a dataset that holds one, whatever it is called there."""

from __future__ import annotations

from pathlib import Path

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.derivation import Staged
from dmod.catalog.restriction import Discrete, Restriction
from dmod.errors import InputError


def hydrofabric_file(staged: Staged) -> Path:
    """Return the GeoPackage of a hydrofabric's dataset, or the GeoJSON file of its catchments.

    Raises
    ------
    InputError
        there is none, or there are several.
    """
    place = Path(staged.address)
    if place.is_file():
        return place
    found = sorted(path for path in place.rglob("*.gpkg") if path.is_file())
    found = found or [path for path in sorted(place.rglob("*")) if _holds_catchments(path)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in found[:5]) or "none"
    raise InputError(
        f"{staged.dataset.reference}: one file of a hydrofabric is expected, found: {names}",
        hint="add each hydrofabric as a dataset of its own",
    )


def only_file(staged: Staged, pattern: str = "*") -> Path:
    """Return the one file of a dataset whose name fits a pattern.

    Raises
    ------
    InputError
        there is none, or there are several.
    """
    place = Path(staged.address)
    found = [place] if place.is_file() else [path for path in sorted(place.rglob(pattern)) if path.is_file()]
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.name for path in found[:5]) or "none"
    raise InputError(
        f"{staged.dataset.reference}: one file is expected, found: {names}",
        hint="add each of them as a dataset of its own",
    )


def _holds_catchments(path: Path) -> bool:
    from dmod.services.data.detect.geojson_fabric import Part, parts_in

    if path.suffix.lower() not in {".geojson", ".json"} or not path.is_file():
        return False
    return Part.CATCHMENTS in parts_in(path)


def hydrofabric_id(staged: Staged) -> dict[DomainIndex, Restriction]:
    """Return the restriction to the identity of a hydrofabric; none where its dataset does not state it."""
    held = staged.dataset.domain.restrictions.get(DomainIndex.HYDROFABRIC_ID)
    if not isinstance(held, Discrete):
        from dmod.services.data.detect import detect

        held = detect(hydrofabric_file(staged)).domain.restrictions.get(DomainIndex.HYDROFABRIC_ID)
    return {DomainIndex.HYDROFABRIC_ID: held} if isinstance(held, Discrete) else {}
