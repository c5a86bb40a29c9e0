"""Routing against a run of the t-route program (single precision, 300 s, cold start)."""

import sqlite3
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from dmod.core.network import RiverNetwork
from dmod.engine.routing.channel import ChannelGeometry
from dmod.engine.routing.level_pool import Reservoirs
from dmod.engine.routing.nexus import lateral_inflow, nexus_recipients
from dmod.engine.routing.router import Router

ATTRIBUTES = ("Length_m", "n", "nCC", "So", "ChSlp", "BtmWdth", "TopWdth", "TopWdthCC", "WaterbodyID")


@pytest.fixture(scope="module")
def basin(reference: Path):
    """Network, geometry and lateral inflow of the Logan River, in the order of the fabric's table."""
    file = reference / "hydrofabric" / "gage-10109001_subset.gpkg"
    with sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True) as fabric:
        flowpaths = fabric.execute("select id, toid from flowpaths").fetchall()
        below = dict(fabric.execute("select id, toid from nexus"))
        rows = fabric.execute(f'select id, {", ".join(ATTRIBUTES)} from "flowpath-attributes"')
        attribute = {row[0]: row[1:] for row in rows}
    ids = [identifier for identifier, _ in flowpaths]
    index = {identifier: i for i, identifier in enumerate(ids)}
    downstream = np.array([index.get(below.get(toid, ""), -1) for _, toid in flowpaths])
    columns = dict(zip(ATTRIBUTES, zip(*(attribute[i] for i in ids), strict=True), strict=True))
    nexuses = sorted(below)
    case = reference / "troute" / "gage-10109001"
    flow = np.array(
        [np.loadtxt(case / "nexus" / f"{n}_output.csv", delimiter=",", usecols=2) for n in nexuses]
    )
    recipients = nexus_recipients(nexuses, [toid for _, toid in flowpaths])
    network = RiverNetwork.from_downstream(ids, downstream)
    return network, columns, lateral_inflow(flow, recipients, len(ids))


@pytest.fixture(scope="module")
def expected(reference: Path, basin):
    network, _, _ = basin
    with netCDF4.Dataset(reference / "troute/gage-10109001/expected/troute_output_201004010000.nc") as file:
        order = {int(number): i for i, number in enumerate(file["feature_id"][:])}
        rows = [order[int(i.removeprefix("wb-"))] for i in network.ids]
        return {name: np.asarray(file[name][:])[rows] for name in ("flow", "velocity", "depth")}


def departures(ours, theirs, *, relative, absolute):
    """How many values differ by more than both tolerances."""
    error = np.abs(ours.astype(float) - theirs)
    return int(((error > relative * np.abs(theirs)) & (error > absolute)).sum())


@pytest.mark.parametrize("double", [False, True])
def test_routing_logan_river_agrees_with_troute(basin, expected, double):
    network, columns, lateral = basin
    router = Router(network, ChannelGeometry.from_attributes(columns), double=double)

    routed = router.advance(lateral)

    assert departures(routed.flow, expected["flow"], relative=0.005, absolute=1e-3) == 0
    # Films below a micrometre are rounding noise of the single precision search for depth.
    assert departures(routed.depth, expected["depth"], relative=0.01, absolute=1e-6) == 0
    film = np.maximum(routed.depth, expected["depth"]) < 1e-6
    assert departures(routed.velocity[~film], expected["velocity"][~film], relative=0.01, absolute=0) == 0
    assert (np.abs(routed.velocity - expected["velocity"])[film] < 2e-5).all()
    assert (routed.flow[film] < 2e-6).all()


def test_routing_logan_river_flow_agrees_far_closer_than_the_tolerance(basin, expected):
    network, columns, lateral = basin
    routed = Router(network, ChannelGeometry.from_attributes(columns)).advance(lateral)

    assert departures(routed.flow, expected["flow"], relative=0.0, absolute=2.5e-4) == 0
    assert departures(routed.flow, expected["flow"], relative=0.003, absolute=0.0) == 0


def test_routing_fabric_without_lakes_gives_no_reservoirs(basin):
    _, columns, _ = basin
    names = ("LkArea", "LkMxE", "OrificeA", "OrificeC", "OrificeE", "WeirC", "WeirE", "WeirL", "ifd")
    lakes = dict.fromkeys(("lake_id", *names), ())
    assert len(Reservoirs.from_attributes(lakes, columns["WaterbodyID"])) == 0
