"""The time of day: only for people, and for when to try again; leases and limits count on their own."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time, UTC."""
    return datetime.now(UTC)
