"""A program with the framework's arguments, files, exit codes and ways to fail, and no hydrology.

What it writes has a closed form (`runoff` and `other`), so that what is gathered can be compared with it. It
runs as a script:

    python ngen_stand_in.py <catchments> <subset> <nexuses> <subset> <realization> [<partitions>]

Variables of the environment make it fail or differ, see `WAYS`.
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from dmod.testing.troute_stand_in import import_or_fail, route

VERSION = "0.3.0"
COMMIT = "dd04bbc1f2e3"
FAILURE, SCALE, SERIAL = "STAND_IN_FAILURE", "STAND_IN_SCALE", "STAND_IN_SERIAL"
UNROUTED = "STAND_IN_UNROUTED"
"""Makes it a program that was built without routing."""
WAYS = {
    "signal:<number>@<step>": "ends itself by a signal",
    "exit:<code>": "exits at once",
    "symbol": "does not find the function by which a module registers",
    "input:<name>": "says that nobody gives a module its input",
    "python:<name>": "does not find a module of Python",
    "stall@<step>": "goes on for ever without a word",
    "deaf@<step>": "the same, and does not heed the request to end",
    "truncate:<catchment>": "writes a part of a file only",
    "missing:<catchment>": "does not write a file",
    "nan:<catchment>@<step>": "gives no number for the main output",
    "route-<way>": "its routing fails, in one of the ways of `troute_stand_in`",
}
BASE = 1e-6
"""Runoff without rain, times the number in the catchment's id [m per step]."""
PART = 0.5
"""Of the rain that runs off."""
RAIN = {"precip_rate": 3.6, "RAINRATE": 3.6, "APCP_surface": 1e-3}
"""Columns of rain and what makes of them metres per hour."""
STAMP = "%Y-%m-%d %H:%M:%S"


def runoff(catchment: str, rain: float) -> float:
    """Return the main output of one step [m]; ``rain`` [m per step]."""
    return PART * rain + BASE * (int(re.sub(r"\D", "", catchment) or 0) % 1000)


def other(place: int, step: int, main: float) -> float:
    """Return an output that is not the main one, by its place among the columns."""
    return main * (place + 2) + step * 1e-9


@dataclass
class _Fabric:
    """Catchments with the nexus that they drain to and their area [km2], and the nexuses."""

    catchments: dict[str, tuple[str, float]] = field(default_factory=dict)
    nexuses: list[str] = field(default_factory=list)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _abort(kind: str, what: str) -> NoReturn:
    sys.stderr.write(f"terminate called after throwing an instance of '{kind}'\n  what():  {what}\n")
    sys.stderr.flush()
    os.abort()


def _read_fabric(catchments: str, nexuses: str) -> _Fabric:
    fabric = _Fabric()
    if catchments.endswith("gpkg"):
        with sqlite3.connect(f"file:{catchments}?mode=ro", uri=True) as file:
            for name, toid, area in file.execute("SELECT divide_id, toid, areasqkm FROM divides"):
                fabric.catchments[name] = (toid, area)
            fabric.nexuses = [name for (name,) in file.execute("SELECT id FROM nexus")]
        return fabric
    for feature in json.loads(Path(catchments).read_text())["features"]:
        own = feature["properties"]
        area = own.get("areasqkm", own.get("area_sqkm"))
        fabric.catchments[feature.get("id") or own["id"]] = (own["toid"], area)
    features = json.loads(Path(nexuses).read_text())["features"]
    fabric.nexuses = [feature.get("id") or feature["properties"]["id"] for feature in features]
    return fabric


def _check_module(entry: Mapping[str, Any], catchment: str) -> None:
    params = entry["params"]
    library = params.get("library_file")
    if library and not any(os.access(name, os.R_OK) for name in (library, f"{library}.so")):
        said = f"Can't init {params['model_type_name']}; unreadable shared library file '{library}'"
        _abort("std::runtime_error", said)
    config = params.get("init_config", "").replace("{{id}}", catchment)
    if config and not os.access(config, os.R_OK):
        said = f"Cannot create and initialize {params['model_type_name']} using unreadable file '{config}'"
        _abort("std::runtime_error", said)
    for module in params.get("modules", ()):
        _check_module(module, catchment)


def _read_rain(forcing: Mapping[str, str], catchment: str, times: list[datetime]) -> list[float]:
    if forcing.get("provider") == "NetCDF":
        return _netcdf_rain(forcing["path"], catchment, times)
    path = forcing["path"]
    if "file_pattern" in forcing:
        pattern = re.compile(forcing["file_pattern"].replace("{{id}}", catchment))
        folder = Path(path)
        found = [name for name in folder.iterdir() if pattern.fullmatch(name.name)] if folder.is_dir() else []
        if not found:
            _abort("std::runtime_error", f"Forcing data could not be found for '{catchment}'")
        path = f"{path}{found[0].name}"  # put before the name as it stands
    with open(path, newline="") as file:  # noqa: PTH123 - a text as the document has it
        rows = list(csv.DictReader(file))
    name = next(name for name in RAIN if name in rows[0])
    clock = "time" if "time" in rows[0] else "Time"
    by_time = {row[clock].strip(): float(row[name]) * RAIN[name] for row in rows}
    return [by_time[when.strftime(STAMP)] for when in times]


def _netcdf_rain(path: str, catchment: str, times: list[datetime]) -> list[float]:
    import netCDF4

    with netCDF4.Dataset(path) as file:
        row = list(file["ids"][:]).index(catchment)
        name = next(name for name in RAIN if name in file.variables)
        clock = [float(second) for second in file["Time"][row, :]]
        values = [float(value) * RAIN[name] for value in file[name][row, :]]
    start = clock.index(times[0].timestamp())
    return values[start : start + len(times)]


@dataclass
class _Ranks:
    """Which of how many this one is, and what it has."""

    number: int
    count: int
    catchments: list[str]
    nexuses: list[str]


def _ranks(fabric: _Fabric, partitions: str) -> _Ranks:
    number = int(os.environ.get("OMPI_COMM_WORLD_RANK", os.environ.get("PMI_RANK", "0")))
    count = int(os.environ.get("OMPI_COMM_WORLD_SIZE", os.environ.get("PMI_SIZE", "1")))
    if count == 1:
        return _Ranks(0, 1, list(fabric.catchments), fabric.nexuses)
    if not partitions:
        _say("Missing required argument for partition file path.")
        sys.exit(255)
    own = json.loads(Path(partitions).read_text())["partitions"][number]
    sent = {
        link["nex-id"] for link in own["remote-connections"] if link["cat-direction"] == "nex-to-dest_cat"
    }
    catchments = [name for name in own["cat-ids"] if name in fabric.catchments]
    return _Ranks(number, count, catchments, [name for name in own["nex-ids"] if name not in sent])


class _Run:
    """A run of all steps, written step by step as the framework does."""

    def __init__(self, fabric: _Fabric, document: Mapping[str, Any], ranks: _Ranks) -> None:
        self.fabric, self.ranks = fabric, ranks
        period = document["time"]
        start, end = (
            datetime.strptime(period[key], STAMP).replace(tzinfo=UTC) for key in ("start_time", "end_time")
        )
        step = timedelta(seconds=period["output_interval"])
        self.times = [start + step * i for i in range((end - start) // step + 1)]
        output = document.get("output", {})
        self.root = Path(output.get("root", document.get("output_root", "./")))
        self.digits = int(output.get("precision", 9))
        catchment, nexus = output.get("catchment", {}), output.get("nexus", {})
        self.together = catchment.get("grouping") == "per_formulation"
        self.with_nexuses = nexus.get("enable", True)
        self.scale = float(os.environ.get(SCALE, "1"))
        self.columns: dict[str, tuple[list[str], str]] = {}
        self.rain: dict[str, list[float]] = {}
        for name in fabric.catchments:
            own = document.get("catchments", {}).get(name, document.get("global", {}))
            formulation = own["formulations"][0]
            if name in ranks.catchments:
                _check_module(formulation, name)
            params = formulation["params"]
            self.columns[name] = (params["output_variables"], params["main_output_variable"])
            self.rain[name] = _read_rain(own["forcing"], name, self.times)

    def write(self) -> None:
        """Write everything."""
        files = self._open()
        nexuses = {}
        if self.with_nexuses:
            nexuses = {name: (self.root / f"{name}_output.csv").open("w") for name in self.ranks.nexuses}
        fail = os.environ.get(FAILURE, "")
        for step, when in enumerate(self.times):
            if step % 100 == 0:
                _say(f"Updating layer: 'surface layer' at output step {step}")
            _fail(fail, step, self.ranks.number)
            for name in self._order():
                files[name].write(self._row(name, step, when, fail))
            for name, file in nexuses.items():
                flow = sum(
                    runoff(c, self.rain[c][step]) * area * 1e6 / 3600
                    for c, (toid, area) in self.fabric.catchments.items()
                    if toid == name
                )
                file.write(f"{step}, {when.strftime(STAMP)}, {flow:.6g}\n")
        for file in {id(file): file for file in [*files.values(), *nexuses.values()]}.values():
            file.close()
        self._spoil(fail)

    def wait_for_all(self) -> None:
        """Wait until the other ranks have written the flow at their nexuses."""
        end = time.monotonic() + 30.0
        for name in self.fabric.nexuses:
            path = self.root / f"{name}_output.csv"
            while not path.is_file() or path.read_bytes().count(b"\n") < len(self.times):
                if time.monotonic() > end:
                    _abort("std::runtime_error", f"{path} is not complete")
                time.sleep(0.02)

    def _open(self) -> dict[str, Any]:
        self.root.mkdir(parents=True, exist_ok=True)
        if not self.together:
            files = {}
            for name in self.ranks.catchments:
                files[name] = (self.root / f"{name}.csv").open("w")
                files[name].write("Time Step,Time," + ",".join(self.columns[name][0]) + "\n")
            return files
        place = self.root / "cat_output.csv"
        if self.ranks.count > 1:
            place = self.root / f"rank_{self.ranks.number}" / f"cat_rank_{self.ranks.number}.csv"
            place.parent.mkdir(exist_ok=True)
        file = place.open("w")
        first = self.ranks.catchments[0]
        file.write("catchment_id,Time Step,Time," + ",".join(self.columns[first][0]) + "\n")
        return dict.fromkeys(self.ranks.catchments, file)

    def _order(self) -> Iterator[str]:
        """Yield catchments in an order that nobody may rely on."""
        names = list(self.ranks.catchments)
        random.shuffle(names)
        yield from names

    def _row(self, name: str, step: int, when: datetime, fail: str) -> str:
        variables, main = self.columns[name]
        depth = runoff(name, self.rain[name][step])
        values = [
            depth * self.scale if variable == main else other(place, step, depth)
            for place, variable in enumerate(variables)
        ]
        texts = [f"{value:.{self.digits}g}" for value in values]
        if fail == f"nan:{name}@{step}":
            texts[variables.index(main)] = "-nan"
        before = f"{name}," if self.together else ""
        return f"{before}{step},{when.strftime(STAMP)},{','.join(texts)}\n"

    def _spoil(self, fail: str) -> None:
        way, _, name = fail.partition(":")
        path = self.root / f"{name}.csv"
        if way in ("truncate", "missing") and path.is_file():
            text = path.read_text()
            path.write_text(text[: len(text) // 2])
            if way == "missing":
                path.unlink()


def _fail(fail: str, step: int, rank: int) -> None:
    way, _, at = fail.partition("@")
    if not at or not at.isdigit() or step != int(at):
        return
    if way.startswith("signal:") and rank == 0:
        os.kill(os.getpid(), int(way.removeprefix("signal:")))
    if way == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while way in ("stall", "deaf"):
        time.sleep(0.05)


def _fail_early(fail: str) -> None:
    way, _, what = fail.partition(":")
    if way == "exit":
        sys.exit(int(what))
    if way == "symbol":
        said = "Cannot load shared lib symbol 'register_bmi_cfe' for model CFE (undefined symbol)"
        _abort("external::ExternalIntegrationException", said)
    if way == "input":
        said = (
            "Multi BMI formulation cannot be created from config: cannot find available data provider to "
            f"satisfy set of deferred provisions for nested module at index 1: {{{what}}}"
        )
        _abort("realization::ConfigurationException", said)
    if way == "python":
        _abort("pybind11::error_already_set", f"ModuleNotFoundError: No module named '{what}'")


def _say_what_it_is() -> NoReturn:
    parallel = "" if os.environ.get(SERIAL) else "  MPI:\n    Rank: 0\n    Processors: 1\n"
    _say(f"Build Summary\n=============\nCommit: {COMMIT}\nRuntime configuration summary:\n{parallel}")
    sys.exit(1)


def _usage() -> NoReturn:
    parallel = "" if os.environ.get(SERIAL) else "\n  Parallel build"
    routing = "" if os.environ.get(UNROUTED) else "\n  Routing active"
    _say(f"Usage: \n  ngen <catchments> …\nBuild Info:\n  NGen version: {VERSION}{parallel}{routing}")
    sys.exit(0)


def main(arguments: list[str]) -> int:
    """Do what the framework does, as far as files go."""
    if arguments[:1] == ["--info"]:
        _say_what_it_is()
    _say(f"NGen Framework {VERSION}")
    if not arguments:
        _usage()
    if len(arguments) < 5:
        _say("Missing required args:")
        return 255
    partitions = arguments[5] if len(arguments) > 5 else ""
    for path in filter(None, (arguments[0], arguments[2], arguments[4], partitions)):
        if not os.access(path, os.R_OK):
            _say(f"file {path} is not readable")
            return 255
    _fail_early(os.environ.get(FAILURE, ""))
    fabric = _read_fabric(arguments[0], arguments[2])
    document = json.loads(Path(arguments[4]).read_text())
    run = _Run(fabric, document, _ranks(fabric, partitions))
    routing = document.get("routing", {}).get("t_route_config_file_with_path")
    _say("Using Routing" if routing else "Not Using Routing")
    way = os.environ.get(FAILURE, "").removeprefix("route-")
    if routing and run.ranks.number == 0:
        import_or_fail(way)
    run.write()
    _say(f"Finished {len(run.times)} timesteps.")
    if routing and run.ranks.number == 0:
        run.wait_for_all()
        route(routing, way)
        _say("Finished routing")
    return 0


def write_program(folder: Path, name: str = "ngen") -> Path:
    """Write an executable file that runs this program; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P "{Path(__file__).absolute()}" "$@"\n')
    path.chmod(0o755)
    return path


def write_libraries(folder: Path, document: Mapping[str, Any]) -> Path:
    """Write an empty file for each library that a realization names; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in set(re.findall(r'"library_file": *"([^"]+)"', json.dumps(document))):
        (folder / Path(name).name).touch()
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
