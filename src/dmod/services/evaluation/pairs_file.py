"""The series of an evaluation in Parquet: a column for each configuration, and each band of an ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.evaluation.evaluation import Evaluation, PlaceSeries
from dmod.services.evaluation.table_files import parquet, quoted, sql_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AT_ONCE = 50
"""Locations whose pairs are written at once."""
SIMULATED, QUANTILE = "simulated ", "quantile "
Column = tuple[str, float | None]
"""A configuration; and the share of its members below a band, None for what was simulated."""


def write_pairs(database: DuckDBPyConnection, path: Path, evaluation: Evaluation) -> None:
    """Write the series that an evaluation kept."""
    import pandas as pd

    known = _columns_of(evaluation)
    columns = ", ".join(f"{quoted(_title(column))} DOUBLE" for column in known)
    database.execute(
        f"CREATE TABLE pairs (location VARCHAR, time TIMESTAMP_S, step INTEGER, observed DOUBLE, {columns})"
    )
    simulated = ", ".join(f"s{index}" for index in range(len(known)))
    locations = list(evaluation.series)
    for first in range(0, len(locations), AT_ONCE):
        some = locations[first : first + AT_ONCE]
        block = pd.DataFrame(_values([evaluation.series[location] for location in some], known))
        database.register("block", block)
        rows = f"SELECT list_extract($1, place + 1), time, step, observed, {simulated} FROM block"
        database.execute(f"INSERT INTO pairs {rows}", [some])
        database.unregister("block")
    database.execute(f"COPY pairs TO {sql_text(path)} (FORMAT parquet)")


def read_pairs(database: DuckDBPyConnection, path: Path, only: str = "") -> dict[str, PlaceSeries]:
    """Return the series of all locations, or of one."""
    where, asked = ("WHERE location = ?", [only]) if only else ("", [])
    found = database.execute(f"SELECT * FROM {parquet(path)} {where}", asked).fetchnumpy()
    location = found["location"]
    if not len(location):
        return {}
    starts = np.flatnonzero(np.r_[True, location[1:] != location[:-1]])
    ends = np.r_[starts[1:], len(location)]
    return {
        str(location[a]): _series(found, slice(a, b))
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
    }


def _columns_of(evaluation: Evaluation) -> list[Column]:
    """Return what has a column: configurations in order, then bands, as the first series that has them."""
    found: list[Column] = [(name, None) for name in evaluation.configurations]
    for one in evaluation.series.values():
        found += [(name, share) for name, bands in one.bands.items() for share in bands]
    return list(dict.fromkeys(found))


def _title(column: Column) -> str:
    name, share = column
    return f"{SIMULATED}{name}" if share is None else f"{QUANTILE}{share:g} {name}"


def _values(series: Sequence[PlaceSeries], columns: Sequence[Column]) -> dict[str, Any]:
    lengths = [len(one.times) for one in series]
    found = {
        "place": np.repeat(np.arange(len(series)), lengths),
        "time": np.concatenate([one.times for one in series]),
        "step": np.repeat([one.step for one in series], lengths),
        "observed": np.concatenate([one.observed for one in series]),
    }
    for index, (name, share) in enumerate(columns):
        values = [
            one.simulated.get(name) if share is None else one.bands.get(name, {}).get(share) for one in series
        ]
        found[f"s{index}"] = np.concatenate(
            [np.full(n, np.nan) if one is None else one for one, n in zip(values, lengths, strict=True)]
        )
    return found


def _series(found: Mapping[str, Any], part: slice) -> PlaceSeries:
    def values(title: str) -> Any:
        return np.ma.filled(found[title][part].astype(np.float64), np.nan)

    simulated: dict[str, Any] = {}
    bands: dict[str, dict[float, Any]] = {}
    for title in found:
        if title.startswith(SIMULATED):
            simulated[title.removeprefix(SIMULATED)] = values(title)
        elif title.startswith(QUANTILE):
            share, _, name = title.removeprefix(QUANTILE).partition(" ")
            bands.setdefault(name, {})[float(share)] = values(title)
    times = np.asarray(found["time"][part]).astype("datetime64[s]")
    return PlaceSeries(times, int(found["step"][part][0]), values("observed"), simulated, bands)
