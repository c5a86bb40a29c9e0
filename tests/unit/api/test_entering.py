"""Who gets in: every route but the open ones asks for a token, and for what the token must be good for."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from dmod.accounts.permission import Permission
from dmod.accounts.role import Scope
from dmod.api.guarding import GuardedRoute, needs_of
from dmod.jobs.job import JobKind

OPEN = {"/healthz", "/openapi.json", "/v1/schema"}
PATH = {"job_id": "1kqg8d3m0x4v7tza", "step": "run", "reference": "logan", "path": "a/b", "name": "anna",
        "token": "k3v9x0q2m8ya", "upload": "0d1f6a52-4f3c-4a55-9f0e-0f2b3c4d5e6f",
        "zoom": "3", "x": "1", "y": "2"}  # fmt: skip


def routes_of(client: TestClient) -> list[tuple[str, str, Any]]:
    """Return method, path and route of all that the application answers."""
    found = []
    for context in iter_route_contexts(client.app.routes):
        for method in sorted((context.methods or set()) - {"HEAD"}):
            found.append((method, str(context.path), context.original_route))
    return found


def filled(path: str) -> str:
    for name, value in PATH.items():
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
    return path


def test_every_route_but_the_open_ones_needs_a_token(quick) -> None:
    stranger = quick.client(stranger_limit=type(quick.services.settings.stranger_limit)(1000, 1000))
    seen = set()
    for method, path, _ in routes_of(stranger):
        answer = stranger.request(method, filled(path))
        assert "{" not in filled(path)
        seen.add(path)
        if path in OPEN:
            assert answer.status_code == 200, path
        else:
            assert answer.status_code == 401, (method, path, answer.text)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
    assert len(seen) > 35
    assert seen >= OPEN


def test_every_route_names_its_permission(quick) -> None:
    for method, path, route in routes_of(quick.client()):
        if path in OPEN:
            continue
        assert isinstance(route, APIRoute)
        assert isinstance(route, GuardedRoute), path
        needs = needs_of(route)
        assert needs is not None, (method, path)
        assert needs.permission is not None or path == "/v1/me"


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer x", "Basic YTpi", "Bearer dmod_k3v9x0q2m8ya_" + "A" * 43,
        "Bearer dmod_k3v9x0q2m8ya_" + "A" * 43 + "' or 1=1 --", "dmod_k3v9x0q2m8ya_" + "A" * 43,
    ],
)  # fmt: skip
def test_what_is_no_token_is_401(quick, header: str) -> None:
    answer = quick.client().get("/v1/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["hint"]


def test_two_authorization_headers_are_none(quick) -> None:
    token = quick.token("anna")
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert quick.client().get("/v1/me", headers=headers).status_code == 401


def test_token_in_the_address_is_not_looked_at(quick) -> None:
    answer = quick.client().get("/v1/me", params={"token": quick.token("anna")})
    assert answer.status_code == 401


def test_revoked_token_and_disabled_user_are_401_at_once(gateway) -> None:
    client = gateway.client(gateway.token("anna"))
    root = gateway.client(gateway.token("root"))
    me = client.get("/v1/me").json()
    assert (me["user"], me["role"]) == ("anna", "user")
    assert root.delete(f"/v1/tokens/{me['token']}").status_code == 200
    assert client.get("/v1/me").status_code == 401
    other = gateway.client(gateway.token("anna"))
    assert root.patch("/v1/users/anna", json={"disabled": True}).json()["disabled"] is not None
    assert other.get("/v1/me").status_code == 401
    assert root.patch("/v1/users/anna", json={"disabled": False}).json()["disabled"] is None
    assert other.get("/v1/me").status_code == 200


def test_scope_that_a_token_lacks_is_403_and_says_which(quick) -> None:
    reading = quick.client(quick.token("anna", Scope.JOBS_READ))
    assert reading.get("/v1/jobs").status_code == 200
    answer = reading.post("/v1/jobs", json={"kind": "probe"})
    assert answer.status_code == 403
    assert "jobs:write" in answer.json()["hint"]
    assert reading.get("/v1/data/datasets").status_code == 403


def test_viewer_reads_what_is_shared_and_changes_nothing(quick) -> None:
    job = quick.services.jobs.submit({"kind": "probe"}, "anna").job
    vera = quick.client(quick.token("vera"))
    assert vera.get(f"/v1/jobs/{job.id}").status_code == 404
    quick.services.jobs.share(job.id, ["vera"])
    assert vera.get(f"/v1/jobs/{job.id}").status_code == 200
    assert [item["id"] for item in vera.get("/v1/jobs").json()["jobs"]] == [job.id]
    assert vera.post(f"/v1/jobs/{job.id}/cancel").status_code == 403
    assert vera.post("/v1/jobs", json={"kind": "probe"}).status_code == 403


def test_administrator_without_the_scope_is_a_user(quick) -> None:
    job = quick.services.jobs.submit({"kind": "probe"}, "anna").job
    assert quick.client(quick.token("root")).get(f"/v1/jobs/{job.id}").status_code == 200
    less = quick.client(quick.token("root", Scope.JOBS_READ))
    assert less.get(f"/v1/jobs/{job.id}").status_code == 404
    assert less.get("/v1/audit").status_code == 403


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_measures_are_open_only_on_the_machine_itself_and_if_set_so(quick, path: str) -> None:
    assert quick.client(address="127.0.0.1").get(path).status_code == 401
    near = quick.client(address="127.0.0.1", open_metrics=True)
    assert near.get(path).status_code == 200
    assert near.get(path, headers={"X-Forwarded-For": "192.0.2.9"}).status_code == 401
    assert near.get("/v1/jobs").status_code == 401
    assert quick.client(open_metrics=True).get(path).status_code == 401
    assert quick.client(quick.token("vera")).get(path).status_code == 200


def test_measures_tell_of_jobs_queue_nodes_and_answers(quick) -> None:
    client = quick.client(quick.token("root"))
    job = client.post("/v1/jobs", json={"kind": "probe"}).json()
    client.get("/metrics")
    quick.begin(job["id"], "probe")
    text = client.get("/metrics").text
    assert 'dmod_jobs{state="created"} 1.0' in text
    assert "dmod_queue_length 1.0" in text
    assert 'dmod_node_cpus_taken{executor="local",node="node-1"} 2.0' in text
    assert 'dmod_request_seconds_count{method="POST",route="/v1/jobs",status="201"} 1.0' in text
    assert job["id"] not in text


def test_attempts_that_end_are_measured_by_outcome_and_cause(quick) -> None:
    from dmod.jobs.control.clock import utc_now
    from dmod.jobs.event import Event, EventKind

    client = quick.client(quick.token("root"))
    job = client.post("/v1/jobs", json={"kind": "probe"}).json()["id"]
    client.get("/metrics")
    done = Event(job, utc_now(), EventKind.STEP, "controller", "", {"step": "probe", "to": "done"})
    lost = {"step": "probe", "to": "waiting", "cause": {"kind": "lost", "message": "gone"}}
    quick.store.note([done, done, Event(job, utc_now(), EventKind.STEP, "controller", "", lost)])
    for _ in range(2):
        text = client.get("/metrics").text
        assert 'dmod_attempts_total{cause="",outcome="done"} 2.0' in text
        assert 'dmod_attempts_total{cause="lost",outcome="failed"} 1.0' in text


def test_kinds_of_jobs_are_all_in_the_description(anna) -> None:
    parameters = anna.get("/openapi.json").json()["paths"]["/v1/jobs"]["get"]["parameters"]
    assert {"state", "kind", "owner", "label", "text"} <= {item["name"] for item in parameters}
    assert set(anna.get("/openapi.json").json()["components"]["schemas"]["JobKind"]["enum"]) == set(JobKind)


def test_permissions_of_who_asks_are_shown(quick) -> None:
    shown = quick.client(quick.token("vera")).get("/v1/me").json()["permissions"]
    assert Permission.JOB_SEE in shown
    assert Permission.JOB_SUBMIT not in shown
