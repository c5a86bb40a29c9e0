"""What a comparison of runs found."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from dmod.core.time_axis import format_time
from dmod.services.comparison.balances import TermDifference
from dmod.services.comparison.deviation import Deviations, Tolerance
from dmod.services.comparison.layer import LayerName, Stamps
from dmod.services.comparison.overlap import Gap
from dmod.services.comparison.provenance import Unlike
from dmod.services.comparison.run_note import RunNote


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A run that was compared.

    Parameters
    ----------
    sizes : kind of place → number of places
    stamps : period of its first layer
    aliases : name in its files → the reference's name for the same
    """

    name: str
    path: Path
    note: RunNote
    sizes: dict[LayerName, int]
    stamps: Stamps
    aliases: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "name": self.name,
            "path": str(self.path),
            "recorded": self.note.recorded,
            "engine": self.note.engine or None,
            "modules": list(self.note.modules),
            "options": dict(self.note.options),
            "places": dict(self.sizes),
            "start": self.stamps.time(0).isoformat(),
            "end": self.stamps.time(self.stamps.count - 1).isoformat(),
            "steps": self.stamps.count,
            "seconds": self.note.seconds,
        }


@dataclass(frozen=True, slots=True)
class PlaceDeviation:
    """How far one place lies from the reference in one variable; fields as those of `Deviations`."""

    id: str
    pairs: int
    missing: int
    beyond: int
    identical: bool
    largest: float
    when: datetime | None
    bias: float
    rmse: float
    reference_sum: float
    other_sum: float
    relative: float
    correlation: float
    nse: float

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON: null in place of what is not defined."""
        names = [name for name in self.__dataclass_fields__ if name != "when"]
        values = {name: _plain(getattr(self, name)) for name in names}
        return {**values, "when": None if self.when is None else format_time(self.when)}


@dataclass(frozen=True, slots=True)
class VariableDeviation:
    """One variable of one run against the reference, by place.

    Parameters
    ----------
    unit : the reference's; "" where neither says
    ids : places, in the order of the reference
    stamps : the period that was compared
    """

    layer: LayerName
    variable: str
    unit: str
    ids: tuple[str, ...]
    stamps: Stamps
    values: Deviations

    @property
    def differing(self) -> int:
        """Return at how many places it is beyond the tolerance."""
        return int(np.count_nonzero(~self.values.within))

    @property
    def identical(self) -> bool:
        """Whether it is the same bits everywhere."""
        return bool(self.values.identical.all())

    @property
    def distance(self) -> float:
        """Return the largest RMSE as a share of the reference's standard deviation."""
        return float(self.values.distance.max(initial=0.0))

    def order(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return the rows, worst first: by missing values, then by the largest difference."""
        largest = np.nan_to_num(self.values.largest, nan=-1.0)
        return np.lexsort((-self.values.rmse, -largest, -self.values.missing))

    def place(self, row: int) -> PlaceDeviation:
        """Return what was found at one place."""
        found = self.values
        at = int(found.at[row])
        return PlaceDeviation(
            id=self.ids[row],
            pairs=int(found.pairs[row]),
            missing=int(found.missing[row]),
            beyond=int(found.beyond[row]),
            identical=bool(found.identical[row]),
            largest=float(found.largest[row]),
            when=None if at < 0 or found.largest[row] == 0.0 else self.stamps.time(at),
            bias=float(found.bias[row]),
            rmse=float(found.rmse[row]),
            reference_sum=float(found.reference_sum[row]),
            other_sum=float(found.other_sum[row]),
            relative=float(found.relative[row]),
            correlation=float(found.correlation[row]),
            nse=float(found.nse[row]),
        )

    def worst(self, count: int) -> list[PlaceDeviation]:
        """Return the worst places, worst first."""
        return [self.place(int(row)) for row in self.order()[:count]]

    def as_dict(self, top: int) -> dict[str, object]:
        """Return it for JSON, with the ``top`` worst places."""
        found = self.values
        with np.errstate(invalid="ignore", divide="ignore"):
            total, other = float(np.nansum(found.reference_sum)), float(np.nansum(found.other_sum))
        return {
            "layer": self.layer,
            "variable": self.variable,
            "unit": self.unit or None,
            "places": len(self.ids),
            "identical": int(np.count_nonzero(found.identical)),
            "beyond_tolerance": self.differing,
            "largest": _plain(_most(found.largest)),
            "median_nse": _plain(median(found.nse)),
            "lowest_nse": _plain(-_most(-found.nse)),
            "reference_sum": _plain(total),
            "other_sum": _plain(other),
            "start": self.stamps.time(0).isoformat(),
            "steps": self.stamps.count,
            "worst": [place.as_dict() for place in self.worst(top)],
        }


@dataclass(frozen=True, slots=True)
class RunDeviation:
    """One run against the reference.

    Parameters
    ----------
    variables : what was compared, worst first
    unlike : in what it was made differently
    gaps : what could not be compared, or only after a change
    balance : terms of the water balance
    """

    name: str
    variables: tuple[VariableDeviation, ...]
    unlike: tuple[Unlike, ...]
    gaps: tuple[Gap, ...]
    balance: tuple[TermDifference, ...]

    @property
    def identical(self) -> bool:
        """Whether all that was compared is the same bits."""
        return all(variable.identical for variable in self.variables)

    def is_same(self, *, only_shared: bool = False) -> bool:
        """Whether the run is the same within the tolerance.

        Parameters
        ----------
        only_shared : judge what both have, and pass over what only one has
        """
        whole = only_shared or not any(gap.counts for gap in self.gaps)
        return whole and all(variable.differing == 0 for variable in self.variables)

    def variable(self, name: str, layer: LayerName | None = None) -> VariableDeviation | None:
        """Return what was found for a variable; None where it was not compared."""
        for found in self.variables:
            if found.variable == name and layer in (None, found.layer):
                return found
        return None

    def as_dict(self, top: int) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "name": self.name,
            "identical": self.identical,
            "variables": [variable.as_dict(top) for variable in self.variables],
            "made_differently": [item.as_dict() for item in self.unlike],
            "not_shared": [gap.as_dict() for gap in self.gaps],
            "balance": [term.as_dict() for term in self.balance],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several runs, each against the first.

    Parameters
    ----------
    runs : all of them; the first is the reference
    deviations : of the others, in their order
    tolerance : within which values count as the same
    seconds : wall time
    """

    runs: tuple[ComparedRun, ...]
    deviations: tuple[RunDeviation, ...]
    tolerance: Tolerance
    seconds: float = 0.0

    @property
    def reference(self) -> ComparedRun:
        """Return the run that the others were compared with."""
        return self.runs[0]

    @property
    def identical(self) -> bool:
        """Whether all that was compared is the same bits in all runs."""
        return all(deviation.identical for deviation in self.deviations)

    def is_same(self, *, only_shared: bool = False) -> bool:
        """Whether all runs are the same within the tolerance, see `RunDeviation.is_same`."""
        return all(deviation.is_same(only_shared=only_shared) for deviation in self.deviations)

    def __getitem__(self, name: str) -> RunDeviation:
        """Return the deviations of the run of that name."""
        return next(deviation for deviation in self.deviations if deviation.name == name)

    def each(self) -> Iterator[tuple[RunDeviation, VariableDeviation]]:
        """Yield every variable of every run."""
        for deviation in self.deviations:
            for variable in deviation.variables:
                yield deviation, variable

    def as_dict(self, top: int = 10) -> dict[str, object]:
        """Return it for JSON, with the ``top`` worst places of every variable."""
        return {
            "runs": [run.as_dict() for run in self.runs],
            "reference": self.reference.name,
            "tolerance": {"absolute": self.tolerance.absolute, "relative": self.tolerance.relative},
            "identical": self.identical,
            "same": self.is_same(),
            "same_where_shared": self.is_same(only_shared=True),
            "deviations": [deviation.as_dict(top) for deviation in self.deviations],
            "seconds": round(self.seconds, 3),
        }


def median(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the median of what is defined, NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else math.nan


def _most(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else math.nan


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
