"""What a run gives back: its numbers as xarray, its files, its scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dmod.services.balance import Balance
from dmod.services.evaluate import Hydrograph

if TYPE_CHECKING:
    import xarray as xr

    from dmod.evaluation.score import Scores
    from dmod.services.plan import RunPlan


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run.

    Parameters
    ----------
    folder : where the results are
    hydrograph : streamflow at the outlet, with observation and scores if there are any
    water_balance : per catchment [m]
    warnings : what the user must know
    routing : how streamflow was made from runoff
    csv : whether catchments and nexuses were written as CSV
    seconds : wall time of the run; ``phases`` says where it went
    """

    folder: Path
    plan: RunPlan
    hydrograph: Hydrograph
    water_balance: Balance
    warnings: tuple[str, ...] = ()
    routing: str = ""
    csv: bool = False
    seconds: float = 0.0
    phases: Mapping[str, float] = field(default_factory=dict)

    @property
    def scores(self) -> Scores | None:
        """Return the scores at the outlet; None without an observed series."""
        return self.hydrograph.scores

    @property
    def streamflow(self) -> xr.DataArray:
        """Flow in every flowpath, (feature_id, time) [m3 s-1], read when its values are used."""
        return self._open("streamflow.nc")["flow"]

    @property
    def runoff(self) -> xr.DataArray:
        """Return the main output, (catchment, time), in metres per step where it has such a unit."""
        import xarray as xr

        names = {c.name for chain in self.plan.chains for c in chain.columns if c.source == chain.runoff}
        outputs = self.outputs
        present = [outputs[name] for name in sorted(names) if name in outputs]
        runoff = present[0]
        for other in present[1:]:
            runoff = runoff.where(runoff.notnull(), other)
        return xr.DataArray(runoff, name="runoff")

    @property
    def outputs(self) -> xr.Dataset:
        """Return every output variable of every catchment, (catchment, time)."""
        if not self.csv:
            return self._open("catchments.nc")
        return _read_csv_outputs(self.folder, self.plan.catchments)

    @property
    def balance(self) -> xr.Dataset:
        """Return the water balance over the period, by catchment [m]."""
        import xarray as xr

        values = {f.name: ("catchment", getattr(self.water_balance, f.name)) for f in fields(Balance)}
        dataset = xr.Dataset(values, coords={"catchment": list(self.plan.catchments)})
        for variable in dataset.data_vars.values():
            variable.attrs["units"] = "m"
        return dataset

    @property
    def report(self) -> Path | None:
        """Return the page with map, hydrograph and scores."""
        path = self.folder / "report.html"
        return path if path.is_file() else None

    def _outlet_flowpaths(self) -> list[str]:
        """Return the flowpaths whose flow adds up to that of the outlet."""
        flowpaths = self.plan.fabric.flowpaths
        if flowpaths is None:
            return []
        return [flowpaths.ids[row] for row in self.hydrograph.outlet.flowpaths]

    def _open(self, name: str) -> xr.Dataset:
        import xarray as xr

        return xr.open_dataset(self.folder / name)

    def summary(self) -> dict[str, object]:
        """Return the result in a few numbers, for JSON."""
        steps = len(self.plan.catchments) * self.plan.axis.count
        balance = self.water_balance
        area = self.plan.fabric.catchments.area_km2
        weight = area / area.sum()
        return {
            "output": str(self.folder),
            "catchments": len(self.plan.catchments),
            "steps": self.plan.axis.count,
            "start": self.plan.axis.start.isoformat(),
            "end": self.plan.axis.end.isoformat(),
            "modules": [" ".join(filter(None, module)) for module in self.plan.modules],
            "outlet": self.hydrograph.outlet.id,
            "outlet_flowpaths": self._outlet_flowpaths(),
            "gauge": self.hydrograph.outlet.gauge or None,
            "routing": self.routing,
            "peak_m3s": float(self.hydrograph.simulated.max()),
            "mean_m3s": float(self.hydrograph.simulated.mean()),
            "balance_mm": {f.name: _depth(getattr(balance, f.name) @ weight) for f in fields(Balance)},
            "scores": None if self.scores is None else self.scores.as_dict(),
            "warnings": list(self.warnings),
            "report": None if self.report is None else str(self.report),
            "seconds": round(self.seconds, 3),
            "phases": {name: round(value, 3) for name, value in self.phases.items()},
            "microseconds_per_catchment_step": round(self.seconds / steps * 1e6, 4),
        }


def _depth(metres: float) -> float | None:
    """Return a depth in mm, None where it is not known."""
    return None if np.isnan(metres) else float(metres * 1e3)


def _read_csv_outputs(folder: Path, catchments: tuple[str, ...]) -> xr.Dataset:
    import pandas as pd
    import xarray as xr

    tables = [pd.read_csv(folder / f"{name}.csv", index_col="Time", parse_dates=True) for name in catchments]
    names = dict.fromkeys(column for table in tables for column in table.columns if column != "Time Step")
    times = tables[0].index.to_numpy()
    nothing = np.full(len(times), np.nan)
    values = {
        name: (
            ("catchment", "time"),
            np.stack([t[name].to_numpy() if name in t else nothing for t in tables]),
        )
        for name in names
    }
    return xr.Dataset(values, coords={"catchment": list(catchments), "time": times})
