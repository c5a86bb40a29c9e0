"""Server-sent events: messages out of the bytes of an answer, wherever these are cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dmod.errors import BackendError

LARGEST = 16 << 20
"""Bytes of a message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Parameters
    ----------
    id : the last that was given, by this message or one before
    """

    event: str
    data: str
    id: str


@dataclass(slots=True)
class EventStream:
    """Reads messages; one that is not complete at the end of the stream never was."""

    _rest: bytes = b""
    _event: str = ""
    _id: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, piece: bytes) -> Iterator[Message]:
        """Yield the messages that bytes complete.

        Raises
        ------
        BackendError
            a message is larger than any can be.
        """
        self._rest += piece
        if len(self._rest) > LARGEST:
            raise BackendError("the server sends an event without end", hint="is this a dmod server?")
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            message = self._take(line.removesuffix(b"\r").decode("utf-8", "replace"))
            if message is not None:
                yield message

    def _take(self, line: str) -> Message | None:
        if not line:
            message = Message(self._event or "message", "\n".join(self._data), self._id)
            wanted = bool(self._data)
            self._event, self._data = "", []
            return message if wanted else None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None
