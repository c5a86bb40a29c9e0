"""Every operation of the gateway against what it says of itself: requests made up by Schemathesis.

Those that stream for ever are tried by hand, in the tests of followers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from dmod.accounts.rate_limit import Limit
from dmod.testing.gateway import Gateway, close_gateway, make_gateway

EXAMPLES = 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    ignored_auth,
    unsupported_method,
]
ENDLESS = ["/v1/events", "/v1/jobs/{job_id}/events"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Return a gateway in which there is a job that has ended and a dataset."""
    found = make_gateway(tmp_path_factory.mktemp("gateway"), "server.sqlite")
    yield found
    close_gateway(found)


@pytest.fixture(scope="module")
def known(gateway: Gateway) -> dict[str, str]:
    """Return ids of what there is, by the names of parameters."""
    client = gateway.client(gateway.token("root"))
    job = client.post("/v1/jobs", json={"kind": "probe", "name": "there"}).json()["id"]
    client.post(f"/v1/jobs/{job}/cancel")
    upload = client.post("/v1/data/uploads").json()["upload"]
    client.put(f"/v1/data/uploads/{upload}/files/f", content=b"0123456789")
    said = {"name": "there", "category": "OUTPUT", "format": "GENERIC"}
    assert client.post(f"/v1/data/uploads/{upload}/commit", json=said).status_code == 201
    begun = client.post("/v1/data/uploads").json()["upload"]
    return {
        "job_id": job,
        "step": "probe",
        "reference": "there",
        "path": "f",
        "name": "bert",
        "upload": begun,
    }


def test_every_operation_answers_as_it_says(gateway: Gateway, known: dict[str, str]) -> None:
    free = Limit(1e6, 1e6)
    app = gateway.application(user_limit=free, stranger_limit=free)
    described = schemathesis.openapi.from_asgi("/openapi.json", app).exclude(path=ENDLESS)
    headers = {"Authorization": f"Bearer {gateway.token('root')}"}
    wrong = {}
    tried = 0
    for result in described.get_all_operations():
        operation = result.ok()
        try:
            tried += sum(try_out(operation, mode, headers, known) for mode in GenerationMode)
        except (FailureGroup, AssertionError) as error:
            wrong[operation.label] = str(error)
    assert not wrong, "\n\n".join(f"{name}: {said}" for name, said in wrong.items())
    assert tried > 40 * EXAMPLES


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
    @given(case=operation.as_strategy(generation_mode=mode), is_known=booleans())
    def send(case: Any, is_known: bool) -> None:
        nonlocal count
        count += 1
        if is_known and mode is GenerationMode.POSITIVE:
            case.path_parameters = {
                name: known.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        if (case.query or {}).get("follow") in {True, "true"}:  # it goes on as long as the job
            case.query["follow"] = False
        case.call_and_validate(headers=headers, checks=CHECKS)

    with suppress(Unsatisfiable):  # nothing can be wrong with what takes nothing
        send()
    return count
