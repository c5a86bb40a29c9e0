"""The names of steps: hashes of what goes in, so that the same is not computed twice."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from dmod.jobs.job import Job

IDENTITY = "identity"
"""Key of a result whose value names what was found, whichever step found it: the hash of a dataset."""


def step_keys(job: Job) -> dict[str, str]:
    """Return the key of each step, as far as it is known: what its inputs name must have been found.

    A step is named by its action and inputs, and by what the steps before it found or, where they say
    nothing of that, by their keys.
    """
    keys: dict[str, str] = {}
    names: dict[str, str] = {}
    for step in job.steps:
        if any(name not in names for name in step.plan.after):
            continue
        key = _hash([step.plan.action, dict(step.plan.inputs), [names[name] for name in step.plan.after]])
        keys[step.name] = key
        result = step.result or {}
        if IDENTITY in result:
            names[step.name] = str(result[IDENTITY])
        elif not step.plan.finds_identity:
            names[step.name] = key
    return keys


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
