"""``dmod forcing`` as users meet it: a package gets forcing from a grid and runs; mistakes are explained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from dmod.cli.main import app
from dmod.core.time_axis import TimeAxis
from dmod.errors import DmodError
from dmod.forcing.gridded.example_stores import (
    write_aorc_store,
    write_cf_store,
    write_nwm_netcdf_store,
    write_nwm_zarr_store,
)
from dmod.hydrofabric.polygons import read_polygons
from dmod.testing.grid_source import LEVEL

Copy = Callable[..., Path]
Cli = Callable[..., Any]

PERIOD = TimeAxis(datetime(2015, 10, 1, tzinfo=UTC), 3600, 36)
DATES = ("--start", "2015-10-01", "--end", "2015-10-02 11:00")


def field(column: str, x: Any, y: Any, step: int) -> Any:
    """Return weather that is the same in longitude and latitude as in metres: it knows only the hour."""
    middle, amplitude = LEVEL[column]
    return middle + amplitude * np.sin(0.3 * step) + 0.0 * x


def holed(column: str, x: Any, y: Any, step: int) -> Any:
    """Return weather without values in the south, at some hours."""
    values = field(column, x, y, step)
    return np.where((y < np.median(y)) & (4 <= step < 9) & (column == "TMP_2maboveground"), np.nan, values)


@pytest.fixture(scope="session")
def around(cfe_package: Path) -> tuple[float, float, float, float]:
    """The bounds of the package's catchments in degrees, and a little more."""
    from pyproj import Transformer

    polygons = read_polygons(cfe_package / "config" / "cfe.gpkg")
    to_degrees = Transformer.from_crs(polygons.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*polygons.bounds)
    return (west - 0.03, south - 0.03, east + 0.03, north + 0.03)


@pytest.fixture(scope="session")
def store(around: tuple[float, float, float, float], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_aorc_store(tmp_path_factory.mktemp("store") / "aorc", around, PERIOD, field, packed=False)


def forcing(*arguments: str | Path) -> str:
    """Run the command in this process and return what it prints."""
    result = CliRunner().invoke(app, ["forcing", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str | Path) -> DmodError:
    with pytest.raises(DmodError) as caught:
        CliRunner().invoke(app, ["forcing", *map(str, arguments)], catch_exceptions=False)
    return caught.value


def test_package_runs_on_forcing_from_a_grid(
    cfe_package: Path, store: Path, copy: Copy, dmod_cli: Cli
) -> None:
    package = copy(cfe_package)
    output = package / "forcings" / "forcings.nc"
    done = dmod_cli("forcing", store, package / "config" / "cfe.gpkg", output, *DATES, "--overwrite")
    assert done.returncode == 0, done.stderr
    assert "covered      at least 100 %" in done.stdout
    done = dmod_cli("check", package, *DATES[2:])
    assert done.returncode == 0, done.stdout
    assert "ready to run: 0 errors" in done.stdout
    done = dmod_cli("run", package, *DATES[2:], "--no-report", "-q")
    assert done.returncode == 0, done.stderr
    assert (package / "outputs" / "catchments.nc").is_file()


def test_package_runs_on_csv_forcing_from_a_grid(
    csv_package: Path, tmp_path: Path, copy: Copy, dmod_cli: Cli
) -> None:
    package = copy(csv_package)
    fabric = package / "config" / "csv.gpkg"
    store = tmp_path / "store"
    done = dmod_cli("example-store", store, "--around", fabric, "--start", "2015-10-01", "--days", "2", "-q")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(package / "forcings")
    done = dmod_cli("forcing", store, fabric, package / "forcings", *DATES, "--csv", "-q")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    done = dmod_cli("run", package, *DATES[2:], "--no-report", "-q")
    assert done.returncode == 0, done.stderr


def test_every_layout_gives_the_same_weather(
    cfe_package: Path, store: Path, around: tuple[float, float, float, float], tmp_path: Path
) -> None:
    fabric = cfe_package / "config" / "cfe.gpkg"
    lon, lat = np.arange(around[0], around[2], 0.02), np.arange(around[3], around[1], -0.02)
    places = {
        "aorc": store,
        "nwm": write_nwm_zarr_store(tmp_path / "nwm", around, PERIOD, field, packed=False),
        "files": write_nwm_netcdf_store(tmp_path / "files", around, PERIOD, field, packed=False),
        "cf": write_cf_store(tmp_path / "cf.nc", lon, lat, PERIOD, field),
    }
    reports = {}
    for name, place in places.items():
        out = tmp_path / f"{name}_out.nc"
        # winds of the same size everywhere point elsewhere when they are turned
        wanted = ",".join(column for column in LEVEL if "GRD" not in column)
        reports[name] = json.loads(forcing(place, fabric, out, *DATES, "--variables", wanted, "--json"))
    first = reports.pop("aorc")
    assert first["source"]["layout"] == "aorc"
    for report in reports.values():
        for column, facts in report["variables"].items():
            expected = first["variables"][column]
            assert facts["minimum"] == pytest.approx(expected["minimum"], rel=1e-6)
            assert facts["maximum"] == pytest.approx(expected["maximum"], rel=1e-6)
            assert report["conservation"][column]["relative_difference"] < 1e-9


def test_dry_run_says_what_it_takes_and_writes_nothing(
    cfe_package: Path, store: Path, tmp_path: Path
) -> None:
    fabric, output = cfe_package / "config" / "cfe.gpkg", tmp_path / "out" / "forcings.nc"
    text = forcing(store, fabric, output, *DATES, "--dry-run")
    for part in ("catchments  5,", "in 8 blocks", "36 steps", "memory", "free"):
        assert part in text
    plan = json.loads(forcing(store, fabric, output, *DATES, "--dry-run", "--json"))
    assert plan["bytes_to_read"] > 0
    assert plan["problems"] == []
    assert not list(tmp_path.iterdir())


def test_dry_run_lists_what_forbids_it_and_fails(cfe_package: Path, tmp_path: Path) -> None:
    polygons = read_polygons(cfe_package / "config" / "cfe.gpkg")
    west, south, east, north = polygons.bounds
    x, y = np.arange(west - 2000, (west + east) / 2, 1000.0), np.arange(south - 2000, north + 2000, 1000.0)
    place = write_cf_store(
        tmp_path / "half.zarr", x, y, PERIOD, field, crs="EPSG:5070", columns=("precip_rate",)
    )
    arguments = [
        "forcing",
        str(place),
        str(cfe_package / "config" / "cfe.gpkg"),
        str(tmp_path / "o.nc"),
        *DATES,
    ]
    result = CliRunner().invoke(app, [*arguments, "--dry-run"])
    assert result.exit_code == 2
    for part in ("[grid-variable]", "[grid-partly]", "--partial renormalise", "TMP_2maboveground"):
        assert part in result.output


def test_cells_without_values_are_refused_and_then_filled_by_the_run(
    cfe_package: Path, around: tuple[float, float, float, float], tmp_path: Path, copy: Copy, dmod_cli: Cli
) -> None:
    package = copy(cfe_package)
    fabric, output = package / "config" / "cfe.gpkg", package / "forcings" / "forcings.nc"
    place = write_aorc_store(tmp_path / "holed", around, PERIOD, holed, packed=False)
    error = refused(place, fabric, output, *DATES, "--overwrite")
    for part in ("TMP_2maboveground", "2015-10-01 04:00:00", "cat-", "holed", "--missing keep"):
        assert part in str(error)
    text = forcing(place, fabric, output, *DATES, "--overwrite", "--missing", "keep")
    assert "the longest gap is 5 steps" in text
    options = (*DATES[2:], "--no-report", "-q")
    done = dmod_cli("run", package, *options)
    assert done.returncode == 2
    done = dmod_cli("run", package, *options, "--fill", "linear")
    assert done.returncode == 0, done.stderr


WRONG = {
    "start": (["--start", "yesterday"], 2, ("--start", "YYYY-MM-DD")),
    "end before start": (["--end", "2015-09-30"], 2, ("ends (2015-09-30", "starts (2015-10-01")),
    "half an hour": (["--start", "2015-10-01 00:30"], 2, ("full hour",)),
    "period": (["--end", "2015-12-01"], 2, ("aorc", "precip_rate", "2015-10-02 12:00:00")),
    "variable": (["--variables", "rain"], 2, ("rain", "precip_rate, TMP_2maboveground")),
    "no variable": (["--variables", ","], 2, ("--variables: none",)),
    "option": (["--option", "region"], 2, ("KEY=VALUE",)),
    "option unknown": (["--option", "stmp=end"], 2, ("stmp", "stamp")),
    "share": (["--least-share", "2"], 2, ("--least-share", "from 0 to 1")),
    "workers": (["--workers", "-1"], 2, ("0 takes all cores",)),
    "block": (["--block-hours", "0"], 2, ("1 or more",)),
    "layout": (["--layout", "nwm"], 2, ("aorc",)),
}


@pytest.mark.parametrize(("options", "status", "says"), WRONG.values(), ids=WRONG)
def test_wrong_option_is_refused_and_writes_nothing(
    cfe_package: Path, store: Path, tmp_path: Path, options: list[str], status: int, says: tuple[str, ...]
) -> None:
    output = tmp_path / "out" / "forcings.nc"
    error = refused(store, cfe_package / "config" / "cfe.gpkg", output, *DATES, *options)
    for part in says:
        assert part in str(error)
    assert error.exit_code == status
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", ["store", "fabric"])
def test_what_is_not_there_is_named(cfe_package: Path, store: Path, tmp_path: Path, missing: str) -> None:
    places = {"store": store, "fabric": cfe_package / "config" / "cfe.gpkg"} | {missing: tmp_path / "nowhere"}
    error = refused(places["store"], places["fabric"], tmp_path / "o.nc", *DATES)
    assert error.exit_code == 3
    assert "nowhere" in str(error)
