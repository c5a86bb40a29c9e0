"""The Logan River in 1 to 20 parts: 88 catchments, confluences of up to nine."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from dmod.errors import InputError
from dmod.hydrofabric import Hydrofabric, read_hydrofabric
from dmod.hydrofabric.partition import check_partitioning, partition_fabric, partition_text, read_network
from dmod.hydrofabric.partition.drainage import drainage_of
from dmod.services.partition import Weighing, check_partition, partition, read_partitions

FABRIC = "hydrofabric/gage-10109001_subset.gpkg"


@pytest.fixture(scope="module")
def logan(reference: Path) -> Hydrofabric:
    return read_hydrofabric(reference / FABRIC)


@pytest.mark.parametrize("parts", range(1, 21))
def test_logan_is_cut_soundly_evenly_and_with_few_flows(logan: Hydrofabric, parts: int) -> None:
    found = partition_fabric(logan, parts)
    assert check_partitioning(logan, found) == []
    assert found.parts == parts
    # no part is more than one catchment above the smallest that the heaviest part can be
    assert found.part_weight.max() <= -(-88 // parts) + 1
    assert found.crossings <= 2 * (parts - 1)


@pytest.mark.parametrize("parts", [2, 3, 7, 20, 60, 88])
def test_logan_ranks_that_know_their_own_entry_alone_exchange_every_flow(
    logan: Hydrofabric, parts: int
) -> None:
    """One step as the framework's ranks do it.

    A rank that lists a remote catchment below a nexus sends the sum of its own contributors there; any
    other that lists the nexus takes one message from each rank that it lists contributors of.
    """
    text = partition_text(logan, partition_fabric(logan, parts))
    toid = dict(zip(logan.catchments.ids, logan.catchments.toid, strict=True))
    runoff = {cat: float(number) for number, cat in enumerate(logan.catchments.ids, 1)}
    sent: dict[tuple[str, int, int], float] = {}
    awaited: Counter[tuple[str, int, int]] = Counter()
    flow: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for rank, entry in enumerate(json.loads(text)["partitions"]):
        local: dict[str, float] = defaultdict(float)
        for cat in entry["cat-ids"]:
            assert toid[cat] in entry["nex-ids"]
            local[toid[cat]] += runoff[cat]
        to, of = {}, defaultdict(set)
        for link in entry["remote-connections"]:
            if link["cat-direction"] == "nex-to-dest_cat":
                to[link["nex-id"]] = link["mpi-rank"]
            else:
                of[link["nex-id"]].add(link["mpi-rank"])
        for nexus in entry["nex-ids"]:
            assert not (nexus in of and nexus in local)
            if nexus in to:
                sent[nexus, rank, to[nexus]] = local[nexus]
            else:
                awaited.update((nexus, other, rank) for other in of[nexus])
                flow[nexus].append((rank, local[nexus]))
    assert Counter(list(sent)) == awaited
    total: dict[str, float] = defaultdict(float)
    for cat, amount in runoff.items():
        total[toid[cat]] += amount
    for nexus, computed in flow.items():
        assert len(computed) == 1
        rank, own = computed[0]
        assert own + sum(v for (at, _, to), v in sent.items() if (at, to) == (nexus, rank)) == total[nexus]
    assert flow.keys() == total.keys()


def test_logan_can_be_cut_into_single_catchments_and_no_further(logan: Hydrofabric) -> None:
    assert partition_fabric(logan, 88).part_weight.tolist() == [1.0] * 88
    with pytest.raises(InputError) as caught:
        partition_fabric(logan, 89)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("at most 88")


def test_logan_partition_file_reads_back(reference: Path, tmp_path: Path) -> None:
    result = partition(reference / FABRIC, tmp_path / "parts.json", 6)
    again = read_partitions(result.output, reference / FABRIC)
    assert again.part.tolist() == result.partitioning.part.tolist()
    assert again.crossings == result.partitioning.crossings


def test_logan_in_thirty_parts_shares_out_confluences_that_are_too_heavy_for_one(logan: Hydrofabric) -> None:
    found = partition_fabric(logan, 30)
    assert found.part_weight.max() <= 3.0
    assert found.crossings <= 38


def test_logan_read_as_a_network_drains_the_same(reference: Path, logan: Hydrofabric) -> None:
    network = read_network(reference / FABRIC)
    ours, theirs = drainage_of(network), drainage_of(logan)
    assert network.catchments.ids == logan.catchments.ids
    assert ours.nexus.tolist() == theirs.nexus.tolist()
    assert ours.receiver.tolist() == theirs.receiver.tolist()


def test_every_case_of_the_framework_is_cut_by_the_cost_of_its_formulation(
    reference: Path, tmp_path: Path
) -> None:
    """Five catchments, three nexuses: as many parts as there can be, and each number below."""
    cases = sorted(path.parent for path in (reference / "ngen").glob("*/realization.json"))
    assert len(cases) == 12
    for case in cases:
        (fabric,) = (case / "hydrofabric").glob("*.gpkg")
        weights = Weighing(case / "realization.json")
        most = drainage_of(read_network(fabric)).most_parts
        for parts in range(1, most + 1):
            output = tmp_path / f"{case.name}-{parts}.json"
            made = partition(fabric, output, parts, weights=weights)
            assert check_partition(output, fabric, weights=weights).ok
            measured = "noah" not in case.name
            assert bool(made.notes) != measured
            assert len(set(made.partitioning.weight.tolist())) == 1
        with pytest.raises(InputError) as caught:
            partition(fabric, tmp_path / "more.json", most + 1, weights=weights)
        assert caught.value.hint is not None
        assert caught.value.hint.endswith(f"at most {most}")
