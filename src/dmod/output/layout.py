"""Which variables are written for which catchments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEXUS_FLOW = "runoff_rate"
"""What the flow into a nexus is called."""


@dataclass(frozen=True, slots=True)
class OutputVariable:
    """One output variable.

    Parameters
    ----------
    name : under which its values are handed to a sink
    unit : of its values, "" where none is known
    long_name : for people
    header : column name in CSV, ``name`` where empty
    """

    name: str
    unit: str = ""
    long_name: str = ""
    header: str = ""


@dataclass(frozen=True, slots=True)
class OutputLayout:
    """The variables of the catchments that share a formulation, in the order they are written.

    Parameters
    ----------
    rows : positions of the catchments in the run; None for all of them
    """

    variables: tuple[OutputVariable, ...]
    rows: NDArray[np.int64] | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """Return the column names."""
        return tuple(variable.header or variable.name for variable in self.variables)


def layout_of_rows(layouts: Sequence[OutputLayout], count: int) -> NDArray[np.int64]:
    """Return for each of ``count`` catchments which layout is its own, -1 for none; shape (count,)."""
    index = np.full(count, -1, np.int64)
    for i, layout in enumerate(layouts):
        index[slice(None) if layout.rows is None else layout.rows] = i
    return index


def stored_names(layouts: Sequence[OutputLayout]) -> list[dict[str, tuple[str, OutputVariable]]]:
    """Return per layout: variable name → (name in a file that holds all layouts, variable).

    A variable keeps its name; where two formulations give the same name in different units, the
    later one is stored under its name and unit (``RAIN_RATE_mm_h-1``).
    """
    units: dict[str, str] = {}
    result = []
    for layout in layouts:
        names = {}
        for variable in layout.variables:
            name = variable.name.replace("/", "_per_")
            if units.setdefault(name, variable.unit) != variable.unit:
                name = f"{name}_{re.sub(r'[^A-Za-z0-9-]+', '_', variable.unit or 'no_unit')}"
                units[name] = variable.unit
            names[variable.name] = (name, variable)
        result.append(names)
    return result


def stored_variables(layouts: Sequence[OutputLayout]) -> dict[str, OutputVariable]:
    """Return name in a file that holds all layouts → variable, in order."""
    return {name: variable for layout in stored_names(layouts) for name, variable in layout.values()}
