"""What derived series look like: gaps, the longest of them, and values that are physically impossible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmod.core.time_axis import TimeAxis, format_time
from dmod.core.variables import BY_COLUMN

SINGLE = 1e-6
"""Values are kept in single precision; by this share they may pass a limit unseen."""


@dataclass(slots=True)
class _Found:
    """What was found of one variable."""

    values: int = 0
    missing: int = 0
    catchments: int = 0
    longest: int = 0
    longest_at: str = ""
    outside: int = 0
    outside_at: str = ""
    minimum: float = np.inf
    maximum: float = -np.inf


class Survey:
    """Looks at the series of catchments as they are written.

    Parameters
    ----------
    ids : catchments in the order of the output
    """

    def __init__(self, ids: Sequence[str], axis: TimeAxis) -> None:
        self.ids, self.axis = ids, axis
        self._found: dict[str, _Found] = {}

    def add(self, first: int, block: Mapping[str, NDArray[np.float32]]) -> None:
        """Look at the catchments from ``first`` on: column → (catchment, time)."""
        for column, values in block.items():
            found = self._found.setdefault(column, _Found())
            found.values += values.size
            missing = np.isnan(values)
            if missing.any():
                self._gaps(found, first, missing)
            if not missing.all():
                self._range(found, column, first, values)

    def _gaps(self, found: _Found, first: int, missing: NDArray[np.bool_]) -> None:
        found.missing += int(missing.sum())
        for row in np.flatnonzero(missing.any(axis=1)):
            found.catchments += 1
            edges = np.flatnonzero(np.diff(np.concatenate(([0], missing[row].view(np.int8), [0]))))
            begins, lengths = edges[::2], edges[1::2] - edges[::2]
            worst = int(np.argmax(lengths))
            if lengths[worst] > found.longest:
                found.longest = int(lengths[worst])
                found.longest_at = self._place(first + int(row), int(begins[worst]))

    def _range(self, found: _Found, column: str, first: int, values: NDArray[np.float32]) -> None:
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        found.minimum, found.maximum = min(found.minimum, low), max(found.maximum, high)
        known = BY_COLUMN.get(column)
        if known is None:
            return
        lowest, highest = known.minimum - SINGLE * abs(known.minimum), known.maximum * (1 + SINGLE)
        if low >= lowest and high <= highest:
            return
        outside = (values < lowest) | (values > highest)
        if not found.outside:
            row, step = divmod(int(np.argmax(outside)), values.shape[1])
            found.outside_at = f"{values[row, step]:g} {known.unit} in {self._place(first + row, step)}"
        found.outside += int(outside.sum())

    def _place(self, row: int, step: int) -> str:
        return f"{self.ids[row]} at {format_time(self.axis.time(step))}"

    def facts(self) -> dict[str, dict[str, Any]]:
        """Return what was found by column, as JSON data."""
        return {column: _facts(column, found) for column, found in self._found.items()}

    def warnings(self) -> list[str]:
        """Return a sentence on every variable with gaps or impossible values."""
        told = []
        for column, found in self._found.items():
            if found.missing:
                told.append(
                    f"{column}: {found.missing} of {found.values} values are missing in {found.catchments}"
                    f" catchments; the longest gap is {found.longest} steps, in {found.longest_at}"
                )
            if found.outside:
                known = BY_COLUMN[column]
                told.append(
                    f"{column}: {found.outside} values are outside {known.minimum:g} to {known.maximum:g}"
                    f" {known.unit}, the first {found.outside_at}"
                )
        return told


def _facts(column: str, found: _Found) -> dict[str, Any]:
    known = BY_COLUMN.get(column)
    facts: dict[str, Any] = {
        "unit": known.unit if known else "",
        "minimum": found.minimum if np.isfinite(found.minimum) else None,
        "maximum": found.maximum if np.isfinite(found.maximum) else None,
        "missing_values": found.missing,
        "catchments_with_gaps": found.catchments,
        "longest_gap_steps": found.longest,
        "outside_physical_range": found.outside,
    }
    if found.longest:
        facts["longest_gap"] = found.longest_at
    if found.outside:
        facts["first_outside_physical_range"] = found.outside_at
    return facts
