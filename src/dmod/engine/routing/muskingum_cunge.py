"""Muskingum-Cunge routing through a compound channel: the equations, as scalar functions.

The flow O that leaves a reach after a step follows from the flow I that enters it, the flow o
that left it before, and the lateral inflow q (Cunge 1969):

    O = C1 I + C2 I' + C3 o + C4 q
    C1 = (K X + dt/2) / D      C2 = (dt/2 - K X) / D      C3 = (K (1 - X) - dt/2) / D
    C4 = dt / D                D  = K (1 - X) + dt/2
    K  = max(dt, dx / c)       X  = (1 - O / (2 B S c dx)) / 2

K is the travel time of the kinematic wave with celerity c, X makes the numerical diffusion half of
the physical one; Cunge's own X has no 2 in it and makes it the whole, but the followed program has.
Both depend on the depth, which is the root of ``O(depth) - normal flow(depth)``; a secant search
finds it. I is the inflow at the start of the step, I' that at its end; the assumption of a short time
step puts I in the place of I'.

All arithmetic is done in the type of the arguments; ``Numbers`` carries the constants in it.

References
----------
Cunge, J. A. (1969), On the subject of a flood propagation computation method (Muskingum method),
J. Hydraul. Res. 7(2), doi:10.1080/00221686909500264.
Ponce, V. M. & Yevjevich, V. (1978), Muskingum-Cunge method with variable parameters,
J. Hydraul. Div. ASCE 104(12).
Garbrecht, J. & Brunner, G. (1991), Hydrologic channel-flow routing for compound sections,
J. Hydraul. Eng. 117(5).
Gochis, D. J. et al. (2020), The WRF-Hydro modeling system technical description, version 5.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dmod.engine.routing.channel import ChannelGeometry
from dmod.engine.routing.inline import inlined

Array = NDArray[Any]


class Numbers(NamedTuple):
    """Constants in the precision of the computation; a literal would widen it to double."""

    zero: float
    half: float
    one: float
    two: float
    quarter: float
    third: float
    two_ninths: float
    two_thirds: float
    five_thirds: float
    below: float  # the search starts from these multiples of the previous depth
    above: float
    tolerance: float  # m, and m m-1

    @classmethod
    def of(cls, dtype: type[Any]) -> Numbers:
        """Return the constants as ``dtype``."""
        values = (0.0, 0.5, 1.0, 2.0, 0.25, 1 / 3, 2 / 9, 2 / 3, 5 / 3, 0.67, 1.33, 0.01)
        return cls(*(dtype(value) for value in values))


LANES = 16
"""Flowpaths that are stepped together; a constant, so that loops over them become vector instructions."""

PARAMETERS = (
    "bottom_width",
    "width_per_depth",
    "bankfull_depth",
    "perimeter_per_depth",
    "top_width_floodplain",
    "manning_n",
    "manning_n_floodplain",
    "channel_factor",
    "floodplain_factor",
    "root_slope",
    "twice_drop",
    "length",
)
"""What the kernel needs of each flowpath, in the order of its parameter array."""


def hydraulic_parameters(geometry: ChannelGeometry) -> NDArray[np.float64]:
    """Derive from the geometry all that does not change with depth, shape (parameter, flowpath)."""
    z = geometry.run_per_rise
    root_slope = np.sqrt(geometry.slope)
    return np.stack(
        [
            geometry.bottom_width,
            2.0 * z,
            geometry.bankfull_depth,
            2.0 * np.sqrt(1.0 + z * z),
            geometry.top_width_floodplain,
            geometry.manning_n,
            geometry.manning_n_floodplain,
            root_slope / geometry.manning_n,
            5.0 / 3.0 * root_slope / geometry.manning_n_floodplain,
            root_slope,
            2.0 * geometry.slope * geometry.length,
            geometry.length,
        ]
    )


@inlined
def two_thirds_power(x: float, num: Numbers) -> float:
    """Raise x >= 0 to the power 2/3, without logarithms, to the last digits of the type of ``x``.

    The exponent's bits give the inverse cube root y within 4 %; three steps of Halley's kind
    (k = 1 - x y³, y ← y (1 + k/3 + 2 k²/9)) square away the rest; the result is x y.
    """
    bits = np.float32(x).view(np.int32)
    guess: Any = np.int32(0x54A2FA8C - bits // np.int32(3)).view(np.float32)
    y: float = num.zero + guess
    k = num.one - x * y * y * y
    y = y * (num.one + k * (num.third + k * num.two_ninths))
    k = num.one - x * y * y * y
    y = y * (num.one + k * (num.third + k * num.two_ninths))
    k = num.one - x * y * y * y
    y = y * (num.one + k * num.third)
    power: float = x * y
    return power


@inlined
def section(depth: float, p: Array, lane: int, dt: float, num: Numbers) -> tuple[float, float, float]:
    """Travel time K, diffusion 1/(4 B S c dx) and normal flow of a compound section at ``depth``.

        R  = A / P of channel and flood plain together
        c  = (A c_channel + A_plain c_plain) / (A + A_plain)
        c_channel = sqrt(S)/n (5/3 R^(2/3) - 2/3 R^(5/3) 2 sqrt(1+z²) / (b + 2 z h))
        c_plain   = sqrt(S)/n_plain 5/3 (depth - bankfull)^(2/3)
        Q  = A sqrt(S) R^(2/3) / n, n weighted by wetted perimeter

    Parameters
    ----------
    depth : scalar [m], 0 or more
    p, lane : row of ``PARAMETERS`` by lane, flattened, and the lane meant
    dt : scalar [s]

    Returns
    -------
    travel time [s], at least dt; diffusion [s m-3], 0 where nothing moves; normal flow [m3 s-1]

    References
    ----------
    Garbrecht & Brunner (1991); WRF-Hydro technical description, section 3.6.
    """
    # every read stands before the first condition: a read under a condition is not made a vector one
    bottom = p[lane]
    spread = p[LANES + lane]
    bankfull = p[2 * LANES + lane]
    wetting = p[3 * LANES + lane]
    plain = p[4 * LANES + lane]
    n = p[5 * LANES + lane]
    n_plain = p[6 * LANES + lane]
    channel = p[7 * LANES + lane]
    flood = p[8 * LANES + lane]
    root_slope = p[9 * LANES + lane]
    twice_drop = p[10 * LANES + lane]
    length = p[11 * LANES + lane]
    over = max(depth - bankfull, num.zero)
    inner = min(depth, bankfull)
    area = (bottom + num.half * spread * inner) * inner
    perimeter = bottom + wetting * inner
    area_plain = plain * over
    perimeter_plain = plain + num.two * over if over > num.zero else num.zero
    radius = (area + area_plain) / (perimeter + perimeter_plain)
    r23 = two_thirds_power(radius, num)
    slower = num.two_thirds * radius * wetting / (bottom + spread * inner)
    c_channel = channel * r23 * (num.five_thirds - slower)
    c_plain = flood * two_thirds_power(over, num)
    celerity = max((c_channel * area + c_plain * area_plain) / (area + area_plain), num.zero)
    still = (depth <= num.zero) | (celerity <= num.zero)
    width = plain if over > num.zero else bottom + spread * depth
    travel_time = dt if still else max(dt, length / celerity)
    diffusion = num.zero if still else num.half / (width * twice_drop * celerity)
    roughness = perimeter * n + perimeter_plain * n_plain
    conveyance = (perimeter + perimeter_plain) / roughness * (area + area_plain) * r23
    return travel_time, diffusion, conveyance * root_slope


@inlined
def channel_velocity(depth: float, p: Array, lane: int, num: Numbers) -> float:
    """Manning velocity of the trapezoid continued to ``depth``, flood plain left out [m s-1]."""
    bottom = p[lane]
    half_spread = num.half * p[LANES + lane] * depth
    area = depth * (bottom + half_spread)
    slant = np.sqrt(half_spread * half_spread + depth * depth)
    velocity: float = p[7 * LANES + lane] * two_thirds_power(area / (bottom + num.two * slant), num)
    return velocity
