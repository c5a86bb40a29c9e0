"""Trials of a job store by several processes, some of which are killed.

``python -m dmod.testing.job_store_trials churn ADDRESS NAME`` submits and changes pairs of jobs until it is
killed, and says a line of each act that it was told has succeeded. ``contend ADDRESS NAME SECONDS`` fights
for a right, acts under it, and sleeps at times for longer than it has it.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace

from dmod.errors import StaleChange
from dmod.jobs.event import EventKind
from dmod.jobs.job import Job
from dmod.jobs.state import JobState
from dmod.jobs.store.opening import open_job_store
from dmod.jobs.store.port import Change, JobQuery, JobStore
from dmod.testing.job_store_values import a_job, an_event, with_attempt, with_done

READY = "ready"
RIGHT = "controller"
RIGHT_SECONDS = 0.2
MOVES = (JobState.STAGING, JobState.RUNNING, JobState.COLLECTING)


def churn(address: str, name: str) -> None:
    """Submit and change pairs of jobs for ever."""
    with closing(open_job_store(address)) as store:
        _say(READY)
        number = 0
        while True:
            pair = [f"{name}x{number}x{side}" for side in "ab"]
            jobs = [store.submit(a_job(job_id), [an_event(job_id)]).job for job_id in pair]
            _say(*pair, 0)
            for revision, state in enumerate(MOVES, 1):
                changes = [Change(_moved(job, revision, state), (an_event(job.id),)) for job in jobs]
                jobs = list(store.apply(changes).jobs)
                _say(*pair, revision)
            store.note([an_event(pair[0], EventKind.PROGRESS, done=0.5)])
            number += 1


def _moved(job: Job, revision: int, state: JobState) -> Job:
    """Return a job with a label, a step and an attempt that all say its next revision."""
    running = with_attempt(with_done(job, 0, f"{job.id} {revision}", {"n": revision}), 1, revision, 1, 0, 9)
    return replace(running, labels={"n": str(revision)}, state=state)


def contend(address: str, name: str, seconds: float) -> None:
    """Fight for a right for some time, and act under it."""
    dice = random.Random(name)
    with closing(open_job_store(address)) as store:
        _say(READY)
        sys.stdin.readline()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            fence = store.take_right(RIGHT, name, RIGHT_SECONDS)
            if fence is None:
                time.sleep(dice.uniform(0, RIGHT_SECONDS / 10))
                continue
            if dice.random() < 0.3:
                time.sleep(dice.uniform(RIGHT_SECONDS, 2 * RIGHT_SECONDS))
            # read after the sleep, so that only the right can tell that it is too late
            job = store.job("j1")
            event = an_event("j1", token=fence.token, holder=name)
            try:
                store.apply([Change(job, (event,))], fence)
            except StaleChange:
                _say("refused")
            if dice.random() < 0.2:
                store.end_right(RIGHT, name)


def started(*commands: Sequence[str]) -> list[subprocess.Popen[str]]:
    """Return processes that do these, once all are ready."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "dmod.testing.job_store_trials", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    if any(process.stdout is None or process.stdout.readline().strip() != READY for process in processes):
        killed(processes)
        raise RuntimeError(f"a trial did not start: {commands}")
    return processes


def killed(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Kill processes; return the lines that they said, without those that were cut off."""
    found = []
    for process in processes:
        process.kill()
    for process in processes:
        said, _ = process.communicate()
        found += [line for line in said.splitlines(keepends=True) if line.endswith("\n")]
    return found


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def faults(store: JobStore, said: Iterable[str]) -> list[str]:
    """Return what contradicts itself in a store after `churn`, or what was said to be kept and is not."""
    events = store.events(limit=10**6)
    found = []
    if [event.sequence for event in events] != list(range(1, store.last_sequence() + 1)):
        found.append("a number of an event was left out or used twice")
    counts: dict[str, int] = {}
    for event in events:
        counts[event.job] = counts.get(event.job, 0) + (event.kind is EventKind.STATE)
    jobs = {job.id: job for job in store.active()}
    if set(jobs) != set(counts):
        found.append("there are jobs without events, or events without jobs")
    found += [fault for job in jobs.values() for fault in _faults_of(store, job, counts.get(job.id, 0))]
    for line in said:
        first, second, revision = line.split()
        for name in (first, second):
            if name not in jobs or jobs[name].revision < int(revision):
                found.append(f"{name} was changed {revision} times, and is not")
        if first in jobs and second in jobs and jobs[first].revision != jobs[second].revision:
            found.append(f"only one of {first} and {second} was changed")
    return found


def _faults_of(store: JobStore, job: Job, count: int) -> Sequence[str]:
    revision = job.revision
    state = JobState.CREATED if revision == 0 else MOVES[revision - 1]
    labels = (("n", str(revision)),) if revision else ()
    query = JobQuery(text=job.id, states=frozenset({state}), visible_to=job.owner, labels=labels)
    is_right = {
        "events": count == revision + 1,
        "state": job.state is state,
        "result": (job.steps[0].result or {"n": 0}) == {"n": revision},
        "attempts": len(job.steps[1].attempts) == revision,
        "list": [item.id for item in store.list(query).jobs] == [job.id],
        "step": revision == 0 or store.done_step(f"{job.id} {revision}") == (job, "stage"),
    }
    return [f"{name} of {job.id} not as it should be" for name, right in is_right.items() if not right]


if __name__ == "__main__":
    if sys.argv[1] == "churn":
        churn(*sys.argv[2:4])
    else:
        contend(sys.argv[2], sys.argv[3], float(sys.argv[4]))
