"""Cut the basin above a gauge out of a hydrofabric, as one writes it by hand with geopandas.

``python subset_by_geopandas.py FABRIC GAUGE OUTPUT {all,where}``

``all`` reads every layer and keeps the rows of the basin; ``where`` lets SQLite choose the rows, and reads
of the network only the two columns that say what flows where. Layers are read and written with pyogrio,
the reader behind ``geopandas.read_file``.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import pandas
import pyogrio

KEYS = {
    "divides": "divide_id",
    "divide-attributes": "divide_id",
    "flowpaths": "id",
    "flowpath-attributes": "id",
    "flowpath-attributes-ml": "id",
    "network": "id",
    "pois": "id",
    "hydrolocations": "id",
    "nexus": "id",
    "lakes": "lake_id",
}


def chosen(fabric: Path, layer: str, values: set[str], mode: str) -> pandas.DataFrame:
    """Return the rows of a layer whose key is among the values."""
    key = KEYS[layer]
    if mode == "all":
        frame = pyogrio.read_dataframe(fabric, layer=layer)
        return frame[frame[key].isin(values)]
    listed = ", ".join(str(v) if layer == "lakes" else f"'{v}'" for v in sorted(values)) or "NULL"
    return pyogrio.read_dataframe(fabric, layer=layer, where=f'"{key}" IN ({listed})')


def upstream(fabric: Path, flowpath: str, mode: str) -> tuple[set[str], set[str]]:
    """Return the flowpaths that drain through one, itself included, and the nexuses that they drain to."""
    some = {} if mode == "all" else {"columns": ["id", "toid"], "read_geometry": False}
    flowpaths = pyogrio.read_dataframe(fabric, layer="flowpaths", **some)
    nexus = pyogrio.read_dataframe(fabric, layer="nexus", **some)
    toid = dict(zip(flowpaths["id"], flowpaths["toid"], strict=True))
    below = dict(zip(nexus["id"], nexus["toid"], strict=True))
    above = defaultdict(list)
    for one, to in toid.items():
        above[below[to]].append(one)
    found, waiting = set(), [flowpath]
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting += above[one]
    return found, {toid[one] for one in found}


def main(fabric: Path, gauge: str, output: Path, mode: str) -> None:
    where = f"hl_uri = 'gages-{gauge}'"
    flowpath = pyogrio.read_dataframe(fabric, layer="hydrolocations", where=where)["id"].iloc[0]
    flowpaths, nexuses = upstream(fabric, flowpath, mode)
    divides = {"cat-" + one.removeprefix("wb-") for one in flowpaths}
    lakes: set[float] = set()
    for layer in KEYS:
        values = {"divide_id": divides, "id": flowpaths, "lake_id": lakes}[KEYS[layer]]
        frame = chosen(fabric, layer, nexuses if layer == "nexus" else values, mode)
        if layer == "flowpath-attributes":
            lakes = set(pandas.to_numeric(frame["WaterbodyID"]).dropna())
        pyogrio.write_dataframe(frame, output, layer=layer, driver="GPKG")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
