"""What every sink of results has in common: complete at its end, or not there at all."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self


class Aside(Protocol):
    """What is being written aside, out of sight."""

    def commit(self) -> None:
        """Put it in its place."""

    def discard(self) -> None:
        """Remove what is not in its place."""


class Sink:
    """Takes blocks of results; a ``with`` block ends in `close`, or in `abort` after an error."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside

    def close(self) -> None:
        """Finish, and put the results in their place.

        Raises
        ------
        StoreError
            the disk is full or failed; what is not yet in its place is removed.
        """
        try:
            self._aside.commit()
        finally:
            self._aside.discard()

    def abort(self) -> None:
        """Give up: nothing is left."""
        self._aside.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()
