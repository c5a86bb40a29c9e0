"""How what belongs to an executor is told from all else that an engine has: labels."""

from __future__ import annotations

from hashlib import sha256

MARK = "dmod.executor"
"""Says of which executor something is."""
LABEL = "dmod.label"
"""Says which attempt it is."""
USERS = "dmod.users-image"
"""Says which image of a user's it runs in, as that was asked for; what has none runs in the executor's."""


def mark_of(root: str) -> str:
    """Return what marks all that belongs to the executor with a folder."""
    return sha256(root.encode("utf-8", "surrogateescape")).hexdigest()[:20]
