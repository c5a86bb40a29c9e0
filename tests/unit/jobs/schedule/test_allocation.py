"""Which nodes give what, against a search of all possible allocations."""

from fractions import Fraction
from itertools import product
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.demand import Allocation, Demand, Node, Paradigm, Share, used
from dmod.jobs.schedule.allocation import allocate, deal

GB = 10**9

small_nodes = st.lists(
    st.tuples(
        st.integers(1, 4), st.integers(0, 9), st.sampled_from(["local", "local", "slurm"]), st.booleans()
    ),
    min_size=0,
    max_size=4,
).map(lambda some: [Node(f"n{i}", c, m, e, r or i == 0) for i, (c, m, e, r) in enumerate(some)])
small_demands = st.builds(
    Demand,
    cpus=st.integers(1, 7),
    memory=st.integers(0, 20),
    paradigm=st.sampled_from(Paradigm),
    executor=st.sampled_from(["local", "local", "slurm"]),
)
takes = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=4, max_size=4)


def everything_possible(
    demand: Demand, nodes: list[Node], free: list[tuple[int, int]]
) -> list[tuple[int, ...]]:
    """Return every way in which nodes can give the CPUs, each with its part of the memory, rounded up."""
    found = []
    for given_cpus in product(*(range(demand.cpus + 1) for _ in nodes)):
        if sum(given_cpus) != demand.cpus:
            continue
        fits = all(
            cpus == 0
            or (
                node.is_ready
                and node.executor == demand.executor
                and cpus <= free_cpus
                and ceil(Fraction(demand.memory * cpus, demand.cpus)) <= max(free_memory, 0)
            )
            for node, cpus, (free_cpus, free_memory) in zip(nodes, given_cpus, free, strict=True)
        )
        if fits:
            found.append(given_cpus)
    return found


def best(demand: Demand, possible: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """Return the one that the paradigm's definition prefers."""
    if demand.paradigm is Paradigm.SINGLE_NODE:
        possible = [one for one in possible if max(one) == demand.cpus]
    if not possible:
        return None
    if demand.paradigm is Paradigm.ROUND_ROBIN:
        # as even as can be: the least that a node gives is as much as possible, then the second least …
        return max(possible, key=lambda one: (sorted(one), one))
    return max(possible)


def cpus_of(allocation: Allocation, nodes: list[Node]) -> tuple[int, ...]:
    by_name = {share.node: share.cpus for share in allocation}
    return tuple(by_name.get(node.name, 0) for node in nodes)


@given(small_demands, small_nodes, takes)
def test_allocation_is_the_best_of_all_that_are_possible_or_none(
    demand: Demand, nodes: list[Node], takes: list[tuple[int, int]]
) -> None:
    taken = {node.name: take for node, take in zip(nodes, takes, strict=False)}
    free = [(node.cpus - take[0], node.memory - take[1]) for node, take in zip(nodes, takes, strict=False)]
    found = allocate(demand, nodes, taken)
    expected = best(demand, everything_possible(demand, nodes, free))
    assert (None if found is None else cpus_of(found, nodes)) == expected


@given(
    st.builds(
        Demand,
        cpus=st.integers(1, 300),
        memory=st.integers(0, 10**13),
        paradigm=st.sampled_from(Paradigm),
    ),
    st.lists(st.tuples(st.integers(1, 128), st.integers(1, 10**12)), min_size=1, max_size=40),
    st.data(),
)
def test_allocation_takes_exactly_what_was_asked_and_never_more_than_there_is(
    demand: Demand, sizes: list[tuple[int, int]], data: st.DataObject
) -> None:
    nodes = [Node(f"n{i}", cpus, memory) for i, (cpus, memory) in enumerate(sizes)]
    taken = {
        node.name: (data.draw(st.integers(0, node.cpus)), data.draw(st.integers(0, node.memory)))
        for node in nodes
    }
    found = allocate(demand, nodes, taken)
    if found is None:
        return
    assert sum(share.cpus for share in found) == demand.cpus
    assert sum(share.memory for share in found) == demand.memory
    assert len({share.node for share in found}) == len(found)
    has = {node.name: node for node in nodes}
    for share in found:
        cpus, memory = taken[share.node]
        assert 0 < share.cpus <= has[share.node].cpus - cpus
        assert 0 <= share.memory <= has[share.node].memory - memory
        assert abs(Fraction(share.memory) - Fraction(demand.memory * share.cpus, demand.cpus)) < 1


@given(st.lists(small_demands, max_size=12), small_nodes, st.randoms())
def test_allocations_given_back_leave_exactly_what_was_there(
    demands: list[Demand], nodes: list[Node], dice
) -> None:
    held: list[Allocation] = []
    for demand in demands:
        found = allocate(demand, nodes, used(held))
        if found is not None:
            held.append(found)
        for name, (cpus, memory) in used(held).items():
            node = next(one for one in nodes if one.name == name)
            assert cpus <= node.cpus
            assert memory <= node.memory
    again = [allocate(demand, nodes, {}) for demand in demands]
    dice.shuffle(held)
    while held:
        held.pop()
    assert [allocate(demand, nodes, used(held)) for demand in demands] == again


NODES = (Node("n1", 8, 24 * GB), Node("n2", 8, 24 * GB), Node("n3", 4, 24 * GB))


@pytest.mark.parametrize(
    ("paradigm", "cpus", "expected"),
    [
        (Paradigm.SINGLE_NODE, 4, {"n2": 4}),
        (Paradigm.SINGLE_NODE, 9, None),
        (Paradigm.FILL_NODES, 12, {"n1": 2, "n2": 8, "n3": 2}),
        (Paradigm.FILL_NODES, 2, {"n1": 2}),
        (Paradigm.FILL_NODES, 15, None),
        (Paradigm.ROUND_ROBIN, 7, {"n1": 2, "n2": 3, "n3": 2}),
        (Paradigm.ROUND_ROBIN, 12, {"n1": 2, "n2": 6, "n3": 4}),
        (Paradigm.ROUND_ROBIN, 1, {"n1": 1}),
    ],
)
def test_allocation_with_six_cpus_of_the_first_node_in_use_follows_its_paradigm(
    paradigm: Paradigm, cpus: int, expected: dict[str, int] | None
) -> None:
    found = allocate(Demand(cpus, GB, paradigm=paradigm), NODES, {"n1": (6, 0)})
    assert (None if found is None else {share.node: share.cpus for share in found}) == expected


def test_allocation_over_nodes_divides_memory_to_the_byte() -> None:
    found = allocate(Demand(3, 100, paradigm=Paradigm.ROUND_ROBIN), NODES, {})
    assert found == (Share("n1", 1, 33), Share("n2", 1, 33), Share("n3", 1, 34))


def test_allocation_skips_a_node_whose_memory_is_short_but_takes_what_it_can_give() -> None:
    nodes = [Node("n1", 8, 2 * GB), Node("n2", 8, 24 * GB)]
    found = allocate(Demand(8, 8 * GB, paradigm=Paradigm.ROUND_ROBIN), nodes, {})
    assert found == (Share("n1", 2, 2 * GB), Share("n2", 6, 6 * GB))


def test_allocation_on_a_node_that_has_shrunk_below_what_is_taken_gives_nothing() -> None:
    assert allocate(Demand(1, 1), [Node("n1", 2, GB)], {"n1": (4, 2 * GB)}) is None


def test_deal_round_robin_gives_the_rest_to_the_earliest_nodes() -> None:
    assert deal(Paradigm.ROUND_ROBIN, 8, [9, 9, 9]) == [3, 3, 2]
