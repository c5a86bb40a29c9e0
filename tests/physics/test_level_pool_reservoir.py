"""Level-pool reservoirs against an independent integration, and in the river network."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dmod.core.network import RiverNetwork
from dmod.engine.routing.channel import ChannelGeometry
from dmod.engine.routing.level_pool import Reservoirs, pool_outflow, pool_step
from dmod.engine.routing.router import Router
from dmod.errors import HydrofabricError

LAKE = {
    "lake_id": ["77"], "LkArea": [1.5], "LkMxE": [110.0], "OrificeA": [1.2], "OrificeC": [0.6],
    "OrificeE": [100.0], "WeirC": [0.4], "WeirE": [107.0], "WeirL": [12.0], "ifd": [0.9],
    "Dam_Length": [10.0],
}  # fmt: skip


def geometry(n):
    one = np.ones(n)
    return ChannelGeometry(
        one * 2000, one * 8, one * 12, one * 36, one * 0.04, one * 0.08, one * 0.5, one * 0.005
    )


def outflow(level):
    """Rating of the lake, written out independently."""
    flow = 0.6 * 1.2 * np.sqrt(2 * 9.81 * max(level - 100.0, 0.0))
    flow += 0.4 * 12.0 * max(min(level, 110.0) - 107.0, 0.0) ** 1.5
    return flow + 0.4 * 12.0 * 10.0 * max(level - 110.0, 0.0) ** 1.5


def lake_in_a_river():
    """0, 1 → lake (2, 3; outlet 3) → 4, with 5 beside."""
    network = RiverNetwork.from_downstream([f"wb-{i}" for i in range(6)], np.array([2, 3, 3, 4, -1, 4]))
    pools = Reservoirs.from_attributes(LAKE, [None, None, "77", "77", None, ""])
    return network, pools


@pytest.mark.parametrize("level", [99.0, 100.0, 103.0, 107.5, 110.0, 111.0])
def test_level_pool_outflow_follows_orifice_weir_and_dam(level):
    _, pools = lake_in_a_river()
    assert pool_outflow(level, level, pools.parameters[0]) == pytest.approx(outflow(level), rel=1e-14)


@pytest.mark.parametrize(("start", "apart"), [(104.0, 1e-5), (109.5, 1e-5), (110.8, 1e-3)])
def test_level_pool_draining_agrees_with_a_fine_integration(start, apart):
    # Equation: A dH/dt = I(t) - Q(H)
    _, pools = lake_in_a_river()
    steps, dt = 12 * 24 * 3, 300.0

    def inflow(t):
        return 15.0 * np.sin(np.pi * t / (steps * dt)) ** 2

    exact = solve_ivp(
        lambda t, h: [(inflow(t) - outflow(h[0])) / 1.5e6], (0.0, steps * dt), [start],
        rtol=1e-10, atol=1e-10, max_step=dt,
    ).y[0, -1]  # fmt: skip
    level = start
    for k in range(steps):
        level, flow = pool_step(level, inflow(k * dt), inflow((k + 1) * dt), dt, pools.parameters[0])
    # over the dam, the spill of a step follows from the level at its start: of first order only
    assert level == pytest.approx(exact, abs=apart)
    assert flow == pytest.approx(outflow(exact), rel=1e-3)


def drained(level, dt):
    """Level after a day without inflow."""
    _, pools = lake_in_a_river()
    for _ in range(round(86400 / dt)):
        level, _ = pool_step(level, 0.0, 0.0, dt, pools.parameters[0])
    return level


def test_level_pool_long_steps_stay_right_below_the_dam():
    assert drained(109.9, 7200.0) == pytest.approx(drained(109.9, 25.0), abs=1e-5)


def test_level_pool_error_over_the_dam_shrinks_in_proportion_to_the_step():
    errors = np.array([abs(drained(110.8, dt) - drained(110.8, 5.0)) for dt in (3600, 1800, 900, 300)])
    assert errors[:-1] / errors[1:] == pytest.approx([2.0, 2.0, 3.0], rel=0.15)


def test_level_pool_dead_pool_fills_without_outflow():
    _, pools = lake_in_a_river()
    level, flow = pool_step(95.0, 30.0, 30.0, 300.0, pools.parameters[0])
    assert flow == 0.0
    assert (level - 95.0) * 1.5e6 == pytest.approx(30.0 * 300.0, rel=1e-9)


def test_level_pool_cold_start_fills_the_initial_fraction():
    _, pools = lake_in_a_river()
    assert pools.initial_level == pytest.approx([100.0 + 0.9 * 10.0])


def test_level_pool_in_a_river_passes_on_all_that_enters_its_flowpaths():
    network, _ = lake_in_a_river()
    pools = Reservoirs.from_attributes({**LAKE, "LkArea": [0.05]}, [None, None, "77", "77", None, ""])
    lateral = np.repeat(np.array([3.0, 2.0, 1.0, 1.5, 0.5, 2.0])[:, None], 24 * 120, axis=1)
    routed = Router(network, geometry(6), pools, double=True).advance(lateral)

    assert routed.flow[3, -1] == pytest.approx(7.5, rel=1e-6)
    assert routed.flow[4, -1] == pytest.approx(10.0, rel=1e-6)
    assert routed.flow[2] == pytest.approx(routed.flow[3])
    assert (routed.velocity[[2, 3]] == 0.0).all()
    assert outflow(routed.depth[3, -1]) == pytest.approx(7.5, rel=1e-6)


def test_level_pool_balance_closes_over_a_flood():
    # Equation: A (H - H0) = sum dt (inflow - outflow); outflow is sampled at the end of each step
    network, pools = lake_in_a_river()
    hours = np.arange(24 * 10)
    lateral = np.zeros((6, hours.size))
    lateral[2] = 40.0 * np.exp(-0.5 * ((hours - 24.0) / 6.0) ** 2)
    router = Router(network, geometry(6), pools, double=True)
    flow = router.advance(np.repeat(lateral, 12, axis=1), substeps=1).flow[3]
    change = 1.5e6 * (router.state.level[0] - pools.initial_level[0])
    entered = lateral.sum() * 3600.0
    assert change == pytest.approx(entered - flow.sum() * 300.0, abs=2e-3 * entered)


def test_level_pool_two_outlets_are_refused():
    network, _ = lake_in_a_river()
    pools = Reservoirs.from_attributes(LAKE, ["77", None, "77", None, None, "77"])
    with pytest.raises(HydrofabricError, match=r"77 drains through 2 flowpaths: wb-2, wb-5"):
        Router(network, geometry(6), pools)


def test_level_pool_older_fabric_names_lakes_by_link_and_lists_them():
    lakes = {**LAKE, "hl_link": [77.0]}
    del lakes["lake_id"], lakes["Dam_Length"]
    pools = Reservoirs.from_attributes(lakes, ["5,77", None, "77"])
    assert pools.ids == ("77",)
    assert pools.flowpaths[0].tolist() == [0, 2]
    assert pools.parameters[0, 8] == 10.0


@pytest.mark.parametrize(("column", "value"), [("LkArea", 0.0), ("WeirL", None), ("OrificeC", -1.0)])
def test_level_pool_impossible_value_is_named(column, value):
    with pytest.raises(HydrofabricError, match=rf"{column} = .* of lake 77"):
        Reservoirs.from_attributes({**LAKE, column: [value]}, ["77"])


def test_level_pool_missing_column_is_named():
    lakes = {name: value for name, value in LAKE.items() if name != "WeirE"}
    with pytest.raises(HydrofabricError, match="lacks WeirE"):
        Reservoirs.from_attributes(lakes, ["77"])
