"""Lists of jobs: what the query parameters of the standard choose, of the jobs that one may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dmod.api.ogc.processes import KINDS, PROCESSES
from dmod.api.ogc.status import STATES, StatusCode, status_of
from dmod.errors import InputError
from dmod.jobs.job import Job, JobKind
from dmod.jobs.store.port import JobQuery, Page

LARGEST_PAGE = 1000
BATCH = 500
LOOKS = 20
"""Pages of jobs that are looked through for one answer; what is left is on the next."""
_TICK = timedelta(microseconds=1)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which jobs are wanted.

    Parameters
    ----------
    kinds : any of these
    statuses : any of these; empty is all
    shortest, longest : that they have run so far [s]
    """

    kinds: frozenset[JobKind] = KINDS
    statuses: frozenset[StatusCode] = frozenset()
    begin: datetime | None = None
    end: datetime | None = None
    shortest: int | None = None
    longest: int | None = None

    def query(self, visible: JobQuery) -> JobQuery:
        """Return the query for all jobs that can be among them."""
        states = frozenset(state for status in self.statuses for state in STATES[status])
        return replace(
            visible,
            kinds=self.kinds,
            states=states,
            created_after=self.begin,
            created_before=None if self.end is None or self.end >= _LAST else self.end + _TICK,
        )

    def has(self, job: Job, now: datetime) -> bool:
        """Whether a job is one of them."""
        if self.statuses and status_of(job) not in self.statuses:
            return False
        if self.shortest is None and self.longest is None:
            return True
        if job.started is None:
            return False
        seconds = ((job.ended or now) - job.started).total_seconds()
        return (self.shortest is None or seconds >= self.shortest) and (
            self.longest is None or seconds <= self.longest
        )


def words_of(given: list[str]) -> list[str]:
    """Return the words of a parameter that is given several times, or once with commas."""
    return [word for item in given for word in item.split(",") if word]


def statuses_of(given: list[str]) -> frozenset[StatusCode]:
    """Return statuses by name.

    Raises
    ------
    InputError
        there is none of some name.
    """
    try:
        return frozenset(StatusCode(word) for word in words_of(given))
    except ValueError as error:
        raise InputError(f"status: {error}", hint=f"there are {', '.join(StatusCode)}") from error


def kinds_of(given: list[str]) -> frozenset[JobKind]:
    """Return the kinds of jobs of processes; those that are none have no jobs."""
    words = words_of(given)
    return frozenset(JobKind(word) for word in words if word in PROCESSES) if words else KINDS


def interval_of(text: str) -> tuple[datetime | None, datetime | None]:
    """Return begin and end, both included, of an interval ``a/b``, ``a/..``, ``../b`` or a moment.

    Raises
    ------
    InputError
        it is neither.
    """
    if not text:
        return None, None
    first, sign, last = text.partition("/")
    begin, end = _time(first, is_open=bool(sign)), _time(last if sign else first, is_open=bool(sign))
    if begin is None and end is None:
        raise InputError("datetime: the interval has neither begin nor end", hint="leave it out")
    if begin is not None and end is not None and end < begin:
        raise InputError("datetime: the interval ends before it begins")
    return begin, end


def _time(text: str, *, is_open: bool) -> datetime | None:
    if is_open and text in {"", ".."}:
        return None
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"datetime: {text[:40]!r} is no time", hint="write 2030-01-01T00:00:00Z, or two with / between"
        ) from error


def page_of(
    pages: Callable[[JobQuery], Page], query: JobQuery, chosen: Chosen, limit: int, now: datetime
) -> tuple[list[Job], str]:
    """Return some jobs, and the id after which to go on; "" where there are no more.

    Parameters
    ----------
    pages : returns a page of jobs, as the store does
    """
    found: list[Job] = []
    if not chosen.kinds:
        return found, ""
    is_plain = not chosen.statuses and chosen.shortest is None and chosen.longest is None
    query = replace(query, limit=limit if is_plain else BATCH)
    for _ in range(LOOKS):
        page = pages(query)
        for job in page.jobs:
            if len(found) == limit:
                return found, found[-1].id
            if chosen.has(job, now):
                found.append(job)
        if not page.next:
            return found, ""
        query = replace(query, after=page.next)
        if len(found) == limit:
            return found, found[-1].id
    return found, query.after
