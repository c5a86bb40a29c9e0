"""Whether a run can be divided into as many parts as a request asks for."""

from __future__ import annotations

from collections.abc import Iterator

from dmod.jobs.request.finding import Finding
from dmod.jobs.request.run import RunRequest


def too_many_parts(request: RunRequest, catchments: int) -> Iterator[Finding]:
    """Yield that there are fewer catchments than parts; how many parts a fabric allows its partition knows.

    Parameters
    ----------
    catchments : of the run; 0 where that is not known
    """
    if not 0 < catchments < request.partitions:
        return
    count = "1 catchment" if catchments == 1 else f"{catchments:,} catchments"
    message = f"the run has {count}, and each part needs one of its own"
    yield Finding("/partitions", message, str(request.partitions), hint=f"ask for at most {catchments:,}")
