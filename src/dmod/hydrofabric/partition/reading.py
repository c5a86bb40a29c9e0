"""Reading as much of a hydrofabric as a division needs: ids, how they drain, and lakes.

A fabric of a continent has some hundred columns; the network is ten of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dmod.errors import HydrofabricError
from dmod.hydrofabric.assemble import Parts, assemble
from dmod.hydrofabric.fabric import Hydrofabric, Table
from dmod.hydrofabric.geopackage import GeoPackageTables, as_column, ask, quoted
from dmod.hydrofabric.read import read_hydrofabric, require_sound

# area is none of the network, but a fabric without it is not sound
_NETWORK: Mapping[str, tuple[str, ...]] = {
    "divides": ("divide_id", "id", "toid", "areasqkm", "area_sqkm"),
    "nexus": ("id", "toid"),
    "flowpaths": ("id", "toid", "divide_id", "realized_catchment"),
}
_LAKES: Mapping[str, tuple[str, ...]] = {
    "flowpath_attributes": ("id", "link", "waterbodyid", "rl_nhdwaterbodycomid"),
    "lakes": ("lake_id", "hl_link", "id"),
}
_KEYS = {"divides": ({"divide_id", "id"}, {"toid"}), "nexus": ({"id"}, {"toid"})}


def read_network(
    path: Path | str, nexus_path: Path | str | None = None, *, lakes: bool = False
) -> Hydrofabric:
    """Read a sound hydrofabric without the attributes that say nothing of how it drains.

    Parameters
    ----------
    path, nexus_path : as of `dmod.hydrofabric.read_hydrofabric`; GeoJSON is read whole
    lakes : whether to read which flowpaths are lakes

    Raises
    ------
    NotFoundError
        a file does not exist.
    HydrofabricError
        a file is no hydrofabric, or the fabric is not sound; all errors are listed.
    """
    path = Path(path)
    try:
        tables = GeoPackageTables(path)
    except HydrofabricError:
        return read_hydrofabric(path, nexus_path)  # GeoJSON, or what it says is wrong
    names = tables.parts()
    wanted = {**_NETWORK, **(_LAKES if lakes else {})}
    contents = {part: _columns(path, names[part], wanted[part]) for part in wanted if part in names}
    for part, keys in _KEYS.items():
        if not all(any_of & set(contents.get(part, ())) for any_of in keys):
            return read_hydrofabric(path, nexus_path)  # which says what is missing
    places = {part: f"{path.name}, table {names[part]}" for part in contents}
    parts = Parts(**contents, places=places)
    fabric = assemble(path, "network", parts, tables={}, sources=(path,))
    require_sound(fabric)
    return fabric


def _columns(path: Path, name: str, wanted: tuple[str, ...]) -> Table:
    """Return the columns of a table that are wanted and there, by the names that they have there."""
    declared = {row[1]: row[2].upper() for row in ask(path, f"PRAGMA table_info({quoted(name)})")}
    chosen = [column for column in declared if column.lower() in wanted]
    if not chosen:
        return {}
    rows = ask(path, f"SELECT {', '.join(map(quoted, chosen))} FROM {quoted(name)}")
    columns = zip(*rows, strict=True) if rows else [()] * len(chosen)
    return {
        column: as_column(values, text="TEXT" in declared[column] or "CHAR" in declared[column])
        for column, values in zip(chosen, columns, strict=True)
    }
