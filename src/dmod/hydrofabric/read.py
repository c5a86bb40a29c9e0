"""Reading a hydrofabric, whatever its format and version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dmod.core.problem import errors_of
from dmod.errors import HydrofabricError
from dmod.hydrofabric.assemble import Parts, assemble
from dmod.hydrofabric.checks import find_problems
from dmod.hydrofabric.fabric import Hydrofabric, Table
from dmod.hydrofabric.geojson import (
    CATCHMENT_PREFIXES,
    FLOWPATH_PREFIXES,
    NEXUS_PREFIXES,
    find_beside,
    read_crosswalk,
    read_features,
)
from dmod.hydrofabric.geopackage import MAGIC, NEEDED, GeoPackageTables

LISTED_PROBLEMS = 20


def read_hydrofabric(
    path: Path | str,
    nexus_path: Path | str | None = None,
    *,
    flowpath_path: Path | str | None = None,
    validate: bool = True,
) -> Hydrofabric:
    """Read a hydrofabric: a GeoPackage, or a pair of GeoJSON files.

    Parameters
    ----------
    path : the GeoPackage, or the catchments of a GeoJSON pair
    nexus_path, flowpath_path : the other GeoJSON files; when not given they are looked for beside the
        catchments under the same name (``catchments.geojson`` → ``nexus.geojson``)
    validate : whether a fabric with errors is refused

    Raises
    ------
    NotFoundError
        a file does not exist.
    HydrofabricError
        a file is no hydrofabric, or (with ``validate``) the fabric is not sound; all errors are listed.
    """
    path = Path(path)
    geojson = _is_geojson(path)
    fabric = _read_geojson(path, nexus_path, flowpath_path) if geojson else _read_geopackage(path)
    if validate:
        require_sound(fabric)
    return fabric


def require_sound(fabric: Hydrofabric, *, routing: bool = False) -> None:
    """Refuse a fabric that has errors.

    Raises
    ------
    HydrofabricError
        it has; the message lists them.
    """
    errors = errors_of(find_problems(fabric, routing=routing))
    if errors:
        lines = [f"  - {problem}".replace("\n", "\n    ") for problem in errors[:LISTED_PROBLEMS]]
        more = len(errors) - len(lines)
        lines += [f"  - and {more} more errors"] if more else []
        raise HydrofabricError(
            f"{fabric.source}: the hydrofabric is not sound:\n" + "\n".join(lines),
            hint="correct the fabric, or make the subset again",
        )


def _is_geojson(path: Path) -> bool:
    if path.suffix.lower() not in {".geojson", ".json"} or not path.is_file():
        return path.suffix.lower() in {".geojson", ".json"}
    with path.open("rb") as file:
        return not file.read(len(MAGIC)).startswith(MAGIC)


def _read_geopackage(path: Path) -> Hydrofabric:
    tables = GeoPackageTables(path)
    found = tables.parts()
    absent = [part for part in ("divides", "nexus") if part not in found]
    if absent:
        raise HydrofabricError(
            f"{path} is no hydrofabric: it has no table {' and no table '.join(map(repr, absent))};"
            f" it has {', '.join(sorted(tables)) or 'no tables at all'}",
            hint=NEEDED,
        )
    contents = {part: tables[name] for part, name in found.items()}
    for part, needed in (("divides", ("divide_id", "id")), ("nexus", ("id",))):
        _require_columns(path, found[part], contents[part], needed)
    places = {part: f"{path.name}, table {name}" for part, name in found.items()}
    return assemble(
        path,
        _version(tables, contents["divides"]),
        Parts(**contents, places=places),
        tables=tables,
        sources=(path,),
    )


def _require_columns(path: Path, name: str, table: Table, one_of: tuple[str, ...]) -> None:
    for needed in (one_of, ("toid",)):
        if not set(needed) & set(table):
            raise HydrofabricError(
                f"{path}: table {name!r} has no column {' or '.join(map(repr, needed))};"
                f" it has {', '.join(table) or 'none'}",
                hint="see the columns of the hydrofabric's version in the reference",
            )


def _version(tables: Mapping[str, Table], divides: Table) -> str:
    """Tell the version by what each one brought: vpuid with 2.2, attributes of divides with 2.1.1."""
    if "vpuid" in divides or "flowpath-attributes-ml" in tables:
        return "2.2"
    later = {"flowpath-attributes", "divide-attributes", "model-attributes"}
    return "2.1.1" if later & set(tables) else "2.0"


def _read_geojson(path: Path, nexus_path: Path | str | None, flowpath_path: Path | str | None) -> Hydrofabric:
    divides, notes = read_features(path, CATCHMENT_PREFIXES)
    nexus_file = Path(nexus_path) if nexus_path else find_beside(path, "nexus")
    if nexus_file is None:
        raise HydrofabricError(
            f"{path}: the nexuses that belong to these catchments are missing",
            hint="give the GeoJSON file of the nexuses too",
        )
    nexus, nexus_notes = read_features(nexus_file, NEXUS_PREFIXES)
    tables = {"divides": divides, "nexus": nexus}
    sources = [path, nexus_file]
    flowpath_file = Path(flowpath_path) if flowpath_path else find_beside(path, "flowpath")
    if flowpath_file is not None:
        tables["flowpaths"], flowpath_notes = read_features(flowpath_file, FLOWPATH_PREFIXES)
        sources.append(flowpath_file)
        notes += flowpath_notes
    places = dict(zip(tables, (file.name for file in sources), strict=True))
    crosswalk_file = find_beside(path, "crosswalk")
    if crosswalk_file is not None:
        tables["crosswalk"] = read_crosswalk(crosswalk_file)
        sources.append(crosswalk_file)
    parts = Parts(divides, nexus, tables.get("flowpaths"), places=places)
    return assemble(
        path, "geojson", parts, tables=tables, sources=tuple(sources), notes=(*notes, *nexus_notes)
    )
