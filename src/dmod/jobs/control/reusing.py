"""Taking what an earlier job found with the same inputs, in place of finding it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dmod.jobs.control.moving import reuse, running_step
from dmod.jobs.control.naming import step_keys
from dmod.jobs.job import Job, label
from dmod.jobs.state import StepState
from dmod.jobs.store.port import Change, JobStore


@dataclass
class Reusing:
    """Looks for what was done before.

    Parameters
    ----------
    is_there : whether what a result names is still there, and a job may read it
    """

    store: JobStore
    is_there: Callable[[Mapping[str, Any], Job], bool]
    _looked: dict[str, str] = field(default_factory=dict)

    def look(self, job: Job, at: datetime) -> Change | None:
        """Return the change that takes the results of the steps which are next, if all were done before.

        A group of steps is taken whole or not at all, for what its first steps leave is only for its last.
        """
        step = job.current
        if step is None or running_step(job) or step.state is not StepState.WAITING or step.attempts:
            return None
        if job.allocation or job.request.get("fresh") or not step.plan.is_reusable:
            return None
        keys = step_keys(job)
        group = [item for item in job.steps[step.number :] if item.plan.group == step.plan.group]
        last = group[-1]
        if last.name not in keys or self._looked.get(job.id) == keys[last.name]:
            return None
        self._looked[job.id] = keys[last.name]
        found = self.store.done_step(keys[last.name])
        if found is None:
            return None
        earlier, name = found
        result = earlier.step(name).result
        if result is None or not self.is_there(result, job):
            return None
        return reuse(job, _results(earlier, group, keys), at)


def _results(
    earlier: Job, group: list[Any], keys: Mapping[str, str]
) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Return label and result of the steps of a group, as an earlier job had them."""
    by_key = {step.key: step for step in earlier.steps if step.result is not None}
    found = {}
    for item in group:
        step = by_key.get(keys[item.name])
        if step is not None and step.result is not None:
            number = step.attempt.number if step.attempt else 0
            found[item.name] = (step.reused or label(earlier.id, step.name, number), step.result)
    return found
