"""Small hydrofabrics with every attribute that configurations are made from, to write or to spoil first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dmod.hydrofabric import Layer
from dmod.testing.fabrics import SIDE, SOUTH, WEST, Tables, chain, spoil

TABLE = "divide-attributes"


def complete(tables: Mapping[str, Layer]) -> Tables:
    """Return the tables of a v2.2 fabric with all attributes; porosity and land cover differ."""
    layer = tables[TABLE]
    count = len(layer.columns["divide_id"])
    number = np.arange(count)
    more: dict[str, Any] = {
        "mean.smcmax_soil_layers_stag=2": np.round(0.40 + 0.01 * number, 2),
        "mode.ISLTYP": np.full(count, 6.0),
        "mode.IVGTYP": np.where(number % 2 == 0, 11.0, 7.0),
        "mean.impervious": np.full(count, 2.5),
        "mean.slope": np.full(count, 85.0),
        "circ_mean.aspect": np.full(count, 180.0),
        "centroid_x": WEST + SIDE * (number + 0.5),
        "centroid_y": np.full(count, SOUTH + SIDE / 2),
        "dist_4.twi": [wetness(number_) for number_ in range(count)],
    }
    return {**tables, TABLE: replace(layer, columns={**layer.columns, **more})}


def wetness(number: int) -> str:
    """Return a distribution of the topographic index as the fabric has it."""
    upper = (4.0 + 0.1 * number, 6.0, 7.0, 11.0)
    return json.dumps([{"v": value, "frequency": 0.25} for value in upper])


def river(count: int = 5) -> Tables:
    """Return a river of catchments one below the other, 1 the uppermost, with every attribute."""
    return complete(chain(count))


def spoiled(tables: Mapping[str, Layer], column: str, row: int, value: Any) -> Tables:
    """Return the tables with one attribute of one catchment replaced."""
    return spoil(tables, TABLE, column, row, value)


def without(tables: Mapping[str, Layer], *columns: str) -> Tables:
    """Return the tables without some attributes."""
    layer = tables[TABLE]
    kept = {name: values for name, values in layer.columns.items() if name not in columns}
    return {**tables, TABLE: replace(layer, columns=kept)}


def repeated(tables: Mapping[str, Layer], row: int, **changed: Any) -> Tables:
    """Return the tables with a second row of attributes for one catchment, with values changed."""
    layer = tables[TABLE]
    columns = {
        name: [*list(values), changed.get(name, list(values)[row])] for name, values in layer.columns.items()
    }
    return {**tables, TABLE: replace(layer, columns=columns)}
