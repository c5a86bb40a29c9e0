"""Object stores over a real S3 server: access, signed addresses, races, resumed uploads, a whole catalog."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from dmod.catalog.cache import ContentCache
from dmod.catalog.catalog import Catalog
from dmod.catalog.category import Category
from dmod.catalog.data_format import FORMATS
from dmod.catalog.index.opening import open_index
from dmod.catalog.store.opening import open_store
from dmod.catalog.store.port import Content, ObjectStore
from dmod.errors import AlreadyExists, NotPermitted, StoreError
from dmod.services.data.bringing import Description
from dmod.services.data.service import DataService
from dmod.testing.ceph import CephServer

PART = 1 << 20
NUMBERS = count()
GENERIC = Description(Category.OUTPUT, FORMATS["GENERIC"])
QUICK = {"retries": "2", "timeout": "5"}


@pytest.fixture
def bucket(s3_server: CephServer) -> str:
    return s3_server.make_bucket(f"integration-{next(NUMBERS)}")


@pytest.fixture
def store(s3_server: CephServer, bucket: str) -> ObjectStore:
    return open_store(bucket, {**s3_server.options, **QUICK, "part_size": str(PART)})


@pytest.fixture
def service(store: ObjectStore, tmp_path: Path) -> Iterator[DataService]:
    index = open_index(str(tmp_path / "index.sqlite"))
    yield DataService(Catalog(store, index, ContentCache(tmp_path / "cache", 8 * PART)), tmp_path / "work")
    index.close()


def put(store: ObjectStore, data: bytes) -> Content:
    with store.ingest("test") as ingest:
        content = ingest.take_bytes(data)
        ingest.publish()
    return content


def objects(store: ObjectStore) -> dict[str, object]:
    """Return when each object was written, by key."""
    return {item["path"]: item["last_modified"] for item in store.objects.list("")}  # type: ignore[attr-defined]


def test_wrong_secret_is_refused(s3_server: CephServer, bucket: str) -> None:
    wrong = open_store(bucket, {**s3_server.options, **QUICK, "secret_access_key": "wrong"})
    for act in (lambda: wrong.put("a", b"1"), lambda: wrong.get("a"), lambda: list(wrong.list())):
        with pytest.raises(NotPermitted, match="denied"):
            act()


def test_thirty_two_writers_of_one_document_have_one_winner(store: ObjectStore) -> None:
    start, won = threading.Barrier(32), []

    def write(number: int) -> None:
        start.wait()
        try:
            store.put("datasets/here/1.json", str(number).encode(), if_absent=True)
        except AlreadyExists:
            return
        won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.get("datasets/here/1.json") == str(won[0]).encode()


def test_signed_addresses_read_and_write_without_keys(store: ObjectStore) -> None:
    data = os.urandom(2 * PART + 5)
    content = put(store, data)
    parts = sorted(store.sign_get(content, timedelta(minutes=5)), key=lambda part: part.start)
    got = []
    for part in parts:
        with urllib.request.urlopen(part.url, timeout=30) as answer:
            got.append(answer.read())
    assert b"".join(got) == data
    assert [(part.start, part.end) for part in parts][-1] == (2 * PART, 2 * PART + 5)
    store.delete_content([content.sha256])
    for part in store.sign_put(content, timedelta(minutes=5)):
        request = urllib.request.Request(part.url, data=data[part.start : part.end], method="PUT")
        urllib.request.urlopen(request, timeout=30).close()
    assert store.holds([content]) == {content.sha256}
    assert b"".join(store.read(content)) == data


def test_signed_address_ends(store: ObjectStore) -> None:
    content = put(store, b"data")
    (part,) = store.sign_get(content, timedelta(seconds=1))
    time.sleep(2.5)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(part.url, timeout=30)
    with refused.value:
        assert refused.value.code == 403


def test_upload_to_a_server_that_fails_goes_on_with_what_is_missing(
    s3_server: CephServer, store: ObjectStore, tmp_path: Path
) -> None:
    file = tmp_path / "large"
    file.write_bytes(os.urandom(6 * PART))
    with store.ingest("first") as ingest:
        (content,) = ingest.take([file])
        ingest.publish()
    keys = sorted(objects(store))
    store.objects.delete(keys[3:])  # type: ignore[attr-defined]
    before = objects(store)
    s3_server.stop_gateway()
    try:
        with store.ingest("second") as ingest:
            assert ingest.take([file]) == [content]
            with pytest.raises(StoreError) as failure:
                ingest.publish()
            assert failure.value.retryable
    finally:
        s3_server.start_gateway()
    time.sleep(1.1)  # times of objects are whole seconds
    with store.ingest("third") as ingest:
        ingest.take([file])
        ingest.publish()
    after = objects(store)
    assert sorted(after) == keys
    assert {key: after[key] for key in before} == before  # none of these was sent again
    assert store.holds([content]) == {content.sha256}


def test_upload_that_was_killed_leaves_what_is_collected(
    s3_server: CephServer, bucket: str, store: ObjectStore, service: DataService, tmp_path: Path
) -> None:
    script = f"""
from pathlib import Path
from dmod.catalog.store.opening import open_store
store = open_store({bucket!r}, {dict(store_options(s3_server))!r})
with store.ingest("killed") as ingest:
    ingest.take([Path({str(tmp_path / "large")!r})])
    ingest.publish(lambda moved: print(moved, flush=True))
"""
    (tmp_path / "large").write_bytes(os.urandom(40 * PART))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = len(objects(store))
    assert 0 < left < 40
    service.collect(grace=timedelta(0))
    time.sleep(1)
    service.collect(grace=timedelta(0))
    assert objects(store) == {}


def store_options(server: CephServer) -> dict[str, str]:
    return {**server.options, **QUICK, "part_size": str(PART)}


def test_catalog_in_a_bucket_adds_gets_verifies_and_collects(service: DataService, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}").write_bytes(os.urandom(1000 + number * PART // 4))
    dataset = service.add("here", [folder], GENERIC).dataset
    assert not service.verify().faults
    service.get("here", tmp_path / "got", link=True)
    for path in folder.iterdir():
        assert (tmp_path / "got" / path.name).read_bytes() == path.read_bytes()
    cache = service.catalog.cache
    assert cache is not None
    assert 0 < cache.size() <= cache.limit
    service.remove(["here"])
    later = replace(service.catalog, clock=lambda: dataset.created + timedelta(days=2))
    assert replace(service, catalog=later).collect().contents == 13
    assert list(service.catalog.store.list_content()) == []
