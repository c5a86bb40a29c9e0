"""A sink that keeps what a run hands to it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dmod.services.plan import RunPlan


class Columns:
    """Keeps all output variables of a run, each of shape (catchment, time)."""

    def __init__(self, plan: RunPlan) -> None:
        self._shape = (len(plan.catchments), plan.axis.count)
        self.found: dict[str, NDArray[np.float64]] = {}

    def write(
        self, rows: NDArray[np.int64], first_step: int, arrays: Mapping[str, NDArray[np.float64]]
    ) -> None:
        """Take the outputs of some catchments."""
        for name, values in arrays.items():
            whole = self.found.setdefault(name, np.full(self._shape, np.nan))
            whole[rows, first_step : first_step + values.shape[1]] = values
