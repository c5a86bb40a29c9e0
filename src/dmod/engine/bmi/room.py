"""Memory that a run and a module's process both see: values in and out, and where the process is."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PLACE, STEP, BEFORE, FACTOR = range(4)
"""Marks of where the process is: which catchment of those it was asked for, which step of what is done now,
the steps of the run before that, and how many of these one of those is."""
NOWHERE = -1
"""Steps before, where no step is done."""
_HEAD = 64
_GRAIN = 1 << 20


class Room:
    """Memory behind a file that has no name, so that nothing is left of it in the end.

    Parameters
    ----------
    descriptor : of the file
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._map(os.fstat(descriptor).st_size)

    @classmethod
    def create(cls) -> Room:
        """Return a new one."""
        fast = Path("/dev/shm")
        descriptor, name = tempfile.mkstemp(prefix="dmod-room-", dir=fast if fast.is_dir() else None)
        Path(name).unlink()
        os.ftruncate(descriptor, _GRAIN)
        made = cls(descriptor)
        made.marks[BEFORE] = NOWHERE
        return made

    @property
    def size(self) -> int:
        """Bytes of it."""
        return len(self._memory)

    def values(
        self, instances: int, inputs: int, outputs: int, steps: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the places for values, shapes (instance, input, step) and (instance, output, step).

        The room grows where it is too small; the other side has to `follow`.
        """
        first, second = instances * inputs * steps, instances * outputs * steps
        needed = _HEAD + 8 * (first + second)
        if needed > self.size:
            grown = -(-needed // _GRAIN) * _GRAIN
            os.ftruncate(self.descriptor, grown)
            self._map(grown)
        data = np.frombuffer(self._memory, dtype=np.float64, count=first + second, offset=_HEAD)
        return (
            data[:first].reshape(instances, inputs, steps),
            data[first:].reshape(instances, outputs, steps),
        )

    def follow(self, size: int) -> None:
        """See as much of the memory as the other side does."""
        if size > self.size:
            self._map(size)

    def close(self) -> None:
        """Let go of the file; arrays that are still in use keep their memory."""
        os.close(self.descriptor)

    def _map(self, size: int) -> None:
        # a mapping of before lives as long as an array that lies in it
        self._memory = mmap.mmap(self.descriptor, size)
        self.marks: NDArray[np.int64] = np.frombuffer(self._memory, dtype=np.int64, count=_HEAD // 8)
