"""Whether a period lies in the hours that there are data for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from dmod.catalog.data_format import DomainIndex
from dmod.catalog.dataset import Dataset
from dmod.catalog.restriction import Continuous
from dmod.core.time_axis import TimeAxis, format_time
from dmod.jobs.request.finding import Finding
from dmod.jobs.request.run import Period, RunRequest
from dmod.services.jobs.package_hours import PackageHours

HOUR = timedelta(hours=1)
COMPOSED = "run-package"
"""The step that composes packages with just the forcing that they need."""
Covered = tuple[datetime, datetime]
"""First and last step, both included."""


def package_range(
    package: Dataset, request: RunRequest, hours_of: Callable[[], PackageHours | None]
) -> list[Covered]:
    """Return the steps that a package can be run over; none where that is not known.

    Parameters
    ----------
    hours_of : reads what the forcing of the package covers, which its domain may say a part of only
    """
    held = package.domain.restrictions.get(DomainIndex.TIME)
    if request.period is None or not isinstance(held, Continuous) or not isinstance(held.begin, datetime):
        return []
    assert isinstance(held.end, datetime)
    stated = (held.begin, held.end - HOUR)
    if package.lineage.step == COMPOSED or not any(outside(request.period, [stated], "")):
        return [stated]
    found = hours_of()
    if found is None or (request.fill and found.is_filled):
        return []
    return [(found.axis.start, found.axis.end)]


def dataset_range(dataset: Dataset) -> Covered | None:
    """Return the hours that a dataset states; None where it states none."""
    held = dataset.domain.restrictions.get(DomainIndex.TIME)
    if not isinstance(held, Continuous) or not isinstance(held.begin, datetime):
        return None
    assert isinstance(held.end, datetime)
    return (held.begin, max(held.begin, held.end - HOUR))


def united(ranges: Sequence[Covered]) -> list[Covered]:
    """Return ranges in order, those that touch or overlap made one."""
    found: list[Covered] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1] + HOUR:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def outside(period: Period, covered: Sequence[Covered], what: str) -> Iterator[Finding]:
    """Yield which end of a period is not covered; nothing where it is, or where nothing is known.

    Parameters
    ----------
    covered : in order, none overlapping
    what : has these hours: "the package has forcing"
    """
    first, last = period.start, TimeAxis.between(period.start, period.end, 3600).end
    if not covered or any(start <= first and last <= end for start, end in covered):
        return
    allowed = tuple(f"{format_time(start)} to {format_time(end)}" for start, end in covered)
    said = f"is not covered: {what} for {'; '.join(allowed)} (UTC)"
    home = next((item for item in covered if item[0] <= first <= item[1]), None)
    if home is not None:
        hint = f"end by {format_time(home[1])}"
        yield Finding(
            "/period/end", f"{format_time(period.end)} {said}", format_time(period.end), allowed, hint
        )
        return
    ends = (("start", period.start, first), ("end", period.end, last))
    apart = [(key, at) for key, at, step in ends if not any(a <= step <= b for a, b in covered)]
    for key, at in apart or [("start", period.start)]:
        yield Finding(
            f"/period/{key}",
            f"{format_time(at)} {said}",
            format_time(at),
            allowed,
            "choose hours that are covered",
        )
