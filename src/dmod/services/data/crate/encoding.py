"""Media types of files by their names; the same on every machine."""

from __future__ import annotations

from pathlib import PurePosixPath

UNKNOWN = "application/octet-stream"

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".dat": "text/plain",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".ini": "text/plain",
    ".input": "text/plain",
    ".json": "application/json",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".namelist": "text/plain",
    ".nc": "application/x-netcdf",
    ".nc4": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tar": "application/x-tar",
    ".tbl": "text/plain",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}
_ZARR = frozenset({".zarray", ".zattrs", ".zgroup", ".zmetadata"})  # documents of Zarr 2, all of them JSON
_PACKED = frozenset({UNKNOWN, "application/gzip", "application/x-netcdf", "application/zip", "image/png"})


def media_type(path: str) -> str:
    """Return the media type of a file."""
    name = PurePosixPath(path).name
    if name in _ZARR:
        return "application/json"
    return MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), UNKNOWN)


def is_packed(path: str) -> bool:
    """Whether the bytes of a file are likely compressed already, so that doing it again only takes time."""
    return media_type(path) in _PACKED
