"""Processes are executed: at once or later, with results by value, by reference, in one document or raw."""

from __future__ import annotations

import threading
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

import pytest

from dmod.jobs.cause import CauseKind

PROBE = "/ogc/processes/probe/execution"
LATER = {"Prefer": "respond-async"}
TYPES = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"


def ended(acting: Any, result: dict[str, Any] | None = None) -> threading.Thread:
    """End the next job from another thread, once it is there."""

    def end() -> None:
        for _ in range(2000):
            if acting.gateway.store.active():
                break
            threading.Event().wait(0.005)
        acting.end(result)

    thread = threading.Thread(target=end)
    thread.start()
    return thread


def executed(client: Any, **body: Any) -> str:
    answer = client.post(PROBE, json={"inputs": {"fresh": True}, **body}, headers=LATER)
    assert answer.status_code == 201
    return answer.headers["location"]


def test_execution_answers_201_with_location_and_status(anna) -> None:
    body = {"inputs": {"text": "a", "name": "first", "labels": {"value": {"basin": "logan"}}}}
    answer = anna.post(PROBE, json=body, headers=LATER)
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "respond-async"
    status = answer.json()
    assert answer.headers["location"].endswith(f"/ogc/jobs/{status['jobID']}")
    assert (status["status"], status["processID"], status["type"]) == ("accepted", "probe", "process")
    assert anna.get(answer.headers["location"]).json() == status
    job = anna.get(f"/v1/jobs/{status['jobID']}").json()
    assert job["request"] == {"kind": "probe", "text": "a", "name": "first", "labels": {"basin": "logan"}}


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [({}, None), ({"Prefer": "respond-sync"}, None), ({"Prefer": "wait=30"}, "wait=30")],
)
def test_quick_process_is_waited_for_unless_told_otherwise(anna, acting, prefer, applied) -> None:
    thread = ended(acting, {"found": 7})
    answer = anna.post(PROBE, json={"inputs": {}, "response": "document"}, headers=prefer)
    thread.join()
    assert answer.status_code == 200
    assert answer.json() == {"summary": {"value": {"probe": {"found": 7}}, "mediaType": "application/json"}}
    assert answer.headers.get("preference-applied") == applied
    assert 'rel="monitor"' in answer.headers["link"]


def test_long_process_is_never_waited_for(anna, own_output) -> None:
    body = {"inputs": own_output}
    answer = anna.post("/ogc/processes/preparation/execution", json=body)
    assert answer.status_code == 201
    assert answer.json()["status"] == "accepted"


@pytest.mark.parametrize("prefer", ["respond-async, wait=1", "wait=1"])
def test_what_takes_longer_than_the_wait_goes_on_as_a_job(anna, prefer: str) -> None:
    answer = anna.post(PROBE, json={"inputs": {}}, headers={"Prefer": prefer})
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == prefer
    assert anna.get(answer.headers["location"]).json()["status"] == "accepted"


def test_asynchronous_job_that_is_done_within_the_wait_answers_with_results(anna, acting) -> None:
    thread = ended(acting)
    answer = anna.post(PROBE, json={"inputs": {}}, headers={"Prefer": "respond-async; wait=30"})
    thread.join()
    assert answer.status_code == 200
    assert "preference-applied" not in answer.headers


def test_results_by_value_and_by_reference(anna, acting) -> None:
    raw = executed(anna)
    acting.end({"found": 1})
    assert anna.get(raw + "/results").json() == {"probe": {"found": 1}}
    document = executed(anna, response="document", outputs={"summary": {"transmissionMode": "reference"}})
    acting.end({"found": 2})
    told = anna.get(document + "/results").json()["summary"]
    assert told["type"] == "application/json"
    assert anna.get(told["href"]).json() == {"probe": {"found": 2}}
    reference = executed(anna, outputs={"summary": {"transmissionMode": "reference"}})
    acting.end({"found": 3})
    answer = anna.get(reference + "/results")
    assert (answer.status_code, answer.content) == (204, b"")
    assert anna.get(answer.links["http://www.opengis.net/def/rel/ogc/1.0/results"]["url"]).json() == {
        "probe": {"found": 3}
    }


def test_several_raw_results_are_parts_of_one_answer(anna, acting) -> None:
    inputs = {"package": "logan"}
    anna_runs = anna.post(
        "/ogc/processes/run/execution",
        json={"inputs": inputs, "outputs": {"scores": {}, "results": {"transmissionMode": "reference"}}},
    )
    job = anna_runs.json()["jobID"]
    for result in (
        {},
        {"summary": {"steps": 3}},
        {"dataset": "run-1@1", "uuid": "u"},
        {"scores": {"kge": 0.7}},
    ):
        acting.end(result)
    answer = anna.get(f"/ogc/jobs/{job}/results")
    assert answer.headers["content-type"].startswith("multipart/related")
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    parts = {
        part["Content-ID"]: part
        for part in message_from_bytes(head + answer.content, policy=HTTP).iter_parts()
    }
    assert parts["<scores>"].get_content() == b'{"kge": 0.7}\r\n'.strip()
    place = parts["<results>"]["Content-Location"]
    assert anna.get(place).json()["dataset"] == "run-1@1"
    assert anna.get(f"/ogc/jobs/{job}/results/summary").json() == {"steps": 3}
    missing = anna.get(f"/ogc/jobs/{job}/results/none")
    assert missing.status_code == 404


def test_run_answers_with_dataset_scores_and_summary(anna, acting) -> None:
    answer = anna.post(
        "/ogc/processes/run/execution", json={"inputs": {"package": "logan"}, "response": "document"}
    )
    job = answer.json()["jobID"]
    for result in ({}, {"summary": {"steps": 3}}, {"dataset": "run-1@1", "uuid": "u"}, {"scores": None}):
        acting.end(result)
    found = anna.get(f"/ogc/jobs/{job}/results").json()
    assert set(found) == {"results", "summary"}  # there was nothing to score it with
    assert found["results"]["value"]["dataset"] == "run-1@1"
    assert found["results"]["value"]["files"].endswith("/v1/data/datasets/run-1@1/files")


def test_results_before_the_end_are_not_ready(anna, acting) -> None:
    address = executed(anna)
    answer = anna.get(address + "/results")
    assert (answer.status_code, answer.json()["type"]) == (404, TYPES + "result-not-ready")
    acting.go()
    assert anna.get(address + "/results").status_code == 404
    missing = anna.get("/ogc/jobs/none/results")
    assert (missing.status_code, missing.json()["type"]) == (404, TYPES + "no-such-job")


@pytest.mark.parametrize(
    ("kind", "status"), [(CauseKind.INPUT, 400), (CauseKind.OUT_OF_MEMORY, 500), (CauseKind.BACKEND, 502)]
)
def test_results_of_a_failed_job_are_its_cause(anna, acting, kind: CauseKind, status: int) -> None:
    address = executed(anna)
    acting.fail(kind)
    answer = anna.get(address + "/results")
    assert answer.status_code == status
    assert answer.json()["type"] == f"urn:dmod:problem:job-{kind}"
    assert "no such gauge" in answer.json()["detail"]
    shown = anna.get(address).json()
    assert (shown["status"], shown["message"], shown["dmod:state"]) == ("failed", "no such gauge", "failed")


def test_failure_while_somebody_waits_is_answered_at_once(anna, acting) -> None:
    def fail() -> None:
        while not acting.gateway.store.active():
            threading.Event().wait(0.005)
        acting.fail()

    thread = threading.Thread(target=fail)
    thread.start()
    answer = anna.post(PROBE, json={"inputs": {}})
    thread.join()
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:dmod:problem:job-input"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"inputs": {"colour": "red"}}, "inputs.colour"),
        ({"inputs": {"kind": "run"}}, "inputs.kind"),
        ({"inputs": {"notify": {"webhook": "http://x.org"}}}, "inputs.notify"),
        ({"inputs": {"seconds": "long"}}, "seconds"),
        ({"inputs": {"seconds": [1, 2]}}, "seconds"),
        ({"inputs": {}, "outputs": {"map": {}}}, "outputs.map"),
        ({"inputs": {}, "outputs": {"summary": {"format": {"mediaType": "text/csv"}}}}, "text/csv"),
        ({"inputs": {}, "outputs": {"summary": {"transmissionMode": "post"}}}, "transmissionMode"),
        ({"inputs": {}, "response": "xml"}, "response"),
        ({"inputs": {}, "mode": "async"}, "mode"),
        ({"inputs": []}, "inputs"),
        ({"inputs": {"labels": 3}, "subscriber": {"successUri": "http://8.8.8.8/"}}, "labels"),
    ],
)
def test_request_that_is_wrong_is_refused_and_makes_no_job(anna, body: dict[str, Any], said: str) -> None:
    answer = anna.post(PROBE, json=body, headers=LATER)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert anna.get("/ogc/jobs").json()["jobs"] == []


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (2, 2), ([2], 2), ({"value": 2}, 2), ({"value": "2", "mediaType": "application/json"}, 2),
        ({"value": 2, "format": {"mediaType": "application/json"}}, 2),
    ],
)  # fmt: skip
def test_value_may_be_plain_qualified_or_the_only_one_of_a_list(anna, given: Any, value: Any) -> None:
    job = anna.post(PROBE, json={"inputs": {"seconds": given}}, headers=LATER).json()["jobID"]
    assert anna.get(f"/v1/jobs/{job}").json()["request"]["seconds"] == value


def test_input_by_reference_is_read_where_that_is_allowed(quick, hearer) -> None:
    token = quick.token("anna")
    body = {"inputs": {"labels": {"href": f"{hearer.url}/labels"}}}
    far = quick.client(token).post(PROBE, json=body, headers=LATER)
    assert far.status_code == 400
    assert "not a public address" in far.json()["detail"]
    assert hearer.heard.empty()
    near = quick.client(token, hosts=("localhost", "127.0.0.1"))
    answer = near.post(PROBE, json=body, headers={**LATER, "Host": "localhost"})
    job = answer.json()["jobID"]
    assert quick.store.job(job).labels == {"basin": "logan"}


def test_same_key_is_the_same_job(anna) -> None:
    headers = {**LATER, "Idempotency-Key": "monday"}
    first = anna.post(PROBE, json={"inputs": {}, "response": "document"}, headers=headers)
    again = anna.post(PROBE, json={"inputs": {}, "response": "document"}, headers=headers)
    assert first.json()["jobID"] == again.json()["jobID"]
    notes = anna.get(f"/v1/jobs/{first.json()['jobID']}/history").json()["events"]
    assert sum(event["kind"] == "note" for event in notes) == 1


def test_viewer_may_look_and_not_execute(quick) -> None:
    vera = quick.client(quick.token("vera"))
    assert vera.get("/ogc/processes").status_code == 200
    assert vera.post(PROBE, json={"inputs": {}}, headers=LATER).status_code == 403
