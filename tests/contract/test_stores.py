"""Every store of dmod against the suite that ships."""

from itertools import count

import pytest

from dmod.catalog.store.folder import FolderStore
from dmod.catalog.store.keys import content_key
from dmod.catalog.store.memory import memory_store
from dmod.catalog.store.opening import open_store
from dmod.testing.store_suite import StoreSuite, flipped

PART = 64 * 1024
BUCKETS = count()


class TestFolderStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        return FolderStore(tmp_path / "store")

    def damage(self, store, content):
        path = store.path / "objects" / content_key(content.sha256)
        data = flipped(path.read_bytes())
        path.chmod(0o644)
        path.write_bytes(data)

    def break_off(self, store, content):
        path = store.path / "objects" / content_key(content.sha256)
        path.chmod(0o644)
        with path.open("r+b") as file:
            file.truncate(content.size // 2)

    def leave(self, store, upload):
        abandoned = store.ingest(upload)
        abandoned.__enter__().take_bytes(b"data")
        self.kept = [*getattr(self, "kept", ()), abandoned]  # what is collected ends in good order


class RemoteSuite(StoreSuite):
    def damage(self, store, content):
        keys = [item["path"] for item in store.objects.list("objects")]
        key = sorted(keys)[len(keys) // 2]
        store.objects.put(key, flipped(store.objects.get(key)))

    def break_off(self, store, content):
        keys = [item["path"] for item in store.objects.list("objects")]
        assert len(keys) > 1
        store.objects.delete([sorted(keys)[1]])


class TestMemoryStore(RemoteSuite):
    @pytest.fixture
    def store(self):
        return memory_store(part_size=PART)


class TestS3Store(RemoteSuite):
    """Against a real server."""

    @pytest.fixture
    def store(self, s3_server):
        bucket = s3_server.make_bucket(f"contract-{next(BUCKETS)}")
        return open_store(f"{bucket}/some/prefix", {**s3_server.options, "part_size": str(PART)})
