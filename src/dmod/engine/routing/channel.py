"""Geometry of the channels that flow is routed through: a trapezoid below bankfull, a flood plain above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.errors import HydrofabricError

Array = NDArray[np.float64]

COLUMNS: dict[str, tuple[str, ...]] = {
    "length": ("length_m", "Length_m"),
    "bottom_width": ("BtmWdth",),
    "top_width": ("TopWdth",),
    "top_width_floodplain": ("TopWdthCC",),
    "manning_n": ("n",),
    "manning_n_floodplain": ("nCC",),
    "side_slope": ("ChSlp",),
    "slope": ("So",),
}
"""Field → the columns that carry it in hydrofabrics 2.0 and 2.1 (``flowpath_attributes``) and 2.2."""

_MUST_BE_POSITIVE = ("length", "bottom_width", "manning_n", "manning_n_floodplain", "slope")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ChannelGeometry:
    """Compound cross-section and reach of every flowpath, each an array of shape (flowpath,).

    Parameters
    ----------
    length : reach length [m]
    bottom_width, top_width : width at the bed and at bankfull [m]
    top_width_floodplain : width of the flood plain [m]; 0 or less: the banks go on upwards
    manning_n, manning_n_floodplain : Manning's roughness [s m-1/3]
    side_slope : rise of the banks per run [m m-1], as hydrofabrics have it; 0 is taken as 1
    slope : bed slope [m m-1]
    """

    length: Array
    bottom_width: Array
    top_width: Array
    top_width_floodplain: Array
    manning_n: Array
    manning_n_floodplain: Array
    side_slope: Array
    slope: Array

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> ChannelGeometry:
        """Take the columns of a hydrofabric's flowpath attributes, in the order of the network.

        Raises
        ------
        HydrofabricError
            a column is missing; values are not judged here, see `check`.
        """
        missing = [names[0] for names in COLUMNS.values() if not any(name in attributes for name in names)]
        if missing:
            raise HydrofabricError(
                f"the flowpath attributes lack {', '.join(missing)}",
                hint="routing needs the columns " + ", ".join("/".join(names) for names in COLUMNS.values()),
            )
        found = {field: next(n for n in names if n in attributes) for field, names in COLUMNS.items()}
        return cls(**{field: _numbers(attributes[name]) for field, name in found.items()})

    def __len__(self) -> int:
        return len(self.length)

    @property
    def run_per_rise(self) -> Array:
        """Horizontal distance of the bank per metre of depth (z of a trapezoid) [m m-1]."""
        flat = self.side_slope == 0.0
        return np.where(flat, 1.0, 1.0 / np.where(flat, 1.0, self.side_slope))

    @property
    def bankfull_depth(self) -> Array:
        """Depth at which the trapezoid reaches the top width [m].

        A bottom wider than the top has no banks to overflow; equal widths are taken as a bank
        half as high as the bottom is wide per unit of z; without a flood plain nothing overflows.
        """
        z = self.run_per_rise
        depth = np.where(
            self.bottom_width == self.top_width,
            self.bottom_width / (2.0 * z),
            (self.top_width - self.bottom_width) / (2.0 * z),
        )
        endless = (self.bottom_width > self.top_width) | (self.top_width_floodplain <= 0.0)
        return np.where(endless, 1.0e6, depth)

    def area(self, depth: NDArray[Any]) -> Array:
        """Wetted cross-section at ``depth`` (flowpath,) [m2]."""
        below = np.minimum(depth, self.bankfull_depth)
        above = np.asarray(depth, np.float64) - below
        trapezoid = (self.bottom_width + self.run_per_rise * below) * below
        wetted: Array = trapezoid + np.where(above > 0.0, self.top_width_floodplain * above, 0.0)
        return wetted

    def check(self, ids: Sequence[str]) -> list[str]:
        """Name every missing or impossible value, a sentence for each column and kind of fault."""
        problems = []
        for field, names in COLUMNS.items():
            values = getattr(self, field)
            problems += _fault(ids, values, ~np.isfinite(values), f"{names[0]} is missing or not a number")
            if field in _MUST_BE_POSITIVE:
                problems += _fault(ids, values, values <= 0.0, f"{names[0]} must be above 0")
            else:
                problems += _fault(ids, values, values < 0.0, f"{names[0]} must not be negative")
        return problems

    def require_sound(self, ids: Sequence[str]) -> None:
        """Raise HydrofabricError with all of `check` if there is anything to complain about."""
        problems = self.check(ids)
        if problems:
            raise HydrofabricError(
                "channels cannot be routed: " + "; ".join(problems),
                hint="correct the flowpath attributes in the hydrofabric",
            )


def _numbers(column: Any) -> Array:
    """Turn a column into floats; what is absent becomes NaN."""
    return np.ascontiguousarray(
        [np.nan if value is None or value == "" else value for value in column], dtype=np.float64
    )


def _fault(ids: Sequence[str], values: Array, wrong: NDArray[np.bool_], rule: str) -> list[str]:
    where = np.flatnonzero(wrong)
    if not where.size:
        return []
    shown = ", ".join(f"{ids[i]} ({values[i]:g})" for i in where[:_SHOWN])
    more = f" and {where.size - _SHOWN} more" if where.size > _SHOWN else ""
    return [f"{rule}: {shown}{more}"]
