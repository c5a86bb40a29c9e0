"""The data service over HTTP: what the functions say, uploads that go on, errors in one form."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dmod import errors
from dmod.api.application import make_application
from dmod.api.problems import status_of
from dmod.catalog.catalog import Catalog
from dmod.catalog.index.opening import open_index
from dmod.catalog.store.folder import FolderStore
from dmod.services.data.service import DataService

GENERIC = {"category": "OUTPUT", "format": "GENERIC"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    index = open_index(str(tmp_path / "index.sqlite"))
    service = DataService(Catalog(FolderStore(tmp_path / "store"), index), tmp_path / "work", "me")
    with TestClient(make_application(service)) as found:
        yield found
    index.close()


def sent(client: TestClient, name: str, files: dict[str, bytes], **said: object) -> dict:
    upload = client.post("/data/uploads").json()["upload"]
    for path, data in files.items():
        assert client.put(f"/data/uploads/{upload}/files/{path}", content=data).status_code == 200
    answer = client.post(f"/data/uploads/{upload}/commit", json={"name": name, **GENERIC, **said})
    assert answer.status_code == 201, answer.text
    assert client.get(f"/data/uploads/{upload}").status_code == 404
    return answer.json()


def test_upload_becomes_a_dataset_that_is_listed_shown_and_read(client: TestClient) -> None:
    made = sent(client, "here", {"a/b.txt": b"one", "c.txt": b"three"}, description="words")
    assert made["name"] == "here"
    assert [item["name"] for item in client.get("/data/datasets").json()] == ["here"]
    shown = client.get("/data/datasets/here").json()
    assert (shown["files"], shown["size"], shown["versions"]) == (2, 8, [1])
    files = client.get("/data/datasets/here@1/files").json()
    assert files[0] == {"path": "a/b.txt", "size": 3, "sha256": sha256(b"one").hexdigest()}
    answer = client.get("/data/datasets/here/files/a/b.txt")
    assert (answer.status_code, answer.content) == (200, b"one")
    assert answer.headers["etag"] == f'"{sha256(b"one").hexdigest()}"'


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=1-2", 206, b"12"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=0-99", 206, b"0123456789"),
    ],
)
def test_part_of_a_file_is_read(client: TestClient, asked: str, status: int, content: bytes) -> None:
    sent(client, "here", {"f": b"0123456789"})
    answer = client.get("/data/datasets/here/files/f", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, content)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=3-1", "lines=1-2", "bytes=-"])
def test_part_that_is_not_there_is_refused(client: TestClient, asked: str) -> None:
    sent(client, "here", {"f": b"0123456789"})
    assert client.get("/data/datasets/here/files/f", headers={"Range": asked}).status_code == 422


def test_upload_goes_on_where_it_was_cut(client: TestClient) -> None:
    upload = client.post("/data/uploads").json()["upload"]
    address = f"/data/uploads/{upload}/files/f"
    client.put(address, content=b"01234", headers={"Content-Range": "bytes 0-4/10"})
    assert client.get(f"/data/uploads/{upload}").json()["files"] == [{"path": "f", "received": 5}]
    wrong = client.put(address, content=b"789", headers={"Content-Range": "bytes 7-9/10"})
    assert wrong.status_code == 409
    assert "from byte 5" in wrong.json()["hint"]
    assert (
        client.put(address, content=b"56789", headers={"Content-Range": "bytes 5-9/10"}).json()["received"]
        == 10
    )
    client.post(f"/data/uploads/{upload}/commit", json={"name": "here", **GENERIC})
    assert client.get("/data/datasets/here/files/f").content == b"0123456789"


@pytest.mark.parametrize("path", ["..%2Fout", "%2Fetc%2Fpasswd", "a%2F..%2F..%2Fb", "a%5Cb"])
def test_upload_that_climbs_out_is_refused(client: TestClient, tmp_path: Path, path: str) -> None:
    upload = client.post("/data/uploads").json()["upload"]
    assert client.put(f"/data/uploads/{upload}/files/{path}", content=b"x").status_code in {404, 422}
    assert not (tmp_path / "out").exists()
    assert not list((tmp_path / "work").rglob("*out*"))


def test_name_that_exists_is_a_conflict_and_the_upload_stays(client: TestClient) -> None:
    sent(client, "here", {"f": b"one"})
    upload = client.post("/data/uploads").json()["upload"]
    client.put(f"/data/uploads/{upload}/files/f", content=b"two")
    answer = client.post(f"/data/uploads/{upload}/commit", json={"name": "here", **GENERIC})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert "version 1" in answer.json()["detail"]
    assert (
        client.post(
            f"/data/uploads/{upload}/commit", json={"name": "here", "another": True, **GENERIC}
        ).status_code
        == 201
    )
    assert client.get("/data/datasets/here").json()["version"] == 2


def test_what_does_not_exist_is_404_with_what_is_near(client: TestClient) -> None:
    sent(client, "logan", {"f": b"one"})
    answer = client.get("/data/datasets/logen")
    assert answer.status_code == 404
    assert "logan" in answer.json()["hint"]


def test_unknown_key_is_refused_by_name(client: TestClient) -> None:
    answer = client.post("/data/find", json={"category": "FORCING", "catchment": ["cat-1"]})
    assert answer.status_code == 422
    assert "catchment" in answer.json()["detail"]


def test_find_explains_what_is_missing(client: TestClient) -> None:
    upload = client.post("/data/uploads").json()["upload"]
    client.put(f"/data/uploads/{upload}/files/f", content=b"x")
    said = {
        "name": "weather", "category": "FORCING", "format": "AORC_CSV", "catchments": ["cat-1", "cat-2"],
        "start": "2020-01-01", "end": "2020-01-31 23:00",
    }  # fmt: skip
    client.post(f"/data/uploads/{upload}/commit", json=said)
    wanted = {"category": "FORCING", "catchments": ["cat-1"], "start": "2020-01-05", "end": "2020-01-06"}
    assert client.post("/data/find", json=wanted).json()["fulfilled"]
    answer = client.post("/data/find", json={**wanted, "catchments": ["cat-1", "cat-3"]}).json()
    assert not answer["fulfilled"]
    assert "cat-3" in str(answer["examined"][0]["reasons"])
    domain = {"discrete": [{"variable": "CATCHMENT_ID", "values": ["cat-2"]}]}
    assert client.post("/data/find", json={"category": "FORCING", "domain": domain}).json()["fulfilled"]


def test_edit_verify_lineage_and_remove(client: TestClient) -> None:
    sent(client, "here", {"f": b"one"})
    assert client.patch("/data/datasets/here", json={"read_only": True}).json()["read_only"]
    assert client.delete("/data/datasets/here").status_code == 403
    client.patch("/data/datasets/here", json={"read_only": False})
    assert client.post("/data/datasets/here/verify").json()["sound"]
    assert client.get("/data/datasets/here/lineage").json()["provable"]
    assert client.get("/data/datasets/here/lineage?form=mermaid").text.startswith("flowchart")
    assert client.delete("/data/datasets/here").status_code == 204
    assert client.get("/data/datasets/here").status_code == 404


def test_data_elsewhere_are_noted_by_address_only(client: TestClient) -> None:
    said = {
        "name": "grid",
        "category": "FORCING",
        "format": "FORCING_GRID",
        "start": "2020-01-01",
        "end": "2020-12-31",
    }
    assert client.post("/data/datasets", json={**said, "link": "s3://bucket/aorc"}).status_code == 201
    assert client.post("/data/datasets", json={**said, "name": "x", "link": "/etc/passwd"}).status_code == 422


def test_folder_store_has_no_signed_addresses(client: TestClient) -> None:
    sent(client, "here", {"f": b"one"})
    answer = client.get("/data/datasets/here/links/f")
    assert answer.status_code == 422
    assert "gateway" in answer.json()["hint"]


def test_every_error_has_a_status() -> None:
    kinds = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, errors.DmodError)]
    assert {status_of(kind("x")) for kind in kinds} <= {403, 404, 409, 422, 500, 501, 502}
    assert status_of(errors.StoreError("x", retryable=True)) == 503
