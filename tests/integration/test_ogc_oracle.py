"""The same conversation with dmod and with pygeoapi, another server of OGC API – Processes: the same answers.

What the standard leaves open may differ: which media types there are, what jobs and links are called, how
many conformance classes a server has. What it demands of both is compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from owslib.ogcapi import REQUEST_HEADERS
from owslib.ogcapi.processes import Processes

from dmod.testing.acting import Acting
from dmod.testing.gateway import close_gateway, make_gateway
from dmod.testing.ogc_oracle import PROCESS, OgcOracle

CLASSES = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
STATES = {"accepted", "running", "successful", "failed", "dismissed"}
PATIENCE = 30.0


@dataclass
class Speaker:
    """A server that is spoken to.

    Parameters
    ----------
    process : that is executed
    inputs : of it
    act : lets what was accepted come to its end
    """

    url: str
    process: str
    inputs: Mapping[str, Any]
    act: Callable[[], None] = lambda: None
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Return the answer to a request for JSON."""
        headers = {"Accept": "application/json", **self.headers, **more.pop("headers", {})}
        return httpx2.request(method, f"{self.url}{path}", headers=headers, timeout=PATIENCE, **more)

    def execute(self, inputs: Any, **headers: str) -> httpx2.Response:
        """Execute the process."""
        body = {"inputs": inputs}
        return self.ask("POST", f"/processes/{self.process}/execution", json=body, headers=headers)

    def ended(self, job: str) -> dict[str, Any]:
        """Return the status of a job at its end."""
        end = time.monotonic() + PATIENCE
        while True:
            status: dict[str, Any] = self.ask("GET", f"/jobs/{job}").json()
            assert status["status"] in STATES
            if status["status"] not in {"accepted", "running"}:
                return status
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    with OgcOracle(tmp_path_factory.mktemp("oracle")) as server:
        yield Speaker(server.url, PROCESS, {"name": "Logan"})


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    folder = tmp_path_factory.mktemp("ours")
    gateway = make_gateway(folder, "server.sqlite")
    acting = Acting(gateway, folder)
    headers = {"Authorization": f"Bearer {gateway.token('anna')}"}
    with gateway.served() as (host, _):
        yield Speaker(f"http://{host}/ogc", "probe", {"text": "Logan"}, acting.end, headers)
    close_gateway(gateway)


def described(server: Speaker) -> dict[str, Any]:
    """Return what a server says of itself and of its process, as far as the standard has it."""
    landing = server.ask("GET", "/").json()
    rels = {str(link["rel"]).rpartition("/")[2] for link in landing["links"]}
    classes = set(server.ask("GET", "/conformance").json()["conformsTo"])
    listed = server.ask("GET", "/processes").json()
    (item,) = [one for one in listed["processes"] if one["id"] == server.process]
    process = server.ask("GET", f"/processes/{server.process}").json()
    inputs = process["inputs"].values()
    return {
        "links": {"service-desc", "conformance", "processes"} <= rels,
        "classes": [CLASSES + name in classes for name in ("core", "json", "oas30")],
        "list has links": isinstance(listed["links"], list),
        "summary": {"id", "version", "jobControlOptions", "links"} <= item.keys(),
        "options": {"sync-execute", "async-execute"} <= set(item["jobControlOptions"]),
        "description": {"id", "version", "inputs", "outputs"} <= process.keys(),
        "inputs": all({"title", "schema"} <= one.keys() for one in inputs),
        "outputs": all("schema" in one for one in process["outputs"].values()),
        "openapi": server.ask("GET", "/openapi" if server.process == PROCESS else "/api").json()["openapi"][
            :3
        ],
        "page": len(server.ask("GET", "/processes", params={"limit": 1}).json()["processes"]),
    }


def executed(server: Speaker) -> dict[str, Any]:
    """Return what becomes of a job that is executed while nobody waits, as far as the standard has it."""
    answer = server.execute(server.inputs, Prefer="respond-async")
    place = urlsplit(answer.headers["location"]).path
    job = place.rpartition("/")[2]
    server.act()
    status = server.ended(job)
    results = server.ask("GET", f"/jobs/{job}/results")
    listed = server.ask("GET", "/jobs").json()
    return {
        "answer": answer.status_code,
        "applied": answer.headers.get("preference-applied"),
        "location": place.endswith(f"/jobs/{job}"),
        "status": status["status"],
        "keys": {name for name in ("jobID", "status", "type", "processID", "progress") if name in status},
        "is its own": (status["jobID"], status["processID"]) == (job, server.process),
        "progress": status["progress"],
        "type": status["type"],
        "results": (results.status_code, results.headers["content-type"].partition(";")[0]),
        "listed": [one["status"] for one in listed["jobs"] if one["jobID"] == job],
    }


def refused(server: Speaker) -> dict[str, int]:
    """Return the statuses with which a server refuses what the standard has it refuse."""
    return {
        "process": server.ask("GET", "/processes/none").status_code,
        "job": server.ask("GET", "/jobs/none").status_code,
        "results": server.ask("GET", "/jobs/none/results").status_code,
        "dismissed": server.ask("DELETE", "/jobs/none").status_code,
        "executed": server.ask("POST", "/processes/none/execution", json={"inputs": {}}).status_code,
        "not JSON": server.ask(
            "POST",
            f"/processes/{server.process}/execution",
            content=b"{",
            headers={"Content-Type": "application/json"},
        ).status_code,
    }


@pytest.mark.parametrize("part", [described, executed, refused], ids=lambda part: part.__name__)
def test_both_servers_answer_alike(
    ours: Speaker, oracle: Speaker, part: Callable[[Speaker], dict[str, Any]]
) -> None:
    assert part(ours) == part(oracle)


def test_one_client_talks_with_both(ours: Speaker, oracle: Speaker) -> None:
    before = dict(REQUEST_HEADERS)
    found = []
    for server in (ours, oracle):
        try:
            client = Processes(server.url, headers=dict(server.headers))
            names = [item["id"] for item in client.processes()]
            description = client.process(server.process)
            with pytest.raises(
                RuntimeError, match=r"no-such-process|NoSuchProcess|not found|InvalidParameter"
            ):
                client.process("none")
            found.append((server.process in names, description["id"] == server.process))
        finally:
            REQUEST_HEADERS.clear()
            REQUEST_HEADERS.update(before)
    assert found == [(True, True), (True, True)]
