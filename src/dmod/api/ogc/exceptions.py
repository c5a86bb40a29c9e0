"""Errors in the form of the standard: problems (RFC 7807) of its own types where it has one."""

from __future__ import annotations

import json

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from dmod.api.problems import MEDIA, Fault, problem, request_id_of, status_of
from dmod.errors import DmodError, InputError, JobNotFound, NotFoundError
from dmod.jobs.cause import Cause, CauseKind
from dmod.jobs.job import Job

TYPES = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
BAD_REQUEST, UNPROCESSABLE = 400, 422


class NoSuchProcess(NotFoundError):  # noqa: N818 - as in the tree of errors
    """A process that was named does not exist."""


class ResultNotReady(NotFoundError):  # noqa: N818 - as in the tree of errors
    """A job has no results yet."""


class JobFailed(DmodError):  # noqa: N818 - as in the tree of errors
    """A job has ended without results.

    Parameters
    ----------
    cause : why
    """

    def __init__(self, job: Job, cause: Cause) -> None:
        self.kind = cause.kind
        where = f" in step {cause.step}" if cause.step else ""
        super().__init__(
            f"job {job.id} is {job.state.words}{where}: {cause.message}", hint=cause.hint or None
        )


KINDS = {NoSuchProcess: "no-such-process", ResultNotReady: "result-not-ready", JobNotFound: "no-such-job"}
"""What the standard calls errors."""
STATUSES = {
    CauseKind.INPUT: 400,
    CauseKind.UNSATISFIABLE: 400,
    CauseKind.CANCELLED: 410,
    CauseKind.BACKEND: 502,
}
"""Status for results of jobs that failed, by the kind of the cause; of all others it is 500."""


def answer(error: DmodError, request: Request, faults: list[Fault] | None = None) -> JSONResponse:
    """Return an error as an answer."""
    shown = problem(error, request_id_of(request), faults)
    document = json.loads(bytes(shown.body))
    status = status_of(error)
    if status == UNPROCESSABLE:
        status = BAD_REQUEST
    if isinstance(error, JobFailed):
        status = STATUSES.get(error.kind, 500)
        document["type"] = f"urn:dmod:problem:job-{error.kind}"
    for kind, name in KINDS.items():
        if isinstance(error, kind):
            document["type"] = TYPES + name
    document |= {"status": status, "instance": request.url.path}
    headers = {
        name: value for name, value in shown.headers.items() if name not in {"content-length", "content-type"}
    }
    return JSONResponse(document, status, headers=headers, media_type=MEDIA)


def unreadable(error: RequestValidationError, request: Request) -> JSONResponse:
    """Return the answer to a request that is not what it has to be."""
    faults = [
        Fault(place=".".join(str(part) for part in item["loc"]), message=item["msg"])
        for item in error.errors()[:50]
    ]
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    said = InputError(f"{first.place}: {first.message}{more}", hint="/ogc/api says what is allowed")
    return answer(said, request, faults)
