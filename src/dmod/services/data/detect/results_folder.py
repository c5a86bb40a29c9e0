"""All results of a run of dmod: outputs, routed flow, states, report and the record of the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.domain import Domain, discrete
from dmod.catalog.restriction import Restriction
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.errors import InputError
from dmod.output.metadata import RUN_FILE, hash_file
from dmod.services.data.detect import geopackage, ngen_csv, ngen_netcdf, routed
from dmod.services.data.detect.chain import chain_of_names, chains_of
from dmod.services.data.detect.csv_ends import read_ends
from dmod.services.data.detect.detected import Detected
from dmod.services.data.detect.detector import Detector
from dmod.services.data.detect.sight import listing
from dmod.services.data.detect.spans import period_of_axis
from dmod.services.data.detect.words import counted, period_text, step_text
from dmod.services.output_folder import earlier_results

_RECORD = Path("metadata") / RUN_FILE
_CATCHMENTS, _NEXUSES, _ROUTED = "catchments.nc", "nexuses.nc", "streamflow.nc"
_OF_THE_BASIN = frozenset({"balance.csv", "hydrograph.csv"})


def recognises(path: Path) -> bool:
    """Whether it is a folder with the record of a run."""
    return path.is_dir() and (path / _RECORD).is_file() and {"result", "inputs"} <= set(_record(path))


def read(path: Path) -> Detected:
    """Read catchments, variables, period, formulation and network."""
    record = _record(path)
    axis = _axis(record, path)
    catchments, units = _outputs(path)
    named, notes = _inputs(record)
    period = period_of_axis(axis)
    held: dict[DomainIndex, Restriction] = {
        DomainIndex.TIME: period,
        **discrete(DomainIndex.CATCHMENT_ID, catchments),
        **discrete(DomainIndex.VARIABLE, units),
        **named,
    }
    if DomainIndex.FORMULATION not in held:
        modules = [str(name).split(" ")[0] for name in record["result"].get("modules", ())]
        held |= discrete(DomainIndex.FORMULATION, [chain_of_names(modules)] if modules else [])
    count = len(catchments) or int(record["result"].get("catchments", 0))
    return Detected(
        path,
        Category.OUTPUT,
        Domain(FORMATS["DMOD_RUN_OUTPUT"], held, units={name: unit for name, unit in units.items() if unit}),
        f"results of a run of {counted(count, 'catchment')}, {counted(len(units), 'variable')}, "
        f"{period_text(period)}, {step_text(axis.step)}",
        axis.step,
        tuple(notes),
        len(listing(path).files),
    )


DETECTOR = Detector("results of a run", recognises, read)


def _record(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path / _RECORD} cannot be read: {error}", hint="run the package again") from error
    return found if isinstance(found, dict) else {}


def _axis(record: Mapping[str, Any], path: Path) -> TimeAxis:
    result = record["result"]
    try:
        start, end = (parse_time(str(result[key]), what=key) for key in ("start", "end"))
        steps = int(result["steps"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path / _RECORD} does not say which period was run: {error}") from error
    step = int((end - start).total_seconds()) // (steps - 1) if steps > 1 else 3600
    return TimeAxis.between(start, end, step)


def _outputs(path: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the catchments of the outputs, and units by variable, of nexuses and flowpaths too."""
    catchments: tuple[str, ...] = ()
    units: dict[str, str] = {}
    for name in (_CATCHMENTS, _NEXUSES):
        if (path / name).is_file():
            file = ngen_netcdf.read_file(path / name)
            catchments = catchments or file.catchments
            units |= file.units
    if (path / _ROUTED).is_file():
        units |= routed.read_file(path / _ROUTED).units
    tables = [
        file for file in earlier_results(path) if file.suffix == ".csv" and file.name not in _OF_THE_BASIN
    ]
    for table in tables:
        found = ngen_csv.output_table(table.name, read_ends(table))
        catchments += found.catchments
        units |= dict.fromkeys(set(found.columns) - set(units), "")
    return tuple(dict.fromkeys(catchments)), units


def _inputs(record: Mapping[str, Any]) -> tuple[dict[DomainIndex, Restriction], list[str]]:
    """Return formulation and network of the inputs, as far as they are there and still what they were."""
    roles: Mapping[str, str] = record.get("input_roles", {})
    hashes = {entry.get("path"): entry for entry in record.get("inputs", ())}
    held: dict[DomainIndex, Restriction] = {}
    notes = []
    for place, role in roles.items():
        if role not in {"realization", "hydrofabric"}:
            continue
        file = Path(place)
        if not _is_unchanged(file, hashes.get(place, {})):
            notes.append(f"the {role} of the run is not there any more, or changed: {file.name}")
        elif role == "realization":
            from dmod.formulation.reader import read_realization

            held |= discrete(DomainIndex.FORMULATION, chains_of(read_realization(file)))
        elif geopackage.recognises(file):
            box = geopackage.read(file).domain.restrictions
            held[DomainIndex.HYDROFABRIC_ID] = box[DomainIndex.HYDROFABRIC_ID]
    return held, notes


def _is_unchanged(file: Path, entry: Mapping[str, Any]) -> bool:
    if not file.is_file() or file.stat().st_size != entry.get("size"):
        return False
    return hash_file(file).sha256 == entry.get("sha256")
