"""What happened to a job, in order: the history that is shown, and what followers are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """Kinds of events."""

    STATE = "state"
    """the job went into another state: ``from``, ``to``, ``cause``"""
    STEP = "step"
    """a step went into another state: ``step``, ``to``, ``attempt``, ``cause``, ``retry_at``"""
    PROGRESS = "progress"
    """how far a step is: ``step``, ``done`` (0 to 1), ``text``"""
    NOTE = "note"
    """something worth knowing: ``text``"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Parameters
    ----------
    job : id
    at : by the clock of who noted it; the order is that of the sequence
    actor : who did it: a user's name, or ``controller``
    reason : why, for people
    sequence : given by the store; grows with every event of all jobs, in the order in which they can be seen
    """

    job: str
    at: datetime
    kind: EventKind
    actor: str
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    sequence: int = 0
