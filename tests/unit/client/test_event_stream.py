"""Server-sent events, wherever the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dmod.client.event_stream import EventStream, Message

TEXT = (
    ': hello\n\nretry: 2000\n\nid: 1\nevent: state\ndata: {"a":\ndata:1}\n\n'
    "data: früh\r\n\r\nid: 7\n\ndata\n\nid: 9\ndata: cut off"
).encode()
MESSAGES = [Message("state", '{"a":\n1}', "1"), Message("message", "früh", "1"), Message("message", "", "7")]


@given(st.sets(st.integers(1, len(TEXT) - 1)))
def test_messages_are_the_same_wherever_the_stream_is_cut(cuts: set[int]) -> None:
    places = [0, *sorted(cuts), len(TEXT)]
    stream = EventStream()
    found = [message for start, end in pairwise(places) for message in stream.feed(TEXT[start:end])]
    assert found == MESSAGES
