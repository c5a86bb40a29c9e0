"""Level-pool reservoirs: a lake of constant area that drains through an orifice, a weir and over its dam.

    A dH/dt = I(t) - Q(H)
    Q(H) = Co Ao sqrt(2 g (H - Eo))                 orifice, above its sill Eo
         + Cw Lw (min(H, Hmax) - Ew)^(3/2)          weir, above its crest Ew
         + Cw Lw Ld (H - Hmax)^(3/2)                over the dam, above Hmax

stepped with the third-order Runge-Kutta scheme of Chow, Maidment & Mays (1988), section 8.3.

References
----------
Chow, V. T., Maidment, D. R. & Mays, L. W. (1988), Applied Hydrology, McGraw-Hill, p. 252.
Gochis, D. J. et al. (2020), The WRF-Hydro modeling system technical description, section 3.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.network import RiverNetwork
from dmod.engine.compile import scalar
from dmod.errors import HydrofabricError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

GRAVITY = 9.81
NO_SPILL_LENGTH = 10.0
"""Dam length where a fabric has none, in the unit of the overtopping equation."""

COLUMNS = {
    "area": "LkArea",
    "top": "LkMxE",
    "orifice_area": "OrificeA",
    "orifice_coefficient": "OrificeC",
    "orifice_elevation": "OrificeE",
    "weir_coefficient": "WeirC",
    "weir_elevation": "WeirE",
    "weir_length": "WeirL",
    "dam_length": "Dam_Length",
    "initial_fraction": "ifd",
}
_KM2 = 1.0e6


@dataclass(frozen=True, slots=True)
class Reservoirs:
    """Level pools and the flowpaths that each of them replaces.

    Parameters
    ----------
    ids : lake identifiers
    parameters : shape (reservoir, 9): area [m2], top (elevation at which the dam is overtopped) [m],
        orifice area [m2], coefficient [-], elevation [m], weir coefficient [m1/2 s-1], elevation [m],
        length [m], dam length [m]
    initial_level : shape (reservoir,), water surface at a cold start [m]
    flowpaths : for each reservoir the indices of the flowpaths inside it
    """

    ids: tuple[str, ...]
    parameters: Array
    initial_level: Array
    flowpaths: tuple[Index, ...]

    @classmethod
    def none(cls) -> Reservoirs:
        """No reservoir anywhere."""
        return cls((), np.zeros((0, 9)), np.zeros(0), ())

    @classmethod
    def from_attributes(cls, lakes: Mapping[str, Any], waterbody: Sequence[str | None]) -> Reservoirs:
        """Match the lakes table with the water bodies that flowpaths name.

        Parameters
        ----------
        lakes : columns of the table ``lakes``; identifiers in ``lake_id`` (2.2) or ``hl_link`` (2.0, 2.1)
        waterbody : for each flowpath ``WaterbodyID`` (2.2) or ``rl_NHDWaterbodyComID`` (2.0, 2.1):
            nothing, an identifier, or several separated by commas

        Raises
        ------
        HydrofabricError
            a column is missing, or a value is missing or impossible.
        """
        key = "lake_id" if "lake_id" in lakes else "hl_link"
        missing = [c for c in (key, *COLUMNS.values()) if c not in lakes and c != "Dam_Length"]
        if missing:
            raise HydrofabricError(
                f"the lakes table lacks {', '.join(missing)}", hint="read the lakes of the same hydrofabric"
            )
        inside = _members(waterbody)
        rows = {_identifier(name): row for row, name in reversed(list(enumerate(lakes[key])))}
        ids = tuple(name for name in sorted(rows) if name in inside)
        at = [rows[name] for name in ids]
        value = {field: _column(lakes, column, at) for field, column in COLUMNS.items()}
        _require_sound(ids, value)
        level = value["orifice_elevation"] + (value["top"] - value["orifice_elevation"]) * value.pop(
            "initial_fraction"
        )
        value["area"] = value["area"] * _KM2
        parameters = np.stack(list(value.values()), axis=1) if ids else np.zeros((0, 9))
        return cls(ids, np.ascontiguousarray(parameters), level, tuple(inside[name] for name in ids))

    def __len__(self) -> int:
        return len(self.ids)

    def outlet(self, reservoir: int, network: RiverNetwork) -> int:
        """Return the flowpath through which a reservoir drains.

        Raises
        ------
        HydrofabricError
            water leaves the flowpaths of the reservoir in more than one place.
        """
        members = self.flowpaths[reservoir]
        leaving = members[~np.isin(network.downstream[members], members)]
        if leaving.size != 1:
            names = ", ".join(network.ids[i] for i in leaving)
            raise HydrofabricError(
                f"reservoir {self.ids[reservoir]} drains through {leaving.size} flowpaths: {names}",
                hint="a level pool has one outlet; correct the water body of these flowpaths",
            )
        return int(leaving[0])


def _identifier(value: Any) -> str:
    """Write a lake's number the same way whether a fabric holds it as text, integer or float."""
    text = str(value).strip()
    return text[:-2] if text.endswith(".0") else text


def _members(waterbody: Sequence[str | None]) -> dict[str, Index]:
    found: dict[str, list[int]] = {}
    for flowpath, named in enumerate(waterbody):
        if named is None or named == "" or named != named:  # noqa: PLR0124 - NaN
            continue
        for name in str(named).split(","):
            found.setdefault(_identifier(name), []).append(flowpath)
    return {name: np.array(members, np.int64) for name, members in found.items()}


def _column(lakes: Mapping[str, Any], column: str, rows: list[int]) -> Array:
    if column not in lakes:
        return np.full(len(rows), NO_SPILL_LENGTH)
    values = [lakes[column][row] for row in rows]
    absent = NO_SPILL_LENGTH if column == "Dam_Length" else np.nan
    return np.array([absent if v is None else float(v) for v in values], np.float64)


def _require_sound(ids: Sequence[str], value: Mapping[str, Array]) -> None:
    problems = []
    for field, column in COLUMNS.items():
        bad = ~np.isfinite(value[field]) | ((value[field] < 0.0) & (field not in ("orifice_elevation",)))
        bad |= (field == "area") & (value[field] <= 0.0)
        problems += [f"{column} = {value[field][i]:g} of lake {ids[i]}" for i in np.flatnonzero(bad).tolist()]
    if problems:
        raise HydrofabricError(
            "reservoirs cannot be routed: " + "; ".join(problems), hint="correct the table lakes"
        )


@scalar
def pool_outflow(stage: float, level: float, p: Array) -> float:
    """Outflow at water surface ``stage``; overtopping is judged by ``level`` [m3 s-1].

    Parameters
    ----------
    stage, level : scalar [m]
    p : shape (9,), a row of `Reservoirs.parameters`
    """
    head = min(stage, p[1]) - p[6]
    orifice = p[3] * p[2] * np.sqrt(2.0 * GRAVITY * max(stage - p[4], 0.0))
    weir = p[5] * p[7] * max(head, 0.0) ** 1.5
    spill = p[5] * p[7] * p[8] * max(level - p[1], 0.0) ** 1.5
    outflow: float = orifice + weir + spill
    return outflow


@scalar
def pool_step(level: float, inflow_before: float, inflow: float, dt: float, p: Array) -> tuple[float, float]:
    """Advance a level pool by one step.

    Parameters
    ----------
    level : scalar [m]
    inflow_before, inflow : scalar, at the start and at the end of the step [m3 s-1]
    dt : scalar [s]
    p : shape (9,), a row of `Reservoirs.parameters`

    Returns
    -------
    level [m] and outflow [m3 s-1] at the end of the step
    """
    per_flow = dt / p[0]
    rise = inflow - inflow_before
    first = (inflow_before - pool_outflow(level, level, p)) * per_flow
    stage = level + first / 3.0
    second = (inflow_before + 0.33 * rise - pool_outflow(stage, level, p)) * per_flow
    stage = level + 0.667 * second
    third = (inflow_before + 0.67 * rise - pool_outflow(stage, level, p)) * per_flow
    after = level + 0.25 * first + 0.75 * third
    return after, pool_outflow(after, after, p)
