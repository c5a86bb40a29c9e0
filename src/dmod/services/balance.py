"""The water balance of a run: what each catchment took in, gave off and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dmod.core.problem import name_some
from dmod.engine.models.module import INFLOW, OUTFLOW, STORAGE_CHANGE, UNACCOUNTED
from dmod.errors import BalanceError

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.engine.chain import Chain

TOLERANCE = 1e-6
SMALLEST = 1e-9
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Balance:
    """Depths over the period by catchment, shape (catchment,) [m].

    Parameters
    ----------
    inflow : precipitation that entered the modules
    runoff : what left to the channel
    evapotranspiration : what left to the air
    storage_change : at the end minus at the start
    unaccounted : lost (+) or created (-) by a behaviour of the module that is followed and documented
    residual : what all of them leave open

    Notes
    -----
    Where a module of others runs, which does not tell what it takes in and keeps, all but the runoff is NaN.
    """

    inflow: Array
    runoff: Array
    evapotranspiration: Array
    storage_change: Array
    unaccounted: Array
    residual: Array


def balance_of(chains: Sequence[Chain], catchments: Sequence[str], runoff: Array) -> Balance:
    """Sum the balances of each catchment's modules.

    Parameters
    ----------
    runoff : shape (catchment,), sum of the main output over the period [m]

    Raises
    ------
    BalanceError
        a module's residual exceeds 1e-6 of what came in; names catchment and module.
    """
    total = np.zeros((len(runoff), 4))
    for chain in chains:
        for stage in chain.stages:
            if stage.module.uses_water:
                _require_closed(chain, catchments, stage.module.name, stage.balance)
                total[chain.rows] += stage.balance
        if not all(stage.module.tells_balance for stage in chain.stages):
            total[chain.rows] = np.nan
    residual = total[:, INFLOW] - total[:, OUTFLOW] - total[:, STORAGE_CHANGE] - total[:, UNACCOUNTED]
    return Balance(
        inflow=total[:, INFLOW],
        runoff=runoff,
        evapotranspiration=total[:, OUTFLOW] - runoff,
        storage_change=total[:, STORAGE_CHANGE],
        unaccounted=total[:, UNACCOUNTED],
        residual=residual,
    )


def _require_closed(chain: Chain, catchments: Sequence[str], module: str, balance: Array) -> None:
    residual = balance[:, INFLOW] - balance[:, OUTFLOW] - balance[:, STORAGE_CHANGE] - balance[:, UNACCOUNTED]
    # what is no number is open, too
    open_ = ~(np.abs(residual) <= np.maximum(TOLERANCE * np.abs(balance[:, INFLOW]), SMALLEST))
    if open_.any():
        worst = int(np.argmax(np.where(open_, np.abs(residual), -1.0)))
        raise BalanceError(
            f"module {module} does not close its water balance in {int(open_.sum())} catchments; worst at "
            f"{catchments[chain.rows[worst]]}: {residual[worst]:.3e} m of {balance[worst, INFLOW]:.3e} m",
            hint="this is a fault of the module; please report it with the run package",
        )


def documented_losses(chains: Sequence[Chain], catchments: Sequence[str]) -> list[str]:
    """Return a sentence per module whose followed behaviour lost or created water, with the catchments."""
    sentences = []
    for chain in chains:
        for stage in chain.stages:
            lost = stage.balance[:, UNACCOUNTED]
            much = np.abs(lost) > np.maximum(TOLERANCE * np.abs(stage.balance[:, INFLOW]), SMALLEST)
            if stage.module.uses_water and much.any():
                ids = [catchments[row] for row in chain.rows[much]]
                revision = f" {stage.module.revision}" if stage.module.revision else ""
                sentences.append(
                    f"{stage.module.name}{revision}: up to {np.abs(lost).max() * 1e3:.3g} mm of water lost "
                    f"or created by behaviour that is followed ({name_some(ids)}). "
                    f"{stage.module.known_imbalance}"
                )
    return sentences


def write_balance(path: Path, catchments: Sequence[str], balance: Balance) -> None:
    """Write the balance as a table, depths in mm."""
    names = [f.name for f in balance.__dataclass_fields__.values()]
    columns = [getattr(balance, name) * 1e3 for name in names]
    lines = ["catchment," + ",".join(f"{name}_mm" for name in names)]
    for row, catchment in enumerate(catchments):
        lines.append(catchment + "," + ",".join(f"{column[row]:.9g}" for column in columns))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
