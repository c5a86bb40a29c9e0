"""Asking Slurm's accounts, where a cluster keeps any, for what its queue has forgotten."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from itertools import islice

from dmod.errors import BackendError
from dmod.jobs.executor.engine.port import Sight
from dmod.jobs.executor.slurm.accounts import accounts_command, parse_accounts
from dmod.jobs.executor.slurm.commands import CommandRefused, Commands
from dmod.jobs.executor.slurm.parsing import Members, no_members

AT_ONCE = 2000
"""Jobs asked for in one question, at most."""
PAUSE = 60.0
"""Before accounts that did not answer are asked again [s]: whoever asks them does not look at the queue."""
DISABLED_PAUSE = 3600.0
"""The same where the cluster keeps none [s]."""
DISABLED = "storage is disabled"
"""In what ``sacct`` says where it has nothing to ask."""

log = logging.getLogger("dmod.executor")


class Accounting:
    """Asks ``sacct``; used by one thread.

    Parameters
    ----------
    mark : of the executor among all that use the cluster
    members : which label an element of an array has
    """

    def __init__(self, commands: Commands, mark: str, members: Members = no_members) -> None:
        self._commands = commands
        self._mark = mark
        self._members = members
        self._not_before = -1e9

    def ended(self, missing: Mapping[str, str]) -> dict[str, Sight]:
        """Return how attempts ended, as far as accounts know them.

        Parameters
        ----------
        missing : ids of jobs by label
        """
        if time.monotonic() < self._not_before:
            return {}
        some = dict(islice(missing.items(), AT_ONCE))
        try:
            text = self._commands.run(accounts_command(list(some.values())))
        except CommandRefused as error:
            is_disabled = DISABLED in str(error)
            self._rest(DISABLED_PAUSE if is_disabled else PAUSE, str(error))
        except BackendError as error:
            self._rest(PAUSE, error.message)
        else:
            return parse_accounts(text, self._mark, some, self._members)
        return {}

    def _rest(self, pause: float, why: str) -> None:
        log.info("accounts of Slurm are not asked for %g s: %s", pause, why)
        self._not_before = time.monotonic() + pause
