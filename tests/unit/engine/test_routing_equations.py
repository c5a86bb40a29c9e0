"""Routing's scalar equations, channel geometry and the way from nexuses to flowpaths."""

import numpy as np
import pytest

from dmod.core.network import RiverNetwork
from dmod.engine.compile import kernel
from dmod.engine.routing.channel import ChannelGeometry
from dmod.engine.routing.muskingum_cunge import Numbers, two_thirds_power
from dmod.engine.routing.nexus import lateral_inflow, nexus_recipients
from dmod.engine.routing.router import Router
from dmod.errors import HydrofabricError


@kernel
def powers(x, num, out):
    for i in range(x.size):
        out[i] = two_thirds_power(x[i], num)


@pytest.mark.parametrize(("dtype", "relative"), [(np.float32, 4e-7), (np.float64, 2e-15)])
def test_two_thirds_power_is_right_to_the_last_digits(dtype, relative):
    # four to eight units in the last place: processors differ in whether they multiply and add at once
    x = np.concatenate([np.logspace(-12, 6, 20001), [1.0, 8.0, 27.0]]).astype(dtype)
    out = np.empty_like(x)
    powers(x, Numbers.of(dtype), out)
    exact = np.cbrt(x.astype(np.float64)) ** 2
    assert np.abs(out / exact - 1.0).max() < relative


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_thirds_power_of_nothing_is_nothing(dtype):
    out = np.ones(1, dtype)
    powers(np.zeros(1, dtype), Numbers.of(dtype), out)
    assert out[0] == 0.0


class Section:
    """The compound section, step by step as in the WRF-Hydro description, in double precision."""

    def __init__(self, g, i):
        self.z = 1.0 if g.side_slope[i] == 0 else 1.0 / g.side_slope[i]
        self.b, top, self.plain = g.bottom_width[i], g.top_width[i], g.top_width_floodplain[i]
        self.n, self.n_plain, self.s, self.dx = (
            g.manning_n[i], g.manning_n_floodplain[i], g.slope[i], g.length[i],
        )  # fmt: skip
        self.full = (top - self.b) / (2 * self.z)
        if self.b > top or self.plain <= 0:
            self.full = np.inf
        elif self.b == top:
            self.full = self.b / (2 * self.z)

    def at(self, h):
        inner, over = min(h, self.full), max(h - self.full, 0.0)
        area, wet = (self.b + self.z * inner) * inner, self.b + 2 * inner * np.sqrt(1 + self.z**2)
        area_over, wet_over = self.plain * over, (self.plain + 2 * over if over > 0 else 0.0)
        r = (area + area_over) / (wet + wet_over)
        root = np.sqrt(self.s)
        bank = 2 * np.sqrt(1 + self.z**2) / (self.b + 2 * inner * self.z)
        c = root / self.n * (5 / 3 * r ** (2 / 3) - 2 / 3 * r ** (5 / 3) * bank)
        if over > 0:
            c_over = root / self.n_plain * 5 / 3 * over ** (2 / 3)
            c = (c * area + c_over * area_over) / (area + area_over)
        width = self.plain if over > 0 else self.b + 2 * self.z * h
        rough = (wet * self.n + wet_over * self.n_plain) / (wet + wet_over)
        return max(c, 0.0) if h > 0 else 0.0, width, (area + area_over) * r ** (2 / 3) * root / rough


def route_once(section, dt, inflow, inflow_after, before, lateral, depth_before):
    """One step of one reach: the search for depth as the followed program makes it."""

    def weights(h, judged, least):
        c, width, normal = section.at(h)
        travel = max(dt, section.dx / c) if c > 0 else dt
        x = 0.5
        if c > 0:
            x = 0.5 * (1 - judged / (2 * width * section.s * c * section.dx))
            x = min(0.5, max(least, x))
        d = travel * (1 - x) + dt / 2
        coming = (dt / 2 - travel * x) / d * inflow_after
        through = (travel * x + dt / 2) / d * inflow + coming
        return through + (travel * (1 - x) - dt / 2) / d * before + lateral * dt / d, normal, coming

    def leaving(flow, coming):
        return max(flow if flow >= 0.0 else flow - coming, 0.0)

    if not (inflow > 0 or inflow_after > 0 or before > 0 or lateral > 0):
        return 0.0, 0.0
    low, high, residual = 0.67 * depth_before, 1.33 * depth_before + 0.01, 0.0
    for most in (101, 126, 151, 176, 201):
        for _ in range(most):
            estimate, normal, _ = weights(low, residual, 0.0)
            residual = estimate - normal
            flow, normal, coming = weights(high, estimate, 0.25)
            other = flow - normal
            new = high if residual == other else high - other * (low - high) / (residual - other)
            new = high if new < 0 else new
            change, share = abs(new - high), abs(new - high) / high
            low, high = high, new
            if high < 0.01 or share <= 0.01 or change < 0.01:
                return leaving(flow, coming), high
        if most < 201:
            low, high = 0.67 * low, 1.33 * high
    return leaving(flow, coming), high


@pytest.mark.parametrize("short_step", [True, False])
def test_router_every_step_agrees_with_the_equations_written_out_one_by_one(short_step):
    # Step by step from the router's own state: above bankfull the search is ill-conditioned enough
    # to spread rounding over a few steps.
    rng = np.random.default_rng(5)
    n, hours = 40, 20
    bottom = rng.uniform(1.0, 15.0, n)
    geometry = ChannelGeometry(
        length=rng.uniform(200.0, 9000.0, n),
        bottom_width=bottom,
        top_width=bottom * rng.choice([0.7, 1.0, 1.3, 2.0], n),
        top_width_floodplain=bottom * rng.choice([0.0, 3.0, 9.0], n),
        manning_n=rng.uniform(0.03, 0.1, n),
        manning_n_floodplain=rng.uniform(0.08, 0.2, n),
        side_slope=rng.choice([0.0, 0.4, 1.2], n),
        slope=10.0 ** rng.uniform(-4.0, -1.0, n),
    )
    below = np.array([int(rng.integers(i + 1, n)) for i in range(n - 1)] + [-1])
    network = RiverNetwork.from_downstream([f"wb-{i}" for i in range(n)], below)
    lateral = np.where(rng.random((n, hours)) < 0.5, rng.exponential(8.0, (n, hours)), 0.0)
    sections = [Section(geometry, i) for i in range(n)]

    router = Router(network, geometry, double=True, short_step=short_step)
    over_bank = 0
    close = 1e-9 if short_step else 1e-6  # the terms of the full scheme cancel
    for step in range(hours * 12):
        before, hour = router.state, step // 12
        routed = router.advance(lateral[:, hour : hour + 1], substeps=1)
        entering = np.zeros(n)
        np.add.at(entering, below[:-1], before.flow[:-1])
        after = entering
        if not short_step:
            after = np.zeros(n)
            np.add.at(after, below[:-1], routed.flow[:-1, 0])
        expected = np.array(
            [
                route_once(s, 300.0, entering[i], after[i], before.flow[i], lateral[i, hour], before.depth[i])
                for i, s in enumerate(sections)
            ]
        )
        assert routed.flow[:, 0] == pytest.approx(expected[:, 0], rel=close, abs=1e-3 * close)
        assert routed.depth[:, 0] == pytest.approx(expected[:, 1], rel=close, abs=1e-3 * close)
        over_bank += int((expected[:, 1] > geometry.bankfull_depth).sum())
    assert over_bank > 500


ATTRIBUTES = {
    "n": [0.06, 0.05], "nCC": [0.12, 0.1], "So": [0.01, 0.0], "ChSlp": [0.5, None], "BtmWdth": [3.0, 4.0],
    "TopWdth": [5.0, 6.0], "TopWdthCC": [15.0, 18.0],
}  # fmt: skip


@pytest.mark.parametrize("length", ["length_m", "Length_m"])
def test_channel_geometry_reads_both_fabrics(length):
    geometry = ChannelGeometry.from_attributes({**ATTRIBUTES, length: [1200.0, 800.0]})
    assert geometry.length.tolist() == [1200.0, 800.0]
    assert geometry.bankfull_depth[0] == pytest.approx(0.5)
    assert geometry.area(np.array([0.5, 0.0]))[0] == pytest.approx((3.0 + 5.0) / 2 * 0.5)
    assert geometry.area(np.array([0.7, 0.0]))[0] == pytest.approx(2.0 + 15.0 * 0.2)


def test_channel_geometry_missing_column_is_named():
    with pytest.raises(HydrofabricError, match="lack length_m"):
        ChannelGeometry.from_attributes(ATTRIBUTES)


def test_channel_geometry_check_names_flowpaths_and_values():
    geometry = ChannelGeometry.from_attributes({**ATTRIBUTES, "length_m": [1200.0, 800.0]})
    assert geometry.check(["wb-1", "wb-2"]) == [
        "ChSlp is missing or not a number: wb-2 (nan)",
        "So must be above 0: wb-2 (0)",
    ]


def test_nexus_flow_enters_the_last_flowpath_that_ends_there():
    recipients = nexus_recipients(["nex-9", "nex-7", "nex-1"], ["nex-7", "nex-7", "nex-9"])
    assert recipients.tolist() == [2, 1, -1]
    lateral = lateral_inflow(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), recipients, 3)
    assert lateral.tolist() == [[0.0, 0.0], [3.0, 4.0], [1.0, 2.0]]
