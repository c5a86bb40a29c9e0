"""Single nodes that differ from what their engine says of them."""

from __future__ import annotations

from typing import Any

import pytest

from dmod.errors import InputError
from dmod.jobs.demand import Node
from dmod.jobs.executor.engine.node_settings import NodeSettings, used_nodes
from dmod.jobs.executor.slurm.settings import SlurmSettings

GIGABYTE = 10**9


def test_nodes_of_a_cluster_are_taken_as_the_settings_say() -> None:
    table = {"nodes": {"n1": {"cpus": 4}, "n2": {"is_used": False}, "n3": {"memory": GIGABYTE}}}
    found = [Node(f"n{number}", 64, 8 * GIGABYTE, "slurm") for number in (1, 2, 3, 4)]
    assert used_nodes(found, SlurmSettings.of_table(table).nodes) == (
        Node("n1", 4, 8 * GIGABYTE, "slurm"),
        Node("n3", 64, GIGABYTE, "slurm"),
        Node("n4", 64, 8 * GIGABYTE, "slurm"),
    )


def test_node_that_has_nothing_to_give_is_left_out() -> None:
    assert used_nodes([Node("a", 0, GIGABYTE)], {}) == ()
    assert used_nodes([Node("a", 0, GIGABYTE)], {"a": NodeSettings(cpus=1)}) == (Node("a", 1, GIGABYTE),)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ("n1", "[server.executors.slurm] nodes is 'n1'"),
        ({"n1": 4}, "[server.executors.slurm.nodes] n1 is 4"),
        ({"n1": {"cores": 4}}, "[server.executors.slurm.nodes.n1] has no setting cores"),
        ({"n1": {"cpus": -1}}, "cpus is -1"),
        ({"n1": {"memory": True}}, "memory is True"),
        ({"n1": {"is_used": "no"}}, "is_used is 'no'"),
    ],
)
def test_wrong_settings_of_a_node_are_named_with_their_place(nodes: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        SlurmSettings.of_table({"nodes": nodes})
    assert message in str(caught.value)
