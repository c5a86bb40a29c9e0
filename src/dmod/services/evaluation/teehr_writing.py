"""Write what is evaluated as TEEHR's tables, so that its tools go on from there."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dmod.core.atomic import hidden_path, remove, storing
from dmod.errors import AlreadyExists, InputError
from dmod.evaluation.evaluation import Place
from dmod.evaluation.location_series import KnowsPlaces, LocationSeries
from dmod.evaluation.plan import EvaluationPlan, Member
from dmod.services.evaluation.results import connected
from dmod.services.evaluation.teehr import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AT_ONCE = 100
"""Locations in a file of a table of time series."""
NAME = re.compile(r"[A-Za-z0-9_]+")
UNITS = {"m3 s-1": "m^3/s", "ft3 s-1": "ft^3/s", "ft3/s": "ft^3/s", "m3/s": "m^3/s", "mm s-1": "mm/s"}
LONG_UNITS = {"m^3/s": "Cubic Meters Per Second", "ft^3/s": "Cubic Feet Per Second"}
FLOW = "streamflow_hourly_inst"
Reader = Callable[[Sequence[str]], Iterator[LocationSeries]]
"""Gives the series of some locations, in the order asked for."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What TEEHR calls a series.

    Parameters
    ----------
    configuration : of letters, digits and underscores
    variable : such as ``streamflow_hourly_inst``
    unit : such as ``m^3/s``
    member : of an ensemble
    """

    configuration: str
    variable: str = FLOW
    unit: str = "m^3/s"
    member: str = ""

    def __post_init__(self) -> None:
        """Refuse names that TEEHR refuses."""
        for what, name in (("configuration", self.configuration), ("variable", self.variable)):
            if not NAME.fullmatch(name):
                raise InputError(
                    f"{what} {name!r} is no name in TEEHR's tables",
                    hint="take letters, digits and underscores",
                )


def write_teehr(folder: str | Path, plan: EvaluationPlan, *, variable: str = FLOW) -> Path:
    """Write all that a plan reads as the tables of a TEEHR evaluation, and return the folder.

    Observations become ``primary_timeseries``, simulations ``secondary_timeseries`` with a
    ``location_crosswalks``, beside the tables of names. Values are single precision, as TEEHR has them;
    what is missing is left out.

    Raises
    ------
    AlreadyExists
        the folder exists.
    InputError
        a configuration is paired with one location twice, which TEEHR does not allow.
    StoreError
        the folder cannot be written; nothing is left of it.
    """
    folder = Path(folder)
    require_no_folder(folder)
    hidden = hidden_path(folder)
    unit = UNITS.get(plan.unit, plan.unit.replace(" ", "_"))
    try:
        with storing(folder):
            remove(hidden)
            data = hidden / "dataset"
            places = _places(plan)
            observed = Naming(_plain(plan.observations.name), variable, unit)
            with connected(folder) as database:
                series = plan.observations.read
                write_timeseries(database, data, "primary_timeseries", series, list(places), observed)
                for item in plan.configurations:
                    for part in item.members or (Member("", item.source, item.crosswalk),):
                        theirs = list(dict.fromkeys(part.crosswalk.values()))
                        naming = Naming(_plain(item.name), variable, unit, part.name)
                        read = part.source.read
                        write_timeseries(database, data, "secondary_timeseries", read, theirs, naming)
                _write_names(database, data, plan, observed, places)
            if folder.exists():
                folder.rmdir()
            hidden.rename(folder)
    finally:
        remove(hidden)
    return folder


def require_no_folder(folder: Path) -> None:
    """Refuse a folder that `write_teehr` would refuse.

    Raises
    ------
    AlreadyExists
        there is a file, or a folder with something in it.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise AlreadyExists(f"{folder} exists", hint="name another folder")


def write_timeseries(
    database: DuckDBPyConnection,
    data: Path,
    table: Table,
    read: Reader,
    locations: Sequence[str],
    naming: Naming,
) -> None:
    """Write one configuration of a table of time series, below the folders that name its partition.

    Parameters
    ----------
    data : folder of the tables
    read : gives the series of some locations
    """
    import pandas as pd

    partition = (
        data / table / f"configuration_name={naming.configuration}" / f"variable_name={naming.variable}"
    )
    partition.mkdir(parents=True, exist_ok=True)
    before = len(list(partition.iterdir()))  # of other members
    member = ", $3::VARCHAR AS member" if table == "secondary_timeseries" else ""
    for number, first in enumerate(range(0, len(locations), AT_ONCE), before):
        some = list(locations[first : first + AT_ONCE])
        found = [_known(series) for series in read(some)]
        lengths = [len(series.times) for series in found]
        block = pd.DataFrame(
            {
                "place": np.repeat(np.arange(len(found)), lengths),
                "time": np.concatenate([series.times for series in found]),
                "value": np.concatenate([series.values for series in found]),
            }
        )
        database.register("block", block)
        database.execute(
            "CREATE OR REPLACE TEMP TABLE part AS SELECT NULL::TIMESTAMP_MS AS reference_time, "
            "time::TIMESTAMP_MS AS value_time, value::FLOAT AS value, $1::VARCHAR AS unit_name, "
            f"list_extract($2, place + 1)::VARCHAR AS location_id{member} FROM block",
            [
                naming.unit,
                [series.location for series in found],
                *([naming.member or None] if member else []),
            ],
        )
        database.execute(
            f"COPY part TO '{_escaped(partition / f'part-{number:05d}.parquet')}' (FORMAT parquet)"
        )
        database.unregister("block")


def _write_names(
    database: DuckDBPyConnection,
    data: Path,
    plan: EvaluationPlan,
    observed: Naming,
    places: Mapping[str, Place],
) -> None:
    """Write crosswalk, locations, and the tables of units, variables and configurations."""
    pairs = dict[str, str]()
    for item in plan.configurations:
        for ours, theirs in item.crosswalk.items():
            if pairs.setdefault(theirs, ours) != ours:
                raise InputError(
                    f"{theirs} is paired with {pairs[theirs]} and with {ours}",
                    hint="TEEHR pairs a simulated location with one observed location",
                )
    crosswalk = [(ours, theirs) for theirs, ours in pairs.items() if ours in places]
    columns = ("primary_location_id VARCHAR", "secondary_location_id VARCHAR")
    _write_table(database, data / "location_crosswalks", columns, crosswalk)
    located = [
        (place.id, place.name or place.id, point_of(place.longitude, place.latitude))
        for place in places.values()
        if np.isfinite(place.longitude) and np.isfinite(place.latitude)
    ]
    _write_table(database, data / "locations", ("id VARCHAR", "name VARCHAR", "geometry BLOB"), located)
    attributes = [
        (place.id, name, str(value)) for place in places.values() for name, value in place.attributes.items()
    ]
    columns_of_attributes = ("location_id VARCHAR", "attribute_name VARCHAR", "value VARCHAR")
    _write_table(database, data / "location_attributes", columns_of_attributes, attributes)
    named = [(observed.configuration, "primary", plan.observations.name.replace(",", ";"))]
    named += [(_plain(c.name), "secondary", c.name.replace(",", ";")) for c in plan.configurations]
    kinds = ("name VARCHAR", "type VARCHAR", "description VARCHAR")
    _write_table(database, data / "configurations", kinds, named)
    names = ("name VARCHAR", "long_name VARCHAR")
    unit = (observed.unit, LONG_UNITS.get(observed.unit, observed.unit))
    _write_table(database, data / "units", names, [unit])
    variable = (observed.variable, observed.variable.replace("_", " ").capitalize())
    _write_table(database, data / "variables", names, [variable])


def _write_table(
    database: DuckDBPyConnection, folder: Path, columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    names = [column.split()[0] for column in columns]
    frame = pd.DataFrame(list(rows), columns=names, dtype=object)
    database.register("frame", frame)
    casts = ", ".join(
        f"{name}::{column.split()[1]} AS {name}" for name, column in zip(names, columns, strict=True)
    )
    database.execute(
        f"COPY (SELECT {casts} FROM frame) TO '{_escaped(folder / 'part-00000.parquet')}' (FORMAT parquet)"
    )
    database.unregister("frame")


def point_of(longitude: float, latitude: float) -> bytes:
    """Return a point as well-known binary."""
    return struct.pack("<BIdd", 1, 1, longitude, latitude)


def _known(series: LocationSeries) -> LocationSeries:
    there = np.isfinite(series.values)
    return replace(series, times=series.times[there].astype("datetime64[s]"), values=series.values[there])


def _places(plan: EvaluationPlan) -> dict[str, Place]:
    """Return the locations of the observations that something is paired with."""
    paired = {location for item in plan.configurations for location in item.crosswalk}
    chosen = [location for location in plan.observations.locations if location in paired]
    known = {place.id: place for place in plan.places}
    if isinstance(plan.observations, KnowsPlaces):
        known = {**plan.observations.places(chosen), **known}
    return {location: known.get(location, Place(location)) for location in chosen}


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "run"


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
