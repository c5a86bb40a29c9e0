"""Moved to `dmod.jobs.executor.container.client`."""

from dmod.jobs.executor.container.client import asking, open_client

__all__ = ["asking", "open_client"]
