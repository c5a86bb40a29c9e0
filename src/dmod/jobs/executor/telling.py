"""What a supervisor tells of an attempt in its documents, read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dmod.jobs.executor.action import TEXT_LIMIT
from dmod.jobs.executor.port import Progress, Usage

_KINDS: Mapping[str, Any] = {"cpu": float, "memory": int, "peak": int, "read": int, "written": int}
"""Numbers of use; what an attempt tells may have been written by a program of others."""


def told_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return progress and use of resources, as far as a document has them, by the names of `TaskStatus`."""
    found: dict[str, Any] = {}
    if progress := document.get("progress"):
        done = progress.get("done")
        text = str(progress["text"])[:TEXT_LIMIT]
        found["progress"] = Progress(text, None if done is None else min(1.0, max(0.0, float(done))))
    if usage := document.get("usage"):
        numbers = {name: _KINDS[name](usage[name]) for name in _KINDS}
        found["usage"] = Usage(**numbers, at=datetime.fromisoformat(usage["at"]))
    return found
