"""Days of scheduling, simulated: every job starts, and none later than was promised."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.jobs.demand import Demand, Node, Paradigm
from dmod.jobs.schedule.decision import Decision, decide
from dmod.jobs.schedule.policy import Policy, Quota
from dmod.jobs.schedule.queue import Running, Waiting

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NODES = (Node("n1", 4, 8), Node("n2", 4, 8), Node("n3", 2, 4))
STEP = timedelta(minutes=10)


@dataclass
class Simulation:
    """Jobs that come, run for some part of the time they may take, and go."""

    policy: Policy
    dice: random.Random
    at: datetime = BEGIN
    queue: dict[str, Waiting] = field(default_factory=dict)
    running: dict[str, tuple[Running, datetime]] = field(default_factory=dict)
    started: dict[str, datetime] = field(default_factory=dict)
    usage: dict[str, float] = field(default_factory=dict)

    def submit(self, job: Waiting) -> None:
        self.queue[job.id] = job

    def round(self) -> Decision:
        """Let end what ends, decide, start what starts, and go on."""
        for job_id, (job, ends) in list(self.running.items()):
            if ends <= self.at:
                del self.running[job_id]
                used = job.cpus * (ends - job.started).total_seconds()
                self.usage[job.owner] = self.usage.get(job.owner, 0.0) + used
        under_way = [job for job, _ in self.running.values()]
        decision = decide(list(self.queue.values()), under_way, NODES, self.usage, self.policy, self.at)
        for job_id, allocation in decision.placements:
            job = self.queue.pop(job_id)
            self.started[job_id] = self.at
            lasts = timedelta(seconds=job.demand.seconds) * self.dice.choice([0.1, 0.5, 0.9, 1.0])
            self.running[job_id] = (
                Running(job_id, job.owner, job.demand, allocation, self.at),
                self.at + lasts,
            )
        for job_id, since in decision.reserved.items():
            self.queue[job_id] = replace(self.queue[job_id], reserved=since)
        self.at += STEP
        return decision

    def stream(self, number: int, owner: str, paradigm: Paradigm) -> Waiting:
        """Return one of many jobs of the highest priority."""
        cpus = self.dice.randint(1, 4)
        demand = Demand(cpus, self.dice.randint(0, 2 * cpus), self.dice.randint(1, 12) * 600.0, paradigm)
        return Waiting(f"s{number:05d}", owner, demand, self.at, 100)


@settings(max_examples=40)
@given(
    st.integers(0, 10**6),
    st.integers(1, 10),
    st.sampled_from(Paradigm),
    st.integers(1, 3),
    st.sampled_from([None, 2, 5]),
)
def test_starvation_of_any_job_under_a_stream_of_more_important_ones_ends(
    seed: int, cpus: int, paradigm: Paradigm, depth: int, most: int | None
) -> None:
    policy = Policy(ageing=30.0, share=20.0, reservations=depth, quota=Quota(running=most))
    simulation = Simulation(policy, random.Random(seed))
    cpus = min(cpus, 4) if paradigm is Paradigm.SINGLE_NODE else cpus
    poor = Waiting("poor", "ann", Demand(cpus, 2 * cpus, 3600.0, paradigm), BEGIN, 0)
    number = 0
    # after so long nobody who comes later can pass: 100 points and the whole share, at 30 points an hour;
    # then what came before must run, at most two hours each
    passed = BEGIN + timedelta(hours=(100 + 20) / 30)
    ahead: int | None = None
    deadline = passed
    while "poor" not in simulation.started:
        for owner in ("ann", "bob", "bob"):
            job = simulation.stream(number, owner, simulation.dice.choice(list(Paradigm)))
            if len(simulation.queue) < 25:
                simulation.submit(job)
            number += 1
        if simulation.at == BEGIN + STEP:
            simulation.submit(poor)
        simulation.round()
        if ahead is None and simulation.at > passed:
            ahead = len(simulation.queue)
            deadline = simulation.at + timedelta(hours=2 * (ahead + 2))
        assert ahead is None or simulation.at < deadline, "it waits for ever"


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from(Paradigm), st.integers(1, 8))
def test_starvation_of_a_large_job_by_small_ones_cannot_be_for_its_start_never_moves_later(
    seed: int, paradigm: Paradigm, depth: int
) -> None:
    simulation = Simulation(Policy(share=0.0, reservations=depth), random.Random(seed))
    cpus = 4 if paradigm is Paradigm.SINGLE_NODE else 10
    for number in range(8):
        simulation.submit(replace(simulation.stream(number, "bob", Paradigm.SINGLE_NODE), priority=0))
    simulation.round()
    simulation.submit(Waiting("large", "ann", Demand(cpus, cpus, 7200.0, paradigm), simulation.at, 100))
    promised: datetime | None = None
    number = 100
    while "large" not in simulation.started:
        for _ in range(3):
            simulation.submit(replace(simulation.stream(number, "bob", Paradigm.SINGLE_NODE), priority=0))
            number += 1
        decision = simulation.round()
        if "large" in decision.whys:
            start = decision.whys["large"].start
            assert start is not None
            assert promised is None or start <= promised
            promised = start
    assert promised is None or simulation.started["large"] < promised + STEP


def test_starvation_among_owners_does_not_come_of_many_jobs_by_one() -> None:
    """Somebody with a thousand jobs and somebody with a few, equally important, get about the same."""
    simulation = Simulation(Policy(ageing=0.1), random.Random(5))
    for number in range(1000):
        simulation.submit(Waiting(f"m{number:04d}", "many", Demand(1, 0, 1800.0), BEGIN))
    for _ in range(6):
        simulation.round()
    for number in range(30):
        simulation.submit(Waiting(f"few{number}", "few", Demand(1, 0, 1800.0), simulation.at))
    asked = simulation.at
    while sum(job.startswith("few") for job in simulation.started) < 30:
        simulation.round()
        # 30 jobs of at most half an hour on ten CPUs, though 900 were before them
        assert simulation.at - asked < timedelta(hours=4)
