"""What starts, what is reserved, what is held: single decisions."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Demand, Node, Paradigm, Share
from dmod.jobs.schedule.allocation import allocate
from dmod.jobs.schedule.decision import Decision, decide
from dmod.jobs.schedule.policy import Policy, Quota
from dmod.jobs.schedule.queue import Running, Waiting
from dmod.jobs.schedule.scene import Scene
from dmod.jobs.schedule.why import Hold

GB = 10**9
AT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NODES = (Node("n1", 8, 24 * GB), Node("n2", 8, 24 * GB))


def waiting(name: str, cpus: int = 1, hours: float = 1.0, **more) -> Waiting:
    """Return a job that began to wait at noon."""
    demand = Demand(cpus, more.pop("memory", GB), hours * 3600, more.pop("paradigm", Paradigm.SINGLE_NODE))
    return Waiting(name, more.pop("owner", "ann"), demand, more.pop("since", AT), **more)


def running(name: str, cpus: int, node: str, ends: float, owner: str = "bob") -> Running:
    """Return a job that began an hour ago and ends some hours from now at the latest."""
    demand = Demand(cpus, GB, (1 + ends) * 3600)
    return Running(name, owner, demand, (Share(node, cpus, GB),), AT - HOUR)


def look(
    queue: Sequence[Waiting],
    under_way: Sequence[Running] = (),
    nodes: Sequence[Node] = NODES,
    policy: Policy | None = None,
    usage: dict[str, float] | None = None,
) -> Decision:
    return decide(queue, under_way, nodes, usage or {}, policy or Policy(), AT)


def placed(decision: Decision) -> list[str]:
    return [job for job, _ in decision.placements]


def test_decision_on_empty_nodes_places_jobs_by_priority() -> None:
    decision = look([waiting("low", 8, priority=10), waiting("high", 8, priority=90), waiting("mid", 8)])
    assert decision.placements == (
        ("high", (Share("n1", 8, GB),)),
        ("mid", (Share("n2", 8, GB),)),
    )
    assert list(decision.whys) == ["low"]
    assert decision.reserved == {"low": AT}


def test_decision_with_equal_priorities_goes_by_waiting_then_by_id() -> None:
    queue = [waiting("b"), waiting("a"), waiting("c", since=AT - timedelta(seconds=1))]
    assert placed(look(queue)) == ["c", "a", "b"]


def test_decision_after_a_day_of_waiting_prefers_what_had_the_least_priority() -> None:
    queue = [waiting("old", priority=0, since=AT - 26 * HOUR), waiting("new", priority=100)]
    assert placed(look(queue)) == ["old", "new"]


def test_decision_among_owners_prefers_who_has_used_less() -> None:
    queue = [waiting("a", owner="ann", since=AT - HOUR), waiting("b", owner="bob")]
    assert placed(look(queue)) == ["a", "b"]
    assert placed(look(queue, usage={"ann": 1e6, "bob": 1e4})) == ["b", "a"]
    # what is running counts, too
    assert placed(look(queue, [running("r", 4, "n1", 1.0, owner="ann")])) == ["b", "a"]
    # and what those have used who are not there does not
    assert placed(look(queue, usage={"eve": 1e9})) == ["a", "b"]


def test_decision_lets_a_small_job_pass_only_where_the_large_one_is_not_delayed() -> None:
    nodes, under_way = NODES[:1], [running("r", 6, "n1", 2.0)]
    large = waiting("large", 8, priority=90)
    short, long = waiting("short", 2, hours=2.0), waiting("long", 2, hours=2.1)
    decision = look([large, long, short], under_way, nodes)
    assert placed(decision) == ["short"]
    assert decision.whys["large"].start == AT + 2 * HOUR
    assert decision.whys["long"].start == AT + 3 * HOUR


def test_decision_reserves_only_as_often_as_the_policy_says_and_fills_what_is_left() -> None:
    under_way = [running("r1", 7, "n1", 2.0), running("r2", 8, "n2", 4.0)]
    queue = [waiting(f"w{i}", 8, priority=90 - i) for i in range(4)] + [
        waiting("small", 1, hours=2.0, priority=1)
    ]
    decision = look(queue, under_way, policy=Policy(reservations=2))
    assert list(decision.reserved) == ["w0", "w1"]
    assert placed(decision) == ["small"]
    assert not decision.whys["w1"].is_rough
    assert decision.whys["w2"].is_rough


def test_decision_keeps_since_when_room_has_been_reserved() -> None:
    since = AT - 3 * HOUR
    decision = look(
        [waiting("w", 8, reserved=since)], [running("r1", 1, "n1", 1.0), running("r2", 1, "n2", 1.0)]
    )
    assert decision.reserved == {"w": since}
    assert decision.whys["w"].reserved == since


def test_decision_takes_what_has_had_its_time_to_end_soon() -> None:
    late = replace(running("r", 8, "n1", 1.0), until=AT - HOUR)
    decision = look([waiting("w", 8)], [late], NODES[:1])
    assert decision.placements == ()
    assert decision.whys["w"].start == AT + timedelta(seconds=60)


def test_decision_puts_nothing_on_a_node_that_is_paused() -> None:
    nodes = [replace(NODES[0], is_ready=False), NODES[1]]
    decision = look([waiting("a", 4), waiting("b", 8)], nodes=nodes)
    assert decision.placements == (("a", (Share("n2", 4, GB),)),)
    nothing = look([waiting("a")], nodes=[replace(node, is_ready=False) for node in NODES])
    assert nothing.whys["a"].hold is Hold.PAUSED
    assert nothing.reserved == {}


def test_decision_with_what_only_a_paused_node_can_run_lets_others_pass() -> None:
    nodes = [Node("big", 64, 99 * GB, is_ready=False), NODES[0]]
    decision = look([waiting("large", 32, priority=100), waiting("small", 8)], nodes=nodes)
    assert placed(decision) == ["small"]
    assert decision.whys["large"].hold is Hold.PAUSED
    assert "paused: big" in decision.whys["large"].waits_for[0]


def test_decision_refuses_what_can_never_start() -> None:
    policy = Policy(quotas={"eve": Quota(cpus=2)})
    queue = [
        waiting("huge", 9),
        waiting("spread", 9, paradigm=Paradigm.ROUND_ROBIN),
        waiting("e", 3, owner="eve"),
    ]
    decision = look(queue, policy=policy)
    assert placed(decision) == ["spread"]
    assert {job: cause.kind for job, cause in decision.refused.items()} == {
        "huge": CauseKind.UNSATISFIABLE,
        "e": CauseKind.UNSATISFIABLE,
    }
    assert len(decision.whys) == 0


def test_decision_waits_for_an_executor_that_has_no_nodes_yet() -> None:
    job = waiting("w")
    decision = look([replace(job, demand=replace(job.demand, executor="slurm"))])
    assert decision.refused == {}
    assert decision.whys["w"].waits_for == ("executor slurm has no nodes yet",)


def test_decision_counts_the_jobs_and_the_cpus_that_somebody_may_have() -> None:
    queue = [waiting(f"a{i}", 2, since=AT - i * HOUR) for i in range(4)] + [waiting("b", owner="bob")]
    few = look(queue, policy=Policy(quota=Quota(running=2)))
    assert placed(few) == ["b", "a3", "a2"] or placed(few) == ["a3", "a2", "b"]
    assert few.whys["a1"].hold is Hold.QUOTA
    assert few.whys["a0"].hold is Hold.OWN
    narrow = look(queue, [running("r", 3, "n1", 1.0, owner="ann")], policy=Policy(quota=Quota(cpus=6)))
    assert sorted(placed(narrow)) == ["a3", "b"]


def test_decision_does_not_let_somebodys_small_jobs_take_what_their_large_one_waits_for() -> None:
    queue = [waiting("large", 6, priority=60), waiting("small", 1)]
    under_way = [running("r", 1, "n1", 1.0, owner="ann")]
    decision = look(queue, under_way, policy=Policy(quota=Quota(cpus=6)))
    assert placed(decision) == []
    # neither where room is what the large one waits for
    busy = [running("r1", 3, "n1", 1.0), running("r2", 3, "n2", 1.0)]
    decision = look(queue, busy, policy=Policy(quota=Quota(running=1)))
    assert placed(decision) == []
    assert list(decision.reserved) == ["large"]


def test_decision_leaves_alone_what_is_to_be_tried_again_later() -> None:
    decision = look([waiting("w", not_before=AT + HOUR), waiting("now", not_before=AT)])
    assert placed(decision) == ["now"]
    assert decision.whys["w"].waits_for == ("is tried again at 2026-01-01 13:00:00",)


jobs = st.lists(
    st.tuples(
        st.integers(1, 20),
        st.integers(0, 60),
        st.integers(1, 6),
        st.sampled_from(Paradigm),
        st.sampled_from("xyz"),
        st.integers(0, 100),
    ),
    max_size=14,
)


def drawn(some: list[tuple[int, int, int, Paradigm, str, int]]) -> list[Waiting]:
    return [
        waiting(
            f"w{i:02d}", cpus, hours, memory=memory * GB, paradigm=paradigm, owner=owner, priority=priority
        )
        for i, (cpus, memory, hours, paradigm, owner, priority) in enumerate(some)
    ]


@given(jobs, jobs, st.integers(1, 6), st.randoms())
def test_decision_never_promises_a_cpu_or_a_byte_twice_at_any_time(first, second, depth: int, dice) -> None:
    nodes = [*NODES, Node("n3", 4, 50 * GB)]
    begun = look(drawn(first), nodes=nodes)
    queue = [replace(job, id="z" + job.id) for job in drawn(second)]
    by_id = {job.id: job for job in drawn(first)}
    under_way = [
        Running(job, by_id[job].owner, by_id[job].demand, allocation, AT - HOUR / 2)
        for job, allocation in begun.placements
    ]
    policy = Policy(reservations=depth, quota=Quota(running=6))
    decision = look(queue, under_way, nodes, policy)
    assert isinstance(decision.whys, Scene)

    held = [(one.allocation, AT, one.ends) for one in under_way]
    wants = {job.id: job for job in queue}
    for job, allocation in decision.placements:
        held.append((allocation, AT, AT + timedelta(seconds=wants[job].demand.seconds)))
        assert sum(share.cpus for share in allocation) == wants[job].demand.cpus
        assert sum(share.memory for share in allocation) == wants[job].demand.memory
    for one in decision.whys.reservations.values():
        held.append((one.allocation, one.begin, one.end))
    for moment in {begin for _, begin, _ in held}:
        for node in nodes:
            here = [
                share
                for allocation, begin, end in held
                if begin <= moment < end
                for share in allocation
                if share.node == node.name
            ]
            assert sum(share.cpus for share in here) <= node.cpus
            assert sum(share.memory for share in here) <= node.memory

    # each job is in one place
    assert sorted([*placed(decision), *decision.refused, *decision.whys]) == sorted(wants)
    # and the order in which jobs and what runs are handed over does not matter
    dice.shuffle(queue)
    dice.shuffle(under_way)
    again = look(queue, under_way, nodes, policy)
    assert again.placements == decision.placements
    assert dict(again.whys) == dict(decision.whys)


@given(jobs)
def test_decision_leaves_nothing_idle_that_the_first_job_could_use(some) -> None:
    decision = look(drawn(some))
    for job in decision.whys:
        why = decision.whys[job]
        if why.rank == 1 and why.hold is Hold.ROOM:
            taken: dict[str, tuple[int, int]] = {}
            before = [
                allocation
                for name, allocation in decision.placements
                if order_of(decision, name, some) < order_of(decision, job, some)
            ]
            for allocation in before:
                for share in allocation:
                    cpus, memory = taken.get(share.node, (0, 0))
                    taken[share.node] = (cpus + share.cpus, memory + share.memory)
            demand = next(one.demand for one in drawn(some) if one.id == job)
            assert allocate(demand, NODES, taken) is None


def order_of(decision: Decision, job: str, some) -> int:
    assert isinstance(decision.whys, Scene)
    return [one.id for one in decision.whys.ranking.order(drawn(some))].index(job)


def test_decision_beyond_the_reservations_starts_a_short_job_after_a_long_one_of_its_size_did_not_fit() -> (
    None
):
    queue = [
        waiting("large", 8, priority=90),
        waiting("long", 2, hours=3.0, priority=80),
        waiting("short", 2, hours=1.0, priority=70),
    ]
    decision = look(queue, [running("r", 6, "n1", 2.0)], NODES[:1], Policy(reservations=1))
    assert placed(decision) == ["short"]


def test_decision_beyond_the_reservations_starts_a_spread_job_whose_memory_divides_better() -> None:
    # three nodes have a CPU and a byte each: three CPUs with three bytes fit, two with three do not
    nodes = [Node(f"n{i}", 1, 2) for i in range(3)]
    under_way = [
        Running(f"r{node.name}", "bob", Demand(1, 1, 7200.0), (Share(node.name, 0, 1),), AT) for node in nodes
    ]
    spread = Paradigm.ROUND_ROBIN
    queue = [
        waiting("all", 3, memory=6, paradigm=spread, priority=90),
        waiting("two", 2, memory=3, paradigm=spread, priority=80),
        waiting("three", 3, memory=3, paradigm=spread, priority=70),
    ]
    decision = look(queue, under_way, nodes, Policy(reservations=1))
    assert placed(decision) == ["three"]


def test_decision_with_many_different_demands_starts_the_same_as_by_trying_each() -> None:
    """Shortcuts (equal demands, demands larger than one that failed) must not keep anything from starting."""
    dice = random.Random(3)
    for _ in range(60):
        under_way = [
            running(f"r{i}", dice.randint(1, 3), f"n{dice.randint(1, 2)}", dice.uniform(0.5, 5))
            for i in range(4)
        ]
        queue = [
            waiting(
                f"w{i:02d}",
                dice.randint(1, 8),
                dice.choice([1, 2, 3, 4.5]),
                memory=dice.randint(1, 14) * GB,
                priority=90 - i,
                paradigm=dice.choice(list(Paradigm)),
            )
            for i in range(20)
        ]
        policy = Policy(reservations=2)
        decision = look(queue, under_way, policy=policy)
        # one after the other: whoever is not reserved for is asked again alone, after what came before
        assert isinstance(decision.whys, Scene)
        starts = dict(decision.placements)
        for i, job in enumerate(queue):
            if job.id in starts or job.id in decision.reserved:
                continue
            ahead = [one for one in queue[:i] if one.id in starts or one.id in decision.reserved]
            assert job.id not in dict(look([*ahead, job], under_way, policy=policy).placements)
