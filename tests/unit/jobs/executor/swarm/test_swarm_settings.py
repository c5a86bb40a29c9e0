from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dmod.errors import InputError
from dmod.jobs.demand import Node
from dmod.jobs.executor.swarm.membership import members, nodes_of
from dmod.jobs.executor.swarm.opening import open_swarm_executor, read_settings
from dmod.jobs.executor.swarm.settings import SwarmSettings

pytest.importorskip("docker", reason='needs Docker\'s client: pip install "dmod[docker]"')


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": ""}, "says no image"),
        ({"imag": "a"}, "has no setting imag"),
        ({"paths": "/a"}, "paths is '/a'"),
        ({"mounts": ["a"]}, "mounts has 'a'"),
        ({"user": "dmod"}, "user is 'dmod'"),
        ({"python": 3}, "python is 3"),
        ({"every": "1"}, "every is '1'"),
        ({"spare": 1.5}, "spare is 1.5"),
        ({"timeout": -1}, "timeout is -1"),
        ({"networks": [1]}, "networks is [1]"),
        ({"environment": {"A": 1}}, "A is 1"),
        ({"nodes": {"a": {"cpu": 1}}}, "[server.executors.swarm.nodes.a] has no setting cpu"),
        ({"nodes": {"a": {"is_used": 1}}}, "is_used is 1"),
        ({"nodes": {"a": 1}}, "a is 1"),
        ({"nodes": 1}, "nodes is 1"),
        ({"address": "nonsense://"}, "nonsense"),
        ({"ca": "/no/such/file"}, "cannot be asked"),
    ],
    ids=str,
)
def test_setting_that_is_wrong_is_named(changes: Mapping[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        open_swarm_executor(tmp_path, {"image": "a", **changes})
    assert caught.value.hint


def test_swarm_that_does_not_answer_yet_is_opened_all_the_same(tmp_path: Path) -> None:
    executor = open_swarm_executor(tmp_path, {"image": "a", "address": f"unix://{tmp_path}/none"})
    assert executor.name == "swarm"
    assert executor.poll(["a:b:1"])[0].state == "unknown"
    executor.close()


def test_nodes_have_what_is_not_kept_back() -> None:
    settings, _ = read_settings(
        {
            "image": "a",
            "reserve_cpus": 1,
            "reserve_memory": 10,
            "nodes": {"b": {"cpus": 7}, "c": {"is_used": False}},
        }
    )
    # a left and joined again: what it was before is not heard of any more
    found = members([node("a", state="down"), *map(node, "abc")])
    assert nodes_of(found, settings, "swarm") == (
        Node("a", 3, 90, "swarm", True),
        Node("b", 7, 90, "swarm", True),
    )


def test_node_that_is_down_or_drained_is_not_ready() -> None:
    found = members([node("a", state="down"), node("b", availability="drain"), node("c")])
    assert [item.is_ready for item in nodes_of(found, SwarmSettings("a"), "swarm")] == [False, False, True]


def node(name: str, *, state: str = "ready", availability: str = "active") -> dict[str, Any]:
    """Return what a manager says of a node with 4 processors."""
    return {
        "ID": f"{name}-{state}",
        "Description": {"Hostname": name, "Resources": {"NanoCPUs": 4 * 10**9, "MemoryBytes": 100}},
        "Status": {"State": state},
        "Spec": {"Availability": availability},
    }


def test_every_setting_can_be_set() -> None:
    texts = {"image": "dmod", "user": "1:2", "address": "unix:///x", "nodes": {"n1": {"cpus": 2}}}
    kinds = {"str": "text", "int": 7, "float": 2.5, "bool": True, "tuple[str, ...]": ["/x"]}
    values = {
        item.name: texts.get(item.name) or kinds.get(str(item.type), {"A": "b"})
        for item in fields(SwarmSettings)
    }
    settings, _ = read_settings(values)
    for name in values.keys() - {"nodes"}:
        found = getattr(settings, name)
        assert (list(found) if isinstance(found, tuple) else found) == values[name], name
    assert settings.nodes["n1"].cpus == 2
