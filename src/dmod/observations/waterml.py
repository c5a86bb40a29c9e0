"""WaterML 1.1 as JSON: what ``nwis/iv?format=json`` and ``nwis/dv?format=json`` of the USGS reply.

``value.timeSeries[]`` holds one entry per site, parameter and statistic; its ``values[]`` one per method
(sensor). An instantaneous ``dateTime`` carries its offset; a daily one is the start of a day of the gauge's
clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dmod.errors import InputError
from dmod.observations.codes import split_code
from dmod.observations.column import Column
from dmod.observations.series import MOMENT


def is_waterml(document: object) -> bool:
    """Whether a JSON document is a WaterML reply."""
    return (
        isinstance(document, Mapping)
        and isinstance(document.get("value"), Mapping)
        and isinstance(document["value"].get("timeSeries"), list)
    )


def read_waterml(document: Mapping[str, Any], place: str) -> list[Column]:
    """Read a reply; the series come in its order.

    Raises
    ------
    InputError
        a part that every reply has is missing.
    """
    try:
        return [column for entry in document["value"]["timeSeries"] for column in _columns(entry, place)]
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise InputError(
            f"{place}: not the WaterML that the USGS writes: {error!s} is missing",
            hint="save the reply of nwis/iv?format=json or nwis/dv?format=json as it is",
        ) from error


def _columns(entry: Mapping[str, Any], place: str) -> Iterator[Column]:
    source, variable = entry["sourceInfo"], entry["variable"]
    options = (variable.get("options") or {}).get("option") or [{}]
    statistic = str(options[0].get("optionCode", ""))
    zone = ((source.get("timeZoneInfo") or {}).get("defaultTimeZone") or {}).get("zoneOffset", "")
    no_data = variable.get("noDataValue")
    several = len(entry["values"]) > 1
    for number, part in enumerate(entry["values"]):
        method = (part.get("method") or [{}])[0].get("methodID", number)
        column = Column(
            place,
            site=str(source["siteCode"][0]["value"]),
            parameter=str(variable["variableCode"][0]["value"]),
            statistic=MOMENT if statistic in ("", "00000") else statistic,
            unit=str((variable.get("unit") or {}).get("unitCode", "")),
            id=str(method) if several else "",
            name=str(source.get("siteName", "")),
            zone=zone,
            no_data=() if no_data is None else (float(no_data),),
        )
        for row, item in enumerate(part["value"], 1):
            approval, qualifiers = split_code(":".join(item.get("qualifiers") or []))
            column.add(str(item["dateTime"]), str(item["value"]), approval, qualifiers, row)
        yield column
