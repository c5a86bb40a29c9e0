"""Publishing what a step has made, beside others that publish the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dmod.catalog.catalog import Catalog
from dmod.catalog.dataset import Dataset
from dmod.catalog.index.opening import open_index
from dmod.catalog.index.port import LEASE
from dmod.catalog.store.folder import FolderStore
from dmod.errors import AlreadyExists
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.services.jobs.actions import collect
from dmod.services.jobs.actions.collect import described, publish
from dmod.testing.datasets import dataset_of, upload_of


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataService]:
    index = open_index(str(tmp_path / "index.sqlite"))
    yield DataService(Catalog(FolderStore(tmp_path / "store"), index), tmp_path / "work", "tester")
    index.close()


@pytest.fixture
def made(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "outputs"
    folder.mkdir()
    (folder / "gauge-01234567.csv").write_text(
        "time,streamflow\n2020-01-01,1.5\n2020-01-02,1.0\n", encoding="ascii"
    )
    return [folder]


def reserved(data: DataService) -> Dataset:
    """Have a process elsewhere begin to add a dataset."""
    now = datetime.now(UTC)
    draft = dataset_of("run-1", created=now)
    return data.catalog.index.reserve(draft, upload_of(draft, now, now + LEASE), another=False)


def test_step_that_publishes_beside_another_waits_and_gets_what_that_published(
    data: DataService, made: list[Path]
) -> None:
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.append(publish(data, made, Description(), name="run-1", key="k" * 64))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert {dataset.reference for dataset in found} == {"run-1@1"}


def test_step_goes_on_when_the_other_gives_up(data: DataService, made: list[Path]) -> None:
    draft = reserved(data)
    threading.Timer(0.6, lambda: data.catalog.index.abandon(draft.uuid)).start()
    assert publish(data, made, Description(), name="run-1", key="k" * 64).name == "run-1"


def test_step_that_waited_in_vain_may_be_tried_again(
    data: DataService, made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "PATIENCE", 0.0)
    reserved(data)
    with pytest.raises(AlreadyExists, match="is being added by another process") as caught:
        publish(data, made, Description(), name="run-1", key="k" * 64)
    assert caught.value.retryable


def test_name_of_another_dataset_is_refused_at_once(data: DataService, made: list[Path]) -> None:
    data.add("run-1", made, Description())
    start = time.monotonic()
    with pytest.raises(AlreadyExists, match="exists") as caught:
        publish(data, made, Description(), name="run-1", key="k" * 64)
    assert not caught.value.retryable
    assert time.monotonic() - start < collect.PATIENCE


def test_results_say_the_name_and_the_id_of_their_job() -> None:
    assert described({"id": "1k", "name": "dry year"}) == "results of dry year (job 1k)"
    assert described({"id": "1k", "name": ""}) == "results of job 1k"
