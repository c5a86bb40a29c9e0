"""Surface runoff delayed by a geomorphological instantaneous unit hydrograph (a discrete convolution)."""

from __future__ import annotations

from dmod.engine.compile import scalar
from dmod.engine.models.module import Array


@scalar
def route_by_unit_hydrograph(runoff: float, ordinates: Array, queue: Array, count: int) -> float:
    """Add the runoff of one step to the queue and take out what arrives now.

        queue[i] += ordinate[i] * runoff;  outflow = queue[0];  the queue moves up by one

    Parameters
    ----------
    runoff : scalar [m]
    ordinates : shape (count,) [1], their sum is 1 where water is to be conserved
    queue : shape (count,) [m], changed
    count : number of ordinates

    Returns
    -------
    outflow : scalar [m]

    References
    ----------
    Rodríguez-Iturbe & Valdés (1979), doi:10.1029/WR015i006p01409.
    """
    outflow: float = queue[0] + ordinates[0] * runoff
    for i in range(1, count):
        queue[i - 1] = queue[i] + ordinates[i] * runoff
    queue[count - 1] = 0.0
    return outflow
