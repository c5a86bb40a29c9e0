"""The real fabric of the Logan River: values equal the public convention, packages run, files read clean."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from dmod.core.time_axis import TimeAxis, parse_time
from dmod.forcing.write import write_netcdf_forcing
from dmod.formulation.generate.documents import routing_columns
from dmod.formulation.routing_keys import DEFAULT_COLUMNS
from dmod.hydrofabric import read_hydrofabric
from dmod.services.check import check
from dmod.services.configure import ConfigureResult, configure, plan_configuration
from dmod.services.options import RunOptions
from dmod.services.run import run

AXIS = TimeAxis.between(parse_time("2019-03-01"), parse_time("2019-03-06"), 3600)


@pytest.fixture(scope="module")
def fabric(reference: Path) -> Path:
    return reference / "hydrofabric" / "gage-10109001_subset.gpkg"


@pytest.fixture(scope="module")
def rows(fabric: Path) -> list[dict[str, Any]]:
    """Return the attributes of every divide, read by SQL alone."""
    with closing(sqlite3.connect(f"file:{fabric}?mode=ro&immutable=1", uri=True)) as database:
        database.row_factory = sqlite3.Row
        query = 'SELECT a.*, d.lengthkm FROM "divide-attributes" a JOIN divides d USING (divide_id)'
        return [dict(row) for row in database.execute(query)]


@pytest.fixture(scope="module")
def packages(fabric: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, ConfigureResult]:
    root = tmp_path_factory.mktemp("configured")
    return {
        name: configure(fabric, root / name, formulation=name, start=AXIS.start, end=AXIS.end)
        for name in ("cfe", "cfe-x", "topmodel", "noah-cfe", "snow17-sac")
    }


def key_values(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in path.read_text().splitlines() if not line.startswith("#"))
    return {key: value.partition("[")[0] for key, _, value in lines}


def test_cfe_parameters_equal_the_public_convention(
    packages: dict[str, ConfigureResult], rows: list[dict[str, Any]]
) -> None:
    folder = packages["cfe"].package / "config" / "cat_config" / "CFE"
    assert len(rows) == 88
    assert {path.name for path in folder.iterdir()} == {f"{row['divide_id']}.ini" for row in rows}
    for row in rows:
        found = key_values(folder / f"{row['divide_id']}.ini")
        wanted = {
            "soil_params.depth": 2.0,
            "soil_params.b": row["mode.bexp_soil_layers_stag=2"],
            "soil_params.satdk": row["geom_mean.dksat_soil_layers_stag=2"],
            "soil_params.satpsi": row["geom_mean.psisat_soil_layers_stag=2"],
            "soil_params.slop": row["mean.slope_1km"],
            "soil_params.smcmax": row["mean.smcmax_soil_layers_stag=2"],
            "soil_params.wltsmc": row["mean.smcwlt_soil_layers_stag=2"],
            "soil_params.expon": 1.0,
            "soil_params.expon_secondary": 1.0,
            "max_gw_storage": row["mean.Zmax"] / 1000,
            "Cgw": row["mean.Coeff"],
            "expon": row["mode.Expon"],
            "refkdt": row["mean.refkdt"],
            "gw_storage": 0.05,
            "soil_storage": 0.05,
            "alpha_fc": 0.33,
            "K_nash": 0.03,
            "K_lf": 0.01,
        }
        assert {key: float(found[key]) for key in wanted} == wanted
        assert found["giuh_ordinates"] == "0.55,0.25,0.2"
        assert found["surface_partitioning_scheme"] == "Schaake"
        assert found["forcing_file"] == "BMI"


def test_xinanjiang_parameters_are_those_of_the_land_surface_table(
    packages: dict[str, ConfigureResult], rows: list[dict[str, Any]], reference: Path
) -> None:
    table = reference / "ngen/noah_pet_cfe_csv/config/noah/parameters/SOILPARM.TBL"
    lines = (line.split(",") for line in table.read_text().splitlines()[3:22])
    soils = {int(line[0]): [float(line[column]) for column in (12, 13, 14)] for line in lines}
    folder = packages["cfe-x"].package / "config" / "cat_config" / "CFE"
    letters = ("a_Xinanjiang_inflection_point_parameter", "b_Xinanjiang_shape_parameter")
    for row in rows:
        found = key_values(folder / f"{row['divide_id']}.ini")
        keys = (*letters, "x_Xinanjiang_shape_parameter")
        assert [float(found[key]) for key in keys] == soils[int(row["mode.ISLTYP"])]
        assert float(found["urban_decimal_fraction"]) == row["mean.impervious"] / 100


def test_soil_and_cover_tables_equal_those_of_the_land_surface_model(reference: Path) -> None:
    from dmod.formulation.generate.land_classes import COVERS, SOILS

    folder = reference / "ngen/noah_pet_cfe_csv/config/noah/parameters"
    for line in (folder / "SOILPARM.TBL").read_text().splitlines()[3:22]:
        words = line.split(",")
        if int(words[0]) in SOILS:
            soil = SOILS[int(words[0])]
            own = (soil.b, soil.porosity, soil.suction, soil.conductivity, soil.wilting)
            assert own == tuple(float(words[column]) for column in (1, 4, 6, 7, 9)), words[0]
    heights = next(line for line in (folder / "MPTABLE.TBL").read_text().splitlines() if "HVT " in line)
    numbers = [float(word) for word in heights.partition("=")[2].split(",") if word.strip()]
    assert [COVERS[number].height for number in range(1, 28)] == numbers


def test_pet_stands_where_the_catchment_does(
    packages: dict[str, ConfigureResult], rows: list[dict[str, Any]]
) -> None:
    folder = packages["cfe"].package / "config" / "cat_config" / "PET"
    turn = Transformer.from_crs("EPSG:5070", "EPSG:4326", always_xy=True)
    for row in rows:
        found = key_values(folder / f"{row['divide_id']}.ini")
        place = turn.transform(row["centroid_x"], row["centroid_y"])
        written = float(found["longitude_degrees"]), float(found["latitude_degrees"])
        assert written == pytest.approx(place, abs=1e-9)
        assert float(found["site_elevation_m"]) == row["mean.elevation"] / 100
        assert 1600 < float(found["site_elevation_m"]) < 2800  # the Bear River Range


def test_topmodel_topography_is_the_fabrics(
    packages: dict[str, ConfigureResult], rows: list[dict[str, Any]]
) -> None:
    folder = packages["topmodel"].package / "config" / "cat_config" / "TOPMODEL"
    for row in rows:
        words = (folder / f"{row['divide_id']}_subcat.dat").read_text().split("\n", 2)[2].split()
        classes = sorted(json.loads(row["dist_4.twi"]), key=lambda each: each["v"], reverse=True)
        pairs = np.array(words[2 : 2 + 2 * (len(classes) + 1)], float).reshape(-1, 2)
        assert pairs[0].tolist() == [0.0, classes[0]["v"]]
        assert pairs[1:, 0].tolist() == [each["frequency"] for each in classes]
        assert pairs[:-1, 1].tolist() == [each["v"] for each in classes]


def test_routing_document_has_the_columns_of_the_fabric(
    fabric: Path, packages: dict[str, ConfigureResult]
) -> None:
    assert routing_columns(read_hydrofabric(fabric)) == dict(DEFAULT_COLUMNS)
    assert packages["cfe"].routing is not None


@pytest.mark.parametrize("name", ["cfe", "cfe-x", "topmodel"])
def test_configured_package_is_clean_and_runs(packages: dict[str, ConfigureResult], name: str) -> None:
    package = packages[name].package
    ids = read_hydrofabric(packages[name].hydrofabric).catchments.ids
    write_netcdf_forcing(package / "forcings" / "forcings.nc", ids, AXIS, storm(len(ids)))
    report = check(package)
    codes = [problem.code for problem in report.problems]
    assert codes == (["unit-mismatch"] if name == "topmodel" else [])  # Qout is m/h, as in the framework
    result = run(package, RunOptions(report=False))
    flow = result.hydrograph.simulated
    assert np.isfinite(flow).all()
    assert flow.min() >= 0.0
    assert np.ptp(flow) > 5.0  # m3 s-1, from 80 mm of rain on 633 km2
    assert abs(result.water_balance.residual).max() < 1e-9


@pytest.mark.parametrize("name", ["noah-cfe", "snow17-sac"])
def test_framework_only_package_is_complete_and_refused_by_the_native_engine(
    packages: dict[str, ConfigureResult], name: str
) -> None:
    result = packages[name]
    assert not result.plan.native
    problems = [problem for problem in check(result.package).problems if problem.code == "unknown-module"]
    assert problems
    assert all("C++ framework" in problem.hint for problem in problems)
    modules = json.loads(result.realization.read_text())["global"]["formulations"][0]["params"]["modules"]
    for module in modules:
        pattern = module["params"]["init_config"]
        if "{{id}}" in pattern:
            ids = read_hydrofabric(result.hydrofabric).catchments.ids
            assert all((result.package / pattern.replace("{{id}}", each)).is_file() for each in ids)


def test_plan_of_the_real_fabric_has_no_problem(fabric: Path) -> None:
    for name in ("cfe", "cfe-x", "topmodel", "noah-cfe", "snow17-sac"):
        assert plan_configuration(fabric, formulation=name).problems == ()


def storm(count: int) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Yield five mild days with rain on the first and the fourth."""
    hour = np.arange(AXIS.count)
    sun = np.sin(2 * np.pi * (hour - 6) / 24)
    series = {
        "precip_rate": np.where(hour % 72 < 10, 4.0 / 3600.0, 0.0),
        "TMP_2maboveground": 284.0 + 5.0 * sun,
        "SPFH_2maboveground": np.full(hour.size, 0.005),
        "PRES_surface": np.full(hour.size, 78_000.0),
        "DLWRF_surface": np.full(hour.size, 280.0),
        "DSWRF_surface": np.maximum(0.0, 600.0 * sun),
        "UGRD_10maboveground": np.full(hour.size, 2.0),
        "VGRD_10maboveground": np.full(hour.size, 1.0),
    }
    yield 0, {name: np.tile(values.astype(np.float32), (count, 1)) for name, values in series.items()}
