"""Derivations from a real hydrofabric, Logan River above gauge 10109001: subset, parts, package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dmod
from dmod.catalog.data_format import DomainIndex
from dmod.catalog.requirement import Requirement
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.forcing.gridded.example_stores import write_aorc_store
from dmod.hydrofabric import read_hydrofabric
from dmod.services.data.asking import requirement_of
from dmod.services.data.derivations.registry import find_derivation
from dmod.testing.derivation_trial import DerivationTrial, Done

START, END = "2019-03-01", "2019-03-02 23:00"
AROUND = (-112.1, 41.5, -111.2, 42.3)
LEVELS = {
    "precip_rate": 2e-4,
    "TMP_2maboveground": 280.0,
    "SPFH_2maboveground": 0.004,
    "PRES_surface": 80_000.0,
    "DLWRF_surface": 250.0,
    "DSWRF_surface": 150.0,
}
GEOPACKAGE = "NGEN_GEOPACKAGE_HYDROFABRIC_V2"


def weather(column: str, x: np.ndarray, _y: np.ndarray, step: int) -> np.ndarray:
    """Return a field that is the same everywhere and grows by the hour."""
    return LEVELS.get(column, 2.0) * (1.0 + 1e-3 * step) + 0.0 * x


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> DerivationTrial:
    return DerivationTrial(tmp_path_factory.mktemp("trials"))


@pytest.fixture(scope="module")
def logan(reference: Path) -> Path:
    return reference / "hydrofabric" / "gage-10109001_subset.gpkg"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    period = TimeAxis(parse_time(START), 3600, 48)
    return write_aorc_store(tmp_path_factory.mktemp("store") / "aorc", AROUND, period, weather, packed=False)


@pytest.fixture(scope="module")
def basin(logan: Path, trial: DerivationTrial) -> Done:
    wanted = requirement_of("HYDROFABRIC", format=GEOPACKAGE, gages=["10109001"])
    return trial.run(find_derivation("hydrofabric-subset"), wanted, {"hydrofabric": [logan]})


def wanting(basin: Done, category: str, form: str, **more: Any) -> Requirement:
    catchments = sorted(map(str, basin.made.domain.values(DomainIndex.CATCHMENT_ID)))
    return requirement_of(category, format=form, catchments=catchments, **more)


def test_basin_above_the_gauge_is_the_whole_of_the_reference(basin: Done, logan: Path) -> None:
    whole = read_hydrofabric(logan)
    cut = read_hydrofabric(basin.output / "hydrofabric.gpkg")
    assert len(cut.catchments) == 88
    assert set(cut.catchments.ids) == set(whole.catchments.ids)
    assert basin.made.domain.values(DomainIndex.HYDROFABRIC_VERSION) == {"2.2"}


def test_some_catchments_are_cut_out_with_nothing_upstream(basin: Done, trial: DerivationTrial) -> None:
    ids = read_hydrofabric(basin.output / "hydrofabric.gpkg").catchments.ids[10:15]
    wanted = requirement_of("HYDROFABRIC", format=GEOPACKAGE, catchments=ids, exactly=True)
    done = trial.run(find_derivation("hydrofabric-subset"), wanted, {"hydrofabric": [basin]})
    assert done.made.domain.values(DomainIndex.CATCHMENT_ID) == set(ids)


def test_basin_is_cut_into_parts_that_hold_every_catchment_once(basin: Done, trial: DerivationTrial) -> None:
    wanted = wanting(basin, "PARTITION", "NGEN_PARTITION_CONFIG", restrictions={"LENGTH": [4]})
    done = trial.run(find_derivation("partition"), wanted, {"hydrofabric": [basin]})
    parts = json.loads((done.output / "partitions.json").read_text())["partitions"]
    held = [name for part in parts for name in part["cat-ids"]]
    assert len(parts) == 4
    assert len(held) == len(set(held)) == 88
    network = basin.made.domain.restrictions[DomainIndex.HYDROFABRIC_ID]
    assert done.made.domain.restrictions[DomainIndex.HYDROFABRIC_ID] == network


@pytest.mark.parametrize("formulation", ["cfe", "topmodel"])
def test_package_composed_of_derived_parts_runs_as_the_prepared_one(
    basin: Done, logan: Path, store: Path, trial: DerivationTrial, tmp_path: Path, formulation: str
) -> None:
    hours = {"start": START, "end": END}
    inputs: dict[str, list[Any]] = {"hydrofabric": [basin]}
    for role, name, form in (
        ("realization", "realization", "NGEN_REALIZATION_CONFIG"),
        ("modules", "module-configuration", "BMI_CONFIG"),
        ("routing", "routing-configuration", "T_ROUTE_CONFIG"),
    ):
        named = {"formulation": formulation} if role != "routing" else {}
        when = hours if role != "modules" else {}
        wanted = wanting(basin, "CONFIG", form, **named, **when)
        inputs[role] = [trial.run(find_derivation(name), wanted, {"hydrofabric": [basin]})]
    wanted = wanting(basin, "FORCING", "NETCDF_AORC_DEFAULT", **hours)
    given = {"hydrofabric": [basin], "grid": [store]}
    inputs["forcing"] = [trial.run(find_derivation("forcing-from-grid"), wanted, given)]
    wanted = wanting(basin, "CONFIG", "NGEN_JOB_COMPOSITE_CONFIG", formulation=formulation, **hours)
    package = trial.run(find_derivation("run-package"), wanted, inputs)
    copy = tmp_path / "logan.gpkg"
    copy.write_bytes(logan.read_bytes())
    prepared = dmod.prepare(
        tmp_path / "prepared", hydrofabric=copy, region="gage-10109001", start=START, end=END,
        forcing=store, formulation=formulation,
    )  # fmt: skip
    assert dmod.check(package.output).ok
    mine, theirs = (
        dmod.run(path, output=tmp_path / name, report=False)
        for path, name in ((package.output, "mine"), (prepared.path, "theirs"))
    )
    np.testing.assert_array_equal(mine.hydrograph.simulated, theirs.hydrograph.simulated)
    np.testing.assert_array_equal(mine.hydrograph.times, theirs.hydrograph.times)
