from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dmod.hydrofabric import Catchments, Hydrofabric, Nexuses
from dmod.hydrofabric.partition import Connections, Partitioning, check_partitioning, partition_fabric

# cat-0 and cat-1 meet at nex-0 above cat-2; cat-2 and cat-3 meet at nex-1, where the water ends
NEXUS, RECEIVER = [0, 0, 1, 1], [2, -1]


@pytest.fixture
def fabric() -> Hydrofabric:
    catchments = Catchments(
        tuple(f"cat-{i}" for i in range(4)), np.ones(4), np.array(NEXUS), tuple(f"nex-{i}" for i in NEXUS)
    )
    return Hydrofabric(
        Path("y"), "geojson", catchments, Nexuses(("nex-0", "nex-1"), ("cat-2", ""), ("nex", "nex"))
    )


@pytest.fixture
def sound(fabric: Hydrofabric) -> Partitioning:
    found = partition_fabric(fabric, 2)
    assert found.part.tolist() == [0, 0, 1, 1]
    return found


def rows(*entries: tuple[int, int, int, int, int]) -> Connections:
    return Connections.from_rows(np.array(entries, dtype=np.int64))


# part, nexus, sends, remote part, remote catchment
SENT, RECEIVED = (0, 0, 1, 1, 2), [(1, 0, 0, 0, 0), (1, 0, 0, 0, 1)]


def found_by(fabric: Hydrofabric, partitioning: Partitioning) -> dict[str, tuple[str, ...]]:
    problems = check_partitioning(fabric, partitioning, where="parts.json")
    assert all(problem.is_error and problem.where == "parts.json" for problem in problems)
    return {problem.code: problem.ids for problem in problems}


def divided(sound: Partitioning, part: list[int], parts: int = 2) -> Partitioning:
    """Return the division with no connections listed."""
    return replace(sound, part=np.array(part), parts=parts, connections=rows())


def test_sound_division_has_no_problems(fabric: Hydrofabric, sound: Partitioning) -> None:
    assert found_by(fabric, sound) == {}
    assert sorted(sound.connections.rows) == sorted([SENT, *RECEIVED])


def test_catchment_in_no_part_is_found(fabric: Hydrofabric, sound: Partitioning) -> None:
    assert found_by(fabric, divided(sound, [0, 0, 0, -1], 1)) == {
        "missing-catchment": ("cat-3",),
    }


def test_catchment_in_a_part_that_does_not_exist_is_found(fabric: Hydrofabric, sound: Partitioning) -> None:
    assert found_by(fabric, divided(sound, [5, 0, 0, 0], 1)) == {"unknown-part": ("cat-0",)}


def test_empty_part_is_found(fabric: Hydrofabric, sound: Partitioning) -> None:
    assert found_by(fabric, divided(sound, [1, 1, 1, 1], 3)) == {"empty-part": ("0", "2")}


def test_nexus_with_local_and_remote_contributors_is_found(fabric: Hydrofabric, sound: Partitioning) -> None:
    assert found_by(fabric, divided(sound, [0, 1, 1, 1]))["mixed-nexus"] == ("nex-0",)


def test_outlet_in_two_parts_is_found(fabric: Hydrofabric, sound: Partitioning) -> None:
    assert found_by(fabric, divided(sound, [0, 0, 0, 1])) == {"split-outlet": ("nex-1",)}


def test_flow_listed_on_no_side_is_found(fabric: Hydrofabric, sound: Partitioning) -> None:
    assert found_by(fabric, divided(sound, [0, 0, 1, 1])) == {
        "missing-connection": (
            "part 0: nex-0 → cat-2 of part 1",
            "part 1: nex-0 ← cat-0 of part 0",
            "part 1: nex-0 ← cat-1 of part 0",
        )
    }


@pytest.mark.parametrize(
    ("listed", "lacking"),
    [
        (RECEIVED, ("part 0: nex-0 → cat-2 of part 1",)),
        ([SENT], ("part 1: nex-0 ← cat-0 of part 0", "part 1: nex-0 ← cat-1 of part 0")),
        ([SENT, RECEIVED[0]], ("part 1: nex-0 ← cat-1 of part 0",)),
    ],
)
def test_flow_listed_on_one_side_is_found(
    fabric: Hydrofabric,
    sound: Partitioning,
    listed: list[tuple[int, int, int, int, int]],
    lacking: tuple[str, ...],
) -> None:
    assert found_by(fabric, replace(sound, connections=rows(*listed))) == {"one-sided-connection": lacking}


def test_connection_without_a_flow_is_found(fabric: Hydrofabric, sound: Partitioning) -> None:
    spoilt = replace(sound, connections=rows(SENT, *RECEIVED, (1, 1, 1, 0, 0)))
    assert found_by(fabric, spoilt) == {"unneeded-connection": ("part 1: nex-1 → cat-0 of part 0",)}


def test_connection_to_the_wrong_rank_is_found(fabric: Hydrofabric, sound: Partitioning) -> None:
    spoilt = replace(sound, connections=rows((0, 0, 1, 0, 2), *RECEIVED))
    assert found_by(fabric, spoilt) == {
        "one-sided-connection": ("part 0: nex-0 → cat-2 of part 1",),
        "unneeded-connection": ("part 0: nex-0 → cat-2 of part 0",),
    }


def test_division_of_another_fabric_is_refused_at_once(fabric: Hydrofabric, sound: Partitioning) -> None:
    assert list(found_by(fabric, replace(sound, part=np.array([0, 1])))) == ["other-fabric"]


def test_all_problems_are_found_together(fabric: Hydrofabric, sound: Partitioning) -> None:
    spoilt = replace(sound, part=np.array([0, 1, 1, -1]), parts=3, connections=rows((1, 1, 1, 0, 0)))
    assert set(found_by(fabric, spoilt)) == {
        "missing-catchment",
        "empty-part",
        "mixed-nexus",
        "missing-connection",
        "unneeded-connection",
    }
