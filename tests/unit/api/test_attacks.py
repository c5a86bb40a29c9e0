"""What strangers try: paths that climb, statements of SQL, lines in headers, numbers beyond all bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

GENERIC = {"category": "OUTPUT", "format": "GENERIC"}
CLIMBING = [
    "..%2F..%2Fetc%2Fpasswd", "%2e%2e%2fetc%2fpasswd", "....//", "..%5c..%5cetc", "%00", "a%00b",
    "%2Fetc%2Fpasswd", "a%0d%0aSet-Cookie:x", "%c0%ae%c0%ae%2f", "logan@1%2F..%2F..", "*", "%25",
    "~root", "-rf",
]  # fmt: skip
SQL = [
    "' OR '1'='1",
    "'; DROP TABLE job; --",
    '" OR ""="',
    "1 UNION SELECT * FROM token",
    "%' --",
    "\\'",
    "_%_",
]


@pytest.fixture
def client(quick) -> TestClient:
    return quick.client(quick.token("anna"))


@pytest.mark.parametrize("name", CLIMBING)
def test_path_that_climbs_finds_nothing(client: TestClient, name: str) -> None:
    for path in (
        f"/v1/data/datasets/{name}", f"/v1/data/datasets/{name}/files",
        f"/v1/data/datasets/logan/files/{name}",
        f"/v1/jobs/{name}", f"/v1/jobs/{name}/steps/run/log", f"/v1/data/uploads/{name}",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code in {404, 422}, path
        assert "root:" not in answer.text
        assert "set-cookie" not in answer.headers


def written(around: Path, others: set[Path]) -> set[Path]:
    """Return what there is around the folder that is meant for it."""
    found = set(around.iterdir())
    for folder in found - others:
        found |= set(folder.rglob("*"))
    return {path for path in found if "work" not in path.parts}


@pytest.mark.parametrize("name", CLIMBING)
def test_file_that_climbs_is_not_written(client: TestClient, tmp_path: Path, name: str) -> None:
    around = tmp_path.parent
    others = {path for path in around.iterdir() if path != tmp_path}  # of servers that run, and write
    before = written(around, others)
    upload = client.post("/v1/data/uploads").json()["upload"]
    client.put(f"/v1/data/uploads/{upload}/files/{name}", content=b"x")
    client.put(f"/v1/data/uploads/{upload}/files/a/../../{name}", content=b"x")
    assert written(around, others) <= before
    uploads = tmp_path / "work" / "uploads"
    assert [path.parent for path in uploads.glob("*")] == [uploads]


@pytest.mark.parametrize("text", SQL)
def test_statement_in_a_filter_is_text(gateway, text: str) -> None:
    client = gateway.client(gateway.token("anna"))
    root = gateway.client(gateway.token("root"))
    job = client.post("/v1/jobs", json={"kind": "probe"}).json()["id"]
    hidden = gateway.services.jobs.submit({"kind": "probe"}, "bert").job.id
    for asked in ({"text": text}, {"owner": text}, {"label": f"basin={text}"}, {"label": f"{text}=x"}):
        answer = client.get("/v1/jobs", params=asked)
        assert answer.status_code in {200, 422}
        if answer.status_code == 200:
            assert answer.json()["jobs"] == []
    assert client.get("/v1/data/datasets", params={"pattern": text}).json() == []
    for name in ("actor", "target", "action", "address", "request"):
        assert root.get("/v1/audit", params={name: text}).json()["entries"] == []
    assert client.get("/v1/users", params={"after": text}).status_code == 422
    assert [item["id"] for item in client.get("/v1/jobs").json()["jobs"]] == [job]
    assert client.get(f"/v1/jobs/{hidden}").status_code == 404


@pytest.mark.parametrize(
    "said",
    [
        {"labels": {"a": "x\r\nSet-Cookie: y"}}, {"labels": {"a\nb": "x"}}, {"name": "a\r\nb"},
        {"name": "\x00"}, {"labels": {"../a": "x"}}, {"labels": {"a": "x" * 201}},
        {"priority": 10**400}, {"priority": 1e400},
        {"text": "\ud800"}, {"seconds": "1; rm -rf /"}, {"executor": "../../bin/sh"},
    ],
)  # fmt: skip
def test_text_that_is_more_than_text_is_refused(client: TestClient, said: dict) -> None:
    import json

    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/jobs", content=json.dumps({"kind": "probe", **said}), headers=headers)
    assert answer.status_code == 422, answer.text
    assert "set-cookie" not in answer.headers


def test_text_of_other_languages_is_kept(client: TestClient) -> None:
    said = {"name": "Größe 水 🌊", "labels": {"basin": "Río — 'x' \"y\" <b>"}}
    job = client.post("/v1/jobs", json={"kind": "probe", **said}).json()
    shown = client.get(f"/v1/jobs/{job['id']}").json()
    assert (shown["name"], shown["labels"]) == (said["name"], said["labels"])
    assert client.get("/v1/jobs", params={"label": f"basin={said['labels']['basin']}"}).json()["jobs"]


def test_yaml_that_would_run_something_does_not(client: TestClient, tmp_path: Path) -> None:
    target = tmp_path / "touched"
    for text in (
        f"kind: probe\ntext: !!python/object/apply:os.system ['touch {target}']",
        f"!!python/object/new:subprocess.Popen [[touch, {target}]]",
        "kind: probe\ntext: !!python/name:os.system",
    ):
        answer = client.post("/v1/jobs", content=text, headers={"Content-Type": "application/yaml"})
        assert answer.status_code == 422
    assert not target.exists()


@pytest.mark.parametrize("name", ["a/b", "../a", "a b", ".a", "a\n", "x" * 129, "", "a@2", "name\x00"])
def test_name_that_is_none_makes_no_dataset(client: TestClient, name: str) -> None:
    upload = client.post("/v1/data/uploads").json()["upload"]
    client.put(f"/v1/data/uploads/{upload}/files/f", content=b"x")
    answer = client.post(f"/v1/data/uploads/{upload}/commit", json={"name": name, **GENERIC})
    assert answer.status_code == 422
    assert client.get("/v1/data/datasets").json() == []


@pytest.mark.parametrize("number", [2**63, 2**64, 10**30, -1])
def test_number_beyond_all_bounds_is_refused(client: TestClient, number: int) -> None:
    job = client.post("/v1/jobs", json={"kind": "probe"}).json()["id"]
    for path in (
        f"/v1/jobs/{job}/history?after={number}", f"/v1/events?after={number}", f"/v1/jobs?limit={number}",
        f"/v1/data/datasets?offset={number}", f"/v1/jobs/{job}/steps/probe/log?offset={number}",
    ):  # fmt: skip
        assert client.get(path).status_code == 422, path


def test_idempotency_key_that_is_no_text_is_refused(client: TestClient) -> None:
    for key in (b"a\x01b", b"x" * 201, b"a\x7fb"):
        answer = client.post("/v1/jobs", json={"kind": "probe"}, headers={"Idempotency-Key": key})
        assert answer.status_code == 422
