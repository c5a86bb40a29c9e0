"""Stream gauges of a hydrofabric: where each one stands in the network."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dmod.hydrofabric.fabric import Hydrofabric, Table

_PREFIXES = ("gages-", "gauges-", "gage-", "gauge-")


@dataclass(frozen=True, slots=True)
class Gauge:
    """A stream gauge, at the lower end of a flowpath.

    Parameters
    ----------
    id : the gauge's own number, zeros in front included (``01073000``)
    nexus : where it stands; "" if the fabric does not say
    flowpath : ``wb-N`` whose outflow it measures; "" if the fabric does not say
    """

    id: str
    nexus: str = ""
    flowpath: str = ""


def gauges(fabric: Hydrofabric) -> Mapping[str, Gauge]:
    """Return the gauges by number.

    They are collected from the flowpath attributes, the hydrolocations with their points of interest,
    the nexuses, the network table and a GeoJSON crosswalk; where one source does not say on which
    flowpath or nexus a gauge stands, the next or the network itself does.
    """
    found: dict[str, Gauge] = {}
    for gauge in _mentions(fabric):
        known = found.get(gauge.id, gauge)
        found[gauge.id] = Gauge(gauge.id, known.nexus or gauge.nexus, known.flowpath or gauge.flowpath)
    return {number: _placed(gauge, fabric) for number, gauge in sorted(found.items())}


def _mentions(fabric: Hydrofabric) -> Iterator[Gauge]:
    yield from _on_flowpaths(fabric)
    pois = {row["poi_id"]: row for row in _rows(fabric.table("pois"), "poi_id", "id", "nex_id")}
    for row in _rows(
        fabric.table("hydrolocations"), "hl_uri", "hl_reference", "hl_link", "poi_id", "id", "nex_id"
    ):
        place = {name: row[name] or pois.get(row["poi_id"], {}).get(name, "") for name in ("id", "nex_id")}
        uri = row["hl_uri"] or f"{row['hl_reference']}-{row['hl_link']}"
        yield from _at(uri, place["nex_id"], place["id"])
    for nexus, uri in zip(fabric.nexuses.ids, _text(fabric.nexuses.attributes, "hl_uri"), strict=False):
        yield from _at(uri, nexus)
    for row in _rows(fabric.table("network"), "hl_uri", "toid"):
        yield from _at(row["hl_uri"], row["toid"])
    flowpath_of = dict(zip(fabric.catchments.ids, fabric.catchment_flowpath.tolist(), strict=True))
    nexus_of = dict(zip(fabric.catchments.ids, fabric.catchments.toid, strict=True))
    for row in _rows(fabric.table("crosswalk"), "id", "site_no"):
        at = flowpath_of.get(row["id"], -1)
        flowpath = fabric.flowpaths.ids[at] if fabric.flowpaths is not None and at >= 0 else ""
        yield Gauge(row["site_no"], nexus_of.get(row["id"], ""), flowpath)


def _on_flowpaths(fabric: Hydrofabric) -> Iterator[Gauge]:
    if fabric.flowpaths is None:
        return
    attributes = fabric.flowpaths.attributes
    name = next((name for name in ("gage", "rl_gages") if name in attributes), "")
    nexuses = _text(attributes, "gage_nex_id") or [""] * len(fabric.flowpaths)
    for i, numbers in enumerate(_text(attributes, name)):
        for number in filter(None, (part.strip() for part in numbers.split(","))):
            yield Gauge(
                _bare(number) or number, nexuses[i] or fabric.flowpaths.toid[i], fabric.flowpaths.ids[i]
            )


def _at(uri: str, nexus: str, flowpath: str = "") -> Iterator[Gauge]:
    """Yield the gauges of a list of location names such as ``Gages-01073000``."""
    for part in uri.split(","):
        number = _bare(part.strip())
        if number:
            if flowpath.startswith(("nex-", "tnx-", "cnx-", "inx-")):
                nexus, flowpath = nexus or flowpath, ""
            yield Gauge(number, nexus, flowpath)


def _bare(name: str) -> str:
    prefix = next((prefix for prefix in _PREFIXES if name.lower().startswith(prefix)), None)
    return "" if prefix is None else name[len(prefix) :]


def _placed(gauge: Gauge, fabric: Hydrofabric) -> Gauge:
    """Complete a gauge from the network: of several flowpaths above its nexus, the largest."""
    if fabric.flowpaths is None:
        return gauge
    flowpaths = fabric.flowpaths
    nexus, flowpath = gauge.nexus, gauge.flowpath
    if not nexus and flowpath in fabric.flowpath_index:
        nexus = flowpaths.toid[fabric.flowpath_index[flowpath]]
    if not flowpath and nexus in fabric.nexus_index:
        above = np.flatnonzero(fabric.flowpath_nexus == fabric.nexus_index[nexus])
        drained = flowpaths.attributes.get("tot_drainage_areasqkm")
        if above.size:
            best = above[0] if drained is None else above[np.argmax(np.nan_to_num(drained[above]))]
            flowpath = flowpaths.ids[best]
    return Gauge(gauge.id, nexus, flowpath)


def _rows(table: Table, *names: str) -> Iterator[dict[str, str]]:
    if names[0] in table:
        columns = [_text(table, name) or [""] * len(table[names[0]]) for name in names]
        for values in zip(*columns, strict=True):
            yield dict(zip(names, values, strict=True))


def _text(table: Table, name: str) -> list[str]:
    """Return a column as text, "" for null; whole numbers without decimals."""
    if name not in table:
        return []
    return [_plain(value) for value in table[name].tolist()]


def _plain(value: str | float) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.0f}"
    return value
