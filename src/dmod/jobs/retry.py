"""When a step that failed is tried again: exponential back-off with jitter, up to a limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again.

    Parameters
    ----------
    limit : attempts altogether, the first one included
    first : pause before the second attempt [s]
    factor : by which each further pause is longer
    longest : pause [s]
    jitter : share of the pause that is left to chance, so that many that failed together do not come together
    """

    limit: int = 3
    first: float = 1.0
    factor: float = 4.0
    longest: float = 300.0
    jitter: float = 0.5

    def pause(self, label: str, failed: int) -> timedelta | None:
        """Return how long to wait after a number of failed attempts; None if that is enough.

        Chance depends on the label alone, so that the answer is the same whoever asks.
        """
        if failed >= self.limit:
            return None
        whole = min(self.first * self.factor ** (failed - 1), self.longest)
        dice = int.from_bytes(blake2b(f"{label}/{failed}".encode(), digest_size=4).digest(), "big") / 2**32
        return timedelta(seconds=whole * (1.0 - self.jitter * dice))
