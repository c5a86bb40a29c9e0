"""What a user may choose about a package that is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import InputError

STEP = 3600
CONVENTIONS = ("config", "forcings", "outputs", "metadata")

Policy = Literal["error", "renormalise"]
Missing = Literal["error", "renormalise", "keep"]
Method = Literal["area", "linear"]
Observed = Literal["instantaneous", "daily"]


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """Options of a preparation beside hydrofabric, region and target.

    Parameters
    ----------
    start, end : first and last hourly step, both included
    forcing : the gridded store: a folder, a file, or an address (``s3://…``); without one the package
        has no forcing yet
    layout, store_options : of the store; see `dmod.services.derive_forcing`
    variables : forcing columns; all that the store has where empty
    formulation : a name, or the user's realization document
    fallbacks : named replacements for attributes that are missing or impossible
    partial : what to do with catchments that the grid covers in part
    missing : what to do with cells that have no value
    method : of the catchment means
    csv : forcing as one CSV file per catchment in place of one NetCDF file
    observations : "usgs", or a file or folder to take observed streamflow from; none where empty
    observed_kind : instantaneous or daily values
    noah_parameters : folder of Noah-OWP-Modular's tables
    workers : threads; 0 takes all cores. The package is the same for any number
    overwrite : replace a package that was prepared before
    fresh : do not go on with work that an earlier attempt left
    """

    start: datetime
    end: datetime
    forcing: str = ""
    layout: str = "auto"
    store_options: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    formulation: str | Path = "cfe"
    fallbacks: tuple[str, ...] = ()
    partial: Policy = "error"
    missing: Missing = "error"
    method: Method = "area"
    csv: bool = False
    observations: str = ""
    observed_kind: Observed = "instantaneous"
    noah_parameters: Path | None = None
    workers: int = 0
    overwrite: bool = False
    fresh: bool = False

    @property
    def axis(self) -> TimeAxis:
        """The package's hourly steps.

        Raises
        ------
        InputError
            the period ends before it starts, or does not begin on a full hour.
        """
        if self.start.minute or self.start.second or self.start.microsecond:
            raise InputError(
                f"the period starts at {format_time(self.start)}, which is no full hour",
                hint="models and forcing go by the hour: start on one",
            )
        return TimeAxis.between(self.start, self.end, STEP)
