"""Why a job waits: its place, its priority, what it waits for, and when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dmod.core.time_axis import format_time
from dmod.jobs.schedule.queue import Priority


class Hold(StrEnum):
    """What a job waits for."""

    ROOM = "room"
    """CPUs or memory that others hold, or that are kept free for jobs of higher priority"""
    PAUSED = "paused"
    """nodes that are not ready"""
    QUOTA = "quota"
    """its owner has as much as they may have"""
    OWN = "own"
    """an earlier job of its owner, which waits for that"""
    LATER = "later"
    """the time at which it is tried again"""


@dataclass(frozen=True, slots=True)
class Why:
    """Why one job waits.

    Parameters
    ----------
    rank : its place among those that wait, from 1
    waiting : how many there are
    waits_for : sentences
    start : when it starts at the latest if nothing of higher priority comes; a guess where ``is_rough``;
        None where that cannot be said
    reserved : since when room has been reserved for it
    """

    job: str
    rank: int
    waiting: int
    priority: Priority
    hold: Hold
    waits_for: tuple[str, ...]
    start: datetime | None = None
    is_rough: bool = False
    reserved: datetime | None = None

    def lines(self) -> list[str]:
        """Return it as sentences for people, the most general first."""
        found = [f"place {self.rank:,} of {self.waiting:,} in the queue", str(self.priority), *self.waits_for]
        if self.start is not None and self.is_rough:
            found.append(f"starts about {format_time(self.start)}, a guess from the work before it")
        elif self.start is not None:
            found.append(
                f"starts {format_time(self.start)} at the latest, unless a job of higher priority comes"
            )
        if self.reserved is not None:
            found.append(f"room has been reserved for it since {format_time(self.reserved)}")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return it for a document."""
        return {
            "job": self.job,
            "rank": self.rank,
            "waiting": self.waiting,
            "priority": {
                "total": self.priority.total,
                **{name: getattr(self.priority, name) for name in self.priority.__slots__},
            },
            "hold": self.hold.value,
            "waits_for": list(self.waits_for),
            "start": self.start.isoformat() if self.start else None,
            "is_rough": self.is_rough,
            "reserved": self.reserved.isoformat() if self.reserved else None,
            "lines": self.lines(),
        }
