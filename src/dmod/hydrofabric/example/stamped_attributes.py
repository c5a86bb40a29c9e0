"""Attribute tables of one basin of an example continent; its soils differ from those of other basins."""

from __future__ import annotations

import numpy as np

from dmod.hydrofabric.example.layout import TURNS
from dmod.hydrofabric.example.stamped_basin import Columns, StampedBasin, taken

_SCATTER = {
    "mode.bexp": 0.08,
    "geom_mean.dksat": 0.3,
    "geom_mean.psisat": 0.15,
    "mean.smcmax": 0.03,
    "mean.smcwlt": 0.05,
    "mean.refkdt": 0.1,
    "mean.Coeff": 0.2,
    "mean.Zmax": 0.2,
    "mean.cwpvt": 0.1,
    "mean.mfsno": 0.05,
    "mean.mp": 0.1,
    "mean.vcmx25": 0.1,
}
"""Logarithmic standard deviation of attributes from basin to basin."""

_RANGES = {"mean.smcmax": (0.3, 0.6), "mean.smcwlt": (0.02, 0.2), "mean.refkdt": (0.3, 5.0)}


def channel_columns(basin: StampedBasin) -> Columns:
    """Return the columns of ``flowpath-attributes``, from the headwaters down."""
    channels = dict(basin.stamp.pattern.channels)
    channels["alt"] = basin.relief(channels["alt"])
    return taken(channels | _ends(basin), basin.stamp.pattern.flow_order)


def learned_columns(basin: StampedBasin) -> Columns:
    """Return those of ``flowpath-attributes-ml``."""
    channels = channel_columns(basin)
    learned = taken(dict(basin.stamp.pattern.learned), basin.stamp.pattern.flow_order)
    return channels | learned


def divide_columns(basin: StampedBasin) -> Columns:
    """Return those of ``divide-attributes``."""
    columns = _scattered(dict(basin.stamp.pattern.attributes), basin)
    return columns | {"divide_id": basin.divides, "vpuid": basin.vpuid}


def _scattered(columns: Columns, basin: StampedBasin) -> Columns:
    """Let the attributes of a pattern differ from stamp to stamp, within what is possible."""
    stamp = basin.stamp
    centre = stamp.points(np.column_stack((columns["centroid_x"], columns["centroid_y"])))
    columns |= {"centroid_x": centre[:, 0], "centroid_y": centre[:, 1]}
    columns["mean.elevation"] = 100 * basin.relief(columns["mean.elevation"] / 100)
    if stamp.turn:
        angle = np.radians(columns["circ_mean.aspect"])
        east, north = TURNS[stamp.turn] @ np.array([np.sin(angle), np.cos(angle)])
        columns["circ_mean.aspect"] = np.degrees(np.arctan2(east, north)) % 360
    if not stamp.scatter:
        return columns
    random = basin.random(2)
    factor = {name: float(np.exp(s * random.standard_normal())) for name, s in _SCATTER.items()}
    for column, values in columns.items():
        name = column.partition("_soil_layers")[0]
        if name in factor:
            columns[column] = np.clip(values * factor[name], *_RANGES.get(name, (0.0, np.inf)))
    return columns


def _ends(basin: StampedBasin) -> Columns:
    """Return identifiers, gauges and lakes of the flowpaths."""
    n, pattern = len(basin), basin.stamp.pattern
    gauge: list[str | None] = [None] * n
    for flowpath, number in zip(basin.locations.gauged.tolist(), basin.stamp.gauges, strict=True):
        gauge[flowpath] = number
    lake: list[str | None] = [None] * n
    for i in pattern.lakes.tolist():
        lake[i] = str(basin.stamp.first + i)
    return {
        "link": basin.flowpaths,
        "to": basin.toid,
        "Length_m": pattern.length * basin.stamp.scale,
        "gage": gauge,
        "gage_nex_id": _where(gauge, basin.toid),
        "WaterbodyID": lake,
        "waterbody_nex_id": _where(lake, basin.toid),
        "id": basin.flowpaths,
        "toid": basin.toid,
        "vpuid": basin.vpuid,
    }


def _where(known: list[str | None], values: list[str]) -> list[str | None]:
    return [None if name is None else value for name, value in zip(known, values, strict=True)]
