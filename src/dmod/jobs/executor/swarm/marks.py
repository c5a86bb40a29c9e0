"""Moved to `dmod.jobs.executor.container.marks`."""

from dmod.jobs.executor.container.marks import LABEL, MARK, mark_of

__all__ = ["LABEL", "MARK", "mark_of"]
