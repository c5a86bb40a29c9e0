"""The parts that every kind of request has: resources, retries, labels, whom to tell."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dmod.jobs.demand import Demand, Paradigm
from dmod.jobs.request.part import Duration, Name, Part, Size
from dmod.jobs.retry import RetryPolicy

LABELS = 32
Label = Annotated[
    str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?$")
]
LabelValue = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Resources(Part):
    """What the job may use while it computes; what is left out is estimated from the size of the domain."""

    cpus: Annotated[int, Field(ge=1, le=100_000, description="over all nodes together")] = 1
    memory: Annotated[Size | None, Field(description="over all nodes together; estimated if left out")] = None
    time: Annotated[Duration, Field(description="longest time that its steps may take")] = 24 * 3600.0
    paradigm: Annotated[Paradigm, Field(description="how CPUs are spread over nodes")] = Paradigm.SINGLE_NODE


class Retry(Part):
    """When a step that failed for a reason that may pass is tried again."""

    limit: Annotated[int, Field(ge=1, le=20, description="attempts altogether")] = 3
    first: Annotated[Duration, Field(description="pause before the second attempt")] = 1.0
    factor: Annotated[float, Field(ge=1, le=100, description="by which each further pause is longer")] = 4.0
    longest: Annotated[Duration, Field(description="pause")] = 300.0

    def policy(self) -> RetryPolicy:
        """Return the policy that this describes."""
        return RetryPolicy(self.limit, self.first, self.factor, self.longest)


class Notification(Part):
    """Whom to tell when the job is at an end."""

    webhook: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2000)]


class Common(Part):
    """What every kind of request has."""

    name: Annotated[Name, Field(description="for people; need not be unique")] = ""
    labels: Annotated[dict[Label, LabelValue], Field(max_length=LABELS, default_factory=dict)]
    priority: Annotated[int, Field(ge=0, le=100, description="more is sooner")] = 50
    executor: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9-]{0,30}$",
            description="where it runs; left out, where the server's settings say",
        ),
    ] = "local"
    resources: Resources = Resources()
    retry: Retry = Retry()
    notify: Notification | None = None
    fresh: Annotated[bool, Field(description="compute again what was computed before")] = False

    def demand(self, memory: int) -> Demand:
        """Return what it needs of nodes.

        Parameters
        ----------
        memory : estimate, where the request does not say
        """
        asked = self.resources
        return Demand(asked.cpus, asked.memory or memory, asked.time, asked.paradigm, self.executor)


NO_RESULT = frozenset(
    {
        "name", "labels", "priority", "executor", "resources", "retry", "notify", "fresh", "partitions",
        "time_limit", "silence_limit",
    }
)  # fmt: skip
"""Keys that do not change what comes out."""
