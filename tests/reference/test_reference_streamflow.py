"""A real fabric, its nexus flows and the product's own routing path, to the file that is written.

The Logan River, two months, against t-route (single precision, 300 s, cold start).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import netCDF4
import numpy as np
import pytest

from dmod.core.time_axis import TimeAxis
from dmod.engine.integrate import ChunkRunoff
from dmod.hydrofabric import read_hydrofabric
from dmod.output.routed import RoutedNetcdf
from dmod.services.outlet import choose_outlet
from dmod.services.streamflow import Nexuses, RoutedStreamflow, streamflow_of

AXIS = TimeAxis(datetime(2010, 4, 1, tzinfo=UTC), 3600, 1464)
Series = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def nexus_flow(reference: Path) -> Series:
    """Return the flow into every nexus that receives some, as the framework wrote it."""
    folder = reference / "troute" / "gage-10109001" / "nexus"
    return {
        path.name.removesuffix("_output.csv"): np.loadtxt(path, delimiter=",", usecols=2)
        for path in sorted(folder.glob("nex-*.csv"))
    }


@pytest.fixture(scope="module")
def plan(reference: Path) -> SimpleNamespace:
    """Return the part of a plan that streamflow is made from, with the case's routing configuration."""
    fabric_file = reference / "hydrofabric" / "gage-10109001_subset.gpkg"
    fabric = read_hydrofabric(fabric_file)
    case = reference / "troute" / "gage-10109001"

    def resolve(_path: str, *_bases: Path) -> Path:
        return fabric_file

    package = SimpleNamespace(
        routing=case / "troute.yaml", root=case, hydrofabric=fabric_file, resolve=resolve
    )
    return SimpleNamespace(fabric=fabric, axis=AXIS, package=package)


@pytest.fixture(scope="module")
def routed(plan: SimpleNamespace, nexus_flow: Series, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Route in chunks, as a run does, and write the file."""
    assert set(nexus_flow) <= set(plan.fabric.nexuses.ids)
    nothing = np.zeros(AXIS.count)
    inflow = np.array([nexus_flow.get(name, nothing) for name in plan.fabric.nexuses.ids])
    streamflow, notes = streamflow_of(plan, None, None, threads=2)
    assert isinstance(streamflow, RoutedStreamflow)
    assert notes == ()
    assert streamflow.method == "Muskingum-Cunge, 300 s steps"
    path = tmp_path_factory.mktemp("logan") / "streamflow.nc"
    with RoutedNetcdf.open(path, streamflow.ids, AXIS) as file:
        for first in range(0, AXIS.count, 500):
            chunk = streamflow.advance(first, np.ascontiguousarray(inflow[:, first : first + 500]))
            file.write(chunk.first, chunk.flow, chunk.velocity, chunk.depth)
    return path


def read(path: Path) -> tuple[np.ndarray, np.ndarray, Series]:
    """Return feature ids in ascending order, the stamps in seconds since 1970, and the variables."""
    with netCDF4.Dataset(path) as file:
        ids, times = np.asarray(file["feature_id"][:]), file["time"]
        order = np.argsort(ids)
        start = datetime.fromisoformat(times.units.removeprefix("seconds since ")).replace(tzinfo=UTC)
        stamps = np.asarray(times[:]) + start.timestamp()
        return ids[order], stamps, {n: np.asarray(file[n][:])[order] for n in ("flow", "velocity", "depth")}


def test_streamflow_file_of_the_logan_river_agrees_with_troute(reference: Path, routed: Path) -> None:
    ids, stamps, ours = read(routed)
    expected = reference / "troute" / "gage-10109001" / "expected" / "troute_output_201004010000.nc"
    theirs_ids, theirs_stamps, theirs = read(expected)

    np.testing.assert_array_equal(ids, theirs_ids)
    np.testing.assert_array_equal(stamps, theirs_stamps)
    assert ours["flow"].shape == (88, 1464)
    error = {name: np.abs(ours[name].astype(float) - theirs[name]) for name in ours}
    assert ((error["flow"] <= 0.005 * np.abs(theirs["flow"])) | (error["flow"] <= 1e-3)).all()
    # Below a micrometre of water (headwaters without inflow) all there is comes from the rounding of
    # t-route's search for depth.
    film = np.maximum(ours["depth"], theirs["depth"]) < 1e-6
    assert (np.maximum(ours["flow"], theirs["flow"])[film] < 1e-5).all()
    assert (error["velocity"][film] < 1e-3).all()
    assert (~film).sum() > 50_000
    for name in ("velocity", "depth"):
        assert (error[name][~film] <= 0.01 * np.abs(theirs[name][~film])).all(), name


def test_streamflow_at_the_gauge_of_the_logan_river_is_that_of_its_flowpath(
    plan: SimpleNamespace, routed: Path
) -> None:
    ids, _, ours = read(routed)
    outlet = choose_outlet(plan.fabric, "10109001")

    assert outlet.gauge == "10109001"
    (place,) = outlet.flowpaths
    drained = plan.fabric.network.accumulate(plan.fabric.catchments.area_km2)
    assert drained[plan.fabric.catchment_flowpath == place].max() == pytest.approx(drained.max())
    number = int(plan.fabric.flowpaths.ids[place].removeprefix("wb-"))
    flow = ours["flow"][ids == number][0]
    assert np.argmax(ours["flow"].mean(axis=1)) == np.flatnonzero(ids == number)[0]
    assert flow.max() > 100.0


def test_nexus_flow_on_the_logan_river_is_runoff_times_area_over_an_hour(plan: SimpleNamespace) -> None:
    catchments = plan.fabric.catchments
    depth = np.random.default_rng(7).uniform(0.0, 1e-3, (len(catchments), 5))

    flow = Nexuses(plan.fabric).flow(ChunkRunoff(AXIS.window(0, 5), 0, depth))

    wanted = np.zeros_like(flow)
    for row, nexus in enumerate(catchments.nexus):
        wanted[nexus] += depth[row] * catchments.area_km2[row] * 1e6 / 3600.0
    np.testing.assert_allclose(flow, wanted, rtol=1e-14)
    volume = (depth * (catchments.area_km2 * 1e6)[:, None]).sum() / 3600.0
    assert flow.sum() == pytest.approx(volume, rel=1e-12)
