import json
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.errors import HydrofabricError, InputError
from dmod.hydrofabric import Catchments, Flowpaths, Hydrofabric, Nexuses
from dmod.hydrofabric.fabric import Index
from dmod.hydrofabric.partition import (
    Partitioning,
    check_partitioning,
    examine_partitions,
    partition_fabric,
    partition_text,
)
from dmod.hydrofabric.partition.drainage import drainage_of
from dmod.hydrofabric.partition.forest import forest_of
from dmod.hydrofabric.partition.moves_kernel import even_out, join_pieces
from dmod.hydrofabric.partition.partitioning import measured
from dmod.hydrofabric.partition.pieces_kernel import count_flows, cut_pieces, pack_pieces

Rivers = tuple[list[int], list[int]]


def fabric_of(rivers: Rivers) -> Hydrofabric:
    """Return a fabric from the nexus of each catchment and the catchment below each nexus."""
    nexus, receiver = rivers
    return Hydrofabric(
        Path("rivers"),
        "geojson",
        Catchments(
            tuple(f"cat-{i}" for i in range(len(nexus))),
            np.ones(len(nexus)),
            np.array(nexus),
            tuple(f"nex-{i}" for i in nexus),
        ),
        Nexuses(
            tuple(f"nex-{i}" for i in range(len(receiver))),
            tuple(f"cat-{i}" if i >= 0 else "" for i in receiver),
            ("nex",) * len(receiver),
        ),
    )


@st.composite
def rivers(draw: st.DrawFn, most: int = 40) -> Rivers:
    """Draw a forest: confluences of any number, several nexuses above a catchment, some without any."""
    nexus, receiver = [0], [-1]
    for number in range(1, draw(st.integers(1, most))):
        kind = draw(st.sampled_from(["join", "join", "above", "above", "above", "outlet", "dry"]))
        if kind == "above":
            receiver.append(draw(st.integers(0, number - 1)))
        elif kind == "outlet":
            receiver.append(-1)
        nexus.append(draw(st.integers(0, len(receiver) - 1)) if kind == "join" else len(receiver) - 1)
        if kind == "dry":
            receiver.append(draw(st.integers(-1, number)))
    shuffled = draw(st.permutations(range(len(nexus))))
    place = {old: new for new, old in enumerate(shuffled)}
    return [nexus[old] for old in shuffled], [place.get(i, -1) for i in receiver]


def is_allowed(rivers: Rivers, part: list[int]) -> bool:
    """Say whether a division keeps the cut rule, nexus by nexus."""
    nexus, receiver = rivers
    for number, below in enumerate(receiver):
        contributors = [part[i] for i, at in enumerate(nexus) if at == number]
        if below < 0 and len(set(contributors)) > 1:
            return False
        local = sum(p == part[below] for p in contributors)
        if below >= 0 and local not in (0, len(contributors)):
            return False
    return True


def flows_of(rivers: Rivers, part: list[int]) -> int:
    nexus, receiver = rivers
    across = {
        (at, p) for at, p in zip(nexus, part, strict=True) if receiver[at] >= 0 and part[receiver[at]] != p
    }
    return len(across)


def most_parts(rivers: Rivers) -> int:
    nexus, receiver = rivers
    return len({-1 - at if receiver[at] < 0 else i for i, at in enumerate(nexus)})


def outlet_of(rivers: Rivers, catchment: int) -> int:
    """Return the nexus where the water of a catchment ends, step by step."""
    nexus, receiver = rivers
    while receiver[nexus[catchment]] >= 0:
        catchment = receiver[nexus[catchment]]
    return nexus[catchment]


def divided_basins(rivers: Rivers, part: list[int]) -> set[int]:
    """Return the outlets of basins that have catchments in several parts."""
    parts: dict[int, set[int]] = {}
    for i, p in enumerate(part):
        parts.setdefault(outlet_of(rivers, i), set()).add(p)
    return {outlet for outlet, found in parts.items() if len(found) > 1}


def pieces_of(rivers: Rivers, part: list[int], number: int, only: set[int] | None = None) -> int:
    """Count connected pieces, or those of some basins only, by joining neighbours one by one."""
    nexus, receiver = rivers
    group = {
        i: i for i, p in enumerate(part) if p == number and (only is None or outlet_of(rivers, i) in only)
    }
    edges = [(i, ("nexus", at)) for i, at in enumerate(nexus) if i in group]
    edges += [
        (i, receiver[nexus[i]])
        for i in group
        if receiver[nexus[i]] >= 0 and part[receiver[nexus[i]]] == number
    ]
    label: dict[object, object] = {}

    def root(node: object) -> object:
        while label.get(node, node) != node:
            node = label[node]
        return node

    for one, other in edges:
        label[root(one)] = root(other)
    return len({root(i) for i in group})


@settings(max_examples=120, deadline=None)
@given(rivers(), st.data())
def test_partitioning_of_any_forest_keeps_every_invariant(rivers: Rivers, data: st.DataObject) -> None:
    count = len(rivers[0])
    parts = data.draw(st.integers(1, most_parts(rivers)))
    weights = data.draw(
        st.none()
        | st.lists(st.sampled_from([0.0, 0.5, 1.0, 7.0]), min_size=count, max_size=count).filter(any)
    )
    fabric = fabric_of(rivers)
    found = partition_fabric(fabric, parts, weights=None if weights is None else np.array(weights))
    part = found.part.tolist()
    assert sorted(set(part)) == list(range(parts))
    assert is_allowed(rivers, part)
    assert found.crossings == flows_of(rivers, part)
    assert found.pieces.tolist() == [pieces_of(rivers, part, number) for number in range(parts)]
    assert found.river_pieces.tolist() == [
        pieces_of(rivers, part, number, only=divided_basins(rivers, part)) for number in range(parts)
    ]
    assert check_partitioning(fabric, found) == []
    load = [sum((weights or [1.0] * count)[i] for i in found.members(number)) for number in range(parts)]
    assert found.imbalance == pytest.approx(max(load) / (sum(load) / parts) - 1.0)
    sides = connection_sides(found)
    assert sides[True] == sides[False]


def connection_sides(found: Partitioning) -> dict[bool, set[tuple[int, int, int]]]:
    """Return nexus, sending and receiving part of each flow, as senders and as receivers list them."""
    sides: dict[bool, set[tuple[int, int, int]]] = {True: set(), False: set()}
    for part, nexus, sends, remote, _ in found.connections.rows:
        sides[sends].add((nexus, part, remote) if sends else (nexus, remote, part))
    return sides


@settings(max_examples=20, deadline=None)
@given(rivers(), st.data())
def test_partitioning_of_the_same_fabric_is_the_same_text(rivers: Rivers, data: st.DataObject) -> None:
    parts = data.draw(st.integers(1, most_parts(rivers)))
    texts = []
    for _ in range(2):
        fabric = fabric_of(rivers)
        texts.append(partition_text(fabric, partition_fabric(fabric, parts)))
    assert texts[0] == texts[1]


def divisions(count: int, parts: int) -> Iterator[list[int]]:
    yield from (list(part) for part in product(range(parts), repeat=count) if len(set(part)) == parts)


@settings(max_examples=25, deadline=None)
@given(rivers(most=6), st.data())
def test_partitioning_of_a_small_forest_comes_near_the_best_there_is(
    rivers: Rivers, data: st.DataObject
) -> None:
    """All divisions are tried; the best weighs imbalance beyond 3 % against flows as the search does."""
    count = len(rivers[0])
    parts = data.draw(st.integers(1, most_parts(rivers)))

    def cost(part: list[int]) -> float:
        imbalance = max(np.bincount(part)) * parts / count - 1.0
        return max(imbalance, 0.03) + 0.02 * flows_of(rivers, part) / parts

    best = min(cost(part) for part in divisions(count, parts) if is_allowed(rivers, part))
    found = partition_fabric(fabric_of(rivers), parts)
    assert cost(found.part.tolist()) <= best + 0.02


@settings(max_examples=25, deadline=None)
@given(rivers(most=6))
def test_most_parts_named_in_the_refusal_is_the_most_the_rule_permits(rivers: Rivers) -> None:
    count = len(rivers[0])
    feasible = [
        parts
        for parts in range(1, count + 1)
        if any(is_allowed(rivers, part) for part in divisions(count, parts))
    ]
    with pytest.raises(InputError) as caught:
        partition_fabric(fabric_of(rivers), count + 1)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith(f"at most {max(feasible)}")


@st.composite
def divided_rivers(draw: st.DrawFn) -> tuple[Rivers, list[int]]:
    """Draw a forest and any division of it that the rule allows, from the outlets up."""
    found = draw(rivers(most=25))
    nexus, receiver = found
    part = [-1] * len(nexus)
    most = draw(st.integers(2, 5))
    todo = [number for number, below in enumerate(receiver) if below < 0]
    while todo:
        number = todo.pop()
        members = [i for i, at in enumerate(nexus) if at == number]
        below = part[receiver[number]] if receiver[number] >= 0 else draw(st.integers(0, most - 1))
        others = [p for p in range(most) if p != below]
        cut = receiver[number] >= 0 and draw(st.booleans())
        for member in members:
            part[member] = draw(st.sampled_from(others)) if cut else below
            todo += [above for above, at in enumerate(receiver) if at == member]
    names = {old: new for new, old in enumerate(sorted(set(part)))}
    return found, [names[old] for old in part]


@settings(max_examples=150, deadline=None)
@given(rivers(most=10), st.data())
def test_check_of_any_division_agrees_with_the_rule(rivers: Rivers, data: st.DataObject) -> None:
    count = len(rivers[0])
    drawn = data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    part = np.unique(drawn, return_inverse=True)[1]
    fabric = fabric_of(rivers)
    found = measured(drainage_of(fabric), part, int(part.max()) + 1, np.ones(count))
    codes = {problem.code for problem in check_partitioning(fabric, found)}
    assert (not codes) == is_allowed(rivers, part.tolist())
    assert codes <= {"mixed-nexus", "split-outlet"}
    assert found.crossings == flows_of(rivers, part.tolist())


@settings(max_examples=100, deadline=None)
@given(divided_rivers(), st.data())
def test_file_that_lacks_any_one_entry_is_found_out(
    divided: tuple[Rivers, list[int]], data: st.DataObject
) -> None:
    rivers, part = divided
    fabric, count = fabric_of(rivers), len(set(part))
    found = measured(drainage_of(fabric), np.array(part), count, np.ones(len(part)))
    document = json.loads(partition_text(fabric, found))
    entry = data.draw(st.sampled_from(document["partitions"]))
    lists = [entry[name] for name in ("cat-ids", "nex-ids", "remote-connections") if entry[name]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parts.json"
        path.write_text(json.dumps(document))
        assert examine_partitions(path, fabric)[1] == []
        one = data.draw(st.sampled_from(lists))
        one.pop(data.draw(st.integers(0, len(one) - 1)))
        path.write_text(json.dumps(document))
        assert examine_partitions(path, fabric)[1]


@settings(max_examples=300, deadline=None)
@given(divided_rivers(), st.data())
def test_moves_from_any_division_keep_the_rule_and_never_make_it_worse(
    divided: tuple[Rivers, list[int]], data: st.DataObject
) -> None:
    rivers, part = divided
    parts = len(set(part))
    assert is_allowed(rivers, part)
    weight = np.array(
        data.draw(st.lists(st.sampled_from([0.0, 1.0, 4.0]), min_size=len(part), max_size=len(part)))
    )
    weight[0] += 1.0
    forest = forest_of(drainage_of(fabric_of(rivers)), weight)
    price = data.draw(st.sampled_from([0.0, 0.001, 1.0]))
    moved = np.array(part)[forest.catchment]
    heaviest = np.bincount(moved, forest.weight).max()

    def unsorted(moved: Index) -> list[int]:
        back = np.empty_like(moved)
        back[forest.catchment] = moved
        return back.tolist()

    for most in (1, 100):
        even_out(*forest.arrays, moved, parts, 0.0, price, most)
        assert is_allowed(rivers, unsorted(moved))
        assert len(set(moved.tolist())) == parts
        lighter = np.bincount(moved, forest.weight).max()
        assert lighter <= heaviest * (1.0 + 1e-12)
        heaviest = lighter
    limit = heaviest * data.draw(st.sampled_from([1.0, 1.5, 9.0]))
    before = flows_of(rivers, unsorted(moved))
    assert count_flows(forest.first, forest.receiver, moved) == before
    joined = join_pieces(*forest.arrays, moved, parts, limit)
    assert is_allowed(rivers, unsorted(moved))
    assert len(set(moved.tolist())) == parts
    assert np.bincount(moved, forest.weight).max() <= limit * (1.0 + 1e-12)
    assert flows_of(rivers, unsorted(moved)) <= before - joined


@settings(max_examples=200, deadline=None)
@given(rivers(), st.floats(0.5, 12.0), st.booleans())
def test_pieces_are_no_heavier_than_the_bound_unless_nothing_can_be_shed(
    rivers: Rivers, bound: float, split: bool
) -> None:
    nexus, receiver = rivers
    forest = forest_of(drainage_of(fabric_of(rivers)), np.ones(len(nexus)))
    piece, weight, ties = cut_pieces(*forest.arrays, bound, split)
    assert sorted(set(piece.tolist())) == list(range(weight.size))
    np.testing.assert_allclose(np.bincount(piece, forest.weight), weight)
    place = np.empty_like(piece)
    place[forest.catchment] = piece
    for number in np.flatnonzero(weight > bound).tolist():
        members = np.flatnonzero(place == number).tolist()
        assert len({nexus[i] for i in members}) == 1
        assert len(members) == 1 or not split or receiver[nexus[members[0]]] < 0
    for number in np.flatnonzero(ties >= 0).tolist():
        below = {receiver[nexus[i]] for i in np.flatnonzero(place == number).tolist()}
        assert ties[number] in place[list(below)]


def test_pieces_fill_every_part_before_any_takes_two() -> None:
    weight = np.array([9.0, 0.0, 0.0, 0.0])
    none, first = np.full(4, -1), np.zeros(5, np.int64)
    part = pack_pieces(np.arange(4), weight, none, first, np.zeros(0, np.int64), 3)
    assert part.tolist() == [0, 1, 2, 1]


def test_pieces_that_may_share_no_part_with_another_do_not() -> None:
    """Pieces 1 and 2 are cut from piece 0; in two parts they fit, a third piece between them does not."""
    weight, ties = np.array([3.0, 2.0, 1.0]), np.array([-1, 0, 0])
    tied_first, tied = np.array([0, 2, 2, 2]), np.array([1, 2])
    assert pack_pieces(np.arange(3), weight, ties, tied_first, tied, 2).tolist() == [0, 1, 1]
    ties, tied_first, tied = np.array([-1, 0, 1]), np.array([0, 1, 2, 2]), np.array([1, 2])
    assert pack_pieces(np.arange(3), weight, ties, tied_first, tied, 2).tolist() == [0, 1, 0]
    assert pack_pieces(np.array([0, 2, 1]), weight, ties, tied_first, tied, 2)[0] == -2


def chain(count: int) -> Rivers:
    return list(range(count)), [*range(1, count), -1]


def test_chain_is_cut_into_equal_connected_lengths() -> None:
    found = partition_fabric(fabric_of(chain(12)), 3)
    assert found.part.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert (found.crossings, found.imbalance, found.pieces.tolist()) == (2, 0.0, [1, 1, 1])


def test_chain_with_costs_is_cut_where_costs_are_equal() -> None:
    found = partition_fabric(fabric_of(chain(5)), 2, weights=np.array([4.0, 1.0, 1.0, 1.0, 1.0]))
    assert found.part.tolist() == [0, 1, 1, 1, 1]


def test_separate_basins_are_packed_without_a_cut() -> None:
    basins = ([0, 1, 2, 3, 4, 5, 6], [1, 2, -1, 4, -1, -1, -1])
    found = partition_fabric(fabric_of(basins), 2, tolerance=0.2)
    assert found.crossings == 0
    assert sorted(found.part_weight) == [3.0, 4.0]


def test_tributaries_above_a_cut_are_shared_out_where_one_part_would_be_too_heavy() -> None:
    star = ([0] * 9 + [1], [9, -1])
    found = partition_fabric(fabric_of(star), 4)
    assert found.part_weight.tolist() == [3.0, 3.0, 3.0, 1.0]
    assert found.crossings == 3


def test_confluence_is_never_cut_between_its_contributors() -> None:
    found = partition_fabric(fabric_of(([0, 0, 1], [2, -1])), 2)
    assert found.part.tolist() == [0, 0, 1]


def test_larger_tolerance_never_costs_more_flows() -> None:
    tree = (list(range(63)), [(i + 63) // 2 for i in range(62)] + [-1])
    flows = [partition_fabric(fabric_of(tree), 6, tolerance=tolerance).crossings for tolerance in (0.0, 0.6)]
    assert flows[1] <= flows[0]
    assert flows[1] == 5


def test_nexus_above_a_flowpath_without_catchment_exchanges_nothing() -> None:
    """cat-0 → nex-0 → wb-1, bare → nex-1 → cat-2: the framework ends at nex-0, so nothing crosses there."""
    flowpaths = Flowpaths(
        ("wb-0", "wb-1", "wb-2"), ("nex-0", "nex-1", "nex-2"), ("cat-0", "", "cat-2"), np.ones(3), ("",) * 3
    )
    fabric = Hydrofabric(
        Path("bare"),
        "2.2",
        Catchments(("cat-0", "cat-2"), np.ones(2), np.array([0, 2]), ("nex-0", "nex-2")),
        Nexuses(("nex-0", "nex-1", "nex-2"), ("wb-1", "wb-2", ""), ("nex",) * 3),
        flowpaths,
    )
    assert fabric.network.downstream.tolist() == [1, -1]
    found = partition_fabric(fabric, 2)
    assert found.crossings == 0
    assert check_partitioning(fabric, found) == []


@pytest.mark.parametrize("parts", [0, -3, 2.5, "two", None])
def test_number_of_parts_that_is_none_is_refused(parts: object) -> None:
    with pytest.raises(InputError, match="part"):
        partition_fabric(fabric_of(chain(3)), parts)  # type: ignore[arg-type]


def test_more_parts_than_the_rule_permits_name_the_most() -> None:
    shared_outlet = ([0, 0, 0, 1], [-1, 2])
    assert partition_fabric(fabric_of(shared_outlet), 2).parts == 2
    with pytest.raises(InputError, match="stay together") as caught:
        partition_fabric(fabric_of(shared_outlet), 3)
    assert caught.value.hint == "it can be cut into at most 2"


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 2.0], "shape"),
        ([1.0, -1.0, 1.0], "cat-1, is -1.0"),
        ([1.0, 1.0, float("nan")], "cat-2, is nan"),
        ([0.0, 0.0, 0.0], "add up to 0.0"),
        ([1e308, 1e308, 1e308], "add up to inf"),
    ],
)
def test_weights_that_are_no_costs_are_refused(weights: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        partition_fabric(fabric_of(chain(3)), 2, weights=np.array(weights))


@pytest.mark.parametrize("tolerance", [-0.1, float("nan"), float("inf")])
def test_tolerance_that_is_no_share_is_refused(tolerance: float) -> None:
    with pytest.raises(InputError, match="tolerance"):
        partition_fabric(fabric_of(chain(3)), 2, tolerance=tolerance)


def test_fabric_with_a_cycle_is_refused_with_the_cycle() -> None:
    with pytest.raises(HydrofabricError, match="cat-0 → cat-1 → cat-0"):
        partition_fabric(fabric_of(([0, 1, 2], [1, 0, -1])), 2)


def test_fabric_with_a_dangling_catchment_or_none_is_refused() -> None:
    with pytest.raises(HydrofabricError, match=r"no nexus .*cat-1"):
        partition_fabric(fabric_of(([0, -1], [-1])), 1)
    with pytest.raises(HydrofabricError, match="no catchments"):
        partition_fabric(fabric_of(([], [])), 1)


def test_large_forest_is_balanced_with_few_more_flows_than_cuts() -> None:
    random = np.random.default_rng(7)
    count = 20_000
    below = np.arange(1, count + 1) + (random.random(count) ** 3 * 60).astype(int)
    below = np.where(below < count, below, -1)
    receiver, nexus = np.unique(below, return_inverse=True)
    found = partition_fabric(fabric_of((nexus.tolist(), receiver.tolist())), 16)
    assert found.imbalance <= 0.03
    assert found.crossings <= 30


def test_summary_names_weights_flows_and_scattered_parts() -> None:
    text = partition_fabric(fabric_of(chain(12)), 3).summary()
    assert text.splitlines() == [
        "12 catchments in 3 parts of 4 to 4",
        "weight of a part: 4 to 4, mean 4; imbalance 0.0 %",
        "2 flows cross between parts; each part is connected",
    ]
    basins = ([0, 1, 2], [-1, -1, -1])
    text = partition_fabric(fabric_of(basins), 2).summary()
    assert text.endswith("0 flows cross between parts; each part is connected, whole basins beside")
    river = ([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, -1])
    fabric = fabric_of(river)
    torn = measured(drainage_of(fabric), np.array([0, 1, 0, 1, 1, 1]), 2, np.ones(6))
    assert torn.summary().endswith(
        "3 flows cross between parts; 0 of 2 parts are connected, the others have up to 2 pieces"
    )
