"""The controller: looks at jobs, executors and nodes, decides what is next, and has it done.

Any number of controllers may be started; one holds the right to act, and another takes over when it is not
renewed. Whatever a controller knows it can learn again from the store and the executors, so that it may be
killed at any moment:

- An attempt is *intended* in the store before the executor is asked to run it. Whoever finds one that the
  executor does not know asks again; the same label is never started twice.
- Every change names the revision of the job that it was made from and the right under which it is made. One
  that comes too late changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from dmod.core.process import Process
from dmod.errors import BackendError, StaleChange, SubmitError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.control.clock import utc_now
from dmod.jobs.control.gathering import Members, advance, is_gathered
from dmod.jobs.control.moving import await_turn, fail, intend, running_step, wish
from dmod.jobs.control.observing import observe, report_of
from dmod.jobs.control.reusing import Reusing
from dmod.jobs.control.scheduling import Scheduling
from dmod.jobs.demand import Node
from dmod.jobs.event import Event, EventKind
from dmod.jobs.executor.port import Executor, Progress, Task, TaskState, TaskStatus
from dmod.jobs.job import Job, Step, label
from dmod.jobs.request.request import retry_policy
from dmod.jobs.state import StepState
from dmod.jobs.store.port import Change, Fence, JobStore

RIGHT = "controller"
RIGHT_SECONDS = 12.0
"""How long the right to act lasts without being renewed; another takes over after that."""
IDLE_SECONDS = 0.5
"""How often the store is looked at when nobody says that something has changed."""
REPORT_SECONDS = 1.0
NODES_SECONDS = 5.0
"""How often executors are asked which nodes they have."""
GRACE_SECONDS = 10.0
"""Between asking an attempt to end and ending it by force."""

log = logging.getLogger("dmod.controller")


@dataclass
class Controller:
    """The controller of all jobs in a store.

    Parameters
    ----------
    executors : by name
    folder : for the work of jobs, one folder each
    holder : of the right to act: the text of its process
    members : of jobs that are made of others
    environment : variables that steps are given
    told : called when events have been stored
    """

    store: JobStore
    executors: Mapping[str, Executor]
    scheduling: Scheduling
    reusing: Reusing
    folder: Path
    holder: str
    members: Members | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    told: Callable[[], None] = lambda: None
    clock: Callable[[], datetime] = utc_now
    jobs: dict[str, Job] = field(default_factory=dict)
    _revisions: dict[str, int] = field(default_factory=dict)
    _fence: Fence | None = None
    _renewed: float = -1e9
    _seen: int = 0
    _nodes: dict[str, tuple[Node, ...]] = field(default_factory=dict)
    _nodes_at: float = -1e9
    _reported: float = 0.0
    _progress: dict[str, Progress] = field(default_factory=dict)
    _cancelled: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def is_acting(self) -> bool:
        """Whether it has the right to act."""
        return self._fence is not None

    def run(self) -> None:
        """Act until `stop` is called; what cannot be reached is tried again."""
        pause = IDLE_SECONDS
        try:
            while not self._stop.is_set():
                try:
                    changed = self.round()
                    pause = IDLE_SECONDS
                except StaleChange as error:
                    log.info("somebody else changed what was to be changed: %s", error.message)
                    self._lose()
                    changed = False
                except BackendError as error:
                    log.warning("%s", error)
                    self._lose()
                    changed, pause = False, min(2 * pause, 5.0)
                if not changed:
                    self._wait(pause)
        finally:
            self._give_up()

    def stop(self) -> None:
        """Let `run` return; attempts under way go on."""
        self._stop.set()
        self.wake()

    def wake(self) -> None:
        """Look now: something was submitted, or is to be cancelled."""
        for executor in self.executors.values():
            executor.wake()

    def round(self) -> bool:
        """Look once at everything and do what follows; return whether anything was changed.

        Raises
        ------
        StaleChange
            a job was changed meanwhile, or the right to act is lost.
        IndexFailure
            the store cannot be reached.
        """
        if not self._hold_right():
            return False
        if time.monotonic() - self._nodes_at > NODES_SECONDS:
            self._find_nodes()
        self._learn()
        # each may change what the next one sees
        changed = self._observe()
        changed |= self._cancel()
        changed |= self._gather()
        changed |= self._reuse()
        changed |= self._place()
        return changed

    # knowing

    def _hold_right(self) -> bool:
        now = time.monotonic()
        if self._fence is not None and now - self._renewed < RIGHT_SECONDS / 4:
            return True
        had = self._fence
        self._fence = self._take_right()
        self._renewed = now
        if self._fence is None:
            self._lose()
        elif had is None or had.token != self._fence.token:
            self._take_over()
        return self._fence is not None

    def _take_right(self) -> Fence | None:
        """Take or renew the right to act; that of a process which has surely ended is not waited for."""
        fence = self.store.take_right(RIGHT, self.holder, RIGHT_SECONDS)
        if fence is None:
            holder = self.store.right_holder(RIGHT)
            process = Process.parse(holder)
            if process is not None and process.is_gone():
                self.store.end_right(RIGHT, holder)
                fence = self.store.take_right(RIGHT, self.holder, RIGHT_SECONDS)
        return fence

    def _take_over(self) -> None:
        """Learn everything anew."""
        self._seen = self.store.last_sequence()
        self.jobs.clear()
        for job in self.store.active():
            self._remember(job)
        self._cancelled.clear()
        self._nodes.clear()
        self._find_nodes()
        log.info("acting as controller, %d jobs under way", len(self.jobs))

    def _find_nodes(self) -> None:
        """Note which nodes executors have, and which of them are ready, if that is not as it was."""
        self._nodes_at = time.monotonic()
        is_new = False
        for executor in self.executors.values():
            try:
                found = tuple(executor.nodes())
            except BackendError as error:
                log.warning("%s does not say which nodes it has: %s", executor.name, error.message)
                continue
            if found != self._nodes.get(executor.name):
                self.store.set_nodes(executor.name, found)
                self._nodes[executor.name], is_new = found, True
        if is_new:
            self.scheduling.nodes = self.store.nodes()

    def _learn(self) -> None:
        """Look again at jobs that others have changed."""
        last = self.store.last_sequence()
        if last == self._seen:
            return
        changed = self.store.changed(self._seen)
        others = [name for name, revision in changed.items() if self._revisions.get(name) != revision]
        for job in self.store.jobs(others):
            self._remember(job)
        self._revisions = {name: self._revisions[name] for name in self.jobs}
        self._seen = last

    def _remember(self, job: Job) -> None:
        self._revisions[job.id] = job.revision
        if job.is_over:
            self.jobs.pop(job.id, None)
        else:
            self.jobs[job.id] = job

    def _lose(self) -> None:
        self._fence = None
        self._renewed = -1e9
        self.jobs.clear()

    def _give_up(self) -> None:
        if self._fence is None:
            return
        try:
            self.store.end_right(RIGHT, self.holder)
        except BackendError as error:
            log.warning("the right to act was not given back: %s", error.message)

    def _wait(self, seconds: float) -> None:
        executor = next(iter(self.executors.values()))
        due = self._next_due()
        executor.wait(min(seconds, due) if due is not None else seconds)

    def _next_due(self) -> float | None:
        """Return in how many seconds a step is to be tried again."""
        now = self.clock()
        moments = [step.not_before for job in self.jobs.values() for step in job.steps if step.not_before]
        return (
            max(0.01, min((moment - now) / timedelta(seconds=1) for moment in moments)) if moments else None
        )

    # doing

    def _apply(self, changes: list[Change]) -> list[Job]:
        """Store changes and remember the jobs as they are now."""
        applied = self.store.apply(changes, self._fence)
        for job in applied.jobs:
            self._remember(job)
        for event in applied.events:
            if event.kind is EventKind.STATE:
                log.info("%s: %s", event.data["to"], event.reason, extra={"job": event.job})
        if applied.events:
            self.told()
        return list(applied.jobs)

    def _observe(self) -> bool:
        """Look at all attempts under way, and note what became of them."""
        changes: list[Change] = []
        again: list[Job] = []
        alive: dict[str, TaskStatus] = {}
        for name, executor in self.executors.items():
            under_way = self._under_way(name)
            if not under_way:
                continue
            statuses = executor.poll(list(under_way))
            at = self.clock()
            for status, job in zip(statuses, under_way.values(), strict=True):
                found = observe(job, status, retry_policy(job.request), at)
                if found.change is not None:
                    changes.append(found.change)
                if found.submit:
                    again.append(job)
                    self._cancelled.discard(status.label)  # it could not be cancelled before it was known
                if status.state in {TaskState.RUNNING, TaskState.PENDING, TaskState.STALE}:
                    alive[status.label] = status
        before = dict(self.jobs)
        done = self._apply(changes) if changes else []
        self._report(alive)
        # a job that went on in what it has got, and what its executor has not heard of
        self._submit([job for job in done if _is_new(job, before.get(job.id))])
        self._submit(again)
        return bool(changes or again)

    def _under_way(self, executor: str) -> dict[str, Job]:
        found = {}
        for job in self.jobs.values():
            step = running_step(job)
            attempt = step.attempt if step else None
            if step is not None and attempt is not None and attempt.executor == executor:
                found[label(job.id, step.name, attempt.number)] = job
        return found

    def _report(self, alive: Mapping[str, TaskStatus]) -> None:
        """Tell how far attempts are, about once a second."""
        now = time.monotonic()
        over = [name for name in self._progress if name not in alive]
        if now - self._reported < REPORT_SECONDS and not over:
            return
        self._reported = now
        at = self.clock()
        events = []
        for name, status in alive.items():
            if status.progress is not None and status.progress != self._progress.get(name):
                self._progress[name] = status.progress
                job, step, _ = name.split(":")
                data = {"step": step, "text": status.progress.text, "done": status.progress.done}
                events.append(Event(job, at, EventKind.PROGRESS, "worker", status.progress.text, data))
        for name in over:
            del self._progress[name]
        if alive or over:
            self.store.report({name: report_of(status) for name, status in alive.items()}, over)
        if events:
            self.store.note(events)
            self.told()

    def _cancel(self) -> bool:
        """Ask attempts to end whose jobs are not wanted any more; end jobs that have none."""
        changes: list[Change] = []
        asked = False
        for job in self.jobs.values():
            if job.wish is None or is_gathered(job):
                continue
            step = running_step(job)
            if step is None:
                changes.append(wish(job, job.wish.actor, job.wish.reason, self.clock()))
                continue
            attempt = step.attempt
            assert attempt is not None
            name = label(job.id, step.name, attempt.number)
            if name not in self._cancelled:
                self.executors[attempt.executor].cancel(name, GRACE_SECONDS)
                self._cancelled.add(name)
                asked = True
        if changes:
            self._apply(changes)
        return asked or bool(changes)

    def _gather(self) -> bool:
        """Let jobs that are made of others go on as their members do."""
        if self.members is None:
            return False
        at = self.clock()
        changes = []
        for job in list(self.jobs.values()):
            if is_gathered(job) and (change := advance(job, self.members, at)):
                changes.append(change)
        if changes:
            self._apply(changes)
        return bool(changes)

    def _reuse(self) -> bool:
        """Take results of what was done before."""
        at = self.clock()
        changes = [change for job in list(self.jobs.values()) if (change := self.reusing.look(job, at))]
        if changes:
            self._apply(changes)
        return bool(changes)

    def _place(self) -> bool:
        """Give jobs what they wait for, best first, and have their next steps run."""
        at = self.clock()
        decided = self.scheduling.decide(self.jobs.values(), at)
        changes = list(decided.refused)
        for job_id, allocation in decided.placements:
            changes.append(intend(self.jobs[job_id], allocation, at))
        placed = {job_id for job_id, _ in decided.placements} | {item.job.id for item in decided.refused}
        for job in self.jobs.values():
            if job.id not in placed and not is_gathered(job) and (change := await_turn(job, at)):
                changes.append(change)
        if not changes:
            return False
        started = self._apply(changes)
        self._submit([job for job in started if running_step(job) is not None])
        return True

    def _submit(self, jobs: Iterable[Job]) -> None:
        """Ask executors to run the attempts that are intended."""
        tasks = []
        for job in jobs:
            step = running_step(job)
            if step is not None and step.attempt is not None:
                tasks.append((job, self.executors[step.attempt.executor], self._task(job, step)))
        refusals = _submitted([(executor, task) for _, executor, task in tasks])
        at = self.clock()
        failed = [
            fail(job, cause, TaskStatus(task.label, TaskState.UNKNOWN), retry_policy(job.request), at)
            for job, _, task in tasks
            if (cause := refusals.get(task.label)) is not None
        ]
        if failed:
            self._apply(failed)

    def _task(self, job: Job, step: Step) -> Task:
        attempt = step.attempt
        assert attempt is not None
        inputs = {
            **step.plan.inputs,
            "job": {
                "id": job.id,
                "name": job.name,
                "owner": job.owner,
                "kind": job.kind.value,
                "is_confined": job.is_confined,
            },
            "key": step.key,
            "found": {name: job.results[name] for name in step.plan.after},
        }
        return Task(
            label(job.id, step.name, attempt.number),
            step.plan.action,
            inputs,
            self.folder / job.id,
            attempt.allocation,
            job.demand[step.plan.group].seconds,
            self.environment,
            step.plan.inputs.get("image", ""),
        )


def _submitted(items: Iterable[tuple[Executor, Task]]) -> dict[str, Cause]:
    """Ask executors to run attempts; return why they will not, by label.

    One whose answer was lost may have been accepted: it is withdrawn, for another attempt follows.
    """
    by_executor: dict[str, tuple[Executor, list[Task]]] = {}
    for executor, task in items:
        by_executor.setdefault(executor.name, (executor, []))[1].append(task)
    refused = {}
    for executor, tasks in by_executor.values():
        for task, told in zip(tasks, executor.submit_many(tasks), strict=True):
            if isinstance(told, SubmitError):
                kind = CauseKind.BACKEND if told.retryable else CauseKind.INPUT
                refused[task.label] = Cause(kind, told.message, told.hint or "", told.retryable)
                if told.retryable:
                    executor.cancel(task.label, 0.0)
    return refused


def _is_new(job: Job, before: Job | None) -> bool:
    """Whether a job has begun another attempt."""
    now = running_step(job)
    was = running_step(before) if before else None
    if now is None or now.state is not StepState.RUNNING:
        return False
    return was is None or (was.name, len(was.attempts)) != (now.name, len(now.attempts))
