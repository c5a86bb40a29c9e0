"""Which process holds something, and whether it is still there."""

from __future__ import annotations

from dmod.core.process import Process


class Holder(Process):
    """A process that holds something of the catalog."""

    __slots__ = ()
