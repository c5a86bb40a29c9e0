"""A partition file that was written or checked, as a value, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dmod.core.problem import Problem
from dmod.hydrofabric.partition import Partitioning


@dataclass(frozen=True, slots=True)
class PartitionResult:
    """A partition file that was written.

    Parameters
    ----------
    output : the file
    sha256 : SHA-256 of its content, hexadecimal
    size : its length in bytes
    partitioning : the parts
    seconds : how long each phase took [s]: ``read``, ``cut``, ``write``
    notes : what a user should know of the weights
    """

    output: Path
    sha256: str
    size: int
    partitioning: Partitioning = field(repr=False)
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def summary(self) -> str:
        """Return what was written, how good the division is and how long it took."""
        times = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.seconds.items())
        lines = [str(self.output), self.partitioning.summary(), times, *(f"note: {n}" for n in self.notes)]
        return "\n".join(line for line in lines if line)

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON data."""
        return {
            "output": str(self.output),
            "sha256": self.sha256,
            "bytes": self.size,
            **self.partitioning.quality(),
            "seconds": dict(self.seconds),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class PartitionCheck:
    """What is in a partition file, and what is wrong with it.

    Parameters
    ----------
    file : that was read
    partitioning : the parts as far as they have a meaning
    problems : everything that keeps the framework from running it
    notes : what a user should know of the weights
    """

    file: Path
    partitioning: Partitioning = field(repr=False)
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it can be run."""
        return not self.problems

    def summary(self) -> str:
        """Return the quality of the division, then each problem."""
        lines = [str(self.file), self.partitioning.summary(), *(f"note: {n}" for n in self.notes)]
        lines += map(str, self.problems)
        verdict = "sound: the framework can run it" if self.ok else f"{len(self.problems)} errors"
        return "\n".join([*lines, verdict])

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON data; every id is listed."""
        return {
            "file": str(self.file),
            "ok": self.ok,
            **self.partitioning.quality(),
            "problems": [problem.as_json() for problem in self.problems],
            "notes": list(self.notes),
        }
