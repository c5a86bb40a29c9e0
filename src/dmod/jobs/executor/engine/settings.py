"""What can be set of an executor over an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from dmod.errors import InputError


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Settings of an `EngineExecutor`.

    Parameters
    ----------
    window : how long a worker may be silent before it counts as lost [s]
    grace : between asking an attempt to end and ending it by force, where nobody says otherwise [s]
    settle : how long what the engine says has to stay so before it is believed: files on a shared folder may
        come later than the engine's word [s]
    every : between two questions to the engine [s]
    patience : how long the engine may give no answer before attempts are stale [s]
    startup : between a worker's being started and its first sign of life, at most [s]
    log_limit : kept of what an attempt writes, half from its beginning and the rest from its end [bytes]
    disk_limit : that the folder of a job may hold; None sets no limit [bytes]
    """

    window: float = 30.0
    grace: float = 10.0
    settle: float = 2.0
    every: float = 0.5
    patience: float = 5.0
    startup: float = 120.0
    log_limit: int = 64 << 20
    disk_limit: int | None = None

    @classmethod
    def names(cls) -> frozenset[str]:
        """Return the names of all settings."""
        return frozenset(item.name for item in fields(cls))

    def changed_by(self, table: Mapping[str, Any], place: str) -> Self:
        """Return these settings with what a table says of them; what else is in it is not looked at.

        Parameters
        ----------
        place : name of the table, for messages

        Raises
        ------
        InputError
            a value is no number, or below zero.
        """
        found = {name: table[name] for name in sorted(self.names() & table.keys())}
        for name, value in found.items():
            is_whole = name.endswith("_limit")
            kinds = int if is_whole else int | float
            if isinstance(value, bool) or not isinstance(value, kinds) or value < 0:
                kind = "whole number" if is_whole else "number"
                raise InputError(f"[{place}] {name} is {value!r}", hint=f"it is a {kind}, 0 or more")
        return replace(self, **found)
