"""Demands that can never be met are refused, with what would fit."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dmod.jobs.cause import CauseKind
from dmod.jobs.demand import Demand, Node, Paradigm
from dmod.jobs.schedule.allocation import allocate
from dmod.jobs.schedule.refusal import refusal

GB = 10**9
NODES = (Node("n1", 8, 24 * GB), Node("n2", 8, 16 * GB))


@given(
    st.builds(Demand, cpus=st.integers(1, 12), memory=st.integers(0, 30), paradigm=st.sampled_from(Paradigm)),
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 12), st.booleans()), min_size=1, max_size=4),
)
def test_refusal_comes_exactly_where_empty_nodes_cannot_give_it(
    demand: Demand, sizes: list[tuple[int, int, bool]]
) -> None:
    nodes = [Node(f"n{i}", cpus, memory, is_ready=ready) for i, (cpus, memory, ready) in enumerate(sizes)]
    empty = [replace(node, is_ready=True) for node in nodes]
    cause = refusal(demand, nodes)
    assert (cause is None) == (allocate(demand, empty, {}) is not None)
    if cause is not None:
        assert cause.kind is CauseKind.UNSATISFIABLE
        assert cause.message
        assert cause.hint
        assert not cause.retryable


@given(
    st.builds(Demand, cpus=st.integers(1, 30), memory=st.integers(1, 90), paradigm=st.sampled_from(Paradigm)),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 40)), min_size=1, max_size=4),
)
def test_refusal_names_another_paradigm_exactly_where_one_fits(
    demand: Demand, sizes: list[tuple[int, int]]
) -> None:
    nodes = [Node(f"n{i}", cpus, memory) for i, (cpus, memory) in enumerate(sizes)]
    cause = refusal(demand, nodes)
    if cause is not None:
        fitting = [one for one in Paradigm if allocate(replace(demand, paradigm=one), nodes, {}) is not None]
        assert ("paradigm" in cause.hint) == bool(fitting)
        assert all(one.value in cause.hint for one in fitting)


def test_refusal_of_memory_names_the_largest_node_and_what_it_has() -> None:
    cause = refusal(Demand(4, 96 * GB), NODES)
    assert cause is not None
    assert cause.message == "needs 96 GB on one node, the largest (n1) has 24 GB"
    assert cause.hint == "n1 could give 8 CPUs and 24 GB"


def test_refusal_of_cpus_on_one_node_names_the_paradigms_that_spread() -> None:
    cause = refusal(Demand(12, GB), NODES)
    assert cause is not None
    assert cause.message == "needs 12 CPUs on one node, the largest (n1) has 8"
    assert cause.hint == "it fits with paradigm fill-nodes or round-robin"


def test_refusal_where_no_node_has_both_names_both() -> None:
    nodes = [Node("wide", 16, 8 * GB), Node("deep", 2, 64 * GB)]
    cause = refusal(Demand(16, 64 * GB), nodes)
    assert cause is not None
    assert "wide has 16 CPUs and 8 GB, deep has 2 CPUs and 64 GB" in cause.message


def test_refusal_where_memory_a_cpu_is_too_much_says_what_could_be_had() -> None:
    cause = refusal(Demand(16, 36 * GB, paradigm=Paradigm.ROUND_ROBIN), NODES)
    assert cause is not None
    assert cause.message == "needs 16 CPUs with 2.25 GB each, and all nodes together have that for 15"
    assert cause.hint == "16 CPUs could have 32 GB together"


def test_refusal_by_an_executor_without_nodes_names_those_that_have_some() -> None:
    cause = refusal(Demand(executor="slurm"), NODES)
    assert cause is not None
    assert cause.message == "executor 'slurm' has no nodes"
    assert cause.hint == "executors that have nodes: local"


def test_refusal_does_not_come_while_the_node_that_fits_is_paused() -> None:
    assert refusal(Demand(8), [replace(NODES[0], is_ready=False), Node("small", 1, GB)]) is None
