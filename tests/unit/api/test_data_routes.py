"""The data service over HTTP: what the functions say, uploads that go on, errors in one form."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dmod import errors
from dmod.api.problems import status_of

GENERIC = {"category": "OUTPUT", "format": "GENERIC"}


@pytest.fixture
def client(quick) -> TestClient:
    return quick.client(quick.token("anna"))


def sent(client: TestClient, name: str, files: dict[str, bytes], **said: object) -> dict:
    upload = client.post("/v1/data/uploads").json()["upload"]
    for path, data in files.items():
        assert client.put(f"/v1/data/uploads/{upload}/files/{path}", content=data).status_code == 200
    answer = client.post(f"/v1/data/uploads/{upload}/commit", json={"name": name, **GENERIC, **said})
    assert answer.status_code == 201, answer.text
    assert client.get(f"/v1/data/uploads/{upload}").status_code == 404
    return answer.json()


def test_upload_becomes_a_dataset_that_is_listed_shown_and_read(client: TestClient) -> None:
    made = sent(client, "here", {"a/b.txt": b"one", "c.txt": b"three"}, description="words")
    assert made["name"] == "here"
    assert [item["name"] for item in client.get("/v1/data/datasets").json()] == ["here"]
    shown = client.get("/v1/data/datasets/here").json()
    assert (shown["files"], shown["size"], shown["versions"]) == (2, 8, [1])
    files = client.get("/v1/data/datasets/here@1/files").json()
    assert files[0] == {"path": "a/b.txt", "size": 3, "sha256": sha256(b"one").hexdigest()}
    answer = client.get("/v1/data/datasets/here/files/a/b.txt")
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
    answer = client.get("/v1/data/datasets/here/files/f", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, content)


@pytest.mark.parametrize(
    ("asked", "status"),
    [("bytes=10-", 416), ("bytes=3-1", 416), ("bytes=-0", 416), ("lines=1-2", 422), ("bytes=-", 422)],
)
def test_part_that_is_not_there_is_refused(client: TestClient, asked: str, status: int) -> None:
    sent(client, "here", {"f": b"0123456789"})
    assert client.get("/v1/data/datasets/here/files/f", headers={"Range": asked}).status_code == status


def test_upload_goes_on_where_it_was_cut(client: TestClient) -> None:
    upload = client.post("/v1/data/uploads").json()["upload"]
    address = f"/v1/data/uploads/{upload}/files/f"
    client.put(address, content=b"01234", headers={"Content-Range": "bytes 0-4/10"})
    assert client.get(f"/v1/data/uploads/{upload}").json()["files"] == [{"path": "f", "received": 5}]
    wrong = client.put(address, content=b"789", headers={"Content-Range": "bytes 7-9/10"})
    assert wrong.status_code == 409
    assert "from byte 5" in wrong.json()["hint"]
    assert (
        client.put(address, content=b"56789", headers={"Content-Range": "bytes 5-9/10"}).json()["received"]
        == 10
    )
    client.post(f"/v1/data/uploads/{upload}/commit", json={"name": "here", **GENERIC})
    assert client.get("/v1/data/datasets/here/files/f").content == b"0123456789"


@pytest.mark.parametrize("path", ["..%2Fout", "%2Fetc%2Fpasswd", "a%2F..%2F..%2Fb", "a%5Cb"])
def test_upload_that_climbs_out_is_refused(client: TestClient, tmp_path: Path, path: str) -> None:
    upload = client.post("/v1/data/uploads").json()["upload"]
    assert client.put(f"/v1/data/uploads/{upload}/files/{path}", content=b"x").status_code in {404, 422}
    assert not (tmp_path / "out").exists()
    assert not list((tmp_path / "work").rglob("*out*"))


def test_name_that_exists_is_a_conflict_and_the_upload_stays(client: TestClient) -> None:
    sent(client, "here", {"f": b"one"})
    upload = client.post("/v1/data/uploads").json()["upload"]
    client.put(f"/v1/data/uploads/{upload}/files/f", content=b"two")
    answer = client.post(f"/v1/data/uploads/{upload}/commit", json={"name": "here", **GENERIC})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert "version 1" in answer.json()["detail"]
    assert (
        client.post(
            f"/v1/data/uploads/{upload}/commit", json={"name": "here", "another": True, **GENERIC}
        ).status_code
        == 201
    )
    assert client.get("/v1/data/datasets/here").json()["version"] == 2


def test_what_does_not_exist_is_404_with_what_is_near(client: TestClient) -> None:
    sent(client, "logan", {"f": b"one"})
    answer = client.get("/v1/data/datasets/logen")
    assert answer.status_code == 404
    assert "logan" in answer.json()["hint"]


def test_unknown_key_is_refused_by_name(client: TestClient) -> None:
    answer = client.post("/v1/data/find", json={"category": "FORCING", "catchment": ["cat-1"]})
    assert answer.status_code == 422
    assert "catchment" in answer.json()["detail"]


def test_find_explains_what_is_missing(client: TestClient) -> None:
    upload = client.post("/v1/data/uploads").json()["upload"]
    client.put(f"/v1/data/uploads/{upload}/files/f", content=b"x")
    said = {
        "name": "weather", "category": "FORCING", "format": "AORC_CSV", "catchments": ["cat-1", "cat-2"],
        "start": "2020-01-01", "end": "2020-01-31 23:00",
    }  # fmt: skip
    client.post(f"/v1/data/uploads/{upload}/commit", json=said)
    wanted = {"category": "FORCING", "catchments": ["cat-1"], "start": "2020-01-05", "end": "2020-01-06"}
    assert client.post("/v1/data/find", json=wanted).json()["fulfilled"]
    answer = client.post("/v1/data/find", json={**wanted, "catchments": ["cat-1", "cat-3"]}).json()
    assert not answer["fulfilled"]
    assert "cat-3" in str(answer["examined"][0]["reasons"])
    domain = {"discrete": [{"variable": "CATCHMENT_ID", "values": ["cat-2"]}]}
    assert client.post("/v1/data/find", json={"category": "FORCING", "domain": domain}).json()["fulfilled"]


def test_edit_verify_lineage_and_remove(client: TestClient) -> None:
    sent(client, "here", {"f": b"one"})
    assert client.patch("/v1/data/datasets/here", json={"read_only": True}).json()["read_only"]
    assert client.delete("/v1/data/datasets/here").status_code == 403
    client.patch("/v1/data/datasets/here", json={"read_only": False})
    assert client.post("/v1/data/datasets/here/verify").json()["sound"]
    assert client.get("/v1/data/datasets/here/lineage").json()["provable"]
    assert client.get("/v1/data/datasets/here/lineage?form=mermaid").text.startswith("flowchart")
    assert client.delete("/v1/data/datasets/here").status_code == 204
    assert client.get("/v1/data/datasets/here").status_code == 404


def test_data_elsewhere_are_noted_by_address_only(client: TestClient) -> None:
    said = {
        "name": "grid",
        "category": "FORCING",
        "format": "FORCING_GRID",
        "start": "2020-01-01",
        "end": "2020-12-31",
    }
    assert client.post("/v1/data/datasets", json={**said, "link": "s3://bucket/aorc"}).status_code == 201
    assert (
        client.post("/v1/data/datasets", json={**said, "name": "x", "link": "/etc/passwd"}).status_code == 422
    )


def test_folder_store_has_no_signed_addresses(client: TestClient) -> None:
    sent(client, "here", {"f": b"one"})
    answer = client.get("/v1/data/datasets/here/links/f")
    assert answer.status_code == 422
    assert "gateway" in answer.json()["hint"]


def test_every_error_has_a_status() -> None:
    kinds = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, errors.DmodError)]
    assert {status_of(kind("x")) for kind in kinds} <= {401, 403, 404, 409, 422, 429, 500, 501, 502}
    assert status_of(errors.StoreError("x", retryable=True)) == 503


def test_dataset_of_another_is_as_if_it_were_not_there(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    made = sent(anna, "secret", {"f": b"one"})
    assert made["owner"] == "anna"
    for method, rest, body in [
        ("GET", "", None), ("GET", "/files", None), ("GET", "/files/f", None), ("GET", "/links/f", None),
        ("GET", "/lineage", None), ("POST", "/verify", None), ("PATCH", "", {"description": "mine"}),
        ("DELETE", "", None),
    ]:  # fmt: skip
        theirs = bert.request(method, f"/v1/data/datasets/secret{rest}", json=body)
        missing = bert.request(method, f"/v1/data/datasets/nought{rest}", json=body)
        assert theirs.status_code == missing.status_code == 404, rest
        assert "secret" not in theirs.json()["hint"]
    assert "secret" not in bert.get("/v1/data/datasets/secrets").text.replace("secrets", "")
    assert bert.get("/v1/data/datasets").json() == []
    assert bert.get("/v1/data/datasets?owner=anna").json() == []
    assert len(gateway.client(gateway.token("root")).get("/v1/data/datasets").json()) == 1


def test_find_tells_nothing_of_what_one_may_not_see(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    upload = anna.post("/v1/data/uploads").json()["upload"]
    anna.put(f"/v1/data/uploads/{upload}/files/f", content=b"x")
    said = {"name": "weather", "category": "FORCING", "format": "AORC_CSV", "catchments": ["cat-1"],
            "start": "2020-01-01", "end": "2020-01-31 23:00"}  # fmt: skip
    assert anna.post(f"/v1/data/uploads/{upload}/commit", json=said).status_code == 201
    wanted = {"category": "FORCING", "catchments": ["cat-1"], "start": "2020-01-05", "end": "2020-01-06"}
    for path in ("find", "plan"):
        assert "weather" in anna.post(f"/v1/data/{path}", json=wanted).text
        assert "weather" not in bert.post(f"/v1/data/{path}", json=wanted).text


def test_name_of_another_cannot_be_added_to(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    sent(anna, "ours", {"f": b"one"})
    for another in (True, False):
        upload = bert.post("/v1/data/uploads").json()["upload"]
        bert.put(f"/v1/data/uploads/{upload}/files/f", content=b"two")
        answer = bert.post(
            f"/v1/data/uploads/{upload}/commit", json={"name": "ours", "another": another, **GENERIC}
        )
        assert answer.status_code == 409
        assert "anna" not in answer.text
    assert anna.get("/v1/data/datasets/ours").json()["versions"] == [1]


def test_dataset_of_a_public_owner_is_read_by_everybody_and_changed_by_none(gateway) -> None:
    sent(gateway.client(gateway.token("anna")), "fabric", {"f": b"one"})
    vera = gateway.client(gateway.token("vera"), public_owners=frozenset({"anna"}))
    bert = gateway.client(gateway.token("bert"), public_owners=frozenset({"anna"}))
    for client in (vera, bert):
        assert client.get("/v1/data/datasets/fabric/files/f").content == b"one"
        assert client.patch("/v1/data/datasets/fabric", json={"description": "x"}).status_code == 403
        assert client.delete("/v1/data/datasets/fabric").status_code == 403
    upload = bert.post("/v1/data/uploads").json()["upload"]
    bert.put(f"/v1/data/uploads/{upload}/files/f", content=b"two")
    said = {"name": "fabric", "another": True, **GENERIC}
    assert bert.post(f"/v1/data/uploads/{upload}/commit", json=said).status_code == 403
    assert vera.post("/v1/data/uploads").status_code == 403


def test_dataset_that_is_shared_is_read_by_whom_it_is_shared_with_and_by_nobody_else(gateway) -> None:
    anna, bert, vera = (gateway.client(gateway.token(name)) for name in ("anna", "bert", "vera"))
    sent(anna, "ours", {"f": b"one"})
    upload = anna.post("/v1/data/uploads").json()["upload"]
    anna.put(f"/v1/data/uploads/{upload}/files/f", content=b"two")
    more = {"name": "ours", "another": True, **GENERIC}
    assert anna.post(f"/v1/data/uploads/{upload}/commit", json=more).status_code == 201
    address = "/v1/data/datasets/ours"
    assert bert.put(f"{address}/sharing", json={"shared_with": ["bert"]}).status_code == 404
    assert anna.put(f"{address}/sharing", json={"shared_with": ["no name!"]}).status_code == 422
    shared = anna.put(f"{address}@1/sharing", json={"shared_with": ["bert"]})
    assert (shared.json()["version"], shared.json()["shared_with"]) == (1, ["bert"])
    assert bert.get(address).json()["versions"] == [1]
    assert bert.get(f"{address}/files/f").content == b"one"
    assert anna.put(f"{address}/sharing", json={"shared_with": ["bert"]}).status_code == 200
    assert bert.get(f"{address}/files/f").content == b"two"
    assert [item["name"] for item in bert.get("/v1/data/datasets").json()] == ["ours"]
    assert vera.get(address).status_code == 404
    for act in (
        bert.patch(address, json={"description": "x"}),
        bert.delete(address),
        bert.put(f"{address}/sharing", json={"shared_with": []}),
    ):
        assert act.status_code == 403
    assert anna.put(f"{address}/sharing", json={"shared_with": ["*"]}).status_code == 200
    assert vera.get(address).status_code == 200
    assert anna.put(f"{address}/sharing", json={"shared_with": []}).status_code == 200
    assert {client.get(address).status_code for client in (bert, vera)} == {404}
    root = gateway.client(gateway.token("root"))
    entries = root.get("/v1/audit?action=dataset:share").json()["entries"]
    assert [item["outcome"] for item in entries].count("done") == 4


def test_later_version_is_read_by_whom_the_one_before_it_is_shared_with(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    sent(anna, "ours", {"f": b"one"})
    assert anna.put("/v1/data/datasets/ours/sharing", json={"shared_with": ["bert"]}).status_code == 200
    assert sent(anna, "ours", {"f": b"two"}, another=True)["shared_with"] == ["bert"]
    assert bert.get("/v1/data/datasets/ours/files/f").content == b"two"


def test_owner_of_one_version_does_not_share_those_of_others(gateway) -> None:
    anna, bert, root, vera = (
        gateway.client(gateway.token(name)) for name in ("anna", "bert", "root", "vera")
    )
    sent(anna, "ours", {"f": b"one"})
    sent(anna, "ours", {"f": b"two"}, another=True)
    address = "/v1/data/datasets/ours"
    assert anna.put(f"{address}@1/sharing", json={"shared_with": ["bert"]}).status_code == 200
    assert root.patch(f"{address}@2", json={"owner": "bert"}).status_code == 200
    shared = bert.put(f"{address}/sharing", json={"shared_with": ["*"]})
    assert (shared.status_code, shared.json()["version"]) == (200, 2)
    assert anna.get(f"{address}@1").json()["shared_with"] == ["bert"]
    assert vera.get(address).json()["versions"] == [2]
    assert bert.put(f"{address}@1/sharing", json={"shared_with": ["*"]}).status_code == 403


def test_what_is_not_shared_with_them_is_for_no_route_there(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    sent(anna, "ours", {"f": b"one"})
    address = "/v1/data/datasets/ours"

    def answers() -> set[int]:
        paths = ("", "@1", "/files", "/files/f", "/lineage", "/links/f")
        found = {bert.get(f"{address}{path}").status_code for path in paths}
        return found | {bert.post(f"{address}/verify").status_code}

    assert answers() == {404}
    assert anna.put(f"{address}/sharing", json={"shared_with": ["bert"]}).status_code == 200
    # a store in a folder has no addresses to sign
    assert answers() - {200} == {anna.get(f"{address}/links/f").status_code} != {404}
    assert anna.put(f"{address}/sharing", json={"shared_with": []}).status_code == 200
    assert answers() == {404}
    assert bert.get("/v1/data/datasets?latest=false&expired=true").json() == []


def test_upload_of_another_is_as_if_it_were_not_there(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    upload = anna.post("/v1/data/uploads").json()["upload"]
    address = f"/v1/data/uploads/{upload}"
    assert bert.get(address).status_code == 404
    assert bert.put(f"{address}/files/f", content=b"x").status_code == 404
    assert bert.post(f"{address}/commit", json={"name": "x", **GENERIC}).status_code == 404
    assert bert.delete(address).status_code == 404
    assert anna.delete(address).status_code == 204


def test_owner_is_changed_by_an_administrator_alone(gateway) -> None:
    anna = gateway.client(gateway.token("anna"))
    sent(anna, "here", {"f": b"one"})
    assert anna.patch("/v1/data/datasets/here", json={"owner": "bert"}).status_code == 403
    root = gateway.client(gateway.token("root"))
    assert root.patch("/v1/data/datasets/here", json={"owner": "bert"}).json()["owner"] == "bert"
    assert anna.get("/v1/data/datasets/here").status_code == 404
    entries = root.get("/v1/audit?action=dataset:change").json()["entries"]
    assert [(item["actor"], item["outcome"]) for item in entries] == [("root", "done"), ("anna", "refused")]


def test_lists_are_paged_over_what_one_may_see(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    for number in range(4):
        sent(anna if number % 2 else bert, f"d{number}", {"f": b"%d" % number})
    listed = [anna.get(f"/v1/data/datasets?limit=1&offset={n}").json() for n in range(3)]
    assert [[item["name"] for item in page] for page in listed] == [["d1"], ["d3"], []]


def test_lists_are_sorted_and_paged_over_what_one_may_see(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    for name, size, client in (("b", 3, anna), ("x", 9, bert), ("c", 1, anna), ("a", 2, anna)):
        sent(client, name, {"f": name.encode() * size})
    for asked, expected in (
        ("", "abc"), ("sort=name&descending=true", "cba"), ("sort=created", "bca"),
        ("sort=created&descending=true", "acb"), ("sort=size", "cab"), ("sort=size&descending=true", "bac"),
    ):  # fmt: skip
        pages = [anna.get(f"/v1/data/datasets?limit=2&offset={at}&{asked}").json() for at in (0, 2)]
        assert [[item["name"] for item in page] for page in pages] == [list(expected[:2]), list(expected[2:])]
    assert anna.get("/v1/data/datasets?sort=colour").status_code == 422


def test_request_that_names_a_dataset_of_another_is_refused(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    sent(anna, "package", {"f": b"one"})
    asked = {"kind": "evaluation", "results": "package@1"}
    for path in ("/v1/jobs", "/v1/jobs/plan"):
        assert bert.post(path, json=asked).status_code == 404
        assert anna.post(path, json=asked).status_code in {200, 201}
    nested = {"kind": "evaluation", "results": "nought", "evaluation": {"observed": "package"}}
    assert bert.post("/v1/jobs", json=nested).status_code == 404


def test_large_file_is_sent_and_never_held_whole(quick) -> None:
    client = quick.client(quick.token("anna"), largest_body=1000)
    upload = client.post("/v1/data/uploads").json()["upload"]

    def pieces():
        for _ in range(50):
            yield b"x" * 1000

    answer = client.put(f"/v1/data/uploads/{upload}/files/big", content=pieces())
    assert answer.json()["received"] == 50_000


def test_upload_that_is_refused_tells_nothing_of_the_servers_folders(client: TestClient) -> None:
    upload = client.post("/v1/data/uploads").json()["upload"]
    client.put(f"/v1/data/uploads/{upload}/files/odd.bin", content=b"\x00\x01 nothing that is known")
    answer = client.post(f"/v1/data/uploads/{upload}/commit", json={"name": "odd"})
    assert answer.status_code == 422
    assert "odd.bin is none of the kinds" in answer.json()["detail"]
    assert "/uploads/" not in answer.text
