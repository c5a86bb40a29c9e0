"""What deriving a forcing would take, and what it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmod.core.problem import Problem, errors_of
from dmod.core.time_axis import TimeAxis, format_time
from dmod.forcing.gridded.grid import Grid


@dataclass(frozen=True, slots=True)
class ForcingResult:
    """A forcing that was derived.

    Parameters
    ----------
    path : NetCDF file, or folder of CSV files
    report : what was done and found, as JSON; the same for people lies beside it
    facts : content of the report
    """

    path: Path
    report: Path
    report_text: Path
    catchments: int
    axis: TimeAxis
    columns: tuple[str, ...]
    facts: Mapping[str, Any]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of the values."""
        return tuple(self.facts["warnings"])

    def summary(self) -> dict[str, Any]:
        """Return the result as JSON data: where it is, and the report."""
        return {"path": str(self.path), "report": str(self.report), **self.facts}


@dataclass(frozen=True, slots=True)
class ForcingPlan:
    """What deriving a forcing would take; nothing was read but descriptions.

    Parameters
    ----------
    store, layout : the store as it was opened
    grid, window : rows and columns of the grid, and of the part that is needed
    chunk : steps, rows and columns that the store holds together
    area_km2 : of the catchments, on the ground
    bytes_to_read : estimate, whole chunks and compression included; None where it cannot be told
    memory : estimate [bytes]
    disk_work, disk_output : bytes while it is derived, beside those of the output
    free : bytes where the output would be; None where nothing was said of it
    covered_minimum, covered_mean : share of a catchment that the grid covers
    weights_kept : whether the weights of these catchments on this grid were found before
    problems : what forbids it
    cells : the part of the grid that is needed
    """

    store: str
    layout: str
    grid: tuple[int, int]
    window: tuple[int, int]
    chunk: tuple[int, int, int]
    catchments: int
    area_km2: float
    axis: TimeAxis
    columns: tuple[str, ...]
    blocks: int
    bytes_to_read: int | None
    memory: int
    disk_work: int
    disk_output: int
    free: int | None
    covered_minimum: float
    covered_mean: float
    weights_kept: bool
    problems: tuple[Problem, ...]
    cells: Grid

    @property
    def ok(self) -> bool:
        """Whether nothing forbids it."""
        return not errors_of(self.problems)

    def summary(self) -> dict[str, Any]:
        """Return the plan as JSON data."""
        names = (
            "store", "layout", "grid", "window", "chunk", "catchments", "area_km2", "columns", "blocks",
            "bytes_to_read", "memory", "disk_work", "disk_output", "free", "covered_minimum", "covered_mean",
            "weights_kept",
        )  # fmt: skip
        facts = {name: getattr(self, name) for name in names}
        period = {"start": format_time(self.axis.start), "end": format_time(self.axis.end)}
        return {
            **facts,
            "period": period,
            "steps": self.axis.count,
            "problems": list(map(str, self.problems)),
        }

    def as_text(self) -> str:
        """Return the plan for people."""
        kept = "found before" if self.weights_kept else "found now"
        first, last = format_time(self.axis.start), format_time(self.axis.end)
        rows = [
            ("store", f"{self.store} ({self.layout})"),
            (
                "grid",
                f"{_by(self.grid)} cells; needed: {_by(self.window)}, in chunks of {_by(self.chunk)}",
            ),
            ("period", f"{first} to {last} UTC, {self.axis.count} steps"),
            ("catchments", f"{self.catchments}, {self.area_km2:,.1f} km²; weights {kept}"),
            (
                "covered",
                f"at least {100 * self.covered_minimum:.4g} %, on average {100 * self.covered_mean:.4g} %",
            ),
            ("variables", ", ".join(self.columns)),
            ("to read", f"{megabytes(self.bytes_to_read)} in {self.blocks} blocks"),
            ("memory", f"about {megabytes(self.memory)}"),
            (
                "disk",
                f"{megabytes(self.disk_output)}, and {megabytes(self.disk_work)} while it is made"
                + (f"; free {megabytes(self.free)}" if self.free is not None else ""),
            ),
        ]
        lines = [f"{name:<11} {text}" for name, text in rows]
        return "\n".join([*lines, *map(str, self.problems)])


def megabytes(size: int | None) -> str:
    """Return a number of bytes for people."""
    if size is None:
        return "unknown"
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _by(numbers: tuple[int, ...]) -> str:
    return " × ".join(map(str, numbers))
