"""Adding: committed at once and for good, shared content, versions, one winner, nothing half."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dmod.catalog.adding import NewDataset, add_files
from dmod.catalog.catalog import Catalog
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS, DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.domain import Domain
from dmod.catalog.record import parse_record, record_key
from dmod.catalog.restriction import Discrete
from dmod.catalog.verification import verify
from dmod.errors import AlreadyExists, InputError, NotPermitted

Add = Callable[..., Dataset]
GENERIC = Domain(FORMATS["GENERIC"])


def stored(catalog: Catalog) -> int:
    return sum(1 for _ in catalog.store.list_content())


def test_added_dataset_is_found_with_files_sizes_and_hashes(catalog: Catalog, add: Add) -> None:
    dataset = add("here", {"a.txt": "one", "b/c.txt": "three"}, description="words", owner="me")
    assert catalog.index.get("here") == dataset
    assert (dataset.version, dataset.files, dataset.size) == (1, 2, 8)
    manifest = catalog.manifest(dataset)
    assert [entry.path for entry in manifest] == ["a.txt", "b/c.txt"]
    assert manifest.digest == dataset.digest
    assert not verify(catalog, [dataset]).faults


def test_record_in_the_store_says_what_the_index_says(catalog: Catalog, add: Add) -> None:
    dataset = add("here", {"a": "one"})
    assert parse_record(catalog.store.get(record_key("here", 1)), "record") == dataset


def test_second_dataset_with_the_same_files_stores_nothing(catalog: Catalog, add: Add) -> None:
    first = add("first", {"a": "one", "b": "two"})
    before = stored(catalog)
    second = add("second", {"a": "one", "b": "two"})
    assert second.digest == first.digest
    assert stored(catalog) == before


def test_shared_file_is_stored_once(catalog: Catalog, add: Add) -> None:
    add("first", {"a": "shared", "b": "two"})
    before = stored(catalog)
    add("second", {"x": "shared", "y": "new"})
    assert stored(catalog) == before + 2  # one file, one manifest


def test_name_that_exists_is_refused_with_its_version(catalog: Catalog, add: Add) -> None:
    add("here", {"a": "one"})
    with pytest.raises(AlreadyExists, match="version 1"):
        add("here", {"a": "two"})
    assert catalog.index.get("here").version == 1


def test_next_version_leaves_the_first_as_it_was(catalog: Catalog, add: Add) -> None:
    first = add("here", {"a": "one"})
    second = add("here", {"a": "two"}, another=True)
    assert second.version == 2
    assert catalog.index.get("here") == second
    assert catalog.index.get("here", 1) == first
    assert not verify(catalog, [first, second]).faults


def test_next_version_with_the_same_files_is_the_latest_one(catalog: Catalog, add: Add) -> None:
    first = add("here", {"a": "one"})
    assert add("here", {"a": "one"}, another=True) == first
    assert not catalog.index.uploads()


def test_next_version_that_returns_to_an_earlier_one_is_new(catalog: Catalog, add: Add) -> None:
    add("here", {"a": "one"})
    add("here", {"a": "two"}, another=True)
    assert add("here", {"a": "one"}, another=True).version == 3


def test_next_version_that_covers_other_things_is_new(catalog: Catalog, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    for number, variable in enumerate(("rain", "snow"), 1):
        domain = Domain(FORMATS["GENERIC"], {DomainIndex.VARIABLE: Discrete(frozenset({variable}))})
        new = NewDataset("here", Category.OUTPUT, domain)
        assert add_files(catalog, new, [("a", file)], another=True).version == number


def test_read_only_dataset_gets_no_further_version(catalog: Catalog, add: Add) -> None:
    add("here", {"a": "one"}, read_only=True)
    with pytest.raises(NotPermitted, match="read-only"):
        add("here", {"a": "two"}, another=True)


@pytest.mark.parametrize("path", ["../a", "/a", "a/../../b", "", "a//b", "a\\b", "a\0b", "C:/a"])
def test_path_that_leads_out_is_refused_before_anything_is_stored(
    catalog: Catalog, tmp_path: Path, path: str
) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    with pytest.raises(InputError, match="path"):
        add_files(catalog, NewDataset("here", Category.OUTPUT, GENERIC), [(path, file)])
    assert stored(catalog) == 0
    assert not catalog.index.uploads()


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "white space", "x" * 129, "a..b", "ü"])
def test_name_that_is_not_allowed_is_refused(catalog: Catalog, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        add_files(catalog, NewDataset(name, Category.OUTPUT, GENERIC), [])


def test_missing_file_leaves_no_dataset_and_the_name_free(catalog: Catalog, add: Add, tmp_path: Path) -> None:
    new = NewDataset("here", Category.OUTPUT, GENERIC)
    with pytest.raises(InputError, match="gone"):
        add_files(catalog, new, [("gone", tmp_path / "gone")])
    assert not catalog.index.uploads()
    assert add("here", {"a": "one"}).version >= 1


def test_data_that_lie_elsewhere_need_no_file(catalog: Catalog) -> None:
    new = NewDataset("there", Category.FORCING, GENERIC, access_location="s3://bucket/grid.zarr")
    dataset = add_files(catalog, new, [])
    assert dataset.is_external
    assert len(catalog.manifest(dataset)) == 0


def test_dataset_without_a_file_is_refused(catalog: Catalog) -> None:
    domain = Domain(FORMATS["AORC_CSV"], {DomainIndex.CATCHMENT_ID: Discrete(frozenset({"cat-1"}))})
    with pytest.raises(InputError, match="no file"):
        add_files(catalog, NewDataset("here", Category.FORCING, domain), [])


def _at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """Run an act in so many threads at once; return what each returned or raised."""
    found: list[object] = [None] * count
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        try:
            found[number] = act(number)
        except (AlreadyExists, NotPermitted) as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_sixteen_writers_of_sixteen_names_lose_none(catalog: Catalog, add: Add) -> None:
    found = _at_once(16, lambda n: add(f"set-{n}", {"a": f"text {n}", "b": "shared"}))
    assert all(isinstance(item, Dataset) for item in found)
    datasets = [catalog.index.get(f"set-{n}") for n in range(16)]
    assert not verify(catalog, datasets).faults


def test_sixteen_writers_of_one_name_give_one_winner(catalog: Catalog, add: Add) -> None:
    found = _at_once(16, lambda n: add("here", {"a": f"text {n}"}))
    winners = [item for item in found if isinstance(item, Dataset)]
    assert len(winners) == 1
    assert all("here" in str(item) for item in found if not isinstance(item, Dataset))
    assert catalog.index.get("here") == winners[0]


def test_sixteen_writers_of_further_versions_get_one_each(catalog: Catalog, add: Add) -> None:
    found = _at_once(16, lambda n: add("here", {"a": f"text {n}"}, another=True))
    assert sorted(item.version for item in found if isinstance(item, Dataset)) == list(range(1, 17))
    every = [catalog.index.get("here", version) for version in range(1, 17)]
    assert not verify(catalog, every).faults


def test_store_shared_with_another_index_tells_the_loser(catalog: Catalog, add: Add, tmp_path: Path) -> None:
    from dmod.catalog.index.opening import open_index

    add("here", {"a": "one"})
    other = Catalog(catalog.store, open_index(str(tmp_path / "other.sqlite")), clock=catalog.clock)
    file = tmp_path / "a"
    file.write_text("two")
    with pytest.raises(AlreadyExists, match="reindex"):
        add_files(other, NewDataset("here", Category.OUTPUT, GENERIC), [("a", file)])
    other.index.close()
    assert parse_record(catalog.store.get(record_key("here", 1)), "record") == catalog.index.get("here")
