import hashlib
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import AlreadyExists, InputError, NotFoundError, StoreError
from dmod.services.partition import Weighing, check_partition, partition, read_partitions
from dmod.testing.fabrics import tree, with_lake, write_fabric


@pytest.fixture
def hydrofabric(tmp_path: Path) -> Path:
    return write_fabric(tmp_path, tree(31))


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_partition_writes_a_file_that_reads_back(tmp_path: Path, hydrofabric: Path) -> None:
    result = partition(hydrofabric, tmp_path / "out" / "parts.json", 4)
    content = result.output.read_bytes()
    assert result.sha256 == hashlib.sha256(content).hexdigest()
    assert result.size == len(content)
    assert read_partitions(result.output, hydrofabric).part.tolist() == result.partitioning.part.tolist()
    assert result.summary().startswith(f"{result.output}\n31 catchments in 4 parts of ")
    assert left_in(tmp_path / "out") == ["parts.json"]


def test_partition_of_equal_inputs_is_the_same_file(tmp_path: Path, hydrofabric: Path) -> None:
    hashes = {partition(hydrofabric, tmp_path / f"{i}.json", 5).sha256 for i in range(2)}
    assert len(hashes) == 1


def test_partition_weighs_catchments(tmp_path: Path, hydrofabric: Path) -> None:
    weights = np.ones(31)
    weights[30] = 60.0
    result = partition(hydrofabric, tmp_path / "parts.json", 2, weights=weights)
    assert np.count_nonzero(result.partitioning.part == result.partitioning.part[30]) == 1
    again = read_partitions(result.output, hydrofabric, weights=weights)
    assert again.imbalance == result.partitioning.imbalance


def test_partition_does_not_replace_unless_told(tmp_path: Path, hydrofabric: Path) -> None:
    output = tmp_path / "parts.json"
    output.write_text("mine")
    with pytest.raises(AlreadyExists):
        partition(hydrofabric, output, 2)
    assert output.read_text() == "mine"
    partition(hydrofabric, output, 2, overwrite=True)
    assert read_partitions(output, hydrofabric).parts == 2


def test_partition_that_fails_leaves_the_earlier_file(tmp_path: Path, hydrofabric: Path) -> None:
    output = tmp_path / "parts.json"
    output.write_text("mine")
    with pytest.raises(InputError, match="31 catchments"):
        partition(hydrofabric, output, 32, overwrite=True)
    assert output.read_text() == "mine"
    assert left_in(tmp_path) == ["basin.gpkg", "parts.json"]


def test_partition_never_replaces_the_hydrofabric(tmp_path: Path, hydrofabric: Path) -> None:
    before = hydrofabric.read_bytes()
    with pytest.raises(InputError, match="hydrofabric itself"):
        partition(hydrofabric, hydrofabric, 2, overwrite=True)
    with pytest.raises(InputError, match="folder"):
        partition(hydrofabric, tmp_path, 2, overwrite=True)
    assert hydrofabric.read_bytes() == before


def test_partition_of_a_fabric_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        partition(tmp_path / "none.gpkg", tmp_path / "parts.json", 2)


def test_partition_below_a_file_is_told(tmp_path: Path, hydrofabric: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="a file stands where a folder is due"):
        partition(hydrofabric, tmp_path / "file" / "parts.json", 2)


def test_partition_of_lakes_weighs_them_more_where_routing_counts(tmp_path: Path) -> None:
    hydrofabric = write_fabric(tmp_path, with_lake())
    plain = partition(hydrofabric, tmp_path / "plain.json", 2)
    routed = partition(hydrofabric, tmp_path / "routed.json", 2, weights=Weighing(is_routed=True))
    assert plain.partitioning.weight.tolist() == [1.0, 1.0, 1.0]
    river, other, lake = routed.partitioning.weight.tolist()
    assert lake > river == other
    checked = check_partition(routed.output, hydrofabric, weights=Weighing(is_routed=True))
    assert checked.ok
    assert checked.partitioning.part_weight.tolist() == routed.partitioning.part_weight.tolist()


def test_partition_tells_what_it_does_and_how_long_it_took(tmp_path: Path, hydrofabric: Path) -> None:
    told: list[str] = []
    result = partition(hydrofabric, tmp_path / "parts.json", 4, progress=told.append)
    assert told == ["reading basin.gpkg", "cutting 31 catchments", "writing parts.json"]
    assert list(result.seconds) == ["read", "cut", "write"]
    assert result.as_json()["crossings"] == result.partitioning.crossings


def test_weighing_by_a_realization_that_is_not_there_is_refused(tmp_path: Path, hydrofabric: Path) -> None:
    with pytest.raises(NotFoundError):
        partition(hydrofabric, tmp_path / "p.json", 2, weights=Weighing(tmp_path / "none.json"))
    assert not (tmp_path / "p.json").exists()
