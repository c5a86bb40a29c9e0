"""Run packages with one fault each: what check and run say, and that nothing is left behind."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import dmod
from dmod.errors import DmodError

Listing = Callable[[Path], dict[str, bytes]]
Copy = Callable[..., Path]
Cli = Callable[..., Any]

REALIZATION = "config/realization.json"
CFE_FILE = "config/cat_config/CFE/cat-2.ini"
PET_FILE = "config/cat_config/PET/cat-2.ini"
MOVED = {
    "noah": (
        "bmi_fortran",
        "bmi_fortran_noahowp",
        "/dmod/shared_libs/libsurfacebmi.so",
        "register_bmi_noahowp",
    ),
    "stranger": ("bmi_c", "bmi_c_swamp", "/dmod/shared_libs/libswampbmi.so", "register_bmi_swamp"),
}


def edit_realization(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Return a fault that changes the realization document."""

    def spoil(root: Path) -> None:
        file = root / REALIZATION
        document = json.loads(file.read_text())
        change(document)
        file.write_text(json.dumps(document, indent=2))

    return spoil


def replace_text(file: str, pattern: str, text: str) -> Callable[[Path], None]:
    """Return a fault that replaces what a pattern finds in a text file."""

    def spoil(root: Path) -> None:
        path = root / file
        changed, count = re.subn(pattern, text, path.read_text(), count=1, flags=re.MULTILINE)
        assert count, f"{pattern} is not in {file}"
        path.write_text(changed)

    return spoil


def edit_fabric(*statements: str) -> Callable[[Path], None]:
    """Return a fault that runs SQL on the hydrofabric."""

    def spoil(root: Path) -> None:
        with closing(sqlite3.connect(next(root.glob("config/*.gpkg")))) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in names:
                database.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                database.execute(statement)
            database.commit()

    return spoil


def edit_forcing(variable: str, change: Callable[[np.ndarray[Any, Any]], object]) -> Callable[[Path], None]:
    """Return a fault that changes a forcing variable's values (catchment, time) in place."""

    def spoil(root: Path) -> None:
        with netCDF4.Dataset(root / "forcings/forcings.nc", "a") as file:
            values = np.ma.filled(file[variable][:], np.nan)
            change(values)
            file[variable][:] = values

    return spoil


def set_at(row: int, step: int, value: float) -> Callable[[np.ndarray[Any, Any]], object]:
    """Return a change of one value."""
    return lambda values: values.__setitem__((row, step), value)


def cut(file: str, share: float) -> Callable[[Path], None]:
    """Return a fault that keeps only the first part of a file."""

    def spoil(root: Path) -> None:
        content = (root / file).read_bytes()
        (root / file).write_bytes(content[: int(len(content) * share)])

    return spoil


def compress(file: Path) -> None:
    """Write a NetCDF file anew, compressed and with checksums, so that damage shows."""
    aside = file.with_suffix(".old")
    file.rename(aside)
    with netCDF4.Dataset(aside) as old, netCDF4.Dataset(file, "w") as new:
        for name, dimension in old.dimensions.items():
            new.createDimension(name, dimension.size)
        for name, variable in old.variables.items():
            text = variable.dtype is str
            options = {} if text else {"zlib": True, "fletcher32": True}
            made = new.createVariable(name, variable.dtype, variable.dimensions, **options)
            made.setncatts({key: value for key, value in variable.__dict__.items() if key[0] != "_"})
            made[:] = variable[:]
    aside.unlink()


def damage(file: str) -> Callable[[Path], None]:
    """Return a fault that overwrites a stretch in the middle of a NetCDF file."""

    def spoil(root: Path) -> None:
        compress(root / file)
        content = bytearray((root / file).read_bytes())
        middle = len(content) // 2
        content[middle : middle + 300] = b"\xa5" * 300
        (root / file).write_bytes(bytes(content))

    return spoil


def write(file: str, content: bytes) -> Callable[[Path], None]:
    """Return a fault that puts other content in place of a file."""

    def spoil(root: Path) -> None:
        for path in root.glob(file) if "*" in file else [root / file]:
            path.write_bytes(content)

    return spoil


def as_folder(file: str) -> Callable[[Path], None]:
    """Return a fault that puts a folder in place of a file."""

    def spoil(root: Path) -> None:
        path = next(root.glob(file))
        path.unlink()
        path.mkdir()

    return spoil


def delete(*files: str) -> Callable[[Path], None]:
    """Return a fault that removes files."""

    def spoil(root: Path) -> None:
        for pattern in files:
            found = list(root.glob(pattern))
            assert found
            for path in found:
                path.unlink()

    return spoil


def last_module(document: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the last module of the chain."""
    params = document["global"]["formulations"][0]["params"]["modules"][-1]["params"]
    assert isinstance(params, dict)
    return params


def exchange_module(which: str) -> Callable[[Path], None]:
    """Return a fault that asks for another module in place of the first."""
    name, type_name, library, registration = MOVED[which]

    def change(document: dict[str, Any]) -> None:
        modules = document["global"]["formulations"][0]["params"]["modules"]
        modules[0]["name"] = name
        modules[0]["params"] |= {
            "model_type_name": type_name,
            "library_file": library,
            "registration_function": registration,
        }

    return edit_realization(change)


def chain_params(document: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the chain."""
    params = document["global"]["formulations"][0]["params"]
    assert isinstance(params, dict)
    return params


@dataclass(frozen=True)
class Fault:
    """One fault.

    Parameters
    ----------
    spoil : how it is made
    says : what the message of the run must hold
    status : exit status of the run
    packaged : name of the sound package
    """

    spoil: Callable[[Path], None]
    says: tuple[str, ...]
    status: int = 2
    packaged: str = "cfe"


FAULTS = {
    "no realization": Fault(
        delete(REALIZATION), ("no realization was found", "*realization*.json", "--realization"), 3
    ),
    "realization with a trailing comma": Fault(
        replace_text(REALIZATION, r'"precision": 9', '"precision": 9,'),
        ("realization.json:", "a comma before the closing '}'", "remove the comma"),
    ),
    "realization cut off": Fault(cut(REALIZATION, 0.6), ("realization.json:50:", "no closing quote")),
    "realization empty": Fault(write(REALIZATION, b""), ("realization.json", "the file is empty")),
    "realization in latin-1": Fault(
        write(REALIZATION, '{"title": "Mühlbach"}'.encode("latin-1")), ("realization.json", "UTF-8")
    ),
    "realization is a folder": Fault(as_folder(REALIZATION), ("no realization was found",), 3),
    "realization is a list": Fault(write(REALIZATION, b"[]"), ("realization.json",)),
    "realization without time": Fault(
        edit_realization(lambda d: d.pop("time")), ("realization.json", "time")
    ),
    "realization with a misspelt time": Fault(
        edit_realization(lambda d: d["time"].__setitem__("start_time", "2015-13-01 00:00:00")),
        ("realization.json", "time.start_time", "2015-13-01"),
    ),
    "end before start": Fault(
        edit_realization(lambda d: d["time"].__setitem__("end_time", "2015-09-01 00:00:00")),
        ("realization.json", "time.end_time", "2015-09-01"),
    ),
    "time step of nought": Fault(
        edit_realization(lambda d: d["time"].__setitem__("output_interval", 0)),
        ("realization.json", "time.output_interval"),
    ),
    "time step other than the forcing's": Fault(
        edit_realization(lambda d: d["time"].__setitem__("output_interval", 1800)),
        ("realization.json", "time.output_interval is 1800 s", "3600"),
    ),
    "no modules": Fault(
        edit_realization(lambda d: chain_params(d).__setitem__("modules", [])),
        ("realization.json", "modules"),
    ),
    "unknown output variable": Fault(
        edit_realization(lambda d: chain_params(d)["output_variables"].append("SNOW_DEPTH")),
        ("realization.json", "formulations[0].params", "SNOW_DEPTH", "Q_OUT"),
    ),
    "unknown main output variable": Fault(
        edit_realization(lambda d: chain_params(d).__setitem__("main_output_variable", "Q_UOT")),
        ("realization.json", "formulations[0].params", "Q_UOT", "did you mean 'Q_OUT'"),
    ),
    "input mapped to nothing": Fault(
        edit_realization(
            lambda d: last_module(d)["variables_names_map"].__setitem__("soil_moisture_profile", "sloth_spm")
        ),
        ("realization.json", "cfe", "soil_moisture_profile", "'sloth_spm'", "did you mean 'sloth_smp'"),
    ),
    "unknown model parameter": Fault(
        edit_realization(lambda d: last_module(d).__setitem__("model_params", {"smcmaxx": 0.4})),
        ("realization.json", "cfe", "smcmaxx", "maxsmc, satdk"),
    ),
    "model parameter out of range": Fault(
        edit_realization(lambda d: last_module(d).__setitem__("model_params", {"maxsmc": 4.0})),
        ("realization.json", "maxsmc = 4", "1e-06 to 1"),
    ),
    "model parameter that is no number": Fault(
        edit_realization(lambda d: last_module(d).__setitem__("model_params", {"maxsmc": "wet"})),
        ("realization.json", "maxsmc", "'wet'"),
    ),
    "unknown revision in the realization": Fault(
        edit_realization(lambda d: last_module(d).__setitem__("revision", "abc")),
        ("realization.json", "cfe", "'abc'", "revisions of cfe: 6d08db7, a349a95"),
        7,
    ),
    "Noah-OWP-Modular": Fault(
        exchange_module("noah"),
        ("realization.json", "Noah-OWP-Modular", "native engine", "C++ framework (ngen)"),
        7,
    ),
    "unknown module": Fault(
        exchange_module("stranger"),
        ("realization.json", "bmi_c_swamp", "native modules: cfe, pet, sloth, topmodel"),
        7,
    ),
    "provider unknown": Fault(
        edit_realization(lambda d: d["global"]["forcing"].__setitem__("provider", "Oracle")),
        ("'Oracle'", "CsvPerFeature", "NetCDF"),
    ),
    "forcing file not there": Fault(
        delete("forcings/forcings.nc"), ("forcing", "forcings.nc", "does not exist")
    ),
    "forcing cut off": Fault(
        cut("forcings/forcings.nc", 0.5), ("forcings.nc", "cut short", "make the file again")
    ),
    "forcing cut off at its end": Fault(cut("forcings/forcings.nc", 0.97), ("forcings.nc", "cut short")),
    "forcing damaged inside": Fault(
        damage("forcings/forcings.nc"), ("forcings.nc", "cannot be read", "damaged")
    ),
    "forcing is text": Fault(write("forcings/forcings.nc", b"time,rain\n"), ("forcings.nc", "NetCDF")),
    "forcing is empty": Fault(write("forcings/forcings.nc", b""), ("forcings.nc", "it is empty")),
    "forcing is a folder": Fault(as_folder("forcings/forcings.nc"), ("forcings.nc", "folder")),
    "catchment without forcing": Fault(
        edit_fabric(
            "UPDATE divides SET divide_id = 'cat-77' WHERE divide_id = 'cat-2'",
            "UPDATE flowpaths SET divide_id = 'cat-77' WHERE divide_id = 'cat-2'",
            "UPDATE network SET divide_id = 'cat-77' WHERE divide_id = 'cat-2'",
            "UPDATE \"divide-attributes\" SET divide_id = 'cat-77' WHERE divide_id = 'cat-2'",
        ),
        ("forcings.nc", "no forcing", "cat-77", "hydrofabric"),
    ),
    "forcing shorter than the period": Fault(
        edit_realization(lambda d: d["time"].__setitem__("end_time", "2015-10-25 00:00:00")),
        ("forcings.nc", "2015-10-19 05:00:00", "2015-10-25 00:00:00", "139 steps missing", "--end"),
    ),
    "forcing begins later than the period": Fault(
        edit_realization(lambda d: d["time"].__setitem__("start_time", "2015-09-30 00:00:00")),
        ("forcings.nc", "2015-10-01 00:00:00", "2015-09-30 00:00:00", "24 steps missing", "--start"),
    ),
    "NaN in forcing": Fault(
        edit_forcing("TMP_2maboveground", set_at(1, 30, np.nan)),
        ("forcings.nc", "TMP_2maboveground", "cat-2", "2015-10-02 06:00:00", "--fill"),
    ),
    "negative precipitation": Fault(
        edit_forcing("precip_rate", set_at(2, 5, -1e-4)),
        ("forcings.nc", "precip_rate", "cat-3", "2015-10-01 05:00:00", "-0.0001", "0"),
    ),
    "temperature in degrees Celsius": Fault(
        edit_forcing("TMP_2maboveground", lambda values: np.subtract(values, 273.15, out=values)),
        ("forcings.nc", "TMP_2maboveground", "cat-", "2015-10-01 00:00:00", "K", "degC"),
    ),
    "infinite radiation": Fault(
        edit_forcing("DSWRF_surface", set_at(0, 12, np.inf)),
        ("forcings.nc", "DSWRF_surface", "cat-1", "2015-10-01 12:00:00"),
    ),
    "hydrofabric is text": Fault(
        write("config/*.gpkg", b"id,toid\n1,2\n"), (".gpkg", "GeoPackage", "'divides'")
    ),
    "hydrofabric is empty": Fault(write("config/*.gpkg", b""), (".gpkg", "empty")),
    "hydrofabric cut off": Fault(cut("config/cfe.gpkg", 0.3), (".gpkg",)),
    "hydrofabric cut off early": Fault(cut("config/cfe.gpkg", 0.005), (".gpkg",)),
    "hydrofabric without divides": Fault(
        edit_fabric("DROP TABLE divides"), (".gpkg", "no table 'divides'", "it has")
    ),
    "hydrofabric without catchments": Fault(edit_fabric("DELETE FROM divides"), (".gpkg", "divides")),
    "no hydrofabric": Fault(delete("config/*.gpkg"), ("no hydrofabric was found", "--hydrofabric"), 3),
    "cycle in the network": Fault(
        edit_fabric("UPDATE nexus SET toid = 'wb-1' WHERE id = 'nex-5'"),
        (".gpkg", "cycle", "cat-1", "cat-3"),
    ),
    "dangling toid": Fault(
        edit_fabric("UPDATE divides SET toid = 'nex-99' WHERE divide_id = 'cat-3'"), ("cat-3", "nex-99")
    ),
    "catchment without area": Fault(
        edit_fabric("UPDATE divides SET areasqkm = NULL WHERE divide_id = 'cat-3'"), ("cat-3", "area")
    ),
    "catchment with a negative area": Fault(
        edit_fabric("UPDATE divides SET areasqkm = -1 WHERE divide_id = 'cat-3'"), ("cat-3", "area")
    ),
    "catchment twice": Fault(
        edit_fabric("UPDATE divides SET divide_id = 'cat-2' WHERE divide_id = 'cat-3'"), ("cat-2",)
    ),
    "channel without roughness": Fault(
        edit_fabric("UPDATE \"flowpath-attributes\" SET n = NULL WHERE id = 'wb-3'"),
        ("cfe.gpkg", "flowpaths have no n", "wb-3", "--no-route"),
    ),
    "channel of negative width": Fault(
        edit_fabric("UPDATE \"flowpath-attributes\" SET BtmWdth = -2 WHERE id = 'wb-3'"),
        ("cfe.gpkg", "wb-3", "BtmWdth", "-2", "--no-route"),
    ),
    "parameter out of its range": Fault(
        replace_text(CFE_FILE, r"^soil_params.smcmax=.*", "soil_params.smcmax=1.4[m/m]"),
        ("cat-2.ini", "smcmax", "1.4", "1"),
    ),
    "parameter that is no number": Fault(
        replace_text(CFE_FILE, r"^soil_params.satdk=.*", "soil_params.satdk=fast[m s-1]"),
        ("cat-2.ini", "satdk", "fast"),
    ),
    "parameter that is not a finite number": Fault(
        replace_text(CFE_FILE, r"^soil_params.b=.*", "soil_params.b=nan[]"),
        ("cat-2.ini", "soil_params.b", "nan"),
    ),
    "parameter missing": Fault(
        replace_text(CFE_FILE, r"^soil_params.satdk=.*\n", ""), ("cat-2.ini", "satdk")
    ),
    "albedo out of its range": Fault(
        replace_text(PET_FILE, r"^surface_shortwave_albedo=.*", "surface_shortwave_albedo=22"),
        ("cat-2.ini", "surface_shortwave_albedo", "22"),
    ),
    "PET method unknown": Fault(
        replace_text(PET_FILE, r"^pet_method=.*", "pet_method=9"), ("cat-2.ini", "pet_method", "9")
    ),
    "configuration not there": Fault(
        delete(CFE_FILE), ("cfe", "no configuration file", "cat-2", "init_config"), 3
    ),
    "configuration empty": Fault(write(CFE_FILE, b""), ("cat-2.ini",)),
    "configuration not text": Fault(write(CFE_FILE, b"\xff\xfe\x00\x01"), ("cat-2.ini", "UTF-8")),
    "configuration is a folder": Fault(as_folder(CFE_FILE), ("cat-2.ini",), 3),
    "routing configuration not YAML": Fault(
        write("config/troute.yaml", b"a: [1, 2\nb: }"), ("troute.yaml:2:2", "not YAML")
    ),
    "routing configuration empty": Fault(
        write("config/troute.yaml", b""), ("troute.yaml", "no routing configuration")
    ),
    "routing step that is no number": Fault(
        write("config/troute.yaml", b"compute_parameters: {forcing_parameters: {dt: fast}}"),
        ("troute.yaml", "forcing_parameters.dt", "'fast'", "--no-route"),
    ),
    "routing step that does not fit": Fault(
        write("config/troute.yaml", b"compute_parameters: {forcing_parameters: {dt: 700}}"),
        ("troute.yaml", "dt = 700 s", "3600 s"),
    ),
    "CSV forcing with a ragged row": Fault(
        replace_text("forcings/cat-2.csv", r"^(2015-10-03 04:00:00,[^,]*,).*", r"\g<1>"),
        ("cat-2.csv", "line 54", "9 fields", "empty field"),
        packaged="csv",
    ),
    "CSV forcing with a word": Fault(
        replace_text("forcings/cat-2.csv", r"^2015-10-03 04:00:00,[^,]*,", "2015-10-03 04:00:00,wet,"),
        ("cat-2.csv", "line 54", "precip_rate", "wet"),
        packaged="csv",
    ),
    "CSV forcing with a bad time": Fault(
        replace_text("forcings/cat-2.csv", r"^2015-10-03 04:00:00,", "3 October,"),
        ("cat-2.csv", "line 54", "3 October"),
        packaged="csv",
    ),
    "CSV forcing with a gap": Fault(
        replace_text("forcings/cat-2.csv", r"^2015-10-03 04:00:00,.*\n", ""),
        ("cat-2.csv", "2015-10-03 04:00:00", "--fill"),
        packaged="csv",
    ),
    "CSV forcing with a time twice": Fault(
        replace_text("forcings/cat-2.csv", r"^2015-10-03 04:00:00,", "2015-10-03 03:00:00,"),
        ("cat-2.csv", "2015-10-03 03:00:00", "twice"),
        packaged="csv",
    ),
    "CSV forcing without a column": Fault(
        replace_text("forcings/cat-2.csv", "precip_rate", "rainfall_of_the_hour"),
        ("cat-2.csv", "precip_rate"),
        packaged="csv",
    ),
    "CSV forcing without times": Fault(
        replace_text("forcings/cat-2.csv", "time,", "when,"), ("cat-2.csv", "time", "header"), packaged="csv"
    ),
    "CSV forcing empty": Fault(write("forcings/cat-1.csv", b""), ("cat-1.csv",), packaged="csv"),
    "CSV forcing with a header alone": Fault(
        write("forcings/cat-2.csv", b"time,precip_rate\n"), ("cat-2.csv",), packaged="csv"
    ),
    "CSV forcing not text": Fault(
        write("forcings/cat-2.csv", bytes(range(256)) * 4), ("cat-2.csv",), packaged="csv"
    ),
    "CSV forcing not there": Fault(
        delete("forcings/cat-2.csv"), ("forcings", "cat-2", "no forcing"), packaged="csv"
    ),
    "CSV forcing file is a folder": Fault(as_folder("forcings/cat-2.csv"), ("cat-2.csv",), packaged="csv"),
    "CSV folder not there": Fault(
        edit_realization(lambda d: d["global"]["forcing"].__setitem__("path", "./nowhere/")),
        ("nowhere", "does not exist"),
        packaged="csv",
    ),
    "file pattern that is no expression": Fault(
        edit_realization(lambda d: d["global"]["forcing"].__setitem__("file_pattern", "({{id}}.csv")),
        ("file_pattern", "regular expression"),
        packaged="csv",
    ),
}


@pytest.fixture
def spoiled(
    request: pytest.FixtureRequest, copy: Copy, cfe_package: Path, csv_package: Path
) -> tuple[Path, Fault]:
    """Return a package with the fault that the test is parametrised with."""
    fault = FAULTS[request.param]
    package = copy({"cfe": cfe_package, "csv": csv_package}[fault.packaged])
    fault.spoil(package)
    return package, fault


every_fault = pytest.mark.parametrize("spoiled", FAULTS, indirect=True)


@every_fault
def test_run_of_a_spoiled_package_is_refused_with_a_telling_message(
    spoiled: tuple[Path, Fault], listing: Listing
) -> None:
    package, fault = spoiled
    before = listing(package)
    with pytest.raises(DmodError) as caught:
        dmod.run(package, report=False)
    message = str(caught.value)
    for part in fault.says:
        assert part in message
    assert caught.value.exit_code == fault.status, message
    assert listing(package) == before


@every_fault
def test_check_of_a_spoiled_package_refuses_what_run_refuses_and_writes_nothing(
    spoiled: tuple[Path, Fault], listing: Listing
) -> None:
    package, fault = spoiled
    before = listing(package)
    try:
        report = dmod.check(package)
    except DmodError as error:
        said = str(error)
    else:
        assert not report.ok
        said = report.as_text()
    assert listing(package) == before
    for part in fault.says[:2]:
        # configuration files are named by their pattern and the catchments
        assert part.removesuffix(".ini") in said
