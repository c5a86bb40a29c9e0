"""What every GeoPackage contains besides its layers (OGC 12-128r15, version 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10200
ALBERS, GEOGRAPHIC, MERCATOR = 5070, 4326, 3857

SYSTEM_TABLES = (
    """CREATE TABLE gpkg_spatial_ref_sys (
        srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
        organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)""",
    """CREATE TABLE gpkg_contents (
        table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
        description TEXT DEFAULT '',
        last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
        CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
    """CREATE TABLE gpkg_geometry_columns (
        table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
        srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
        CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
        CONSTRAINT uk_gc_table_name UNIQUE (table_name),
        CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
        CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
    """CREATE TABLE gpkg_extensions (
        table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
        scope TEXT NOT NULL,
        CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))""",
)

_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'
)
_NAD83 = (
    'GEOGCS["NAD83",DATUM["North_American_Datum_1983",SPHEROID["GRS 1980",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4269"]]'
)
_AXES = 'UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]'

REFERENCE_SYSTEMS: Mapping[int, tuple[str, int, str, int, str, str]] = MappingProxyType(
    {
        -1: ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinates"),
        0: ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinates"),
        GEOGRAPHIC: ("WGS 84 geodetic", 4326, "EPSG", 4326, _WGS84, "longitude and latitude"),
        ALBERS: (
            "NAD83 / Conus Albers",
            5070,
            "EPSG",
            5070,
            f'PROJCS["NAD83 / Conus Albers",{_NAD83},PROJECTION["Albers_Conic_Equal_Area"],'
            'PARAMETER["latitude_of_center",23],PARAMETER["longitude_of_center",-96],'
            'PARAMETER["standard_parallel_1",29.5],PARAMETER["standard_parallel_2",45.5],'
            f'PARAMETER["false_easting",0],PARAMETER["false_northing",0],{_AXES},AUTHORITY["EPSG","5070"]]',
            "equal area, conterminous United States",
        ),
        MERCATOR: (
            "WGS 84 / Pseudo-Mercator",
            3857,
            "EPSG",
            3857,
            f'PROJCS["WGS 84 / Pseudo-Mercator",{_WGS84},PROJECTION["Mercator_1SP"],'
            'PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],'
            f'PARAMETER["false_easting",0],PARAMETER["false_northing",0],{_AXES},'
            'EXTENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 '
            '+units=m +nadgrids=@null +wktext +no_defs"],AUTHORITY["EPSG","3857"]]',
            "web maps",
        ),
    }
)

_HAS_SHAPE = 'NEW."{column}" NOT NULL AND NOT ST_IsEmpty(NEW."{column}")'
_NO_SHAPE = '(NEW."{column}" IS NULL OR ST_IsEmpty(NEW."{column}"))'
_INSERT_BOX = (
    'INSERT OR REPLACE INTO "rtree_{table}_{column}" VALUES (NEW."fid", ST_MinX(NEW."{column}"),'
    ' ST_MaxX(NEW."{column}"), ST_MinY(NEW."{column}"), ST_MaxY(NEW."{column}"));'
)
_DELETE_BOX = 'DELETE FROM "rtree_{table}_{column}" WHERE id = OLD."fid";'


def _trigger(name: str, event: str, condition: str, action: str) -> str:
    return (
        f'CREATE TRIGGER "rtree_{{table}}_{{column}}_{name}" AFTER {event} ON "{{table}}"'
        f" WHEN {condition} BEGIN {action} END"
    )


_SAME, _MOVED = 'OLD."fid" = NEW."fid" AND ', 'OLD."fid" != NEW."fid" AND '
_GEOMETRY_UPDATE = 'UPDATE OF "{column}"'

# requirement 75 of the specification: the index follows every later edit of the layer
RTREE_TRIGGERS = (
    _trigger("insert", "INSERT", _HAS_SHAPE, _INSERT_BOX),
    _trigger("update1", _GEOMETRY_UPDATE, _SAME + _HAS_SHAPE, _INSERT_BOX),
    _trigger("update2", _GEOMETRY_UPDATE, _SAME + _NO_SHAPE, _DELETE_BOX),
    _trigger("update3", "UPDATE", _MOVED + _HAS_SHAPE, _DELETE_BOX + " " + _INSERT_BOX),
    _trigger(
        "update4",
        "UPDATE",
        _MOVED + _NO_SHAPE,
        'DELETE FROM "rtree_{table}_{column}" WHERE id IN (OLD."fid", NEW."fid");',
    ),
    _trigger("delete", "DELETE", 'OLD."{column}" NOT NULL', _DELETE_BOX),
)
