"""What is asked of content, and what is said when a store cannot give it."""

from __future__ import annotations

from pathlib import Path

from dmod.catalog.store.port import Content
from dmod.errors import InputError, IntegrityError, NotFoundError


def checked_range(content: Content, start: int, end: int | None) -> tuple[int, int]:
    """Return start and end of a part of some content.

    Raises
    ------
    InputError
        it reaches beyond.
    """
    end = content.size if end is None else end
    if not 0 <= start <= end <= content.size:
        raise InputError(
            f"bytes {start:,} to {end:,} of content {content.sha256}: it holds {content.size:,} bytes",
            hint="0 or more, up to the size, and the end not before the start",
        )
    return start, end


def absent(content: Content, address: str) -> NotFoundError:
    """Return the error for content that a store does not have, or not complete."""
    return NotFoundError(f"content {content.sha256} ({content.size:,} bytes) is not in {address}")


def damaged(content: Content, place: object, target: Path, what: str) -> IntegrityError:
    """Return the error that names what is damaged, and where it was to go."""
    return IntegrityError(
        f"content {content.sha256} in {place} is damaged: it {what}; {target} was not written",
        hint="remove that content from the store and store the file again",
    )
