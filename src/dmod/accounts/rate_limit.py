"""How often somebody may ask: buckets of tokens that fill at a steady rate.

A bucket holds at most its burst and fills by ``rate`` a second; each request takes its cost out. Who finds
too little waits. Time is given by who asks, in seconds of a clock that never goes back.
"""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from dmod.accounts.principal import Principal
from dmod.errors import InputError

MOST_BUCKETS = 10_000
ROUNDING = 1e-6
"""What may be wanting: who waits as long as they were told is let in."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How often somebody may ask.

    Parameters
    ----------
    rate : of filling [1/s], above 0
    burst : the most that a bucket holds, 1 or more
    """

    rate: float
    burst: float

    def __post_init__(self) -> None:
        if not (0 < self.rate < math.inf and 1 <= self.burst < math.inf):
            raise InputError(
                f"a limit of {self.rate:g} a second with a burst of {self.burst:g} is none",
                hint="the rate is above 0, the burst 1 or more",
            )


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a bucket held at a time [s]."""

    level: float
    at: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether somebody may ask now.

    Parameters
    ----------
    wait : until the same may be asked [s]; 0 where it may now, infinite where no bucket ever holds as much
    remaining : what is left in the bucket
    """

    is_admitted: bool
    wait: float
    remaining: float


def draw(bucket: Bucket | None, limit: Limit, now: float, cost: float = 1.0) -> tuple[Bucket, Verdict]:
    """Take the cost of a request out of a bucket, if it holds as much; None is a bucket that is full.

    What is refused costs nothing, so that who keeps asking is let in as soon as who waits.
    """
    level = limit.burst
    if bucket is not None:
        level = min(limit.burst, bucket.level + max(0.0, now - bucket.at) * limit.rate)
    at = now if bucket is None else max(now, bucket.at)
    if cost <= level + ROUNDING:
        left = max(0.0, level - cost)
        return Bucket(left, at), Verdict(True, 0.0, left)
    wait = (cost - level) / limit.rate if cost <= limit.burst else math.inf
    return Bucket(level, at), Verdict(False, wait, level)


class RateLimiter:
    """Buckets of one limit, by who asks; safe to use from several threads.

    Of more askers than are kept, the one who has not asked for longest is forgotten, and so has a full bucket
    again. Keep those whom a token names apart from those who have only an address, which costs nothing to
    change.

    Parameters
    ----------
    capacity : the most buckets that are kept
    """

    def __init__(self, limit: Limit, capacity: int = MOST_BUCKETS) -> None:
        self.limit = limit
        self._capacity = capacity
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def ask(self, asker: Hashable, now: float, cost: float = 1.0) -> Verdict:
        """Return whether somebody may ask now, and count it if so.

        Parameters
        ----------
        asker : name of a user, or what `address_key` returns
        now : [s], of a clock that never goes back
        """
        with self._lock:
            bucket, verdict = draw(self._buckets.get(asker), self.limit, now, cost)
            self._buckets[asker] = bucket
            self._buckets.move_to_end(asker)
            if len(self._buckets) > self._capacity:
                self._buckets.popitem(last=False)
            return verdict


class RateLimits:
    """The limits of a server: for users, each with all tokens together, and for addresses without a token."""

    def __init__(self, users: Limit, addresses: Limit, capacity: int = MOST_BUCKETS) -> None:
        self.users = RateLimiter(users, capacity)
        self.addresses = RateLimiter(addresses, capacity)

    def ask(self, principal: Principal | None, address: str, now: float, cost: float = 1.0) -> Verdict:
        """Return whether somebody may ask now, and count it if so; None is who has no token that is valid."""
        if principal is not None:
            return self.users.ask(principal.user, now, cost)
        return self.addresses.ask(address_key(address), now, cost)


def address_key(address: str) -> str:
    """Return whom an address counts for: itself, or with IPv6 the network of 64 bits that one customer has.

    What is no address counts for all that are none.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))
