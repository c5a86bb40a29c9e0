"""Where catchments lie in degrees: by their centroids in the fabric, or by their shapes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dmod.errors import HydrofabricError
from dmod.formulation.generate.generator import Column
from dmod.hydrofabric import Hydrofabric
from dmod.hydrofabric.assemble import numbers
from dmod.hydrofabric.geopackage import ask

Floats = NDArray[np.float64]

CENTROIDS = (("centroid_x", "centroid_y"), ("X", "Y"))
FROM_SHAPE = "shape of the divide"
_SYSTEM = (
    "SELECT s.organization, s.organization_coordsys_id, s.definition FROM gpkg_geometry_columns AS g"
    " JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id WHERE g.table_name = ?"
)


def positions(fabric: Hydrofabric) -> tuple[Floats, Floats, tuple[str, str]]:
    """Return longitude and latitude of the catchments, shape (n,), and the columns that they come from.

    Raises
    ------
    HydrofabricError
        the fabric's reference system is unknown, or a shape that is needed cannot be read.
    """
    known, n = fabric.catchments.attributes, len(fabric.catchments)
    for names in CENTROIDS:
        if set(names) <= set(known):
            x, y = (numbers(known, name, n) for name in names)
            lon, lat = (x, y) if _are_degrees(x, y) else _to_degrees(x, y, _system(fabric))
            return lon, lat, names
    lon, lat = _centres(fabric)
    return lon, lat, (FROM_SHAPE, FROM_SHAPE)


def _are_degrees(x: Column, y: Column) -> bool:
    """Whether coordinates can be degrees: no fabric in metres lies that close to the origin."""
    return bool(np.nanmax(np.abs(x), initial=0.0) <= 360.0 and np.nanmax(np.abs(y), initial=0.0) <= 90.0)


def _system(fabric: Hydrofabric) -> str:
    """Return the reference system of the catchments, as a code or as text."""
    table = fabric.places["divides"].rpartition("table ")[2]
    found = ask(fabric.source, _SYSTEM, table)
    if not found:
        raise HydrofabricError(
            f"{fabric.source}: the reference system of table {table!r} is not stated",
            hint="register the table in gpkg_geometry_columns",
        )
    organization, code, definition = found[0]
    return f"{organization}:{code}" if str(organization).upper() in {"EPSG", "ESRI"} else str(definition)


def _to_degrees(x: Column, y: Column, system: str) -> tuple[Floats, Floats]:
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError

    try:
        transformer = Transformer.from_crs(CRS.from_user_input(system), 4326, always_xy=True)
    except CRSError as error:
        raise HydrofabricError(
            f"the reference system {system[:60]!r} of the fabric is unknown", hint="use EPSG:5070"
        ) from error
    lon, lat = (np.asarray(values, np.float64) for values in transformer.transform(x, y))
    finite = np.isfinite(lon) & np.isfinite(lat)
    return np.where(finite, lon, np.nan), np.where(finite, lat, np.nan)


def _centres(fabric: Hydrofabric) -> tuple[Floats, Floats]:
    import shapely

    from dmod.hydrofabric.polygons import read_polygons

    polygons = read_polygons(fabric.sources[0])
    points = shapely.centroid(polygons.shapes)
    lon, lat = _to_degrees(shapely.get_x(points), shapely.get_y(points), polygons.crs)
    row = {identifier: at for at, identifier in enumerate(polygons.ids)}
    order = [row[identifier] for identifier in fabric.catchments.ids]
    return lon[order], lat[order]
