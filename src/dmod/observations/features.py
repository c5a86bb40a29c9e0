"""GeoJSON of the USGS Water Data APIs (OGC API – Features): collections ``daily`` and ``continuous``.

One feature is one value; its properties name series, gauge, parameter, statistic, time, value, unit,
approval and qualifiers. The collection ``monitoring-locations`` adds the gauges' names and zones.

Source: api.waterdata.usgs.gov/ogcapi/v1/collections.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dmod.errors import InputError
from dmod.observations.codes import qualifier_text, split_code
from dmod.observations.column import Column

PROPERTIES = (
    *("time_series_id", "monitoring_location_id", "parameter_code", "statistic_id"),
    *("time", "value", "unit_of_measure", "approval_status", "qualifier"),
)
NEEDED = ("time", "value")


@dataclass(frozen=True, slots=True)
class Site:
    """A gauge as the agency describes it; "" where it does not."""

    id: str
    name: str = ""
    zone: str = ""


def is_features(document: object) -> bool:
    """Whether a JSON document is a collection of features."""
    return isinstance(document, Mapping) and isinstance(document.get("features"), list)


def bare_site(location: object) -> str:
    """Return the number of a location: ``USGS-01073000`` is 01073000; other agencies keep their prefix."""
    return str(location or "").removeprefix("USGS-").removeprefix("USGS:")


def read_features(document: Mapping[str, Any], place: str) -> tuple[list[Column], list[Site]]:
    """Read a collection: of values, of gauges, or of both.

    Raises
    ------
    InputError
        a feature is neither.
    """
    rows, sites = [], []
    for number, feature in enumerate(document["features"], 1):
        given = feature.get("properties") if isinstance(feature, Mapping) else None
        if not isinstance(given, Mapping):
            raise InputError(f"{place}, feature {number}: no properties")
        if "time_zone_abbreviation" in given or "monitoring_location_name" in given:
            sites.append(read_site({"id": feature.get("id"), **given}))
        else:
            rows.append(given)
    return read_values(rows, place), sites


def read_site(given: Mapping[str, Any]) -> Site:
    """Read a gauge from the properties of ``monitoring-locations``."""
    number = given.get("monitoring_location_number") or bare_site(
        given.get("monitoring_location_id") or given.get("id")
    )
    zone = given.get("time_zone_abbreviation")
    name = given.get("monitoring_location_name")
    return Site(str(number), name if isinstance(name, str) else "", zone if isinstance(zone, str) else "")


def read_values(rows: Iterable[Mapping[str, Any]], place: str) -> list[Column]:
    """Read the properties of values into series.

    Raises
    ------
    InputError
        one has no time or no value.
    """
    found: dict[tuple[str, ...], Column] = {}
    for number, given in enumerate(rows, 1):
        lacking = [name for name in NEEDED if name not in given]
        if lacking:
            raise InputError(
                f"{place}, feature {number}: no {' and no '.join(lacking)}",
                hint=f"a value has the properties {', '.join(PROPERTIES)}",
            )
        key = tuple(_text(given, name) for name in PROPERTIES[:4])
        column = found.get(key)
        if column is None:
            series, location, parameter, statistic = key
            column = found[key] = Column(
                place, bare_site(location), parameter, statistic, _text(given, "unit_of_measure"), series
            )
        approval, beside = split_code(_text(given, "approval_status"))
        qualifiers = qualifier_text(given.get("qualifier")) or beside
        column.add(_text(given, "time"), _text(given, "value"), approval, qualifiers, number)
    return list(found.values())


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN is not itself
