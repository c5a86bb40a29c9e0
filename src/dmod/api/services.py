"""What the gateway is a face of, and how it is to behave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dmod.accounts.rate_limit import Limit
from dmod.jobs.events.bus import EventBus
from dmod.services.accounts import AccountService
from dmod.services.data.service import DataService
from dmod.services.jobs.service import JobService

LARGEST_BODY = 16 << 20
USER_LIMIT, STRANGER_LIMIT = Limit(50.0, 200.0), Limit(1.0, 60.0)
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")
"""Names of this machine that no other machine can ask for."""


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """How the gateway behaves.

    Parameters
    ----------
    origins : web pages of other addresses that may ask from a browser
    hosts : names under which it may be asked for, without a port; any where empty. On the loopback address
        name them: a page whose name is made to point there is refused by that
    open_metrics : whether ``/metrics`` and ``/readyz`` need no token from the machine itself
    user_limit : requests of one user
    stranger_limit : requests of one address that nobody knows the token of
    public_owners : whose datasets everybody may read; "" stands for those of nobody
    largest_body : of a request, uploads apart [bytes]
    patience : how long the next piece of a body may take to come [s]
    heartbeat : how often followers hear that they are still connected [s]
    recheck : how often it is looked whether a follower's token still holds [s]
    streams : that one user may follow at once
    """

    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    open_metrics: bool = False
    user_limit: Limit = USER_LIMIT
    stranger_limit: Limit = STRANGER_LIMIT
    public_owners: frozenset[str] = frozenset()
    largest_body: int = LARGEST_BODY
    patience: float = 60.0
    heartbeat: float = 15.0
    recheck: float = 30.0
    streams: int = 100

    @property
    def is_private(self) -> bool:
        """Whether it can be asked for by this machine alone."""
        return bool(self.hosts) and set(self.hosts) <= set(LOOPBACK_NAMES)


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the gateway; who opened them closes them.

    Parameters
    ----------
    bus : started; followers of events wait at it
    log_of : returns what an attempt has written, by its label, from an offset, at most so many bytes
    """

    data: DataService
    jobs: JobService
    accounts: AccountService
    bus: EventBus
    log_of: Callable[[str, int, int], bytes]
    settings: GatewaySettings = field(default_factory=GatewaySettings)
