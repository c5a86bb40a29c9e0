"""Measure job stores: `python benchmarks/jobs_store.py [--jobs 100000] [--only sqlite]`.

A store is filled with jobs of 100 owners, 40 under way and the others at an end, each with two steps and
six events. Measured is the first page of lists (50 jobs) and what they count, by each filter, with those that
find much and those that find nothing; then what controller and API do all day. PostgreSQL is a server of
this machine that runs for the measurement; its statistics are brought up to date after filling. It does not
wait for the disk, while SQLite does.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from sqlalchemy import Connection, Table, create_engine, insert, update

from dmod.database.database import url_of
from dmod.jobs.demand import Demand, Share
from dmod.jobs.event import Event, EventKind
from dmod.jobs.identity import new_job_id
from dmod.jobs.job import Attempt, Job, JobKind, Step, StepPlan
from dmod.jobs.state import AttemptState, JobState, StepState
from dmod.jobs.store.document import event_text, text_of
from dmod.jobs.store.opening import open_job_store
from dmod.jobs.store.port import Change, JobQuery, JobStore
from dmod.jobs.store.rows import (
    attempt_rows,
    job_row,
    label_rows,
    step_row,
    summary_text,
    viewer_rows,
)
from dmod.jobs.store.tables import (
    attempts,
    counters,
    events,
    jobs,
    labels,
    requests,
    steps,
    summaries,
    viewers,
)
from dmod.testing.postgresql import PostgresServer, missing
from measure import machine, table

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)
OWNERS, UNDER_WAY, EVENTS, BATCH = 100, 40, 6, 2_000
DATABASES = ("sqlite", "postgresql")
RARE = ("rare", "yes")
TOLD = {"step": "run", "to": "running"}
BROKEN = 1_000
"""Of so many jobs one has failed."""


def population(count: int) -> Iterator[Job]:
    """Yield jobs, the last ones under way."""
    dice = Random(1)
    for number in range(count):
        at = BEGIN + timedelta(seconds=20 * number)
        yield a_job(number, at, dice, is_over=number < count - UNDER_WAY)


def a_job(number: int, at: datetime, dice: Random, *, is_over: bool) -> Job:
    """Return a job that has run, or runs."""
    catchments = [f"cat-{dice.randrange(800_000)}" for _ in range(20)]
    attempt = Attempt(
        1,
        AttemptState.ENDED if is_over else AttemptState.STARTED,
        "local",
        at,
        f"pid {number}",
        (Share("node-1", 4, 4 * 10**9),),
        at,
        at + timedelta(seconds=300) if is_over else None,
    )
    state = JobState.RUNNING
    if is_over:
        state = JobState.FAILED if number % BROKEN == 0 else JobState.COMPLETED
    inputs = {"catchments": catchments}
    stage = Step(
        StepPlan("stage", "stage", JobState.STAGING, inputs, group="run"),
        0,
        StepState.DONE,
        f"s{number}",
        inputs,
    )
    run = Step(
        StepPlan("run", "run", JobState.RUNNING, {"threads": 4}, ("stage",), "run", is_reusable=True),
        1,
        StepState.DONE if is_over else StepState.RUNNING,
        f"r{number}",
        {"output": f"uuid-{number}", "score": 0.5} if is_over else None,
        attempts=(attempt,),
    )
    named = {"project": "everything", "basin": f"basin-{number % 500}"}
    return Job(
        new_job_id(at),
        JobKind.PROBE if number % BROKEN == 0 else JobKind.RUN,
        f"user-{int(OWNERS * dice.random() ** 3)}",
        {"kind": "run", "domain": {"catchments": catchments}, "time": ["2020-01-01", "2021-01-01"]},
        f"{number:064x}",
        at,
        f"Basin {number % 500}, year {2000 + number % 20}",
        {**named, **dict([RARE])} if number % BROKEN == 0 else named,
        idempotency_key=f"key-{number}",
        state=state,
        revision=4,
        updated=at,
        started=at,
        ended=attempt.ended,
        demand={"run": Demand(4, 4 * 10**9, 3600.0)},
        allocation=() if is_over else attempt.allocation,
        steps=(stage, run),
        shared_with=("reviewer",) if number % BROKEN == 0 else (),
    )


def fill(address: str, count: int) -> float:
    """Fill a store; return how long that takes [s]."""
    open_job_store(address).close()
    begin, engine, waiting, sequence = time.perf_counter(), create_engine(url_of(address)), [], 0
    for job in population(count):
        waiting.append(job)
        if len(waiting) == BATCH:
            with engine.begin() as connection:
                sequence = keep(connection, waiting, sequence)
            waiting = []
    with engine.begin() as connection:
        sequence = keep(connection, waiting, sequence)
        connection.execute(update(counters).values(last=sequence))
    engine.dispose()
    return time.perf_counter() - begin


def keep(connection: Connection, some: Sequence[Job], sequence: int) -> int:
    """Insert jobs and their events; return the last sequence."""
    rows: dict[Table, list[dict[str, Any]]] = {
        one: [] for one in (jobs, summaries, requests, viewers, labels, steps, attempts, events)
    }
    for job in some:
        request = text_of(job.request)
        rows[jobs].append(job_row(job, request))
        rows[requests].append({"job_id": job.id, "document": request})
        rows[summaries].append({"job_id": job.id, "document": summary_text(job)})
        rows[viewers] += viewer_rows(job)
        rows[labels] += label_rows(job)
        rows[steps] += [step_row(job, step) for step in job.steps]
        rows[attempts] += [row for step in job.steps for row in attempt_rows(job, step)]
        for number in range(EVENTS):
            sequence += 1
            kind = EventKind.PROGRESS if number == 3 else EventKind.STEP
            event = Event(
                job.id, job.created, kind, "controller", "run begins", {"step": "run", "to": "running"}
            )
            rows[events].append(
                {
                    "sequence": sequence,
                    "job_id": job.id,
                    "at": 0,
                    "kind": kind.value,
                    "is_change": kind is EventKind.STEP,
                    "document": event_text(event),
                }
            )
    for one, found in rows.items():
        if found:
            connection.execute(insert(one), found)
    return sequence


def queries(count: int) -> dict[str, JobQuery]:
    """Return what is asked of lists, by what it is called."""
    failed, completed = frozenset({JobState.FAILED}), frozenset({JobState.COMPLETED})
    middle = BEGIN + timedelta(seconds=10 * count)
    return {
        "all": JobQuery(),
        "all, from the middle": JobQuery(after=new_job_id(middle)[:9]),
        "owner of many": JobQuery(owner="user-0"),
        "owner of none": JobQuery(owner="nobody"),
        "visible to an owner of many": JobQuery(visible_to="user-0"),
        "visible to one with few": JobQuery(visible_to="reviewer"),
        "visible to nobody": JobQuery(visible_to="nobody"),
        "completed": JobQuery(states=completed),
        "failed or timed out": JobQuery(states=failed | {JobState.TIMED_OUT}),
        "visible to an owner of many, failed": JobQuery(visible_to="user-0", states=failed),
        "visible to one with few, completed": JobQuery(visible_to="reviewer", states=completed),
        "rare kind": JobQuery(kinds=frozenset({JobKind.PROBE})),
        "usual kind": JobQuery(kinds=frozenset({JobKind.RUN})),
        "label of all": JobQuery(labels=(("project", "everything"),)),
        "label of few": JobQuery(labels=(RARE,)),
        "label of all and label of few": JobQuery(labels=(("project", "everything"), RARE)),
        "label of all, visible to nobody": JobQuery(visible_to="nobody", labels=(("project", "everything"),)),
        "label of all, failed": JobQuery(labels=(("project", "everything"),), states=failed),
        "text that many have": JobQuery(text="basin 7"),
        "text that none has": JobQuery(text="nowhere"),
        "text that none has, visible": JobQuery(text="nowhere", visible_to="user-0"),
        "created long ago": JobQuery(created_before=BEGIN + timedelta(seconds=1000)),
        "created in the middle": JobQuery(created_after=middle, created_before=middle + timedelta(hours=1)),
    }


def timed(act: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Return how long an act takes [s], median and longest, in a process that has done it before."""
    act()
    found = []
    for _ in range(repeat):
        begin = time.perf_counter()
        act()
        found.append(time.perf_counter() - begin)
    return median(found), max(found)


def lists(store: JobStore, count: int, repeat: int) -> Iterator[list[str]]:
    """Yield lines of the table of lists."""
    for name, query in queries(count).items():
        page, counted = (
            timed(lambda q=query: store.list(q), repeat),
            timed(lambda q=query: store.count(q), repeat),
        )
        found = sum(store.count(query).values())
        yield [name, f"{found:,}", *(f"{1e3 * value:.1f}" for value in (*page, *counted))]


def acts(store: JobStore, count: int, repeat: int) -> Iterator[list[str]]:
    """Yield lines of the table of acts."""
    dice = Random(2)
    now = BEGIN + timedelta(seconds=20 * count)
    held = {job.id: job for job in store.active()}
    fence = store.take_right("controller", "benchmark", 3600.0)
    new = (
        replace(a_job(count + n, now, dice, is_over=False), idempotency_key=f"new-{n}") for n in range(10**6)
    )

    def an_event(job: Job) -> Event:
        return Event(
            job.id, now, EventKind.STEP, "controller", "run begins", {"step": "run", "to": "running"}
        )

    def submit() -> None:
        job = next(new)
        store.submit(job, [an_event(job)])
        held[job.id] = job

    def apply(number: int) -> None:
        changes = []
        for job in list(held.values())[:number]:
            step = replace(job.steps[1], result={"n": dice.random()})
            changes.append(Change(replace(job.with_step(step), updated=now), (an_event(job), an_event(job))))
        held.update({job.id: job for job in store.apply(changes, fence).jobs})

    some, told = next(iter(held)), {"done": 0.5}
    middle = EVENTS * count // 2
    what: dict[str, Callable[[], object]] = {
        "submit a job": submit,
        "submit with a key that was used": lambda: store.submit(replace(held[some], id="x"), []),
        "change a job, with two events": lambda: apply(1),
    }
    for name, act in what.items():
        yield [name, *(f"{1e3 * value:.1f}" for value in timed(act, 5 * repeat))]
    for _ in range(100):
        submit()
    what = {
        "change 100 jobs at once, with 200 events": lambda: apply(100),
        "note an event": lambda: store.note([replace(an_event(held[some]), kind=EventKind.PROGRESS)]),
        "report 40 attempts": lambda: store.report({f"{name}:run:1": told for name in list(held)[:40]}),
        "renew the right": lambda: store.take_right("controller", "benchmark", 3600.0),
        "read a job": lambda: store.job(some),
        "read all under way (more than 140)": store.active,
        "last sequence": store.last_sequence,
        "what changed in the last 200 events": lambda: store.changed(store.last_sequence() - 200),
        "1,000 events from the middle": lambda: store.events(middle),
        "events of a job": lambda: store.events(job=some),
        "answered": lambda: store.answered(f"{count // 2:064x}"),
        "a step done before": lambda: store.done_step(f"r{count // 2}"),
        "what owners were given in two weeks": lambda: store.usage(now - timedelta(days=14), now),
    }
    for name, act in what.items():
        yield [name, *(f"{1e3 * value:.1f}" for value in timed(act, repeat))]
    begin = time.perf_counter()
    removed = store.prune(BEGIN + timedelta(seconds=10 * count))
    yield [f"forget {removed:,} events of progress", f"{1e3 * (time.perf_counter() - begin):.0f}", ""]


def analyze(address: str) -> None:
    """Bring the statistics of a PostgreSQL database up to date, as it does by itself after a while."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=11)
    parser.add_argument("--only", choices=DATABASES, help="one of the databases")
    parser.add_argument("--output", type=Path, help="write the tables here as well")
    options = parser.parse_args()
    lines = [f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}; load before {os.getloadavg()[0]:.1f}."]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dmod-benchmark-")))
        for database in [options.only] if options.only else DATABASES:
            if database == "postgresql" and missing():
                lines.append(f"\nPostgreSQL was not measured: {missing()}")
                continue
            server = stack.enter_context(PostgresServer()) if database == "postgresql" else None
            address = server.make_database() if server else str(folder / "jobs.sqlite")
            filling = fill(address, options.jobs)
            if server:
                analyze(address)
            with closing(open_job_store(address)) as store:
                lines.append(f"\n{database}: {options.jobs:,} jobs, filled in {filling:.0f} s\n")
                header = ["list", "jobs", "first page, ms", "worst", "count, ms", "worst"]
                lines.append(table(header, list(lists(store, options.jobs, options.repeat))))
                header = ["act", "median, ms", "worst"]
                lines.append("\n" + table(header, list(acts(store, options.jobs, options.repeat))))
                lines.append(f"\nload after {os.getloadavg()[0]:.1f}")
                print("\n".join(lines), flush=True)
    if options.output:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
