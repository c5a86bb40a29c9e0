"""Which flowpath the flow of a nexus enters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


def nexus_recipients(nexus_ids: Sequence[str], flowpath_toids: Sequence[str]) -> Index:
    """Return for each nexus the flowpath that takes its flow as lateral inflow, -1 if none drains to it.

    The routing of the NextGen framework puts the runoff that its catchments deliver to a nexus
    back into one of the flowpaths that end there: the last one in the order of the hydrofabric's
    flowpath table. That holds for terminal nexuses too. All other flowpaths have no lateral inflow.

    Parameters
    ----------
    nexus_ids : shape (nexus,)
    flowpath_toids : shape (flowpath,), the nexus below each flowpath, in the order of the table
    """
    last = {nexus: flowpath for flowpath, nexus in enumerate(flowpath_toids)}
    return np.array([last.get(nexus, -1) for nexus in nexus_ids], dtype=np.int64)


def lateral_inflow(nexus_flow: NDArray[np.float64], recipients: Index, flowpaths: int) -> NDArray[np.float64]:
    """Spread the flow of nexuses (nexus, time) over flowpaths: (flowpath, time) [m3 s-1]."""
    lateral = np.zeros((flowpaths, nexus_flow.shape[1]))
    used = recipients >= 0
    # a flowpath ends at one nexus, so none takes the flow of two
    lateral[recipients[used]] = nexus_flow[used]
    return lateral
