"""The whole preparation on a real hydrofabric: Logan River, gauge 10109001."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import dmod
from dmod.core.time_axis import TimeAxis, parse_time
from dmod.forcing.gridded.example_stores import write_aorc_store

START, END = "2019-03-01", "2019-03-02 23:00"
PERIOD = TimeAxis(parse_time(START), 3600, 48)
AROUND = (-112.1, 41.5, -111.2, 42.3)
LEVELS = {
    "precip_rate": 2e-4,
    "TMP_2maboveground": 280.0,
    "SPFH_2maboveground": 0.004,
    "PRES_surface": 80_000.0,
    "DLWRF_surface": 250.0,
    "DSWRF_surface": 150.0,
}


def weather(column: str, x: np.ndarray, _y: np.ndarray, step: int) -> np.ndarray:
    """Return a field that is the same everywhere and grows by the hour."""
    return LEVELS.get(column, 2.0) * (1.0 + 1e-3 * step) + 0.0 * x


@pytest.fixture(scope="module")
def fabric(reference: Path) -> Path:
    return reference / "hydrofabric" / "gage-10109001_subset.gpkg"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_aorc_store(tmp_path_factory.mktemp("aorc"), AROUND, PERIOD, weather, packed=False)


@pytest.mark.parametrize("formulation", ["cfe", "topmodel"])
def test_gauge_becomes_a_package_that_runs(
    fabric: Path, store: Path, tmp_path: Path, formulation: str
) -> None:
    copy = tmp_path / "conus.gpkg"
    copy.write_bytes(fabric.read_bytes())
    made = dmod.prepare(
        tmp_path / "out",
        hydrofabric=copy,
        region="gage-10109001",
        start=START,
        end=END,
        forcing=store,
        formulation=formulation,
        map_file=tmp_path / "map.png",
    )
    assert made.catchments == 88
    assert made.area_km2 == pytest.approx(633.3, abs=0.1)
    assert dmod.check(made.path).ok
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    result = dmod.run(made.path, output=tmp_path / "results", report=False)
    hours = np.arange(48)
    rain = LEVELS["precip_rate"] * (1.0 + 1e-3 * hours).sum() * 3.6
    np.testing.assert_allclose(result.balance.inflow.values, rain, rtol=1e-5)
    record = json.loads((made.path / "metadata" / "prepare.json").read_text())
    assert record["steps"]["subset"]["outlets"] == ["nex-2861392"]


def test_every_conserved_total_agrees_to_1e_9(fabric: Path, store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "conus.gpkg"
    copy.write_bytes(fabric.read_bytes())
    for method in ("area", "linear"):
        made = dmod.derive_forcing(
            str(store),
            copy,
            tmp_path / f"{method}.nc",
            start=parse_time(START),
            end=parse_time(END),
            method=method,
        )
        totals = made.facts["conservation"]
        assert totals
        assert max(abs(each["relative_difference"]) for each in totals.values()) < 1e-9
