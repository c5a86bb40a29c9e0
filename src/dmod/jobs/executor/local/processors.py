"""Which processors attempts run on, so that not all are on the same ones."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterable


class Processors:
    """The processors of this machine, and how many attempts each one has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._load = Counter(dict.fromkeys(os.sched_getaffinity(0), 0))

    def take(self, count: int) -> tuple[int, ...]:
        """Return those with the fewest attempts; none where all of them are wanted."""
        with self._lock:
            if count >= len(self._load):
                return ()
            best = sorted(self._load, key=lambda number: (self._load[number], number))[:count]
            self._load.update(best)
            return tuple(best)

    def note(self, numbers: Iterable[int]) -> None:
        """Take note of what an earlier executor has given."""
        with self._lock:
            self._load.update(number for number in numbers if number in self._load)

    def give(self, numbers: Iterable[int]) -> None:
        """Take back what an attempt had."""
        with self._lock:
            for number in numbers:
                if self._load.get(number, 0) > 0:
                    self._load[number] -= 1
