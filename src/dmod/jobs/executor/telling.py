"""What a supervisor tells of an attempt in its documents, read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dmod.jobs.executor.port import Progress, Usage


def told_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return progress and use of resources, as far as a document has them, by the names of `TaskStatus`."""
    found: dict[str, Any] = {}
    if document.get("progress"):
        found["progress"] = Progress(**document["progress"])
    if document.get("usage"):
        usage = document["usage"]
        found["usage"] = Usage(**{**usage, "at": datetime.fromisoformat(usage["at"])})
    return found
