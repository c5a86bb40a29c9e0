"""Muskingum-Cunge routing against closed forms, balances and its own limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.core.network import RiverNetwork
from dmod.engine.routing.channel import ChannelGeometry
from dmod.engine.routing.router import Router

DT = 300.0


def chain(reaches):
    """Return a river without tributaries."""
    below = np.append(np.arange(1, reaches), -1)
    return RiverNetwork.from_downstream([f"wb-{i}" for i in range(reaches)], below)


def prismatic(reaches, **changes):
    """Return equal channels: 20 m wide, sloping 0.002, 3 km long."""
    values = {
        "length": 3000.0, "bottom_width": 20.0, "top_width": 32.0, "top_width_floodplain": 96.0,
        "manning_n": 0.035, "manning_n_floodplain": 0.07, "side_slope": 0.5, "slope": 0.002,
    }  # fmt: skip
    values.update(changes)
    return ChannelGeometry(**{name: np.full(reaches, value) for name, value in values.items()})


def inflow_at_top(reaches, series):
    lateral = np.zeros((reaches, len(series)))
    lateral[0] = series
    return lateral


def manning(depth, g, i=0):
    """Normal flow of the compound section, written out independently."""
    z = 1.0 / g.side_slope[i]
    bankfull = (g.top_width[i] - g.bottom_width[i]) / (2.0 * z)
    inner, over = min(depth, bankfull), max(depth - bankfull, 0.0)
    area = (g.bottom_width[i] + z * inner) * inner
    perimeter = g.bottom_width[i] + 2.0 * inner * np.hypot(1.0, z)
    area_over = g.top_width_floodplain[i] * over
    perimeter_over = (g.top_width_floodplain[i] + 2.0 * over) if over > 0.0 else 0.0
    n = (perimeter * g.manning_n[i] + perimeter_over * g.manning_n_floodplain[i]) / (
        perimeter + perimeter_over
    )
    radius = (area + area_over) / (perimeter + perimeter_over)
    return (area + area_over) * radius ** (2 / 3) * np.sqrt(g.slope[i]) / n


@pytest.mark.parametrize("short_step", [True, False])
@pytest.mark.parametrize("flow", [0.5, 20.0, 90.0, 400.0])
def test_routing_steady_inflow_leaves_unchanged_at_normal_depth(flow, short_step):
    # Equation: at rest C1 + C2 + C3 = 1 leaves O = I, and depth is the root of manning(depth) = O
    geometry = prismatic(5)
    router = Router(chain(5), geometry, double=True, short_step=short_step)
    routed = router.advance(inflow_at_top(5, np.full(24 * 20, flow)))

    assert routed.flow[:, -1] == pytest.approx(flow, rel=1e-12)
    # the search for depth ends when it moves by less than 1 % or 1 cm
    for i in range(5):
        depth = routed.depth[i, -1]
        low, high = min(depth * 0.99, depth - 0.01), max(depth * 1.01, depth + 0.01)
        assert manning(max(low, 0.0), geometry) < flow < manning(high, geometry)


def test_routing_tributaries_at_rest_add_up():
    network = RiverNetwork.from_downstream([f"wb-{i}" for i in range(7)], np.array([4, 4, 5, 5, 6, 6, -1]))
    lateral = np.repeat(np.arange(1.0, 8.0)[:, None], 24 * 20, axis=1)
    routed = Router(network, prismatic(7), double=True).advance(lateral)
    assert routed.flow[:, -1] == pytest.approx(network.accumulate(np.arange(1.0, 8.0)), rel=1e-12)


def travel_parameters(geometry, flow):
    """K, and X with half of Cunge's diffusion, at normal flow, from a numerical derivative: c = dQ/dA."""
    from scipy.optimize import brentq

    depth = brentq(lambda h: manning(h, geometry) - flow, 1e-6, 20.0)
    step = 1e-6
    z = 1.0 / geometry.side_slope[0]
    width = geometry.bottom_width[0] + 2.0 * z * depth
    celerity = (manning(depth + step, geometry) - manning(depth - step, geometry)) / (2.0 * step * width)
    length = geometry.length[0]
    weight = 0.5 * (1.0 - flow / (2.0 * width * geometry.slope[0] * celerity * length))
    return length / celerity, weight


def small_wave(flow, *, short_step):
    """Return the centroid [s] and the variance [s2] in time of a small wave below each of six reaches."""
    reaches, steps = 6, 24 * 6 * 12
    network, geometry = chain(reaches), prismatic(reaches)
    router = Router(network, geometry, double=True, short_step=short_step)
    router.advance(inflow_at_top(reaches, np.full(24 * 30, flow)))
    series = np.full(steps, flow)
    series[12:36] *= 1.01
    wave = router.advance(inflow_at_top(reaches, series), substeps=1).flow - flow
    time = np.arange(steps) * DT
    centroid = (wave * time).sum(axis=1) / wave.sum(axis=1)
    spread = (time - centroid[:, None]) ** 2
    return centroid, (wave * spread).sum(axis=1) / wave.sum(axis=1), geometry


@pytest.mark.parametrize("flow", [5.0, 20.0])
def test_routing_small_wave_travels_with_the_lag_of_the_scheme(flow):
    # Equation: O' = O + dt/D (I - O) delays the centroid of a small wave by D = K (1 - X) + dt/2 a reach.
    # Solution: the kinematic wave itself would take K; the short time step shortens that.
    centroid, _, geometry = small_wave(flow, short_step=True)

    travel, weight = travel_parameters(geometry, flow)
    lag = travel * (1.0 - weight) + DT / 2.0
    # K and X are those of the last but one estimate of depth, which may be a little off
    assert np.diff(centroid) == pytest.approx(lag, rel=0.005)
    assert lag < travel


@pytest.mark.parametrize("flow", [5.0, 20.0])
def test_routing_small_wave_in_the_full_scheme_moves_as_the_kinematic_wave(flow):
    # Equation: the scheme shifts the centroid of a small wave by K = dx/c a reach, and adds K² (1 - 2 X) to
    # its variance. With X of Cunge (1969) that were dx Q / (B S c³), what a diffusive wave with the hydraulic
    # diffusivity Q / (2 B S) adds over dx; X = (1 - Q / (2 B S c dx)) / 2 makes it half of that.
    centroid, variance, geometry = small_wave(flow, short_step=False)

    travel, weight = travel_parameters(geometry, flow)
    assert np.diff(centroid) == pytest.approx(travel, rel=0.004)
    assert np.diff(variance) == pytest.approx(travel**2 * (1.0 - 2.0 * weight), rel=0.07)
    early, _, _ = small_wave(flow, short_step=True)
    assert (np.abs(np.diff(centroid) - travel) < 0.02 * np.abs(np.diff(early) - travel)).all()


def test_routing_reach_as_long_as_the_wave_goes_in_a_step_passes_it_on_unchanged():
    # Equation: K = dt and X = 1/2 give D = dt, so O' = I: pure translation by one step
    geometry = prismatic(1, length=300.0, slope=0.3)
    series = np.concatenate([np.zeros(3), 30.0 + 20.0 * np.sin(np.arange(40) / 5.0), np.zeros(10)])
    routed = Router(chain(1), geometry, double=True).advance(inflow_at_top(1, series), substeps=1)
    assert routed.flow[0] == pytest.approx(series, rel=2e-2, abs=1e-12)


def test_routing_flood_wave_falls_and_comes_later_downstream():
    hours = np.arange(96)
    series = 10.0 + 90.0 * np.exp(-0.5 * ((hours - 12.0) / 3.0) ** 2)
    reaches = 12
    routed = Router(chain(reaches), prismatic(reaches, slope=5e-4)).advance(
        inflow_at_top(reaches, np.repeat(series, 12)), substeps=1
    )
    peaks = routed.flow.max(axis=1)
    assert (np.diff(peaks) < 0.0).all()
    assert (np.diff(routed.flow.argmax(axis=1)) > 0).all()
    assert peaks[0] < series.max()


@pytest.mark.parametrize("short_step", [True, False])
def test_routing_constant_travel_time_conserves_water_to_1e_8(short_step):
    # Equation: dt (I + q - o) = D (O - o) in every step; with D constant, what went in has come out once
    # the flow is back where it was. Very short reaches with base flow hold K at dt and X at 1/4.
    reaches, base = 10, 0.5
    router = Router(
        chain(reaches), prismatic(reaches, length=1.0, slope=1e-3), double=True, short_step=short_step
    )
    router.advance(np.full((reaches, 24 * 5), base))
    hours = np.arange(24 * 6)
    event = np.where(hours < 24, 5.0 * (1.0 - np.cos(hours * np.pi / 12.0)), 0.0)
    routed = router.advance(np.full((reaches, 1), base) + event)

    entered = event.sum() * 3600.0 * reaches
    assert routed.inflow_volume - base * 3600.0 * hours.size * reaches == pytest.approx(entered)
    assert abs(routed.outflow_volume - routed.inflow_volume) < 1e-8 * entered


@pytest.mark.parametrize(
    ("slope", "short_step", "worst"),
    [(0.01, True, 0.002), (0.001, True, 0.002), (0.01, False, 0.009), (0.001, False, 0.03)],
)
def test_routing_variable_travel_time_volume_error_is_small(slope, short_step, worst):
    # Equation: with D varying, dt sum(I - o) = sum(D dO), which a closed loop in O leaves near but not at 0:
    # the known property of variable-parameter Muskingum-Cunge (Ponce & Yevjevich 1978).
    reaches, base = 10, 5.0
    network, geometry = chain(reaches), prismatic(reaches, slope=slope)
    router = Router(network, geometry, double=True, short_step=short_step)
    router.advance(inflow_at_top(reaches, np.full(24 * 60, base)))
    before = router.storage
    hours = np.arange(24 * 30)
    series = base + 60.0 * np.exp(-0.5 * ((hours - 24.0) / 4.0) ** 2)
    routed = router.advance(inflow_at_top(reaches, series))
    event = routed.inflow_volume - base * 3600.0 * hours.size
    residual = routed.inflow_volume - routed.outflow_volume

    assert router.storage == pytest.approx(before, rel=0.02)
    assert abs(residual) < worst * event
    assert abs(residual) > 1e-8 * event


@pytest.mark.parametrize(("short_step", "largest"), [(True, 0.2), (False, 0.01)])
def test_routing_error_shrinks_in_proportion_to_the_step(short_step, largest):
    # Equation: the forward step of D dO/dt = I - O is of first order; the full scheme is of first order too,
    # for K is judged by the depth at the end of the step, but starts far closer
    reaches, hours = 3, 36
    series = 20.0 + 15.0 * np.sin(np.arange(hours) * np.pi / 18.0) ** 2
    geometry = prismatic(reaches, length=12000.0)

    def at_hours(substeps):
        router = Router(chain(reaches), geometry, dt=3600.0 / substeps, double=True, short_step=short_step)
        router.advance(inflow_at_top(reaches, np.full(24 * 30, 20.0)), substeps=substeps)
        return router.advance(inflow_at_top(reaches, series), substeps=substeps).flow[-1]

    finest = at_hours(768)
    errors = [np.abs(at_hours(n) - finest).mean() for n in (12, 24, 48, 96)]
    ratios = np.array(errors[:-1]) / errors[1:]
    assert errors[0] < largest
    assert (ratios > 1.6).all()
    assert (ratios < 2.6).all()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    steepness=st.floats(-5.0, -0.5),
    size=st.floats(0.5, 100.0),
    peak=st.floats(0.0, 2000.0),
    double=st.booleans(),
)
def test_routing_any_inflow_stays_between_nothing_and_all_that_entered(seed, steepness, size, peak, double):
    # Equation: D >= dt, so O' = O + dt/D (I + q - O) is a mean of O and I + q
    rng = np.random.default_rng(seed)
    n = 9
    below = np.array([int(rng.integers(i + 1, n)) if i < n - 1 else -1 for i in range(n)])
    network = RiverNetwork.from_downstream([f"wb-{i}" for i in range(n)], below)
    geometry = ChannelGeometry(
        length=rng.uniform(10.0, 20000.0, n),
        bottom_width=size * rng.uniform(0.5, 1.0, n),
        top_width=size * rng.uniform(0.4, 2.0, n),
        top_width_floodplain=size * rng.choice([0.0, 3.0, 10.0], n),
        manning_n=rng.uniform(0.02, 0.2, n),
        manning_n_floodplain=rng.uniform(0.04, 0.4, n),
        side_slope=rng.choice([0.0, 0.3, 1.0, 5.0], n),
        slope=10.0 ** rng.uniform(steepness, -0.5, n),
    )
    lateral = np.where(rng.random((n, 30)) < 0.4, peak * rng.random((n, 30)), 0.0)
    routed = Router(network, geometry, double=double).advance(lateral)

    highest = network.accumulate(lateral.max(axis=1))[:, None]
    assert (routed.flow >= 0.0).all()
    # the slack: rounding, and numbers too small for single precision
    assert (routed.flow <= highest * (1.0 + 1e-5) + 1e-30).all()
    assert (routed.depth >= 0.0).all()
    assert np.isfinite(routed.velocity).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), peak=st.floats(0.0, 2000.0), double=st.booleans())
def test_routing_any_inflow_in_the_full_scheme_gives_flow_that_is_finite_and_not_negative(seed, peak, double):
    # Equation: with C2 < 0 a steep rise makes O negative; then C2 I' is left out, and the rest is positive
    rng = np.random.default_rng(seed)
    n = 40
    below = np.array([int(rng.integers(i + 1, min(n, i + 4))) if i < n - 1 else -1 for i in range(n)])
    network = RiverNetwork.from_downstream([f"wb-{i}" for i in range(n)], below)
    geometry = prismatic(n, slope=10.0 ** rng.uniform(-5.0, -0.5), length=rng.uniform(10.0, 20000.0))
    lateral = np.where(rng.random((n, 30)) < 0.4, peak * (rng.random((n, 30)) - 0.1), 0.0)
    routed = Router(network, geometry, double=double, short_step=False).advance(lateral)

    for values in (routed.flow, routed.depth, routed.velocity):
        assert np.isfinite(values).all()
        assert (values >= 0.0).all()


def test_routing_loss_beyond_what_flows_dries_the_channel():
    series = np.concatenate([np.full(24, 5.0), np.full(24, -50.0)])
    routed = Router(chain(1), prismatic(1)).advance(series[None, :])
    assert (routed.flow >= 0.0).all()
    assert routed.flow[0, -1] == 0.0
