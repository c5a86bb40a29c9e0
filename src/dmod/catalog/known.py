"""Values that were read before: what is read again and again is made once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Known(Generic[Value]):
    """Values by what they are read from, those that were needed last; safe to use from several threads.

    Parameters
    ----------
    most : weight of all values together that are kept; one of more than a quarter of it is not
    weigh : says how much a value weighs, at least 1
    """

    def __init__(self, most: int, weigh: Callable[[Value], int]) -> None:
        self._most = most
        self._weigh = weigh
        self._weight = 0
        self._held: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made if it is not there."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        weight = self._weigh(made)
        if 4 * weight > self._most:
            return made
        with self._lock:
            if key in self._held:
                return self._held[key]
            self._held[key] = made
            self._weight += weight
            while self._weight > self._most:
                _, oldest = self._held.popitem(last=False)
                self._weight -= self._weigh(oldest)
        return made

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._held.clear()
            self._weight = 0
