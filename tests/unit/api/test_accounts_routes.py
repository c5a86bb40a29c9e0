"""Users and tokens over HTTP."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient


def test_administrator_makes_a_user_who_then_submits(gateway) -> None:
    root = gateway.client(gateway.token("root"))
    made = root.post("/v1/users", json={"name": "carl", "role": "user", "quota": {"cpus": 4}})
    assert (made.status_code, made.json()["quota"]) == (201, {"cpus": 4})
    assert root.post("/v1/users", json={"name": "carl"}).status_code == 409
    issued = root.post("/v1/tokens", json={"name": "laptop", "user": "carl", "seconds": 3600})
    assert issued.status_code == 201
    assert issued.json()["expires"] is not None
    carl = gateway.client(issued.json()["text"])
    assert carl.post("/v1/jobs", json={"kind": "probe"}).json()["owner"] == "carl"
    (shown,) = root.get("/v1/tokens?user=carl").json()
    assert "text" not in shown
    assert issued.json()["text"] not in root.get("/v1/audit?limit=1000").text
    assert root.patch("/v1/users/carl", json={"role": "viewer"}).json()["role"] == "viewer"
    assert carl.post("/v1/jobs", json={"kind": "probe"}).status_code == 403


def test_user_sees_to_own_tokens_and_nobody_elses(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    made = anna.post("/v1/tokens", json={"name": "reader", "scopes": ["jobs:read"]}).json()
    assert made["scopes"] == ["jobs:read"]
    assert bert.get("/v1/tokens?user=anna").json() == []
    assert bert.delete(f"/v1/tokens/{made['id']}").status_code == 404
    assert bert.get("/v1/users/anna").status_code == 404
    assert [user["name"] for user in bert.get("/v1/users").json()] == ["bert"]
    reader = gateway.client(made["text"])
    assert reader.post("/v1/tokens", json={"name": "more", "scopes": ["jobs:write"]}).status_code == 403
    assert anna.delete(f"/v1/tokens/{made['id']}").json()["revoked"] is not None
    assert reader.get("/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/users", {"name": "eve", "role": "admin"}),
        ("PATCH", "/v1/users/anna", {"role": "admin"}),
        ("POST", "/v1/tokens", {"name": "x", "scopes": ["admin"]}),
        ("POST", "/v1/tokens", {"name": "x", "user": "root"}),
        ("GET", "/v1/audit", None),
    ],
)
def test_nobody_makes_more_of_themselves(anna: TestClient, method: str, path: str, body: dict | None) -> None:
    assert anna.request(method, path, json=body).status_code == 403
    assert anna.get("/v1/me").json()["role"] == "user"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/users", {"name": "a b"}), ("/v1/users", {"name": "a" * 65}),
        ("/v1/users", {"name": "a", "role": "god"}), ("/v1/users", {"name": "a", "colour": 1}),
        ("/v1/tokens", {"name": ""}), ("/v1/tokens", {"name": "a\nb"}),
        ("/v1/tokens", {"name": "a", "seconds": 0}), ("/v1/tokens", {"name": "a", "scopes": []}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(root: TestClient, path: str, body: dict) -> None:
    assert root.post(path, json=body).status_code == 422


def test_last_administrator_stays(root: TestClient) -> None:
    assert root.patch("/v1/users/root", json={"role": "user"}).status_code == 409
    assert root.patch("/v1/users/root", json={"disabled": True}).status_code == 409
    assert root.patch("/v1/users/root", json={}).status_code == 422
    assert root.get("/v1/me").json()["role"] == "admin"


def test_log_of_what_was_done_is_read_by_pages(root: TestClient) -> None:
    for number in range(5):
        root.post("/v1/users", json={"name": f"user{number}"})
    seen, before = [], 0
    while before is not None:
        page = root.get("/v1/audit", params={"action": "user:create", "limit": 3, "before": before}).json()
        seen += [entry["target"] for entry in page["entries"]]
        before = page["next"]
    assert seen[:5] == [f"user{number}" for number in reversed(range(5))]
