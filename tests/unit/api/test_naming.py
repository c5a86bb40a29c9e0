"""The names of datasets in the requests of jobs: what is read must be visible, what is made one's own."""

from __future__ import annotations

import pytest

GENERIC = {"category": "OUTPUT", "format": "GENERIC"}


def put(client, name: str) -> None:
    upload = client.post("/v1/data/uploads").json()["upload"]
    assert client.put(f"/v1/data/uploads/{upload}/files/f", content=b"x").status_code == 200
    answer = client.post(f"/v1/data/uploads/{upload}/commit", json={"name": name, **GENERIC})
    assert answer.status_code == 201, answer.text


def asked(name: str) -> list[dict]:
    run = {"kind": "run", "package": "mine", "outputs": {"dataset": name}}
    member = {"name": "a", "changes": {"outputs.csv": True}}
    return [
        run,
        {"kind": "preparation", **GENERIC, "dataset": name},
        {"kind": "ensemble", "base": {"package": "mine", "outputs": {"dataset": name}}, "members": [member]},
    ]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_results_are_not_named_after_what_is_another_s(gateway, which: int) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    put(anna, "ours")
    put(bert, "mine")

    def statuses(name: str) -> set[int]:
        request = asked(name)[which]
        return {bert.post(path, json=request).status_code for path in ("/v1/jobs/plan", "/v1/jobs")}

    hidden = bert.post("/v1/jobs", json=asked("ours")[which])
    assert (hidden.status_code, "anna" in hidden.text) == (409, False)
    assert anna.put("/v1/data/datasets/ours/sharing", json={"shared_with": ["bert"]}).status_code == 200
    assert statuses("ours") == {403}
    assert statuses("mine") == statuses("new") == {200, 201}
    root = gateway.client(gateway.token("root"))
    assert root.post("/v1/jobs/plan", json=asked("ours")[which]).status_code == 200


def test_package_is_used_in_jobs_while_it_is_shared(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    put(anna, "ours")
    request = {"kind": "run", "package": "ours"}
    for shared, status in (([], 404), (["bert"], 201), ([], 404), (["*"], 201)):
        assert anna.put("/v1/data/datasets/ours/sharing", json={"shared_with": shared}).status_code == 200
        assert bert.post("/v1/jobs", json={**request, "fresh": True}).status_code == status
