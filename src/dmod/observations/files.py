"""Observed series from files: which form a file has, and what it holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path

from dmod.core.camels_flow import is_camels_flow
from dmod.errors import InputError, NotFoundError
from dmod.observations.column import Column, merged
from dmod.observations.features import Site, is_features, read_features
from dmod.observations.rdb import is_rdb, read_rdb
from dmod.observations.series import Series
from dmod.observations.table import delimiter_of, read_camels_flow, read_table
from dmod.observations.tidy import is_sidecar
from dmod.observations.waterml import is_waterml, read_waterml

SUFFIXES = frozenset({".rdb", ".txt", ".tsv", ".csv", ".json", ".geojson"})
FORMS = (
    "RDB, WaterML as JSON, GeoJSON of the Water Data APIs, CSV with a header line, or streamflow of CAMELS"
)
Found = tuple[list[Column], list[Site]]


def read_source(path: Path, *, zone: tzinfo | None = None, unit: str = "", gage: str = "") -> list[Series]:
    """Read every series of a file, or of the files of a folder; parts of one series are put together.

    Parameters
    ----------
    zone : of the gauge, where the source does not say
    unit : where the source does not say
    gage : of a folder, files are read whose name holds this number; all where none does

    Raises
    ------
    NotFoundError
        the path does not exist, or the folder holds no file of a known form.
    InputError
        a file has none of the known forms, or a cell cannot be read; the message names file and line.
    """
    columns: list[Column] = []
    sites: dict[str, Site] = {}
    for file in _files(path, gage):
        found, described = _read(file)
        columns += found
        sites.update({site.id: site for site in described})
    series = []
    for column in merged(columns):
        site = sites.get(column.site)
        if site is not None:
            column.name, column.zone = column.name or site.name, column.zone or site.zone
        read = column.series(zone)
        series.append(read if read.unit or not unit else replace(read, unit=unit))
    return series


def _files(path: Path, gage: str) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise NotFoundError(f"observations: {path} does not exist", hint="check the path given with --source")
    files = sorted(
        file
        for file in path.iterdir()
        if file.is_file() and file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    )
    if not files:
        raise NotFoundError(
            f"observations: {path} holds no file of {', '.join(sorted(SUFFIXES))}", hint=f"known are {FORMS}"
        )
    return [file for file in files if gage and gage in file.name] or files


def _read(file: Path) -> Found:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not a text file", hint=f"known are {FORMS}") from error
    if not text.strip():
        raise InputError(f"{file} is empty", hint=f"known are {FORMS}")
    if text.lstrip().startswith(("{", "[")):
        return _read_json(text, file)
    return _read_lines(text.splitlines(), file), []


def _read_json(text: str, file: Path) -> Found:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(
            f"{file} is not whole JSON: {error}", hint="the file seems to be cut off; fetch it again"
        ) from error
    if is_waterml(document):
        return read_waterml(document, str(file)), []
    if is_features(document):
        return read_features(document, str(file))
    if is_sidecar(document):
        return [], [Site(document["site"], document.get("name", ""))]
    raise InputError(f"{file} is JSON of no known form", hint=f"known are {FORMS}")


def _read_lines(lines: Sequence[str], file: Path) -> list[Column]:
    place = str(file)
    data = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    if is_camels_flow(data):
        return read_camels_flow(lines, place)
    if data.lstrip().startswith("<"):
        raise InputError(
            f"{file} is a web page or XML, not data",
            hint=f"known are {FORMS}; ask the service for format=json or format=rdb",
        )
    delimiter = delimiter_of(data)
    if is_rdb([cell.strip().strip('"') for cell in data.split(delimiter)]):
        return read_rdb(lines, place, delimiter=delimiter)
    if not data:
        said = next((line.lstrip("# ") for line in lines if "found" in line.lower()), "comments alone")
        raise InputError(f"{file} holds no data: {said}", hint="ask the service for another period or gauge")
    return read_table(lines, place)
