"""Many things at once, with results in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmod.catalog.store.parallel import MOST_BYTES, MOST_FILES, batches, in_order


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_results_come_in_the_order_of_items(workers: int, count: int) -> None:
    def slow(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return item * item

    assert list(in_order(slow, range(count), workers, "test")) == [item * item for item in range(count)]


def test_items_are_asked_for_a_few_ahead_only() -> None:
    asked = []

    def items() -> Iterator[int]:
        for number in range(1000):
            asked.append(number)
            yield number

    results = in_order(lambda item: item, items(), 3, "test")
    assert next(results) == 0
    assert len(asked) < 20
    results.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test")]


@pytest.mark.parametrize("workers", [1, 4])
def test_first_error_ends_everything(workers: int) -> None:
    done = []

    def fail(item: int) -> int:
        done.append(item)
        if item == 5:
            raise ValueError(item)
        return item

    results = []
    with pytest.raises(ValueError, match="5"):
        for result in in_order(fail, range(1000), workers, "test"):
            results.append(result)
    assert results == [0, 1, 2, 3, 4]
    assert len(done) < 50


def test_batch_is_a_large_file_or_many_small_ones(tmp_path: Path) -> None:
    small = [tmp_path / f"small-{number}" for number in range(MOST_FILES + 5)]
    large = [tmp_path / f"large-{number}" for number in range(3)]
    for path in small:
        path.write_bytes(b"x")
    for path in large:
        path.write_bytes(bytes(MOST_BYTES + 1))
    absent = tmp_path / "absent"
    found = list(batches([*large, absent, *small]))
    assert [path for batch in found for path in batch] == [*large, absent, *small]
    assert [len(batch) for batch in found] == [1, 1, 1, MOST_FILES, 6]
    assert list(batches([])) == []
