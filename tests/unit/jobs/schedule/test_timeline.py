"""The earliest room, against trying every moment."""

from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.demand import Demand, Node, Paradigm
from dmod.jobs.schedule.allocation import deal, room, shares
from dmod.jobs.schedule.timeline import Outlook, Timeline

Held = tuple[int, int, int]
held = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(1, 8)), max_size=4)
booked = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(0, 4), st.integers(0, 9), st.integers(1, 6)),
    max_size=5,
)
demands = st.builds(
    Demand,
    cpus=st.integers(1, 9),
    memory=st.integers(0, 16),
    seconds=st.integers(1, 7).map(float),
    paradigm=st.sampled_from(Paradigm),
)
END = 40


def free_at(
    node: Node, held: list[Held], booked: list[tuple[int, int, int, int]], second: int
) -> tuple[int, int]:
    cpus, memory = node.cpus, node.memory
    for c, m, end in held:
        if second < end:
            cpus, memory = cpus - c, memory - m
    for c, m, begin, length in booked:
        if begin <= second < begin + length:
            cpus, memory = cpus - c, memory - m
    return cpus, memory


@given(
    demands,
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9), held), min_size=1, max_size=3),
    booked,
    st.integers(0, 6),
)
def test_earliest_room_is_that_found_by_trying_every_second(
    demand: Demand, sizes: list[tuple[int, int, list[Held]]], booked, begin: int
) -> None:
    nodes = [Node(f"n{i}", cpus, memory) for i, (cpus, memory, _) in enumerate(sizes)]
    lines = [
        Timeline.of(node, [(c, m, float(end)) for c, m, end in held])
        for node, (_, _, held) in zip(nodes, sizes, strict=True)
    ]
    outlook = Outlook(lines)
    on: list[list[tuple[int, int, int, int]]] = [[] for _ in nodes]
    for which, cpus, memory, start, length in booked:
        i = which % len(nodes)
        on[i].append((cpus, memory, start, length))
        outlook.take(shares(Demand(cpus, memory), [nodes[i]], [cpus]), float(start), float(start + length))

    def possible(moment: int) -> list[int] | None:
        rooms = []
        for node, (_, _, held), mine in zip(nodes, sizes, on, strict=True):
            frees = [free_at(node, held, mine, t) for t in range(moment, moment + int(demand.seconds))]
            rooms.append(room(demand, min(c for c, _ in frees), min(m for _, m in frees)))
        return deal(demand.paradigm, demand.cpus, rooms)

    found = outlook.earliest(demand, float(begin))
    expected = next((t for t in range(begin, END) if possible(t) is not None), None)
    assert (None if found is None else found[0]) == expected
    if found is not None and expected is not None:
        given_cpus = possible(expected)
        assert given_cpus is not None
        assert found[1] == shares(demand, nodes, given_cpus)
    # a look at this moment alone says the same
    now = possible(0)
    assert outlook.now(demand) == (None if now is None else shares(demand, nodes, now))
