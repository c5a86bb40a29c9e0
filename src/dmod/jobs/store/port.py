"""The port of job stores: jobs with their steps, what happened to them, nodes, and who may act.

All that happens to jobs goes through `JobStore.apply`: one transaction that changes some jobs, each only if
it is still as it was when the change was decided, and notes why. So a job, its allocation and its history
never contradict each other, whoever is killed when.
"""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dmod.jobs.demand import Node
from dmod.jobs.event import Event
from dmod.jobs.job import Job, JobKind
from dmod.jobs.state import JobState


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to act as controller, as it was when it was taken.

    Parameters
    ----------
    name : of the right
    token : grows whenever another takes the right; a change with an older token is refused
    """

    name: str
    token: int


@dataclass(frozen=True, slots=True)
class Change:
    """A job as it is to be, and what happened to it.

    Parameters
    ----------
    job : its ``revision`` is that of the job that the change was made from; it is stored with the next one.
        Its id, kind, owner, request, digest, time of creation and idempotency key are those it was submitted
        with
    events : in order; their sequences are given by the store
    """

    job: Job
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a submission.

    Parameters
    ----------
    is_new : False where the same key had been used for the same request before: the job is that one
    """

    job: Job
    is_new: bool


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which jobs to list; what is left out does not matter.

    Parameters
    ----------
    owner : whose they are
    visible_to : theirs, or shared with them
    states, kinds : any of these
    labels : all of these
    text : part of the id or name
    created_after, created_before : half open
    after : id of the last job of the page before
    newest_first : the order is that of ids, which is that of creation
    """

    owner: str = ""
    visible_to: str = ""
    states: frozenset[JobState] = frozenset()
    kinds: frozenset[JobKind] = frozenset()
    labels: tuple[tuple[str, str], ...] = ()
    text: str = ""
    created_after: datetime | None = None
    created_before: datetime | None = None
    after: str = ""
    newest_first: bool = True
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Parameters
    ----------
    jobs : without requests, and without inputs and results of steps: not to be changed, but read again first
    next : to be given as ``after`` for the next page; "" where this is the last
    """

    jobs: tuple[Job, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of changes.

    Parameters
    ----------
    jobs : as they are stored now, with their new revisions
    events : with their sequences
    """

    jobs: tuple[Job, ...]
    events: tuple[Event, ...] = field(default=())


class JobStore(ABC):
    """Jobs and their history; safe to use from several threads and processes at once.

    Every method is one transaction. Errors of every method: `IndexFailure`, retryable where the
    database could not be reached or was busy.
    """

    address: str

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""

    @abstractmethod
    def submit(self, job: Job, events: Sequence[Event]) -> Submitted:
        """Keep a new job with its first events; return it, or the one that has its idempotency key already.

        Of any number of submissions with one key at once, one makes the job and the others get it.

        Raises
        ------
        AlreadyExists
            another job has its id.
        ConflictError
            the owner has used the key for another request (another digest).
        """

    @abstractmethod
    def apply(self, changes: Sequence[Change], fence: Fence | None = None) -> Applied:
        """Change jobs, each once, all or none.

        Raises
        ------
        ConflictError
            a change is of what never changes, or was made from a job of a list.
        StaleChange
            a job has been changed since, or the fence's right has gone to another: nothing was changed.
        JobNotFound
            one is not there.
        """

    @abstractmethod
    def note(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Add events that change nothing (progress, notes); return them with their sequences."""

    @abstractmethod
    def job(self, job_id: str) -> Job:
        """Return a job with all of its steps.

        Raises
        ------
        JobNotFound
            there is none; ids that start alike are named.
        """

    @abstractmethod
    def jobs(self, ids: Collection[str]) -> builtins.list[Job]:
        """Return the jobs of some ids that there are, with all of their steps, in the order of creation."""

    @abstractmethod
    def active(self) -> builtins.list[Job]:
        """Return all jobs that are not at an end, in the order of creation."""

    @abstractmethod
    def changed(self, after: int) -> Mapping[str, int]:
        """Return the revisions of jobs that were changed after a sequence, by their ids.

        Submissions and all that `apply` did count, with events or without; what `note` added does not.
        """

    @abstractmethod
    def list(self, query: JobQuery) -> Page:
        """Return a page of jobs, without their requests and the inputs and results of their steps.

        A text is looked for without regard to capitals.
        """

    @abstractmethod
    def count(self, query: JobQuery) -> dict[JobState, int]:
        """Return how many jobs of a query are in each state; ``after`` and ``limit`` do not matter."""

    @abstractmethod
    def answered(self, digest: str) -> Job | None:
        """Return the newest completed job with this digest that was not itself answered by another."""

    @abstractmethod
    def done_step(self, key: str) -> tuple[Job, str] | None:
        """Return the newest job with a step done under this key, and the step's name."""

    @abstractmethod
    def events(self, after: int = 0, *, job: str = "", limit: int = 1000) -> tuple[Event, ...]:
        """Return events after a sequence, of one job or of all, in order.

        None is ever seen later whose sequence is lower than one that was seen: a follower that goes on from
        the last one misses nothing.
        """

    @abstractmethod
    def last_sequence(self) -> int:
        """Return the last sequence that was given to an event or a change, 0 where none was.

        A change without an event takes one as well, so that numbers of events have gaps.
        """

    @abstractmethod
    def report(self, reports: Mapping[str, Mapping[str, Any]], over: Collection[str] = ()) -> None:
        """Keep what is known of attempts under way just now (progress, use of resources), by label.

        What was known of each before is replaced, and forgotten for those that are over.
        """

    @abstractmethod
    def reports(self, job: str = "") -> dict[str, Mapping[str, Any]]:
        """Return what was reported last, of a job's attempts or of all, by label."""

    @abstractmethod
    def set_nodes(self, executor: str, nodes: Sequence[Node]) -> None:
        """Note which nodes an executor has; those it had before and has no more are forgotten.

        Raises
        ------
        ConflictError
            another executor has a node of the same name: nothing was noted.
        """

    @abstractmethod
    def nodes(self) -> tuple[Node, ...]:
        """Return all nodes, by name."""

    @abstractmethod
    def usage(self, since: datetime, at: datetime) -> dict[str, float]:
        """Return the CPU seconds that each owner's attempts have been given between two times.

        For fair shares. An attempt has its CPUs from when it was intended until it ended; one that is under
        way has them still.
        """

    @abstractmethod
    def take_right(self, name: str, holder: str, seconds: float) -> Fence | None:
        """Take or renew the right to act under a name for some seconds; None if another has it.

        Time is PostgreSQL's, or this machine's clock that is never set and does not stop while it sleeps. A
        right that is over stays with its holder, under the same token, until another takes it.
        """

    @abstractmethod
    def end_right(self, name: str, holder: str) -> None:
        """Give a right back, so that another can take it at once; that of another stays.

        Changes under it are refused from then on.
        """

    @abstractmethod
    def right_holder(self, name: str) -> str:
        """Return who had a right last, over or not; "" where it was given back, or nobody had it."""

    @abstractmethod
    def prune(self, before: datetime) -> int:
        """Forget what was only of use while jobs were under way that ended before a time; return how much.

        Events of progress and reports are forgotten; jobs, their states, steps and notes are not. It is done
        in several transactions, so that nobody waits long for it.
        """
