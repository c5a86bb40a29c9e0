"""Bytes of a module's state as numbers, for a file of states that has numbers only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dmod.errors import InputError

WIDTH = 6
"""Bytes in one number: as many as it holds without rounding."""
_SPARE = 64


def state_names(size: int) -> tuple[str, ...]:
    """Return the names of the numbers for a state of some bytes, which may grow a little; none for none."""
    if not size:
        return ()
    count = -(-(size + size // 4 + _SPARE) // WIDTH)
    return ("serialized_bytes", *(f"serialized[{place}]" for place in range(count)))


def columns_of(state: bytes, count: int, title: str) -> NDArray[np.float64]:
    """Return a state as some numbers.

    Raises
    ------
    InputError
        it does not fit into them.
    """
    room = (count - 1) * WIDTH
    if len(state) > room:
        raise InputError(
            f"module {title}: its state has grown to {len(state)} bytes, and there is room for {room}",
            hint="run with --no-states",
        )
    padded = np.zeros((count - 1, 8), dtype=np.uint8)
    padded[:, :WIDTH] = np.frombuffer(state.ljust(room, b"\0"), dtype=np.uint8).reshape(-1, WIDTH)
    return np.array([len(state), *padded.view("<u8")[:, 0]], dtype=np.float64)


def state_of(columns: NDArray[np.float64]) -> bytes:
    """Return the state that `columns_of` made numbers of."""
    words = columns[1:].astype("<u8").reshape(-1, 1).view(np.uint8)[:, :WIDTH]
    return words.tobytes()[: int(columns[0])]
