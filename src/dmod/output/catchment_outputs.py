"""What a run writes of its catchments, and in which of two forms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from dmod.core.time_axis import TimeAxis, format_time
from dmod.output.csv_output import CATCHMENT_DIGITS, CatchmentCsv
from dmod.output.layout import OutputLayout
from dmod.output.netcdf_output import CatchmentNetcdf

NETCDF = "catchments.nc"


@dataclass(frozen=True, slots=True)
class CatchmentOutputs:
    """What is written of catchments.

    Parameters
    ----------
    ids : every catchment of the run, in order
    layouts : variables, by formulation
    csv : a file for each catchment in place of one NetCDF file
    digits : of CSV
    dtype : of NetCDF
    """

    ids: Sequence[str]
    axis: TimeAxis
    layouts: Sequence[OutputLayout]
    csv: bool = False
    digits: int = CATCHMENT_DIGITS
    dtype: str = "float64"

    @property
    def form(self) -> str:
        """Return the form, for people."""
        return f"CSV, {self.digits} digits" if self.csv else f"NetCDF, {self.dtype}"

    @property
    def digest(self) -> str:
        """Return what is the same where the same is written of the same catchments."""
        tables = dict.fromkeys(layout.variables for layout in self.layouts)
        said = [
            self.form, format_time(self.axis.start), self.axis.step, self.axis.count, list(self.ids),
            [[astuple(variable) for variable in variables] for variables in tables],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    def open(self, folder: Path) -> CatchmentCsv | CatchmentNetcdf:
        """Prepare to write into a folder; nobody waits for the disk.

        Raises
        ------
        StoreError
            the folder cannot be written, or what is written does not fit on the disk.
        """
        if self.csv:
            return CatchmentCsv.open(
                folder, self.ids, self.axis, self.layouts, digits=self.digits, durable=False
            )
        return CatchmentNetcdf.open(
            folder / NETCDF, self.ids, self.axis, self.layouts, dtype=self.dtype, durable=False
        )
