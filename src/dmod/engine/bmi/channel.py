"""Messages between a run and the processes in which modules of others are: one line of JSON each."""

from __future__ import annotations

import json
import os
import select
from collections.abc import Mapping
from typing import Any

_PIECE = 1 << 16


class Channel:
    """Two ends of pipes.

    Nothing but text comes through, so that what a module's process sends can harm nobody.

    Parameters
    ----------
    incoming, outgoing : file descriptors, which are this object's to close
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._buffer = bytearray()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message.

        Raises
        ------
        BrokenPipeError
            nobody is at the other end.
        """
        line = memoryview(json.dumps(message).encode() + b"\n")
        while line:
            line = line[os.write(self._outgoing, line) :]

    def receive(self, timeout: float | None = None) -> dict[str, Any] | None:
        """Return the next message; None where none came in time [s].

        Raises
        ------
        EOFError
            nobody is at the other end.
        """
        while True:
            end = self._buffer.find(b"\n")
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                message: dict[str, Any] = json.loads(line)
                return message
            if timeout is not None and not select.select([self._incoming], [], [], timeout)[0]:
                return None
            piece = os.read(self._incoming, _PIECE)
            if not piece:
                raise EOFError
            self._buffer += piece

    def close(self) -> None:
        """Close both ends."""
        for descriptor in (self._incoming, self._outgoing):
            os.close(descriptor)
