"""How far what an attempt writes of itself is believed: of a user's image not all, and not at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.executor.engine.looking import View
from dmod.jobs.executor.engine.port import Sight, SightState
from dmod.jobs.executor.engine.settings import EngineSettings
from dmod.jobs.executor.local.attempt_folder import TASK, AttemptFolder

SPARE = 60.0
"""Beyond its time, until one is ended whose worker should have ended it [s]."""


class Distrust:
    """What is remembered of one attempt to judge what it writes.

    Only what it was told is believed of its folder: a user's image sees that without being able to change it.
    """

    def __init__(self, label: str, folder: AttemptFolder, settings: EngineSettings) -> None:
        self._label = label
        self._folder = folder
        self._settings = settings
        self._task: Mapping[str, Any] | None = None
        self._ended_since: float | None = None
        self._running_since: float | None = None
        self.lingers = False
        """Whether a user's image goes on though it wrote that it has ended."""

    @property
    def is_needed(self) -> bool:
        """Whether it runs in a user's image."""
        return bool(self._told().get("image"))

    def holds_back(self, now: float, view: View) -> bool:
        """Whether what is written of its end does not count yet: something that is not dmod's may go on.

        A user's image can write that it has ended whenever it likes. What comes next reads what it left, so
        nothing of it may be able to change that any more.
        """
        if not self.is_needed:
            return False
        if self._ended_since is None:
            self._ended_since = now
        sight = view.sights.get(self._label)
        if sight is None:
            return view.begun <= self._ended_since
        if sight.state is SightState.ENDED:
            return False
        self.lingers = now - self._ended_since > self._settings.settle
        return True

    def overdue(self, now: float, sight: Sight | None) -> Cause | None:
        """Return why it is to be ended that runs beyond its time, which its worker would not let it."""
        if sight is None or sight.state is not SightState.RUNNING:
            return None
        if self._running_since is None:
            self._running_since = now
        passed = now - self._running_since
        if passed <= SPARE or not self.is_needed:
            return None
        allowed = float(self._told().get("seconds") or 0.0)
        if passed <= allowed + self._settings.grace + SPARE:
            return None
        message = f"it ran longer than the {allowed:g} s that it was allowed, and was ended by force"
        return Cause(CauseKind.TIME, message, "ask for more time, or for less at a time")

    def _told(self) -> Mapping[str, Any]:
        if self._task is None:
            self._task = self._folder.read(TASK) or {}
        return self._task
