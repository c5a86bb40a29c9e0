"""Two public clients of OGC API – Processes against a real server; Schemathesis against its description."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import ogc_api_processes_client
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from ogc_api_processes_client.api_client_wrapper import ApiClientWrapper
from ogc_api_processes_client.exceptions import NotFoundException
from ogc_api_processes_client.models import Execute, StatusCode, StatusInfo
from owslib.ogcapi import REQUEST_HEADERS
from owslib.ogcapi.processes import Processes
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from dmod.accounts.rate_limit import Limit
from dmod.testing.acting import Acting
from dmod.testing.gateway import Gateway, close_gateway, make_gateway

NAMES = ["run", "evaluation", "preparation", "probe"]
LATER = {"Prefer": "respond-async"}
EXAMPLES = 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    ignored_auth,
]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """Return a gateway over SQLite."""
    found = make_gateway(tmp_path, "server.sqlite")
    yield found
    close_gateway(found)


@pytest.fixture
def acting(gateway: Gateway, tmp_path: Path) -> Acting:
    """Return the controller of its jobs."""
    return Acting(gateway, tmp_path)


@pytest.fixture
def address(gateway: Gateway) -> Iterator[str]:
    """Return the address of a server that answers over HTTP."""
    with gateway.served() as (host, _):
        yield f"http://{host}/ogc"


@pytest.fixture
def owslib(gateway: Gateway, address: str) -> Iterator[Processes]:
    """Return a client of OWSLib with a token; its headers are shared by all of its clients."""
    before = dict(REQUEST_HEADERS)
    yield Processes(address, headers={"Authorization": f"Bearer {gateway.token('anna')}"})
    REQUEST_HEADERS.clear()
    REQUEST_HEADERS.update(before)


class Strict:
    """A client whose models refuse every answer that is not as the standard has it."""

    def __init__(self, address: str, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **LATER}
        configuration = ogc_api_processes_client.Configuration(host=address)
        self.client = ApiClientWrapper(configuration, "Authorization", f"Bearer {token}")


@pytest.fixture
def strict(gateway: Gateway, address: str) -> Strict:
    """Return a client with strict models and a token."""
    return Strict(address, gateway.token("anna"))


def test_owslib_describes_executes_and_gets_results(owslib: Processes, acting: Acting) -> None:
    assert len(owslib.conformance()["conformsTo"]) == 7
    assert [item["id"] for item in owslib.processes()] == NAMES
    assert owslib.process("preparation")["inputs"]["category"]["minOccurs"] == 1
    assert owslib.process("evaluation")["inputs"]["specification"]["minOccurs"] == 0
    assert "/jobs/{jobID}/results" in owslib.api()["paths"]
    job = owslib.execute("probe", {"text": "a"}, async_=True)
    assert job["status"] == "accepted"
    assert owslib.response_headers["Location"].endswith(job["jobID"])
    acting.go()
    assert owslib._request(path=f"jobs/{job['jobID']}")["status"] == "running"
    acting.end({"found": 7})
    assert owslib._request(path=f"jobs/{job['jobID']}")["status"] == "successful"
    results = owslib._request(path=f"jobs/{job['jobID']}/results")
    assert results["summary"]["value"] == {"probe": {"found": 7}}
    again = owslib.execute("probe", {"text": "a"})  # answered with the same results, at once
    assert again == results


def test_owslib_dismisses_and_is_told_what_is_wrong(owslib: Processes) -> None:
    job = owslib.execute("probe", {"seconds": 5}, async_=True)["jobID"]
    assert owslib._request("DELETE", f"jobs/{job}")["status"] == "dismissed"
    with pytest.raises(RuntimeError, match="no-such-process"):
        owslib.process("none")
    with pytest.raises(RuntimeError, match="no-such-job"):
        owslib._request(path="jobs/none/results")


def test_strict_client_understands_what_there_is(strict: Strict) -> None:
    client = strict.client
    assert len(client.get_landing_page().links) == 5
    assert len(client.get_conformance_classes().conforms_to) == 7
    assert [item.id for item in client.get_processes().processes] == NAMES
    for name in NAMES:
        described = client.get_process_description(name)
        assert described.inputs
        assert all(item.var_schema.actual_instance for item in described.inputs.values())
        assert all(item.var_schema.actual_instance for item in described.outputs.values())


def test_strict_client_executes_polls_and_gets_results(strict: Strict, acting: Acting) -> None:
    body = {"inputs": {"text": "a"}, "response": "document"}
    job = strict.client.execute_simple("probe", body, _headers=strict.headers).job_id
    assert strict.client.get_status(job).status is StatusCode.ACCEPTED
    with pytest.raises(NotFoundException) as caught:
        strict.client.get_result(job)
    assert caught.value.data.type.endswith("/result-not-ready")
    acting.end({"found": 7})
    status = strict.client.get_status(job)
    assert (status.status, status.progress) == (StatusCode.SUCCESSFUL, 100)
    results = strict.client.get_result(job)["summary"].actual_instance
    assert results.media_type == "application/json"
    assert [item.job_id for item in strict.client.get_jobs().jobs] == [job]


def test_strict_client_gets_references(strict: Strict, acting: Acting) -> None:
    body = {"inputs": {}, "response": "document", "outputs": {"summary": {"transmissionMode": "reference"}}}
    job = strict.client.execute_simple("probe", body, _headers=strict.headers).job_id
    acting.end()
    link = strict.client.get_result(job)["summary"].actual_instance
    assert link.href.endswith(f"/ogc/jobs/{job}/results/summary")


def test_strict_client_sends_its_own_models_and_dismisses(strict: Strict) -> None:
    asked = Execute(response="document", inputs={})
    job = strict.client.execute("probe", asked, _headers=LATER)
    assert isinstance(job, StatusInfo)
    assert strict.client.dismiss(job.job_id).status is StatusCode.DISMISSED
    with pytest.raises(NotFoundException):
        strict.client.dismiss("none")


def test_every_operation_answers_as_it_says(gateway: Gateway, acting: Acting) -> None:
    free = Limit(1e6, 1e6)
    app = gateway.application(user_limit=free, stranger_limit=free)
    client = gateway.client(gateway.token("root"))
    job = client.post("/ogc/processes/probe/execution", json={"inputs": {}}, headers=LATER).json()["jobID"]
    acting.end()
    known = {"jobID": job, "processID": "probe", "outputID": "summary"}
    headers = {"Authorization": f"Bearer {gateway.token('root')}"}
    document = client.get("/ogc/api").json() | {"servers": [{"url": "/ogc"}]}
    described = schemathesis.openapi.from_dict(document)
    described.app = app
    wrong = {}
    tried = 0
    for result in described.get_all_operations():
        operation = result.ok()
        for _ in range(2):  # the same is sent again: what a busy machine did once does not come twice
            try:
                tried += sum(try_out(operation, mode, headers, known) for mode in GenerationMode)
            except (FailureGroup, AssertionError) as error:
                wrong[operation.label] = str(error)
            else:
                wrong.pop(operation.label, None)
                break
    assert not wrong, "\n\n".join(f"{name}: {said}" for name, said in wrong.items())
    assert tried > 10 * EXAMPLES


def try_out(operation: Any, mode: GenerationMode, headers: dict[str, str], known: dict[str, str]) -> int:
    """Send what fits an operation, or what does not; return how many requests that were."""
    count = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        nonlocal count
        count += 1
        if mode is GenerationMode.POSITIVE and count % 2:
            case.path_parameters = {
                name: known.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
            case.body.pop("subscriber", None)  # nobody is told
        if case.method == "POST":
            case.headers["Prefer"] = "respond-async"  # nothing would end what is waited for
        case.call_and_validate(headers=headers, checks=CHECKS)

    with suppress(Unsatisfiable):  # nothing can be wrong with what takes nothing
        send()
    return count
