"""Which images of users may run, and on which executors: found out when a job is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from dmod.errors import InputError
from dmod.jobs.executor.container.images import ALL, is_allowed

EXECUTORS = ("docker", "swarm")
"""Those that run images."""


@dataclass(frozen=True, slots=True)
class ImagePolicy:
    """Which images may run.

    Parameters
    ----------
    patterns : of names, by executor
    """

    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict.fromkeys(EXECUTORS, ALL))

    @classmethod
    def of_tables(cls, tables: Mapping[str, Any]) -> Self:
        """Return what the tables of executors in a server's settings say, which have been read before."""
        found = {name: table.get("images", ALL) for name, table in tables.items() if name in EXECUTORS}
        return cls({name: tuple(patterns) for name, patterns in found.items()})

    def require(self, image: str, executor: str) -> None:
        """Refuse an image that may not run on an executor.

        Raises
        ------
        InputError
            the executor runs no images, or not this one.
        """
        if executor not in self.patterns:
            there = " or ".join(sorted(self.patterns))
            raise InputError(
                f"environment: the executor {executor} runs no images",
                hint=f"choose executor: {there}"
                if there
                else "this server has no executor that does: name requirements, or a path",
            )
        if not is_allowed(image, self.patterns[executor]):
            raise InputError(
                f"environment: the image {image} is not allowed on the executor {executor}",
                hint=f"allowed are {', '.join(self.patterns[executor]) or 'none'}; ask who runs the server",
            )


ANY_IMAGE = ImagePolicy()
