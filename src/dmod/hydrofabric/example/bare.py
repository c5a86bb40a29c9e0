"""The rows of divides without a flowpath: by the sea, or inland where no river begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from dmod.hydrofabric.example.continent import BareDivides
from dmod.hydrofabric.example.stamped import NOTHING_BELOW, SOURCE, Rows
from dmod.hydrofabric.shape_arrays import ShapeArray

_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])


def _divides(bare: BareDivides) -> Rows:
    n = len(bare)
    rings = (bare.corner[:, None, :] + bare.side * _SQUARE).reshape(-1, 2)
    return {
        "divide_id": _ids(bare, "cat"),
        "toid": _nexuses(bare),
        "type": _types(bare),
        "areasqkm": np.full(n, bare.side**2 / 1e6),
        "has_flowline": [False] * n,
        "vpuid": list(bare.regions),
        **_nothing(n, "ds_id", "id", "lengthkm", "tot_drainage_areasqkm"),
    }, ShapeArray("POLYGON", rings, 5 * np.arange(n + 1))


def _nexus(bare: BareDivides) -> Rows:
    """Return one within each divide; the water goes nowhere from there."""
    n = len(bare)
    return {
        "id": _nexuses(bare),
        "toid": [NOTHING_BELOW] * n,
        "type": _types(bare),
        "vpuid": list(bare.regions),
        **_nothing(n, "poi_id"),
    }, ShapeArray("POINT", bare.corner + bare.side / 2, np.arange(n + 1))


def _network(bare: BareDivides) -> Rows:
    n = len(bare)
    absent = "id ds_id mainstem hydroseq hf_id lengthkm tot_drainage_areasqkm hf_hydroseq hf_lengthkm"
    return {
        "toid": _nexuses(bare),
        "divide_id": _ids(bare, "cat"),
        "hf_source": [SOURCE] * n,
        "areasqkm": np.full(n, bare.side**2 / 1e6),
        "type": _types(bare),
        "vpuid": list(bare.regions),
        **_nothing(n, *absent.split(), "hf_mainstem", "topo", "poi_id", "hl_uri"),
    }, None


def _divide_attributes(bare: BareDivides) -> Rows:
    """Return attributes of catchments elsewhere, with the divides' own middle."""
    like = bare.like.tolist()
    middle = bare.corner + bare.side / 2
    columns: dict[str, Any] = {
        name: [bare.patterns[which].attributes[name][i] for which, i in like]
        for name in bare.patterns[0].attributes
    }
    columns = {name: np.array(values) for name, values in columns.items()}
    return columns | {
        "divide_id": _ids(bare, "cat"),
        "centroid_x": middle[:, 0],
        "centroid_y": middle[:, 1],
        "vpuid": list(bare.regions),
    }, None


BARE_ROWS: Mapping[str, Callable[[BareDivides], Rows]] = MappingProxyType(
    {"divides": _divides, "nexus": _nexus, "network": _network, "divide-attributes": _divide_attributes}
)
"""Rows of the tables that know divides without a flowpath."""


def _numbers(bare: BareDivides) -> Iterator[int]:
    return iter(range(bare.first, bare.first + len(bare)))


def _ids(bare: BareDivides, prefix: str) -> list[str]:
    return [f"{prefix}-{i}" for i in _numbers(bare)]


def _nexuses(bare: BareDivides) -> list[str]:
    kinds = zip(_numbers(bare), bare.coastal.tolist(), strict=True)
    return [f"{'cnx' if coastal else 'inx'}-{i}" for i, coastal in kinds]


def _types(bare: BareDivides) -> list[str]:
    return ["coastal" if coastal else "internal" for coastal in bare.coastal.tolist()]


def _nothing(n: int, *names: str) -> dict[str, list[None]]:
    return {name: [None] * n for name in names}
