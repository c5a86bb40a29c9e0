"""What an administrator decides about the queue: ageing, fair shares, limits of each user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from dmod.core.quantity import parse_duration
from dmod.errors import InputError, QuotaExceeded
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.demand import Demand
from dmod.jobs.schedule.refusal import plural


@dataclass(frozen=True, slots=True)
class Quota:
    """How much one user may have at once; None where there is no limit.

    Parameters
    ----------
    running : jobs that hold resources
    cpus : that those jobs hold together
    queued : jobs that are not at an end, counted when one more is submitted
    """

    running: int | None = None
    cpus: int | None = None
    queued: int | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise InputError(f"{name} of a quota cannot be {value!r}", hint="1 or more, or left out")

    @classmethod
    def of(cls, document: Mapping[str, Any], where: str = "quota") -> Quota:
        """Return what a configuration says.

        Raises
        ------
        InputError
            a key is unknown, or a value is not what it should be.
        """
        _require_known(document, cls.__slots__, where)
        try:
            return cls(**document)
        except InputError as error:
            raise InputError(f"{where}: {error.message}", hint=error.hint) from error


@dataclass(frozen=True, slots=True)
class Policy:
    """What decides about the order of jobs.

    Parameters
    ----------
    ageing : points of priority that each hour of waiting adds, more than 0: nobody starves
    share : points that somebody has who has used nothing lately; whoever has used as much as the mean of
        the users who are there has half of them
    half_life : after which time what was used counts half [s]
    reservations : for how many waiting jobs of each executor room is kept free; others start in what is left
    quota : of everybody who has none of their own
    quotas : by user
    """

    ageing: float = 4.0
    share: float = 20.0
    half_life: float = 7 * 86400.0
    reservations: int = 30
    quota: Quota = Quota()
    quotas: Mapping[str, Quota] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, least, may_equal in _LIMITS:
            value = getattr(self, name)
            whole = isinstance(value, int | float) and not isinstance(value, bool)
            if not whole or not least <= value < float("inf") or (value == least and not may_equal):
                allowed = f"{least:g} or more" if may_equal else f"more than {least:g}"
                raise InputError(f"{name} cannot be {value!r}", hint=f"a number, {allowed}")
        if not isinstance(self.reservations, int):
            raise InputError(f"reservations cannot be {self.reservations!r}", hint="a whole number")

    @classmethod
    def of(cls, document: Mapping[str, Any], where: str = "schedule") -> Policy:
        """Return what a configuration says.

        Parameters
        ----------
        document : keys as the parameters; ``half_life`` may be text (``7 days``)
        where : for messages

        Raises
        ------
        InputError
            a key is unknown, or a value is not what it should be.
        """
        _require_known(document, [item.name for item in fields(cls)], where)
        values = dict(document)
        try:
            if isinstance(values.get("half_life"), str):
                values["half_life"] = parse_duration(values["half_life"])
            for name in {"quota", "quotas"} & set(values):
                if not isinstance(values[name], Mapping):
                    raise InputError(f"{name} cannot be {values[name]!r}", hint="a table")
            if "quota" in values:
                values["quota"] = Quota.of(values["quota"], "quota")
            if "quotas" in values:
                values["quotas"] = {
                    owner: Quota.of(_table(quota, f"quotas.{owner}"), f"quotas.{owner}")
                    for owner, quota in values["quotas"].items()
                }
            return cls(**values)
        except InputError as error:
            raise InputError(f"{where}: {error.message}", hint=error.hint) from error

    def quota_of(self, owner: str) -> Quota:
        """Return how much somebody may have."""
        return self.quotas.get(owner, self.quota)

    def require_queue_room(self, owner: str, queued: int) -> None:
        """Check that somebody may submit one more job.

        Parameters
        ----------
        queued : how many of theirs are not at an end

        Raises
        ------
        QuotaExceeded
            that is as many as they may have; it can help to try again later.
        """
        most = self.quota_of(owner).queued
        if most is not None and queued >= most:
            raise QuotaExceeded(
                f"{owner} has {plural(queued, 'job')} that are not at an end, and may have {most}",
                hint="wait until some are done, or cancel some",
                retryable=True,
            )

    def refusal(self, owner: str, demand: Demand) -> Cause | None:
        """Return why somebody can never have what a job needs; None if they can."""
        most = self.quota_of(owner).cpus
        if most is None or demand.cpus <= most:
            return None
        return Cause(
            CauseKind.UNSATISFIABLE,
            f"needs {plural(demand.cpus, 'CPU')}, and {owner} may have {most} at once",
            f"ask for {most} or fewer",
        )


_LIMITS = (("ageing", 0.0, False), ("share", 0.0, True), ("half_life", 0.0, False), ("reservations", 1, True))


def _require_known(document: Mapping[str, Any], allowed: Any, where: str) -> None:
    unknown = sorted(str(key) for key in set(document) - set(allowed))
    if unknown:
        raise InputError(f"{where} has no key {', '.join(unknown)}", hint="allowed: " + ", ".join(allowed))


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"{where} cannot be {value!r}", hint="a table")
    return value
