"""Packages that differ from the usual: other fabrics, and catchments that run another formulation."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import dmod
from dmod.hydrofabric import write_geopackage
from dmod.testing.fabrics import (
    Tables,
    chain,
    headwater,
    two_basins,
    with_lake,
    without_flowpath_attributes,
    write_geojson_pair,
    y_confluence,
)

Cli = Callable[..., Any]
Copy = Callable[..., Path]

HOUR = 3600.0
SQUARE_KILOMETRE = 1e6


def with_fabric(package: Path, tables: Tables) -> Path:
    """Replace the hydrofabric of a package by another one of at most five catchments."""
    for file in package.glob("config/*.gpkg"):
        file.unlink()
    write_geopackage(package / "config/basin.gpkg", tables)
    return package


def volumes(folder: Path) -> tuple[float, float]:
    """Return the water that left all catchments of one km², and that reached all nexuses [m³]."""
    with xr.open_dataset(folder / "catchments.nc") as catchments:
        runoff = float(catchments["Q_OUT"].sum()) * SQUARE_KILOMETRE
    with xr.open_dataset(folder / "nexuses.nc") as nexuses:
        name = next(str(n) for n in nexuses.data_vars if nexuses[n].ndim == 2)
        return runoff, float(nexuses[name].sum()) * HOUR


FABRICS: dict[str, tuple[Callable[[], Tables], int, str]] = {
    "headwater": (headwater, 1, "Muskingum-Cunge"),
    "confluence": (y_confluence, 3, "Muskingum-Cunge"),
    "chain": (lambda: chain(5), 5, "Muskingum-Cunge"),
    "two basins": (two_basins, 4, "Muskingum-Cunge"),
    "lake": (with_lake, 3, "Muskingum-Cunge"),
    "without flowpath attributes": (without_flowpath_attributes, 3, "summed downstream"),
    "version 2.0": (lambda: y_confluence("2.0"), 3, "Muskingum-Cunge"),
    "version 2.1.1": (lambda: y_confluence("2.1.1"), 3, "Muskingum-Cunge"),
}


@pytest.mark.parametrize(("tables", "count", "routing"), FABRICS.values(), ids=FABRICS)
def test_fabric_of_any_shape_checks_and_runs(
    copy: Copy, cfe_package: Path, tables: Callable[[], Tables], count: int, routing: str
) -> None:
    package = with_fabric(copy(cfe_package), tables())
    report = dmod.check(package)
    assert report.ok, report.as_text()
    result = dmod.run(package)
    assert result.report is not None
    assert result.routing.startswith(routing)
    assert result.streamflow.shape == (count, 438)
    assert np.isfinite(result.streamflow.values).all()
    assert float(result.streamflow.min()) >= 0.0
    runoff, inflow = volumes(package / "outputs")
    assert inflow == pytest.approx(runoff, rel=1e-9)
    assert runoff > 0.0


def test_disconnected_basins_take_the_outlet_that_is_asked_for(
    copy: Copy, cfe_package: Path, tmp_path: Path
) -> None:
    package = with_fabric(copy(cfe_package), two_basins())
    flows = {}
    for name in ("nex-5", "nex-6", "cat-2", "wb-4"):
        hydrograph = dmod.run(package, output=tmp_path / name, outlet=name, report=False).hydrograph
        assert hydrograph.outlet.id == name
        flows[name] = hydrograph.simulated
    np.testing.assert_array_equal(flows["nex-5"], flows["cat-2"])
    np.testing.assert_array_equal(flows["nex-6"], flows["wb-4"])
    assert not np.allclose(flows["nex-5"], flows["nex-6"])


def test_geojson_pair_runs_and_gives_what_the_geopackage_gives(
    dmod_cli: Cli, copy: Copy, cfe_package: Path
) -> None:
    package = with_fabric(copy(cfe_package), without_flowpath_attributes())
    assert dmod_cli("run", package, "-q").returncode == 0
    pair = copy(cfe_package, "pair")
    for file in pair.glob("config/*.gpkg"):
        file.unlink()
    write_geojson_pair(pair / "config", y_confluence())
    assert dmod_cli("check", pair).returncode == 0
    done = dmod_cli("run", pair, "-q")
    assert done.returncode == 0, done.stderr
    with (
        xr.open_dataset(package / "outputs/catchments.nc") as one,
        xr.open_dataset(pair / "outputs/catchments.nc") as other,
    ):
        np.testing.assert_array_equal(one["Q_OUT"].values, other["Q_OUT"].values)


def test_geojson_without_its_nexuses_is_refused(copy: Copy, cfe_package: Path, dmod_cli: Cli) -> None:
    package = copy(cfe_package)
    for file in package.glob("config/*.gpkg"):
        file.unlink()
    _, nexus = write_geojson_pair(package / "config", y_confluence())
    nexus.unlink()
    for command in ("run", "check"):
        done = dmod_cli(command, package)
        assert done.returncode == 3
        assert "no nexus file was found" in done.stderr
        assert "--nexus" in done.stderr


def test_catchment_with_a_formulation_of_its_own_runs_it(
    dmod_cli: Cli, copy: Copy, cfe_package: Path, topmodel_package: Path
) -> None:
    package = copy(cfe_package)
    for folder in ("PET", "TOPMODEL"):
        source = topmodel_package / "config/cat_config" / folder
        if source.is_dir():
            shutil.copytree(source, package / "config/cat_config" / folder, dirs_exist_ok=True)
    document = json.loads((package / "config/realization.json").read_text())
    other = json.loads((topmodel_package / "config/realization.json").read_text())
    document["catchments"] = {
        "cat-2": {
            "formulations": deepcopy(other["global"]["formulations"]),
            "forcing": document["global"]["forcing"],
        }
    }
    (package / "config/realization.json").write_text(json.dumps(document))
    done = dmod_cli("check", package)
    assert done.returncode == 0, done.stdout
    assert "topmodel (1)" in done.stdout
    assert "cfe 6d08db7 (4)" in done.stdout
    results = {
        name: dmod.run(path, output=package.parent / name, csv=True, report=False)
        for name, path in (("mixed", package), ("cfe", cfe_package), ("topmodel", topmodel_package))
    }
    text = {
        name: {c: (result.folder / f"{c}.csv").read_bytes() for c in result.plan.catchments}
        for name, result in results.items()
    }
    assert text["mixed"]["cat-2"] == text["topmodel"]["cat-2"]
    assert text["mixed"]["cat-2"] != text["cfe"]["cat-2"]
    for catchment in ("cat-1", "cat-3", "cat-4", "cat-5"):
        assert text["mixed"][catchment] == text["cfe"][catchment]
    netcdf = dmod.run(package)
    assert netcdf.report is not None
    assert np.isfinite(netcdf.runoff.values).all()
    assert set(netcdf.plan.modules) >= {("cfe", "6d08db7"), ("topmodel", "")}


def test_override_of_a_catchment_that_is_not_there_is_a_warning(copy: Copy, cfe_package: Path) -> None:
    package = copy(cfe_package)
    document = json.loads((package / "config/realization.json").read_text())
    document["catchments"] = {
        "cat-99": {
            "formulations": document["global"]["formulations"],
            "forcing": document["global"]["forcing"],
        }
    }
    (package / "config/realization.json").write_text(json.dumps(document))
    report = dmod.check(package)
    assert report.ok
    assert any("cat-99" in (*p.ids, p.message) for p in report.warnings)
    result = dmod.run(package, report=False)
    assert any("cat-99" in warning for warning in result.warnings)
