"""What is asked of a gridded store: choices, and which of them are possible."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from dmod.core.cache import user_cache
from dmod.core.time_axis import TimeAxis, format_time
from dmod.errors import InputError
from dmod.forcing.gridded.weights import METHODS, Method

Partial = Literal["error", "renormalise"]
Missing = Literal["error", "renormalise", "keep"]
Progress = Callable[[str, float], None]

HOUR = 3600
PARTIAL: tuple[Partial, ...] = ("error", "renormalise")
MISSING: tuple[Missing, ...] = ("error", "renormalise", "keep")
COLUMNS = (
    "precip_rate",
    "TMP_2maboveground",
    "SPFH_2maboveground",
    "PRES_surface",
    "DLWRF_surface",
    "DSWRF_surface",
    "UGRD_10maboveground",
    "VGRD_10maboveground",
)
"""What the formulations read between them."""


@dataclass(frozen=True, slots=True)
class ForcingRequest:
    """What is to be derived; see `dmod.services.derive_forcing.derive_forcing`."""

    store: str
    hydrofabric: Path
    period: TimeAxis
    layout: str = "auto"
    variables: tuple[str, ...] = COLUMNS
    partial: Partial = "error"
    missing: Missing = "error"
    least_share: float = 0.0
    method: Method = "area"
    options: Mapping[str, str] = field(default_factory=dict)
    workers: int = 0
    block_hours: int | None = None
    csv: bool = False
    cache: Path | None = None

    def __post_init__(self) -> None:
        for what, value, allowed in (
            ("--partial", self.partial, PARTIAL),
            ("--missing", self.missing, MISSING),
            ("--method", self.method, METHODS),
        ):
            if value not in allowed:
                raise InputError(f"{what} {value!r} is not known", hint=f"one of {', '.join(allowed)}")
        if self.workers < 0:
            raise InputError(f"{self.workers} workers are impossible", hint="0 takes all cores")
        if self.block_hours is not None and self.block_hours < 1:
            raise InputError(f"blocks of {self.block_hours} hours are impossible", hint="1 or more")
        if not 0.0 <= self.least_share <= 1.0:
            raise InputError(f"--least-share {self.least_share:g} is impossible", hint="from 0 to 1")
        unknown = [name for name in self.variables if name not in COLUMNS]
        if unknown or not self.variables:
            what = f"{', '.join(unknown)} cannot be derived" if unknown else "none is named"
            raise InputError(f"--variables: {what}", hint=f"any of {', '.join(COLUMNS)}")

    @classmethod
    def of(
        cls,
        store: str,
        hydrofabric: Path,
        start: datetime,
        end: datetime,
        *,
        variables: Sequence[str] | None = None,
        options: Mapping[str, str] | None = None,
        **more: Any,
    ) -> ForcingRequest:
        """Return the request for the hours from ``start`` to ``end``, both included."""
        for what, time in (("start", start), ("end", end)):
            if time.tzinfo is None:
                raise InputError(f"the {what} of the period, {time}, has no time zone", hint="give it in UTC")
            utc = time.astimezone(UTC)
            if (utc.minute, utc.second, utc.microsecond) != (0, 0, 0):
                raise InputError(
                    f"the {what} of the period, {format_time(time)}, is no full hour",
                    hint="forcing has a value an hour, stamped with the hour's beginning",
                )
        chosen = tuple(name for name in COLUMNS if name in variables) if variables is not None else COLUMNS
        if variables is not None and len(chosen) < len(set(variables)):
            chosen = tuple(variables)  # an unknown one is refused by name
        period = TimeAxis.between(start.astimezone(UTC), end.astimezone(UTC), HOUR)
        return cls(
            str(store), Path(hydrofabric), period, variables=chosen, options=dict(options or {}), **more
        )

    @property
    def threads(self) -> int:
        """Threads to work with: as many as was said, or as processors may be used."""
        affinity = getattr(os, "sched_getaffinity", None)
        return self.workers or (len(affinity(0)) if affinity else os.cpu_count() or 1)

    @property
    def weights_folder(self) -> Path:
        """Where weights are kept; if nothing was said, in the user's cache folder."""
        return self.cache or user_cache() / "weights"
