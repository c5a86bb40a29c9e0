"""t-route as the framework calls it: its configuration, files and ways to fail, and no hydraulics.

What it writes has a closed form: a flowpath has the flow at the nexus at its lower end, in the step that has
just ended; velocity and depth are parts of it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

STAMP = "%Y-%m-%d %H:%M:%S"
VELOCITY, DEPTH = 0.5, 0.25
"""Parts of the flow."""
VERSION = "9.8.7"
WAYS = {
    "import": "cannot be imported",
    "config": "does not accept its configuration",
    "key": "misses a column",
    "nothing": "ends well, and writes nothing",
    "short": "leaves the last step out",
    "lost:<flowpath>": "leaves a flowpath out",
    "blank:<flowpath>": "gives no number for a flowpath",
}


def import_or_fail(way: str) -> None:
    """Do what the framework does with t-route before the first step."""
    if way == "import":
        sys.stderr.write("FAIL: Unable to import a supported routing module.\n")
        _raise("ModuleNotFoundError: No module named 'nwm_routing'")


def route(path: str, way: str) -> None:
    """Route what lies in the folder that a configuration names, and write it where that says."""
    import yaml

    document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    forcing = document["compute_parameters"]["forcing_parameters"]
    if way == "config":
        _raise(
            "ValidationError: 1 validation error for Config\ncompute_parameters -> forcing_parameters -> "
            "qts_subdivisions\n  value is not a valid integer (type=type_error.integer)"
        )
    if way == "key":
        _raise("KeyError: 'link'\n\nAt:\n  /ngen/lib/troute/HYFeaturesNetwork.py(321): read_geo_file")
    scratch = Path(forcing["binary_nexus_file_folder"])
    if not scratch.is_dir() or any(scratch.iterdir()):
        _raise("RuntimeError: Output binary qlat folder supplied in config does not exist or is not empty")
    fabric = document["network_topology_parameters"]["supernetwork_parameters"]["geo_file_path"]
    with sqlite3.connect(f"file:{fabric}?mode=ro", uri=True) as file:
        below = dict(file.execute("SELECT id, toid FROM flowpaths"))
    inflow = Path(forcing["qlat_input_folder"])
    steps = forcing["nts"] // forcing["qts_subdivisions"]
    flows = {}
    for name, nexus in below.items():
        lines = (inflow / f"{nexus}_output.csv").read_text().splitlines()
        flows[name] = [float(line.split(",")[2]) for line in lines[:steps]]
    start = document["compute_parameters"]["restart_parameters"]["start_datetime"]
    sys.stdout.write(f"t-route version {VERSION}\n")
    _write(document["output_parameters"]["stream_output"], flows, start, way)


def _write(output: Mapping[str, Any], flows: dict[str, list[float]], start: str, way: str) -> None:
    way, _, which = way.partition(":")
    if way == "nothing":
        return
    if way == "short":
        flows = {name: series[:-1] for name, series in flows.items()}
    if way == "lost":
        del flows[which]
    if way == "blank":
        flows[which][0] = -9999.0
    begin = datetime.strptime(start, STAMP).replace(tzinfo=UTC)
    target = Path(output["stream_output_directory"]) / f"troute_output_{begin.strftime('%Y%m%d%H%M')}"
    each = timedelta(minutes=output["stream_output_internal_frequency"])
    if output["stream_output_type"] == ".csv":
        rows = [",,current_time,flow,velocity,depth,nudge"]
        for name, series in flows.items():
            kind, _, number = name.rpartition("-")
            for step, flow in enumerate(series):
                when = (begin + each * (step + 1)).strftime(STAMP)
                rows.append(f"{number},{kind},{when},{flow},{flow * VELOCITY},{flow * DEPTH},-9999.0")
        target.with_suffix(".csv").write_text("\n".join(rows) + "\n")
        return
    _write_netcdf(target.with_suffix(".nc"), flows, begin, each)


def _write_netcdf(path: Path, flows: dict[str, list[float]], begin: datetime, each: timedelta) -> None:
    import netCDF4
    import numpy as np

    with netCDF4.Dataset(path, "w") as file:
        file.TITLE, file.code_version = "OUTPUT FROM T-ROUTE", ""
        file.createDimension("feature_id", len(flows))
        values = np.array(list(flows.values()))
        file.createDimension("time", values.shape[1])
        time = file.createVariable("time", "f8", ("time",))
        time.units = f"seconds since {begin.strftime(STAMP)}"
        time[:] = each.total_seconds() * np.arange(1, values.shape[1] + 1)
        feature = file.createVariable("feature_id", "i8", ("feature_id",))
        feature[:] = [int(name.rpartition("-")[2]) for name in flows]
        kind = file.createVariable("type", str, ("feature_id",))
        kind[:] = np.array([name.rpartition("-")[0] for name in flows], dtype=object)
        for name, part in (("flow", 1.0), ("velocity", VELOCITY), ("depth", DEPTH)):
            series = file.createVariable(name, "f4", ("feature_id", "time"), fill_value=-9999.0)
            series[:] = np.where(values == -9999.0, -9999.0, values * part)


def _raise(what: str) -> NoReturn:
    """End as a program does that does not catch an error of Python."""
    sys.stderr.write(
        f"terminate called after throwing an instance of 'pybind11::error_already_set'\n  what():  {what}\n"
    )
    sys.stderr.flush()
    os.abort()
