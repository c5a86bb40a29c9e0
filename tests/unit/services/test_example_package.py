import json
import math
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import yaml

from dmod.core.time_axis import parse_time
from dmod.errors import AlreadyExists, CoverageError, InputError, StoreError
from dmod.hydrofabric import find_problems, read_hydrofabric
from dmod.hydrofabric.gauges import gauges
from dmod.services.check import check
from dmod.services.example import ExamplePackage, make_example
from dmod.services.example_configs import unit_hydrograph

YEARS = 240 / 8760  # ten days


def stand_in(package: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return a flow that follows the rain of the package that is to be "simulated"."""
    with netCDF4.Dataset(package / "forcings" / "forcings.nc") as file:
        seconds = np.asarray(file["Time"][0])
        rain = np.asarray(file["precip_rate"][:]).mean(axis=0)
    return seconds.astype("datetime64[s]"), 1.0 + 1e5 * rain


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ExamplePackage:
    path = tmp_path_factory.mktemp("example") / "creek"
    return make_example(path, catchments=12, seed=5, years=YEARS, lakes=1, simulate=stand_in)


def series(path: Path) -> tuple[list[str], np.ndarray]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")][1:]
    return [line.split(",")[0] for line in lines], np.array(
        [float(line.split(",")[1] or "nan") for line in lines]
    )


def test_example_has_the_layout_of_a_run_package(package: ExamplePackage) -> None:
    names = {str(file.relative_to(package.path)) for file in package.path.rglob("*") if file.is_file()}
    ids = [f"cat-{i}" for i in range(1, 13)]
    assert names == {
        "config/creek.gpkg",
        "config/realization.json",
        "config/troute.yaml",
        "forcings/forcings.nc",
        "observed/gage-99000001.csv",
        "metadata/example.json",
        *(f"config/cat_config/CFE/{name}.ini" for name in ids),
        *(f"config/cat_config/PET/{name}.ini" for name in ids),
    }
    assert (package.path / "outputs").is_dir()
    assert package.hydrofabric.is_file()
    assert package.realization.is_file()
    assert package.observed is not None
    assert package.forcing.is_file()


def test_example_passes_the_check_before_a_run(package: ExamplePackage) -> None:
    assert [p for p in check(package.path).problems if p.is_error] == []


def test_example_hydrofabric_is_read_without_a_problem(package: ExamplePackage) -> None:
    fabric = read_hydrofabric(package.hydrofabric)
    assert find_problems(fabric, routing=True) == []
    assert len(fabric.catchments) == 12
    assert fabric.lakes is not None
    assert len(fabric.lakes) == 1
    assert fabric.network.outlets.size == 1
    gauge = gauges(fabric)["99000001"]
    assert gauge.nexus == "nex-13"
    assert gauge.flowpath == "wb-12"


def test_example_forcing_covers_every_catchment_and_the_period(package: ExamplePackage) -> None:
    time = json.loads(package.realization.read_text())["time"]
    with netCDF4.Dataset(package.forcing) as file:
        assert list(file["ids"][:]) == [f"cat-{i}" for i in range(1, 13)]
        stamps = np.asarray(file["Time"][:])
        assert np.isfinite(file["precip_rate"][:]).all()
    assert (stamps == stamps[0]).all()
    assert stamps[0, 0] == parse_time(time["start_time"]).timestamp()
    assert stamps[0, -1] == parse_time(time["end_time"]).timestamp()


def test_example_routing_covers_the_period(package: ExamplePackage) -> None:
    routing = yaml.safe_load(package.routing.read_text())
    forcing = routing["compute_parameters"]["forcing_parameters"]
    assert forcing["nts"] * forcing["dt"] == 240 * 3600
    assert forcing["qts_subdivisions"] * forcing["dt"] == 3600
    network = routing["network_topology_parameters"]
    assert network["waterbody_parameters"]["break_network_at_waterbodies"] is True
    assert (package.path / network["supernetwork_parameters"]["geo_file_path"]).is_file()


def test_example_says_that_it_is_synthetic(package: ExamplePackage) -> None:
    record = json.loads((package.path / "metadata" / "example.json").read_text())
    assert "synthetic" in record["synthetic"]
    assert record["seed"] == 5
    assert package.observed is not None
    assert package.observed.read_text().startswith("# SYNTHETIC")
    assert "synthetic gauge" in package.observed.read_text()


def test_observed_series_differs_from_the_model_as_a_gauge_would(package: ExamplePackage) -> None:
    assert package.observed is not None
    times, observed = series(package.observed)
    stamps, modelled = stand_in(package.path)
    assert times == [str(t).replace("T", " ") for t in stamps]
    both = np.isfinite(observed)
    assert both.mean() > 0.5
    assert np.corrcoef(observed[both], modelled[both])[0, 1] > 0.8
    assert not np.allclose(observed[both], modelled[both], rtol=0.01)


def test_observed_run_gets_other_soils_and_hours_before_the_period(tmp_path: Path) -> None:
    seen = tmp_path / "seen"

    def look(package: Path) -> tuple[np.ndarray, np.ndarray]:
        shutil.copytree(package, seen)
        return stand_in(package)

    made = make_example(tmp_path / "p", catchments=3, seed=2, years=YEARS, gaps=True, simulate=look)
    told, true = ((p / "config/cat_config/CFE/cat-1.ini").read_text() for p in (made.path, seen))
    assert told != true
    assert [line.split("=")[0] for line in told.splitlines()] == [
        line.split("=")[0] for line in true.splitlines()
    ]
    with netCDF4.Dataset(seen / "forcings/forcings.nc") as file, netCDF4.Dataset(made.forcing) as given:
        assert file["Time"][0, 0] < given["Time"][0, 0]
        assert file["Time"][0, -1] == given["Time"][0, -1]
        gaps = np.ma.filled(given["TMP_2maboveground"][:], np.nan) + given["precip_rate"][:]
        columns = [name for name in given.variables if name not in ("ids", "Time")]
        assert any(np.isnan(np.ma.filled(given[name][:], np.nan)).any() for name in columns), gaps.shape
        assert all(np.isfinite(file[name][:]).all() for name in columns)


def test_same_seed_writes_the_same_and_another_does_not(tmp_path: Path) -> None:
    def texts(name: str, seed: int) -> dict[str, bytes]:
        made = make_example(
            tmp_path / name / "creek", catchments=3, seed=seed, years=YEARS, simulate=stand_in
        )
        return {
            str(file.relative_to(made.path)): file.read_bytes()
            for file in made.path.rglob("*")
            if file.suffix in {".ini", ".json", ".yaml", ".csv"}
        }

    first, second, other = texts("a", 1), texts("b", 1), texts("c", 2)
    assert first == second
    for name in ("config/cat_config/CFE/cat-1.ini", "observed/gage-99000001.csv", "metadata/example.json"):
        assert first[name] != other[name]


def test_csv_forcing_holds_the_same_numbers_as_netcdf(tmp_path: Path) -> None:
    kinds = {
        kind: make_example(tmp_path / kind, catchments=2, seed=3, years=YEARS, forcing=kind, observed=False)
        for kind in ("csv", "netcdf")
    }
    rows = (kinds["csv"].forcing / "cat-2.csv").read_text().splitlines()
    names = rows[0].split(",")
    values = np.array([[float(cell) for cell in row.split(",")[1:]] for row in rows[1:]])
    with netCDF4.Dataset(kinds["netcdf"].forcing) as file:
        for column, name in enumerate(names[1:]):
            assert np.allclose(values[:, column], file[name][1], rtol=1e-7)
    provider = json.loads(kinds["csv"].realization.read_text())["global"]["forcing"]["provider"]
    assert provider == "CsvPerFeature"
    assert not [p for p in check(kinds["csv"].path).problems if p.is_error]


def test_gaps_by_stamps_leave_out_rows_and_nothing_else(tmp_path: Path) -> None:
    options = {"catchments": 3, "seed": 3, "years": YEARS, "forcing": "csv", "observed": False}
    whole = make_example(tmp_path / "whole", **options)
    gappy = make_example(tmp_path / "gappy", gaps="stamps", **options)
    left_out = 0
    for name in ("cat-1.csv", "cat-2.csv", "cat-3.csv"):
        before, after = ((p.forcing / name).read_text().splitlines() for p in (whole, gappy))
        assert set(after) <= set(before)
        left_out += len(before) - len(after)
    assert left_out > 0
    assert any(p.is_error for p in check(gappy.path).problems)


def test_topmodel_example_passes_the_check(tmp_path: Path) -> None:
    made = make_example(
        tmp_path / "t", catchments=4, seed=1, years=YEARS, formulation="topmodel", observed=False
    )
    assert [p for p in check(made.path).problems if p.is_error] == []
    assert len(list((made.path / "config/cat_config/TOPMODEL").glob("*.run"))) == 4


def test_existing_folder_with_content_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(AlreadyExists, match="not empty") as caught:
        make_example(tmp_path, catchments=1, years=YEARS, observed=False)
    assert caught.value.hint
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    made = make_example(tmp_path / "new", catchments=1, years=YEARS, observed=False)
    assert made.hydrofabric.is_file()
    assert made.observed is None


def test_failure_while_simulating_leaves_nothing(tmp_path: Path) -> None:
    def fail(package: Path) -> tuple[np.ndarray, np.ndarray]:
        raise StoreError("no space")

    with pytest.raises(StoreError):
        make_example(tmp_path / "p", catchments=1, years=YEARS, simulate=fail)
    assert list(tmp_path.iterdir()) == []


def test_simulation_of_another_period_is_refused(tmp_path: Path) -> None:
    def shifted(package: Path) -> tuple[np.ndarray, np.ndarray]:
        times, flow = stand_in(package)
        return times[1:], flow[1:]

    with pytest.raises(CoverageError):
        make_example(tmp_path / "p", catchments=1, years=YEARS, simulate=shifted)


@pytest.mark.parametrize(
    "wrong",
    [
        {"catchments": 0},
        {"seed": -1},
        {"years": 0.0},
        {"years": float("nan")},
        {"years": 1e6},
        {"forcing": "zarr"},
        {"formulation": "noah"},
        {"lakes": 9},
        {"gaps": "holes"},
        {"gaps": "stamps"},
    ],
)
def test_impossible_wishes_are_refused_before_anything_is_written(tmp_path: Path, wrong: dict) -> None:
    with pytest.raises(InputError):
        make_example(tmp_path / "p", **({"catchments": 2, "years": YEARS, "observed": False} | wrong))
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_what_is_made(tmp_path: Path) -> None:
    said: list[str] = []
    make_example(tmp_path / "p", catchments=1, years=YEARS, observed=False, progress=said.append)
    assert said[0] == "terrain"
    assert said[-1] == "weather"


@pytest.mark.parametrize("seed", range(20))
def test_unit_hydrograph_adds_up_to_exactly_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    arrival = random.dirichlet(np.exp(-np.arange(24) / 2.0) * 5 + 1e-3)
    ordinates = unit_hydrograph(arrival)
    written = [float(f"{ordinate:.4f}") for ordinate in ordinates]
    assert math.fsum(written) == 1.0
    assert np.allclose(ordinates, arrival[: len(ordinates)], atol=0.006)
