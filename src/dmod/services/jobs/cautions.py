"""What may well fail, though nobody can be sure before: it is told, and the request is taken on."""

from __future__ import annotations

from collections.abc import Iterator

from dmod.core.quantity import format_size
from dmod.jobs.request.finding import Finding
from dmod.jobs.request.others import EnsembleRequest
from dmod.jobs.request.request import Request
from dmod.jobs.request.run import RunRequest
from dmod.services.jobs.estimating import Estimated


def cautions_of(request: Request, estimated: Estimated) -> Iterator[Finding]:
    """Yield what speaks against a request without ruling it out.

    Parameters
    ----------
    estimated : what the request will need, with the factor of safety that estimates have
    """
    is_ensemble = isinstance(request, EnsembleRequest)
    run = request.base if isinstance(request, EnsembleRequest) else request
    if not isinstance(run, RunRequest) or not estimated.catchments:
        return
    given = run.resources.memory
    if given is not None and given < estimated.memory:
        needed = format_size(estimated.memory)
        yield Finding(
            "/base/resources/memory" if is_ensemble else "/resources/memory",
            f"{format_size(given)} is less than the {needed} that are estimated, with a margin:"
            " a run that takes more than it asked for is ended",
            str(given),
            hint=f"ask for {needed}, or leave it out and the estimate is asked for",
        )
