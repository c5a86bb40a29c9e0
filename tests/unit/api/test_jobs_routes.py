"""Jobs over HTTP: submitted once, listed by page, shown while they change, and others' as if not there."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from dmod.jobs.control.clock import utc_now
from dmod.jobs.state import AttemptState, JobState

PROBE = {"kind": "probe", "text": "a"}


def test_job_is_submitted_shown_and_listed(gateway) -> None:
    client = gateway.client(gateway.token("anna"))
    answer = client.post("/v1/jobs", json={**PROBE, "name": "first", "labels": {"basin": "logan"}})
    assert answer.status_code == 201
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["owner"], job["state"], job["steps"][0]["name"]) == ("anna", "created", "probe")
    shown = client.get(answer.headers["location"])
    assert shown.json() == job
    assert shown.headers["etag"] == answer.headers["etag"]
    for name, link in job["links"].items():
        assert link.startswith(f"/v1/jobs/{job['id']}"), name
    (listed,) = client.get("/v1/jobs").json()["jobs"]
    assert listed["labels"] == {"basin": "logan"}
    assert "request" not in listed


@pytest.mark.parametrize("media", ["application/yaml", "text/yaml; charset=utf-8", "application/x-yaml"])
def test_request_in_yaml_is_the_same(anna, media: str) -> None:
    text = "kind: probe\nname: ja\nseconds: 1.5\nlabels:\n  when: 2020-01-01\n"
    answer = anna.post("/v1/jobs", content=text, headers={"Content-Type": media})
    assert answer.status_code == 201, answer.text
    asked = {"kind": "probe", "name": "ja", "seconds": 1.5, "labels": {"when": "2020-01-01"}}
    assert answer.json()["request"] == asked


def test_request_that_is_wrong_names_every_fault(anna) -> None:
    answer = anna.post("/v1/jobs", json={"kind": "probe", "priority": 101, "colour": "red"})
    assert answer.status_code == 422
    assert "priority" in answer.json()["detail"]
    assert "colour" in answer.json()["detail"]
    assert anna.get("/v1/jobs").json()["jobs"] == []


def test_request_that_no_node_can_serve_is_refused_with_what_there_is(anna) -> None:
    asked = {**PROBE, "resources": {"cpus": 64}}
    answer = anna.post("/v1/jobs", json=asked)
    assert answer.status_code == 422
    plan = anna.post("/v1/jobs/plan", json=asked)
    assert plan.status_code == 200
    assert plan.json()["refusal"]["kind"] == "unsatisfiable"
    assert plan.json()["refusal"]["message"] == answer.json()["detail"]


def test_request_that_would_fail_is_refused_with_the_field_and_what_is_allowed(anna) -> None:
    asked = {
        "where": {"catchments": ["cat-1"]},
        "period": {"start": "2015-10-01", "end": "2015-10-02"},
        "formulation": "topmodell",
    }
    planned = anna.post("/v1/jobs/plan", json=asked)
    assert planned.status_code == 200
    (found,) = planned.json()["findings"]
    assert (found["field"], found["given"]) == ("/formulation", "topmodell")
    assert "topmodel" in found["allowed"]
    assert planned.json()["refusal"]["kind"] == "input"
    refused = anna.post("/v1/jobs", json=asked)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["place"], error["field"], error["given"]) == ("formulation", "/formulation", "topmodell")
    assert error["allowed"] == found["allowed"]
    assert refused.json()["detail"] == f"the request cannot be used: formulation: {found['message']}"
    assert anna.get("/v1/jobs").json()["jobs"] == []
    assert anna.post("/v1/jobs/plan", json=PROBE).json()["findings"] == []


def test_plan_changes_nothing(anna) -> None:
    plan = anna.post("/v1/jobs/plan", json={**PROBE, "steps": 3}).json()
    assert [step["name"] for step in plan["steps"]] == ["probe-1", "probe-2", "probe-3"]
    assert plan["demand"]["execute"]["cpus"] == 1
    assert plan["answered_by"] is None
    assert anna.get("/v1/jobs/summary").json()["total"] == 0


def test_same_key_is_the_same_job_and_another_request_under_it_is_refused(gateway) -> None:
    client = gateway.client(gateway.token("anna"))
    headers = {"Idempotency-Key": "monday"}
    first = client.post("/v1/jobs", json=PROBE, headers=headers)
    again = client.post("/v1/jobs", json=PROBE, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["location"] == first.headers["location"]
    other = client.post("/v1/jobs", json={**PROBE, "text": "b"}, headers=headers)
    assert other.status_code == 409
    bert = gateway.client(gateway.token("bert")).post("/v1/jobs", json=PROBE, headers=headers)
    assert bert.status_code == 201
    assert bert.headers["location"] != first.headers["location"]


def test_many_submissions_at_once_with_one_key_are_one_job(gateway) -> None:
    client = gateway.client(gateway.token("anna"))
    answers = []

    def submit() -> None:
        answers.append(client.post("/v1/jobs", json=PROBE, headers={"Idempotency-Key": "k"}))

    threads = [threading.Thread(target=submit) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 31 + [201]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert client.get("/v1/jobs/summary").json()["total"] == 1


def test_pages_lead_to_each_other_and_miss_nothing(gateway) -> None:
    client = gateway.client(gateway.token("anna"))
    made = [client.post("/v1/jobs", json={**PROBE, "name": f"job {n}"}).json()["id"] for n in range(5)]
    seen, address = [], "/v1/jobs?limit=2&text=job&kind=probe"
    while address:
        answer = client.get(address)
        seen += [job["id"] for job in answer.json()["jobs"]]
        address = answer.json()["next"]
        assert (address is None) == ("link" not in answer.headers)
    assert seen == list(reversed(made))
    assert [job["id"] for job in client.get("/v1/jobs?oldest_first=true").json()["jobs"]] == made


def test_filters_choose(gateway) -> None:
    client = gateway.client(gateway.token("anna"))
    root = gateway.client(gateway.token("root"))
    logan = client.post("/v1/jobs", json={**PROBE, "name": "Logan", "labels": {"basin": "logan"}}).json()[
        "id"
    ]
    other = client.post("/v1/jobs", json={**PROBE, "labels": {"basin": "other"}}).json()["id"]
    gateway.services.jobs.cancel(other, "anna")
    now = utc_now()

    def found(**asked: object) -> list[str]:
        return [job["id"] for job in root.get("/v1/jobs", params=asked).json()["jobs"]]

    assert found(label="basin=logan") == [logan]
    assert found(label=["basin=logan", "basin=other"]) == []
    assert found(text="LOGA") == [logan]
    assert found(state="cancelled") == [other]
    assert found(state=["cancelled", "created"]) == [other, logan]
    assert found(owner="anna") == [other, logan]
    assert found(owner="bert") == []
    assert found(created_after=(now + timedelta(hours=1)).isoformat()) == []
    assert found(created_before=(now + timedelta(hours=1)).isoformat()) == [other, logan]
    assert found(created_before="2020-01-01T00:00:00") == []
    assert root.get("/v1/jobs/summary").json()["states"]["cancelled"] == 1


@pytest.mark.parametrize(
    "asked",
    [
        "state=finished", "kind=none", "limit=0", "limit=1001", "limit=x", "label=basin", "label==x",
        "created_after=yesterday", "colour=red", "created_before=9999-12-31T23:59:59-23:00", "after=a'b",
    ],
)  # fmt: skip
def test_filter_that_means_nothing_is_refused(anna, asked: str) -> None:
    answer = anna.get(f"/v1/jobs?{asked}")
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_unchanged_job_and_list_are_304_until_they_change(gateway) -> None:
    client = gateway.client(gateway.token("anna"))
    job = client.post("/v1/jobs", json=PROBE).json()["id"]
    for address in (f"/v1/jobs/{job}", "/v1/jobs"):
        tag = client.get(address).headers["etag"]
        answer = client.get(address, headers={"If-None-Match": f'"x", W/{tag}'})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        gateway.begin(job, "probe")
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_jobs_of_others_are_as_if_they_were_not_there(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    job = anna.post("/v1/jobs", json=PROBE).json()["id"]
    nothing = job[:-1] + ("0" if job[-1] != "0" else "1")
    for method, rest, body in [
        ("GET", "", None), ("GET", "/history", None), ("GET", "/events", None), ("GET", "/why", None),
        ("GET", "/results", None), ("GET", "/steps/probe/log", None), ("POST", "/cancel", None),
        ("POST", "/retry", None), ("PUT", "/sharing", {"shared_with": ["bert"]}),
    ]:  # fmt: skip
        theirs = bert.request(method, f"/v1/jobs/{job}{rest}", json=body)
        missing = bert.request(method, f"/v1/jobs/{nothing}{rest}", json=body)
        assert theirs.status_code == missing.status_code == 404, rest
        assert theirs.json()["hint"] == missing.json()["hint"]
        assert theirs.json()["detail"].replace(job, "") == missing.json()["detail"].replace(nothing, "")
    assert bert.get("/v1/jobs").json()["jobs"] == []
    assert bert.get("/v1/jobs/summary").json()["total"] == 0
    assert anna.get(f"/v1/jobs/{job}").json()["state"] == "created"


def test_shared_job_is_seen_and_not_changed_by_others(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    job = anna.post("/v1/jobs", json=PROBE).json()["id"]
    for shared in (["bert"], ["*"]):
        answer = anna.put(f"/v1/jobs/{job}/sharing", json={"shared_with": shared})
        assert answer.json()["shared_with"] == shared
        assert bert.get(f"/v1/jobs/{job}").status_code == 200
        assert bert.post(f"/v1/jobs/{job}/cancel").status_code == 403
        assert bert.put(f"/v1/jobs/{job}/sharing", json={"shared_with": []}).status_code == 403
    anna.put(f"/v1/jobs/{job}/sharing", json={"shared_with": []})
    assert bert.get(f"/v1/jobs/{job}").status_code == 404
    assert anna.put(f"/v1/jobs/{job}/sharing", json={"shared_with": ["a b"]}).status_code == 422


def test_cancelled_twice_is_cancelled_once_and_taken_up_again(gateway) -> None:
    client = gateway.client(gateway.token("anna"))
    job = client.post("/v1/jobs", json=PROBE).json()["id"]
    assert client.post(f"/v1/jobs/{job}/retry").status_code == 409
    ended = client.post(f"/v1/jobs/{job}/cancel", json={"reason": "wrong period"})
    assert ended.json()["state"] == "cancelled"
    assert client.post(f"/v1/jobs/{job}/cancel").json() == ended.json()
    history = client.get(f"/v1/jobs/{job}/history").json()["events"]
    states = [event["data"]["to"] for event in history if event["kind"] == "state"]
    assert states == ["created", "cancelled"]
    assert "wrong period" in str(history[-1])
    assert client.post(f"/v1/jobs/{job}/retry").json()["state"] == "created"
    gateway.move(job, JobState.RUNNING, JobState.FAILED)
    assert client.post(f"/v1/jobs/{job}/cancel").status_code == 409


def test_history_is_read_by_pages(anna, quick) -> None:
    job = anna.post("/v1/jobs", json=PROBE).json()["id"]
    quick.move(job, JobState.STAGING, JobState.RUNNING, JobState.COMPLETED)
    seen, address = [], f"/v1/jobs/{job}/history?limit=3"
    while address:
        page = anna.get(address).json()
        seen += [event["data"]["to"] for event in page["events"]]
        address = page["next"]
    assert seen == ["created", "staging", "running", "completed"]


def test_reasons_and_results_are_told(anna, quick) -> None:
    from dataclasses import replace

    from dmod.jobs.store.port import Change

    job = anna.post("/v1/jobs", json=PROBE).json()["id"]
    assert job in anna.get(f"/v1/jobs/{job}/why").json()["lines"][0]
    there = quick.begin(job, "probe", AttemptState.ENDED)
    step = replace(
        there.step("probe"), result={"dataset": "run-1@1", "scores": {"kge": 0.7}, "summary": None}
    )
    quick.store.apply([Change(there.with_step(step))])
    found = anna.get(f"/v1/jobs/{job}/results").json()
    assert (found["dataset"], found["scores"], found["summary"]) == ("run-1@1", {"kge": 0.7}, None)
    assert found["links"]["dataset_files"] == "/v1/data/datasets/run-1@1/files"
    assert found["steps"]["probe"]["scores"] == {"kge": 0.7}


def test_nodes_and_what_runs_are_shown_as_far_as_one_may_see(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    job = anna.post("/v1/jobs", json=PROBE).json()["id"]
    gateway.begin(job, "probe")
    usage = {"cpu": 1.5, "memory": 10, "peak": 20, "read": 1, "written": 2, "at": "2030-01-01T00:00:00Z"}
    gateway.store.report({f"{job}:probe:1": {"state": "running", "usage": usage}})
    (mine,), (theirs,) = anna.get("/v1/nodes").json(), bert.get("/v1/nodes").json()
    assert (mine["cpus"], mine["cpus_taken"], theirs["cpus_taken"]) == (4, 2, 2)
    assert mine["tenants"][0]["job"] == job
    assert theirs["tenants"] == []
    (running,) = anna.get("/v1/top").json()
    assert (running["attempt"]["label"], running["usage"]["peak"]) == (f"{job}:probe:1", 20)
    assert bert.get("/v1/top").json() == []


def test_changes_are_in_the_audit_log_with_who_where_and_which_request(gateway) -> None:
    anna, bert = gateway.client(gateway.token("anna")), gateway.client(gateway.token("bert"))
    root = gateway.client(gateway.token("root"))
    job = anna.post("/v1/jobs", json=PROBE, headers={"X-Request-ID": "r-1"}).json()["id"]
    anna.post("/v1/jobs", json={"kind": "none"}, headers={"X-Request-ID": "r-2"})
    anna.put(f"/v1/jobs/{job}/sharing", json={"shared_with": ["bert"]})
    bert.post(f"/v1/jobs/{job}/cancel", headers={"X-Request-ID": "r-3"})
    anna.post("/v1/jobs/plan", json=PROBE)
    anna.post("/v1/tokens", json={"name": "t"}, headers={"X-Request-ID": "r-4"})

    def entry(request: str) -> dict:
        (found,) = root.get("/v1/audit", params={"request": request}).json()["entries"]
        return found

    first = entry("r-1")
    assert (first["actor"], first["action"], first["target"]) == ("anna", "job:submit", job)
    assert (first["outcome"], first["address"]) == ("done", "192.0.2.7")
    assert entry("r-2")["outcome"] == "failed"
    assert (entry("r-3")["outcome"], entry("r-3")["actor"]) == ("refused", "bert")
    assert entry("r-4")["action"] == "token:issue"
    actions = [item["action"] for item in root.get("/v1/audit?actor=anna").json()["entries"]]
    assert actions == ["token:issue", "job:share", "job:submit", "job:submit"]


def test_formulations_are_listed_with_the_parameters_of_their_modules(anna) -> None:
    listed = {item["name"]: item for item in anna.get("/v1/formulations").json()}
    assert {"cfe", "topmodel"} <= listed.keys()
    modules = {module["name"]: module for module in listed["cfe"]["modules"]}
    (exponent,) = [item for item in modules["cfe"]["parameters"] if item["name"] == "soil_params.b"]
    assert exponent["description"]
    assert exponent["minimum"] < exponent["maximum"]
