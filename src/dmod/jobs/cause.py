"""Why a step or a job ended as it did, in words for people and a code for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class CauseKind(StrEnum):
    """Kinds of causes; each executor tells them apart in its own way."""

    INPUT = "input"
    """what was asked for cannot be done: a file, a name, a value"""
    EXIT = "exit"
    """the process ended with a code other than 0, without saying why"""
    SIGNAL = "signal"
    """the process was ended by a signal"""
    OUT_OF_MEMORY = "out-of-memory"
    TIME = "time"
    """it ran longer than it was allowed to"""
    LOST = "lost"
    """the worker was not heard of any more"""
    UNSATISFIABLE = "unsatisfiable"
    """no node can ever give what it needs"""
    BACKEND = "backend"
    """something outside failed: a disk, a store, a database, an engine"""
    CANCELLED = "cancelled"
    INTERNAL = "internal"
    """a fault of dmod"""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something ended.

    Parameters
    ----------
    message : what was wrong, and where
    hint : what to do about it
    retryable : whether the same may succeed later
    exit_code : of the process
    signal : that ended the process, by name (``SIGKILL``)
    step : in which step
    """

    kind: CauseKind
    message: str
    hint: str = ""
    retryable: bool = False
    exit_code: int | None = None
    signal: str = ""
    step: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it for a document; what says nothing is left out."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in found.items() if value not in ("", None)}

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Cause:
        """Return what `as_json` wrote."""
        return cls(**{**document, "kind": CauseKind(document["kind"])})

    def __str__(self) -> str:
        return self.message if not self.hint else f"{self.message}\n  hint: {self.hint}"
