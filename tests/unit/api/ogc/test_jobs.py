"""Jobs as the standard shows them: status, progress, lists with their filters, dismissal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dmod.jobs.control.clock import utc_now
from dmod.jobs.job import JobKind
from dmod.jobs.state import JobState
from dmod.jobs.store.port import Change

LATER = {"Prefer": "respond-async"}


def executed(client: Any, process: str = "probe", **inputs: Any) -> str:
    answer = client.post(f"/ogc/processes/{process}/execution", json={"inputs": inputs}, headers=LATER)
    return str(answer.json()["jobID"])


def listed(client: Any, **asked: Any) -> list[str]:
    return [job["jobID"] for job in client.get("/ogc/jobs", params=asked).json()["jobs"]]


def test_status_follows_the_job_and_its_progress(anna, acting) -> None:
    job = executed(anna, steps=2)
    seen = [anna.get(f"/ogc/jobs/{job}").json()]
    acting.go()
    (label,) = acting.executor.running
    acting.gateway.store.report({label: {"progress": {"text": "asleep", "done": 0.5}}})
    seen.append(anna.get(f"/ogc/jobs/{job}").json())
    acting.end()
    acting.end()
    seen.append(anna.get(f"/ogc/jobs/{job}").json())
    assert [item["status"] for item in seen] == ["accepted", "running", "successful"]
    assert [item["progress"] for item in seen] == [0, 25, 100]
    assert [item["dmod:state"] for item in seen] == ["created", "running", "completed"]
    assert seen[1]["message"] == "probe-1: asleep"
    assert seen[2]["created"] <= seen[2]["started"] <= seen[2]["finished"]
    assert all(seen[2][name].endswith("Z") for name in ("created", "started", "finished", "updated"))
    (results,) = [item for item in seen[2]["links"] if item["rel"].endswith("/results")]
    assert anna.get(results["href"]).status_code == 200


@pytest.mark.parametrize("is_running", [False, True])
def test_job_is_dismissed_once(anna, acting, is_running: bool) -> None:
    job = executed(anna)
    if is_running:
        acting.go()
    first = anna.delete(f"/ogc/jobs/{job}")
    assert (first.status_code, first.json()["status"]) == (200, "dismissed")
    assert anna.delete(f"/ogc/jobs/{job}").json()["status"] == "dismissed"
    assert listed(anna, status="dismissed") == [job]
    acting.go()
    shown = anna.get(f"/ogc/jobs/{job}").json()
    assert (shown["status"], shown["dmod:state"]) == ("dismissed", "cancelled")
    results = anna.get(f"/ogc/jobs/{job}/results")
    assert (results.status_code, results.json()["type"]) == (410, "urn:dmod:problem:job-cancelled")


def test_job_that_has_ended_is_not_dismissed(anna, acting) -> None:
    job = executed(anna)
    acting.end()
    assert anna.delete(f"/ogc/jobs/{job}").status_code == 409
    assert anna.get(f"/ogc/jobs/{job}").json()["status"] == "successful"


def test_jobs_of_others_are_as_if_they_were_not_there(quick, anna) -> None:
    bert = quick.client(quick.token("bert"))
    job = executed(anna)
    for method, path in (("GET", ""), ("GET", "/results"), ("GET", "/results/summary"), ("DELETE", "")):
        answer = bert.request(method, f"/ogc/jobs/{job}{path}")
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("/no-such-job")
    assert listed(bert) == []
    quick.services.jobs.share(job, ["bert"])
    assert listed(bert) == [job]
    assert bert.delete(f"/ogc/jobs/{job}").status_code == 403


def test_jobs_that_are_of_no_process_are_not_there(anna, quick) -> None:
    base = {"package": "logan"}
    asked = {"kind": "ensemble", "base": base, "members": [{"name": "a", "changes": {}}]}
    job = quick.services.jobs.submit(asked, "anna").job
    assert job.kind is JobKind.ENSEMBLE
    assert listed(anna) == []
    assert anna.get(f"/ogc/jobs/{job.id}").status_code == 404


def test_jobs_submitted_otherwise_are_there(anna) -> None:
    job = anna.post("/v1/jobs", json={"kind": "probe"}).json()["id"]
    assert listed(anna) == [job]
    assert anna.get(f"/ogc/jobs/{job}").json()["processID"] == "probe"


def test_filters_choose(anna, acting, own_output) -> None:
    done = executed(anna)
    acting.end()
    running = executed(anna, seconds=1)
    acting.go()
    waiting = executed(anna, process="preparation", **own_output)
    assert listed(anna) == [waiting, running, done]
    assert listed(anna, status="successful") == [done]
    assert listed(anna, status="running") == [running]
    assert listed(anna, status=["accepted", "running"]) == [waiting, running]
    assert listed(anna, status="accepted,successful") == [waiting, done]
    assert listed(anna, processID="preparation") == [waiting]
    assert listed(anna, processID="none") == []
    assert listed(anna, type="process") == [waiting, running, done]
    assert listed(anna, type="workflow") == []
    created = anna.get(f"/ogc/jobs/{running}").json()["created"]
    assert listed(anna, datetime=created) == [running]
    assert listed(anna, datetime=f"{created}/..") == [waiting, running]
    assert listed(anna, datetime=f"../{created}") == [running, done]
    assert listed(anna, datetime=f"{created}/9999-12-31T23:59:59Z") == [waiting, running]
    assert listed(anna, datetime="2020-01-01T00:00:00Z/2020-01-02T00:00:00Z") == []


def test_duration_is_that_of_what_has_begun(anna, acting) -> None:
    store = acting.gateway.store
    ids = {}
    for seconds in (5, 50, 500):
        job = executed(anna)
        there = store.job(job)
        began = utc_now() - timedelta(seconds=seconds)
        moved = replace(there, state=JobState.COMPLETED, started=began, ended=utc_now())
        store.apply([Change(moved)])
        ids[seconds] = job
    executed(anna)  # has not begun
    assert listed(anna, minDuration=50) == [ids[500], ids[50]]
    assert listed(anna, maxDuration=50) == [ids[5]]
    assert listed(anna, minDuration=5, maxDuration=499) == [ids[50], ids[5]]


def test_pages_lead_to_each_other_and_miss_nothing(anna, acting) -> None:
    made = []
    for number in range(7):
        made.append(executed(anna))
        if number % 2:
            anna.delete(f"/ogc/jobs/{made[-1]}")
    for query, expected in (("limit=3", made), ("limit=1&status=dismissed", made[1::2])):
        seen, address = [], f"/ogc/jobs?{query}"
        while address:
            page = anna.get(address).json()
            seen += [job["jobID"] for job in page["jobs"]]
            address = next((item["href"] for item in page["links"] if item["rel"] == "next"), "")
        assert seen == list(reversed(expected))
    assert len(anna.get("/ogc/jobs?limit=100000").json()["jobs"]) == 7


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "status=finished", "datetime=yesterday", "datetime=../..", "minDuration=-1",
     "datetime=2030-01-02/2030-01-01", "colour=red", "after=a'b", "maxDuration=1.5"],
)  # fmt: skip
def test_filter_that_means_nothing_is_refused(anna, query: str) -> None:
    answer = anna.get(f"/ogc/jobs?{query}")
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_job_answered_before_is_successful_at_once(anna, acting) -> None:
    executed(anna, text="x")
    acting.end({"found": 1})
    again = executed(anna, text="x")
    assert anna.get(f"/ogc/jobs/{again}").json()["status"] == "successful"
    assert anna.get(f"/ogc/jobs/{again}/results").json() == {"probe": {"found": 1}}
