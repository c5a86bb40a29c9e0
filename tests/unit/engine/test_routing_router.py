"""The router: same result however it is cut in time, threads and order; state; bad input."""

import numpy as np
import pytest

from dmod.core.network import RiverNetwork
from dmod.engine.routing.channel import ChannelGeometry
from dmod.engine.routing.level_pool import Reservoirs
from dmod.engine.routing.plan import plan_routing
from dmod.engine.routing.router import Router
from dmod.engine.routing.state import RoutingState
from dmod.errors import HydrofabricError, InputError

HOURS = 30


def tree(n, seed=1):
    """A random binary river tree."""
    rng = np.random.default_rng(seed)
    below = np.full(n, -1)
    for i in range(1, n - 1, 2):
        split = int(rng.integers(i))
        below[i], below[split], below[i + 1] = below[split], i, i
    if n % 2 == 0:
        below[-1] = int(np.flatnonzero(below[:-1] < 0)[0])
    return RiverNetwork.from_downstream([f"wb-{i}" for i in range(n)], below)


def channels(n, seed=2):
    rng = np.random.default_rng(seed)
    bottom = rng.uniform(1.0, 12.0, n)
    return ChannelGeometry(
        length=rng.uniform(300.0, 9000.0, n),
        bottom_width=bottom,
        top_width=bottom * rng.choice([0.8, 1.0, 1.5], n),
        top_width_floodplain=bottom * rng.choice([0.0, 4.0], n),
        manning_n=rng.uniform(0.03, 0.08, n),
        manning_n_floodplain=rng.uniform(0.08, 0.16, n),
        side_slope=rng.choice([0.0, 0.5, 1.0], n),
        slope=10.0 ** rng.uniform(-4.0, -1.0, n),
    )


def storms(n, hours=HOURS, seed=3):
    rng = np.random.default_rng(seed)
    return np.where(rng.random((n, hours)) < 0.2, rng.exponential(5.0, (n, hours)), 0.0)


def pools(n, inside):
    lakes = {
        "lake_id": ["1"], "LkArea": [0.4], "LkMxE": [12.0], "OrificeA": [0.5], "OrificeC": [0.6],
        "OrificeE": [1.0], "WeirC": [0.4], "WeirE": [10.0], "WeirL": [8.0], "ifd": [0.9],
    }  # fmt: skip
    return Reservoirs.from_attributes(lakes, ["1" if i in inside else None for i in range(n)])


def same(a, b):
    return all(
        x.tobytes() == y.tobytes()
        for x, y in ((a.flow, b.flow), (a.velocity, b.velocity), (a.depth, b.depth))
    )


@pytest.mark.parametrize("n", [40, 1500])
@pytest.mark.parametrize("short_step", [True, False])
def test_router_any_number_of_threads_gives_the_same_bits(n, short_step):
    network, geometry, lateral = tree(n), channels(n), storms(n)
    lakes = pools(n, {int(network.downstream[network.order[0]])})
    one, two, five = (
        Router(network, geometry, lakes, threads=k, short_step=short_step).advance(lateral) for k in (1, 2, 5)
    )
    assert one.flow.max() > 10.0
    assert same(one, two)
    assert same(one, five)
    assert one.outflow_volume == two.outflow_volume


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("short_step", [True, False])
def test_router_chunks_and_a_restart_give_the_same_bits_as_one_run(tmp_path, double, short_step):
    n = 700
    network, geometry, lateral = tree(n), channels(n), storms(n)
    lakes = pools(n, {int(network.downstream[network.order[0]])})
    choice = {"double": double, "short_step": short_step}
    whole = Router(network, geometry, lakes, **choice).advance(lateral)

    first = Router(network, geometry, lakes, **choice)
    parts = [first.advance(lateral[:, :7]), first.advance(lateral[:, 7:8])]
    first.state.save(tmp_path / "state.npz", network.ids)
    restored = RoutingState.load(tmp_path / "state.npz", network.ids)
    parts.append(Router(network, geometry, lakes, state=restored, **choice).advance(lateral[:, 8:]))

    for name in ("flow", "velocity", "depth"):
        joined = np.concatenate([getattr(part, name) for part in parts], axis=1)
        assert joined.tobytes() == getattr(whole, name).tobytes()
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]


@pytest.mark.parametrize("short_step", [True, False])
def test_router_pieces_give_the_same_bits_as_the_flowpath_alone(short_step):
    # a headwater's neighbours in a block, and the block itself, must not matter
    n = 600
    network, geometry, lateral = tree(n), channels(n), storms(n)
    routed = Router(network, geometry, short_step=short_step).advance(lateral)
    for i in np.flatnonzero(network.level == 0)[[0, 7, 100]]:
        alone = ChannelGeometry(*(getattr(geometry, name)[[i]] for name in ChannelGeometry.__slots__))
        one = RiverNetwork.from_downstream(["wb-1"], np.array([-1]))
        single = Router(one, alone, short_step=short_step).advance(lateral[[i]])
        assert single.flow.tobytes() == routed.flow[i].tobytes()
        assert single.depth.tobytes() == routed.depth[i].tobytes()


def smooth(n):
    """Short steep channels without flood plain, where the search for depth is well behaved."""
    one = np.ones(n)
    return ChannelGeometry(
        one * 600, one * 5, one * 8, one * 0, one * 0.04, one * 0.08, one * 0.5, one * 0.02
    )


@pytest.mark.parametrize("short_step", [True, False])
def test_router_large_network_at_rest_carries_all_that_enters_above(short_step):
    n = 2000
    network = tree(n)
    assert plan_routing(network, Reservoirs.none()).trunk is not None
    lateral = np.random.default_rng(4).uniform(0.0, 0.1, n)
    router = Router(network, smooth(n), double=True, short_step=short_step)
    routed = router.advance(np.repeat(lateral[:, None], 24 * 6, axis=1))
    assert routed.flow[:, -1] == pytest.approx(network.accumulate(lateral), rel=1e-9)


@pytest.mark.parametrize("short_step", [True, False])
def test_router_cut_into_pieces_routes_as_the_network_in_one(monkeypatch, short_step):
    n = 1200
    network, lateral = tree(n), storms(n)
    cut = Router(network, smooth(n), double=True, short_step=short_step)
    monkeypatch.setattr("dmod.engine.routing.plan._SMALLEST_CUT", n + 1)
    whole = Router(network, smooth(n), double=True, short_step=short_step)

    one, other = cut.advance(lateral), whole.advance(lateral)
    assert one.flow == pytest.approx(other.flow, rel=1e-9, abs=1e-12)
    assert one.outflow_volume == pytest.approx(other.outflow_volume, rel=1e-12)


def test_router_full_scheme_passes_flow_through_a_lake_in_the_same_step():
    network, geometry = (
        RiverNetwork.from_downstream(["wb-1", "wb-2", "wb-3"], np.array([1, 2, -1])),
        smooth(3),
    )
    lakes = pools(3, {1})
    lateral = np.zeros((3, 1))
    lateral[0] = 50.0
    reached = {}
    for short_step in (True, False):
        router = Router(network, geometry, lakes, double=True, short_step=short_step)
        routed = router.advance(lateral, substeps=1)
        reached[short_step] = float(router.state.inflow[0]), routed.flow[0, 0]
    assert reached[True][0] == 0.0
    assert reached[False][0] == reached[False][1] > 1.0


def test_router_of_a_chain_longer_than_the_chunk_gives_the_same_bits():
    # every pass then holds a part of the chain only
    n = 130
    network = RiverNetwork.from_downstream([f"wb-{i}" for i in range(n)], np.append(np.arange(1, n), -1))
    geometry, lateral = channels(n), storms(n)
    whole = Router(network, geometry, short_step=False).advance(lateral)
    router = Router(network, geometry, short_step=False)
    parts = [router.advance(lateral[:, [k]]) for k in range(HOURS)]
    assert np.concatenate([part.flow for part in parts], axis=1).tobytes() == whole.flow.tobytes()
    assert sum(part.unconverged for part in parts).tolist() == whole.unconverged.tolist()


def test_router_double_precision_agrees_with_single():
    n = 100
    network, geometry, lateral = tree(n), channels(n), storms(n)
    single = Router(network, geometry).advance(lateral)
    double = Router(network, geometry, double=True).advance(lateral)
    assert double.flow.dtype == np.float64
    apart = np.abs(single.flow - double.flow) > 5e-3 * double.flow + 1e-3
    assert apart.mean() < 0.01


def test_router_disconnected_basins_do_not_mix():
    both = RiverNetwork.from_downstream(["a-1", "a-2", "b-1", "b-2"], np.array([1, -1, 3, -1]))
    lateral = np.zeros((4, 48))
    lateral[0] = 3.0
    routed = Router(both, channels(4)).advance(lateral)
    assert routed.flow[1, -1] > 2.0
    assert (routed.flow[2:] == 0.0).all()
    assert (routed.depth[2:] == 0.0).all()


def test_router_without_flowpaths_routes_nothing():
    network = RiverNetwork.from_downstream([], np.zeros(0, np.int64))
    assert Router(network, channels(0)).advance(np.zeros((0, 5))).flow.shape == (0, 5)


def test_router_leaves_the_given_state_alone():
    network, geometry = tree(20), channels(20)
    start = RoutingState.cold(20)
    Router(network, geometry, state=start).advance(storms(20))
    assert (start.flow == 0.0).all()


def test_router_wrong_shape_and_missing_values_are_refused():
    router = Router(tree(20), channels(20))
    with pytest.raises(InputError, match=r"\(19, 30\)"):
        router.advance(storms(19))
    lateral = storms(20)
    lateral[4, 2] = np.nan
    with pytest.raises(InputError, match="wb-4 is not a finite"):
        router.advance(lateral)
    assert (router.state.flow == 0.0).all()


def test_router_state_of_another_network_is_refused(tmp_path):
    with pytest.raises(InputError, match="20 flowpaths"):
        Router(tree(22), channels(22), state=RoutingState.cold(20))
    RoutingState.cold(2).save(tmp_path / "s.npz", ["wb-1", "wb-2"])
    with pytest.raises(InputError, match="other flowpaths"):
        RoutingState.load(tmp_path / "s.npz", ["wb-2", "wb-1"])
    (tmp_path / "t.npz").write_text("not a state")
    with pytest.raises(InputError, match=r"t\.npz is not a routing state"):
        RoutingState.load(tmp_path / "t.npz", [])


def test_router_impossible_channels_are_named():
    geometry = channels(3)
    geometry.slope[1] = 0.0
    geometry.length[2] = np.nan
    with pytest.raises(
        HydrofabricError, match=r"length_m is missing.*wb-2 \(nan\).*So must be above 0: wb-1"
    ):
        Router(tree(3), geometry)


def test_plan_staged_everything_drains_into_the_stage_after_its_own():
    network = tree(3000)
    lakes = pools(3000, {int(network.downstream[network.order[0]])})
    plan = plan_routing(network, lakes, staged=True)
    for piece in (*plan.upper, plan.trunk):
        stage = np.concatenate(
            (
                np.searchsorted(piece.stage_offset, np.arange(piece.members.size), side="right") - 1,
                np.zeros(piece.blocks * 16 - piece.members.size, np.int64),
                piece.pool_stage,
            )
        )
        for i in range(stage.size):
            for up in piece.upstream[piece.upstream_offset[i] : piece.upstream_offset[i + 1]]:
                assert stage[up] == stage[i] - 1
        assert (stage[piece.outlet] == piece.stage_offset.size - 2).all()
    assert sum(piece.pool_stage.size for piece in (*plan.upper, plan.trunk)) == 1


def test_plan_large_network_is_cut_into_even_pieces_above_a_trunk():
    network = tree(4000)
    plan = plan_routing(network, Reservoirs.none())
    assert plan.trunk is not None
    everyone = np.concatenate([piece.members for piece in (*plan.upper, plan.trunk)])
    assert sorted(everyone) == list(range(4000))
    sizes = [piece.members.size for piece in plan.upper]
    assert max(sizes) < 1.3 * min(sizes)
    for number, piece in enumerate(plan.upper):
        inside = np.isin(network.downstream[piece.members], piece.members)
        below = network.downstream[piece.members][~inside]
        assert np.isin(below[below >= 0], plan.trunk.members).all(), number
