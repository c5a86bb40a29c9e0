"""Powers of ten, cut off after 64 bits.

With i = k - MIN_POWER: 10^k = (POWER[i] + error) · 2^POWER_EXPONENT[i], 0 <= error < 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_POWER, MAX_POWER = -342, 325
EXACT_POWERS = 27  # 5^27 < 2^64: for 0 <= k <= 27 the error is zero


def _powers() -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the upper 64 bits of 10^k, cut off, and the exponent of two they are to be scaled with."""
    words, exponents = [], []
    for k in range(MIN_POWER, MAX_POWER + 1):
        power = 10 ** abs(k)
        size = power.bit_length()
        if k >= 0:
            words.append(power >> (size - 64) if size > 64 else power << (64 - size))
            exponents.append(size - 64)
        else:
            words.append((1 << (size + 63)) // power)
            exponents.append(-(size + 63))
    return np.array(words, np.uint64), np.array(exponents, np.int64)


POWER, POWER_EXPONENT = _powers()
