"""What the real t-route wrote is read as if the framework had just routed by it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.engine.ngen.routed import RoutedFlow
from dmod.hydrofabric import read_hydrofabric

AXIS = TimeAxis(datetime(2010, 4, 1, tzinfo=UTC), 3600, 1464)


@pytest.fixture(scope="module")
def ids(reference: Path) -> tuple[str, ...]:
    fabric = read_hydrofabric(reference / "hydrofabric" / "gage-10109001_subset.gpkg")
    return fabric.flowpath_network.ids


def test_recorded_flow_is_read_for_every_flowpath_and_step(reference: Path, ids: tuple[str, ...]) -> None:
    folder = reference / "troute" / "gage-10109001" / "expected"
    with netCDF4.Dataset(folder / "troute_output_201004010000.nc") as file:
        order = {int(number): row for row, number in enumerate(file["feature_id"][:])}
        rows = [order[int(name.removeprefix("wb-"))] for name in ids]
        due = {name: np.asarray(file[name][:])[rows] for name in ("flow", "velocity", "depth")}
    with RoutedFlow(folder, ids, AXIS) as routed:
        assert routed.missing == ()
        for first, count in ((0, 1000), (1000, 464)):
            for name, values in routed.read(first, count).items():
                assert np.array_equal(values, due[name][:, first : first + count]), name
