import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmod.errors import InputError, NotFoundError
from dmod.hydrofabric import Hydrofabric, read_hydrofabric
from dmod.hydrofabric.partition import (
    check_partitioning,
    examine_partitions,
    partition_fabric,
    partition_text,
    read_partitioning,
)
from dmod.testing.fabrics import basin, write_fabric

# cat-1 and cat-2 meet above cat-3, which meets cat-4 above cat-5, the outlet
BELOW = [2, 2, 4, 4, -1]


@pytest.fixture
def fabric(tmp_path: Path) -> Hydrofabric:
    return read_hydrofabric(write_fabric(tmp_path, basin(BELOW)))


@pytest.fixture
def document(fabric: Hydrofabric) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(partition_text(fabric, partition_fabric(fabric, 2)))
    return found


def codes(folder: Path, fabric: Hydrofabric, document: object) -> dict[str, tuple[str, ...]]:
    path = folder / "parts.json"
    path.write_text(json.dumps(document))
    _, problems = examine_partitions(path, fabric)
    assert all(problem.where == "parts.json" for problem in problems)
    return {problem.code: problem.ids for problem in problems}


def test_document_lists_both_sides_as_the_framework_reads_them(document: dict[str, Any]) -> None:
    assert document == {
        "partitions": [
            {
                "id": 0,
                "cat-ids": ["cat-1", "cat-2"],
                "nex-ids": ["nex-3"],
                "remote-connections": [
                    {"mpi-rank": 1, "nex-id": "nex-3", "cat-id": "cat-3", "cat-direction": "nex-to-dest_cat"}
                ],
            },
            {
                "id": 1,
                "cat-ids": ["cat-3", "cat-4", "cat-5"],
                "nex-ids": ["nex-3", "nex-5", "nex-6"],
                "remote-connections": [
                    {"mpi-rank": 0, "nex-id": "nex-3", "cat-id": "cat-1", "cat-direction": "orig_cat-to-nex"},
                    {"mpi-rank": 0, "nex-id": "nex-3", "cat-id": "cat-2", "cat-direction": "orig_cat-to-nex"},
                ],
            },
        ]
    }


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 5])
def test_document_read_back_is_the_same_division(tmp_path: Path, fabric: Hydrofabric, parts: int) -> None:
    found = partition_fabric(fabric, parts)
    path = tmp_path / "parts.json"
    path.write_text(partition_text(fabric, found))
    again = read_partitioning(path, fabric)
    assert again.part.tolist() == found.part.tolist()
    assert list(again.connections.rows) == list(found.connections.rows)
    assert (again.parts, again.crossings, again.imbalance) == (parts, found.crossings, found.imbalance)
    assert again.pieces.tolist() == found.pieces.tolist()
    assert partition_text(fabric, again) == path.read_text()


def test_each_nexus_is_computed_in_one_part_alone(fabric: Hydrofabric) -> None:
    """The framework computes a nexus wherever it is listed and not sent on."""
    for parts in range(1, 6):
        entries = json.loads(partition_text(fabric, partition_fabric(fabric, parts)))["partitions"]
        computed = [
            nexus
            for entry in entries
            for nexus in entry["nex-ids"]
            if not any(
                link["nex-id"] == nexus and link["cat-direction"] == "nex-to-dest_cat"
                for link in entry["remote-connections"]
            )
        ]
        assert sorted(computed) == ["nex-3", "nex-5", "nex-6"]


def test_weights_given_on_reading_are_those_of_the_division(
    tmp_path: Path, fabric: Hydrofabric, document: dict[str, Any]
) -> None:
    path = tmp_path / "parts.json"
    path.write_text(json.dumps(document))
    assert read_partitioning(path, fabric, weights=np.arange(5.0)).part_weight.tolist() == [1.0, 9.0]
    with pytest.raises(InputError, match="shape"):
        read_partitioning(path, fabric, weights=np.ones(4))


def test_all_that_is_wrong_is_told_at_once(
    tmp_path: Path, fabric: Hydrofabric, document: dict[str, Any]
) -> None:
    first, second = document["partitions"]
    second["cat-ids"] = ["cat-3", "cat-99", "cat-5"]
    first["remote-connections"] = []
    second["nex-ids"] += ["nex-77"]
    second["remote-connections"].append(
        {"mpi-rank": 0, "nex-id": "nex-3", "cat-id": "cat-98", "cat-direction": "orig_cat-to-nex"}
    )
    assert codes(tmp_path, fabric, document) == {
        "missing-catchment": ("cat-4",),
        "unknown-catchment": ("cat-99",),
        "unknown-nexus": ("nex-77",),
        "unknown-connection": (
            'part 1: {"mpi-rank": 0, "nex-id": "nex-3", "cat-id": "cat-98",'
            ' "cat-direction": "orig_cat-to-nex"}',
        ),
        "one-sided-connection": ("part 0: nex-3 → cat-3 of part 1",),
    }
    with pytest.raises(InputError) as caught:
        read_partitioning(tmp_path / "parts.json", fabric)
    for name in ("cat-4", "cat-99", "nex-77", "cat-98", "part 0: nex-3"):
        assert name in caught.value.message


def spoil_repeated(entries: list[Any]) -> None:
    entries[0]["cat-ids"].append("cat-3")


def spoil_order(entries: list[Any]) -> None:
    entries[0]["id"], entries[1]["id"] = 1, 0


def spoil_nexuses(entries: list[Any]) -> None:
    entries[0]["nex-ids"] = ["nex-6"]


def spoil_rank(entries: list[Any]) -> None:
    entries[0]["remote-connections"].append({**entries[0]["remote-connections"][0], "mpi-rank": 2})


def spoil_direction(entries: list[Any]) -> None:
    entries[1]["remote-connections"].append(
        {**entries[1]["remote-connections"][0], "cat-direction": "sideways"}
    )


def spoil_connection(entries: list[Any]) -> None:
    entries[1]["remote-connections"].append("nex-3")


def spoil_part(entries: list[Any]) -> None:
    del entries[1]["remote-connections"]


def spoil_entry(entries: list[Any]) -> None:
    entries.append(7)


def spoil_mixture(entries: list[Any]) -> None:
    entries[0]["cat-ids"], entries[1]["cat-ids"] = ["cat-1"], ["cat-2", "cat-3", "cat-4", "cat-5"]


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (spoil_repeated, {"repeated-catchment": ("cat-3",)}),
        (spoil_order, {"part-order": ("part 1 at place 0", "part 0 at place 1")}),
        (spoil_nexuses, {"missing-nexus": ("part 0: nex-3",), "unneeded-nexus": ("part 0: nex-6",)}),
        (spoil_part, {"malformed-part": ("part 1: remote-connections",)}),
        (spoil_entry, {"malformed-part": ("part 2",), "empty-part": ("2",)}),
        (spoil_mixture, {"mixed-nexus": ("nex-3",)}),
    ],
)
def test_each_error_of_a_file_is_named(
    tmp_path: Path, fabric: Hydrofabric, document: dict[str, Any], spoil: Any, expected: dict[str, Any]
) -> None:
    spoil(document["partitions"])
    found = codes(tmp_path, fabric, document)
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (spoil_rank, "unknown-rank"),
        (spoil_direction, "malformed-connection"),
        (spoil_connection, "malformed-connection"),
    ],
)
def test_connection_that_means_nothing_is_named_in_full(
    tmp_path: Path, fabric: Hydrofabric, document: dict[str, Any], spoil: Any, code: str
) -> None:
    spoil(document["partitions"])
    found = codes(tmp_path, fabric, document)
    assert list(found) == [code]
    assert found[code][0].startswith("part ")


def test_file_of_the_frameworks_own_generator_may_hold_sentinels_and_empty_text(
    tmp_path: Path, fabric: Hydrofabric
) -> None:
    ids = [f"cat-{i}" for i in range(1, 6)]
    entry = {
        "id": "0",
        "cat-ids": [*ids, "wb-TERMINAL_SENTINEL-nex-6"],
        "nex-ids": ["nex-3", "nex-5", "nex-6"],
        "remote-connections": "",
    }
    assert codes(tmp_path, fabric, {"partitions": [entry]}) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"partitions": []}', '{"partitions": 3}', "\ufffd"])
def test_file_that_is_no_partition_file_is_refused(tmp_path: Path, fabric: Hydrofabric, text: str) -> None:
    path = tmp_path / "parts.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"parts\.json is no") as caught:
        read_partitioning(path, fabric)
    assert caught.value.hint is not None


def test_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path, fabric: Hydrofabric) -> None:
    with pytest.raises(NotFoundError):
        read_partitioning(tmp_path / "none.json", fabric)
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no JSON"):
        read_partitioning(tmp_path / "binary.json", fabric)


def test_division_read_without_weights_is_sound(
    tmp_path: Path, fabric: Hydrofabric, document: dict[str, Any]
) -> None:
    (tmp_path / "parts.json").write_text(json.dumps(document))
    found = read_partitioning(tmp_path / "parts.json", fabric)
    assert check_partitioning(fabric, found) == []
    assert found.part_weight.tolist() == [2.0, 3.0]
